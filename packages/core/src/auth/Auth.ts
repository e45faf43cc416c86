/**
 * Credentials as Layers: an API key, Basic, a bearer token, or none.
 *
 * **When to use**
 *
 * Provide exactly one to each integration's `layer`. Swap it for another environment; nothing else changes.
 *
 * **Details**
 *
 * A secret comes from `Config.Redacted`, read once when the Layer is built; from any Effect that yields a `Redacted`, run
 * anew at each attempt; or by its name from the `SecretSource`, which tells when it was rotated. It goes to the origin of
 * the integration's `baseUrl` and nowhere else.
 *
 * **Gotchas**
 *
 * A secret that is empty, or holds a character that its place cannot carry, such as a line break, fails where it enters:
 * the Layer with `ConfigError` or `AuthError`, and a call with `Unauthorized` when it comes from an Effect. A key in a
 * cookie is sent as it is, not percent-encoded.
 *
 * **Example** (A key in a header)
 *
 * ```ts
 * import { Config, Layer, Schema } from "effect"
 * import { Auth } from "@causeway/core/auth"
 * import { Endpoint, Integration } from "@causeway/core/client"
 *
 * class Weather extends Integration.Service<Weather>()("app/Weather", {
 *   baseUrl: "https://api.weather.example",
 *   endpoints: [Endpoint.get("now", "/now", { success: Schema.String })]
 * }) {}
 *
 * const live = Weather.layer.pipe(
 *   Layer.provide(Auth.apiKey(Weather, { in: "header", name: "x-api-key" }, Config.Redacted("WEATHER_KEY")))
 * )
 * console.assert(Layer.isLayer(live))
 * ```
 *
 * @since 0.1.0
 */
import { Effect, Layer, Redacted } from "effect"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as AtOnce from "../policy/internal/AtOnce.ts"
import * as InvalidOption from "../policy/InvalidOption.ts"
import * as Credentials from "./Credentials.ts"
import { both, plain } from "./internal/secret/Reading.ts"
import * as Reading from "./internal/secret/Reading.ts"
import type * as Secret from "./Secret.ts"
import * as Check from "./internal/optionChecks.ts"

/**
 * The Layer of a scheme whose secret is an `S`: what building it can fail with, and what it needs.
 *
 * @since 0.1.0
 * @category models
 */
export type Scheme<Self, S extends Secret.Input> = Layer.Layer<
  Credentials.Credentials<Self>,
  Secret.BuildError<S>,
  Secret.Services<S>
>

/**
 * Where an API key goes, and under which name.
 *
 * @see https://spec.openapis.org/oas/v3.1.1.html#security-scheme-object
 * @since 0.1.0
 * @category models
 */
export interface ApiKeyPlace {
  readonly in: "header" | "query" | "cookie"
  readonly name: string
}

/**
 * An API key in a header, a query parameter or a cookie. A name that the place cannot carry throws `InvalidOption`.
 *
 * @since 0.1.0
 * @category layers
 */
export const apiKey = <Self, S extends Secret.Input>(
  integration: Credentials.Target<Self>,
  place: ApiKeyPlace,
  key: S
): Scheme<Self, S> => {
  Check.checkTarget("apiKey.integration", integration)
  Check.checkPlace("apiKey", place)
  Check.checkSecret("apiKey.key", key)
  const validName = place.in === "query" ? InvalidOption.nonEmpty : InvalidOption.httpToken
  const name = validName("apiKey.name", place.name)
  const reading = open(integration, `API key in the ${place.in} "${name}"`, carriedBy[place.in], key)
  return layerOf(integration, reading, (request, secret) => ({
    request: placeKey(request, { ...place, name }, secret),
    secrets: [secret]
  }))
}

/**
 * A bearer token in the `Authorization` header.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-2.1
 * @since 0.1.0
 * @category layers
 */
export const bearer = <Self, S extends Secret.Input>(
  integration: Credentials.Target<Self>,
  token: S
): Scheme<Self, S> => {
  Check.checkTarget("bearer.integration", integration)
  Check.checkSecret("bearer.token", token)
  return layerOf(integration, open(integration, "bearer token", carriedBy.header, token), (request, secret) => ({
    request: HttpClientRequest.bearerToken(request, secret),
    secrets: [secret]
  }))
}

/**
 * A user name and a password in the `Authorization` header. Where the user name is a key, as at Stripe, it is a secret
 * too, and the password is left out or is another one. A plain user name with a colon or a control character throws
 * `InvalidOption`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7617
 * @since 0.1.0
 * @category layers
 */
export function basic<Self, S extends Secret.Input>(
  integration: Credentials.Target<Self>,
  username: string,
  password: S
): Scheme<Self, S>
export function basic<Self, Key extends Secret.Input, S extends Secret.Input = never>(
  integration: Credentials.Target<Self>,
  key: Key,
  password?: S
): Scheme<Self, Key | S>
export function basic<Self>(
  integration: Credentials.Target<Self>,
  username: string | Secret.Input,
  password?: Secret.Input
) {
  Check.checkTarget("basic.integration", integration)
  if (typeof username !== "string") Check.checkSecret("basic.username", username)
  if (password !== undefined) Check.checkSecret("basic.password", password)
  const user =
    typeof username === "string"
      ? plain(userName(username))
      : open(integration, "user name", carriedBy.userName, username)
  const secret = password === undefined ? plain("") : open(integration, "password", carriedBy.query, password)
  return layerOf(integration, both(user, secret), (request, [user, password]) => {
    const encoded = Redacted.make(toBase64(`${Redacted.value(user)}:${Redacted.value(password)}`))
    return {
      request: HttpClientRequest.setHeader(request, "authorization", `Basic ${Redacted.value(encoded)}`),
      secrets: [...(typeof username === "string" ? [] : [user]), password, encoded]
    }
  })
}

/**
 * No credentials: for a provider that asks for none. It must be said, so that leaving them out is never an oversight.
 *
 * @since 0.1.0
 * @category layers
 */
export const none = <Self>(integration: Credentials.Target<Self>): Layer.Layer<Credentials.Credentials<Self>> => {
  Check.checkTarget("none.integration", integration)
  return Layer.succeed(integration.credentials, {
    authorize: (request) => Effect.succeed({ request, secrets: [] }),
    renew: Effect.succeed(false)
  })
}

const userName = (name: string): string => {
  if (controlCharacter.test(name) || name.includes(":")) {
    // A user name may be a key at some providers: it is not shown.
    throw new InvalidOption.InvalidOption({
      option: "basic.username",
      actual: "a name that holds a colon or a control character",
      accepts: "a name without them"
    })
  }
  return name
}

// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const controlCharacter = /[\x00-\x1f\x7f]/

/**
 * The characters that each place can carry as they are; a query is percent-encoded and can carry any.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6265#section-4.1.1
 */
const carriedBy = {
  header: /^[\x20-\x7e]*$/,
  cookie: /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/,
  query: /^/,
  userName: /^[^:]*$/
} as const

const open = <Self, S extends Secret.Input>(
  integration: Credentials.Target<Self>,
  what: string,
  carried: RegExp,
  secret: S
) =>
  Reading.open(secret, {
    integration: Credentials.integrationOf(integration),
    what,
    problemOf: (value) => problemOf(value, carried)
  })

const problemOf = (secret: string, carried: RegExp): string | undefined => {
  if (secret.trim() === "") return "is empty"
  if (/[\r\n]$/.test(secret)) return "ends in a line break, which is not a part of it"
  if (controlCharacter.test(secret)) return "holds a control character"
  return carried.test(secret) ? undefined : "holds a character that its place cannot carry"
}

type Place<A> = (request: HttpClientRequest.HttpClientRequest, secrets: A) => Credentials.Authorized

const layerOf = <Self, A, E, R>(
  integration: Credentials.Target<Self>,
  opening: Effect.Effect<Reading.Reading<A>, E, R>,
  place: Place<A>
) =>
  Layer.effect(
    integration.credentials,
    Effect.map(opening, (reading) => schemeOf(reading, place))
  )

const schemeOf = <A>(reading: Reading.Reading<A>, place: Place<A>): Credentials.Service => {
  let lastUsed: A | undefined
  const authorized = rememberingLatest((request, secret: A) => ({
    ...place(request, secret),
    renew: () => reading.readAgain(secret)
  }))
  return {
    authorize: (request) =>
      AtOnce.map(reading.read(), (secret) => {
        lastUsed = secret
        return authorized(request, secret)
      }),
    renew: Effect.suspend(() => (lastUsed === undefined ? Effect.succeed(false) : reading.readAgain(lastUsed)))
  }
}

/** An endpoint without parameters makes one request for all its calls. What has a body is not kept. */
const rememberingLatest = <A>(place: Place<A>): Place<A> => {
  let latest: { readonly request: HttpClientRequest.HttpClientRequest; readonly secret: A } | undefined
  let authorized: Credentials.Authorized | undefined
  return (request, secret) => {
    if (authorized !== undefined && latest?.request === request && latest.secret === secret) return authorized
    const made = place(request, secret)
    if (request.body._tag === "Empty") {
      latest = { request, secret }
      authorized = made
    }
    return made
  }
}

const placeKey = (
  request: HttpClientRequest.HttpClientRequest,
  place: ApiKeyPlace,
  secret: Redacted.Redacted<string>
): HttpClientRequest.HttpClientRequest => {
  switch (place.in) {
    case "header":
      return HttpClientRequest.setHeader(request, place.name, Redacted.value(secret))
    case "query":
      return HttpClientRequest.setUrlParam(request, place.name, secret)
    case "cookie": {
      const cookie = `${place.name}=${Redacted.value(secret)}`
      const others = request.headers["cookie"]
      return HttpClientRequest.setHeader(request, "cookie", others === undefined ? cookie : `${others}; ${cookie}`)
    }
  }
}

const toBase64 = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)))
