/**
 * Credentials as Layers: an API key, Basic, a bearer token, or none.
 *
 * **When to use**
 *
 * Provide exactly one to each integration's `layer`. Swap it for another environment; nothing else changes.
 *
 * **Details**
 *
 * A secret comes from `Config.Redacted`, read once when the Layer is built, or from any Effect that yields a
 * `Redacted`, run anew at each attempt. It goes to the origin of the integration's `baseUrl` and nowhere else.
 *
 * **Gotchas**
 *
 * A secret that is empty, or holds a character that its place cannot carry, such as a line break, fails with
 * `Unauthorized` before anything is sent. A key in a cookie is sent as it is, not percent-encoded.
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
import { Config, Effect, Layer, Redacted, type Scope } from "effect"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as AtOnce from "../policy/internal/AtOnce.ts"
import * as InvalidOption from "../policy/InvalidOption.ts"
import * as Credentials from "./Credentials.ts"

/**
 * A secret: from `Config`, or from any Effect.
 *
 * @since 0.1.0
 * @category models
 */
export type Source<E = never, R = never> =
  | Config.Config<Redacted.Redacted<string>>
  | Effect.Effect<Redacted.Redacted<string>, E, R>

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
export function apiKey<Self>(
  integration: Credentials.Target<Self>,
  place: ApiKeyPlace,
  key: Config.Config<Redacted.Redacted<string>>
): Layer.Layer<Credentials.Credentials<Self>, Config.ConfigError>
export function apiKey<Self, E, R>(
  integration: Credentials.Target<Self>,
  place: ApiKeyPlace,
  key: Effect.Effect<Redacted.Redacted<string>, E, R>
): Layer.Layer<Credentials.Credentials<Self>, never, Exclude<R, Scope.Scope>>
export function apiKey<Self, E, R>(integration: Credentials.Target<Self>, place: ApiKeyPlace, key: Source<E, R>) {
  const validName = place.in === "query" ? InvalidOption.nonEmpty : InvalidOption.httpToken
  const name = validName("apiKey.name", place.name)
  return fromSecret(
    integration,
    key,
    `API key in the ${place.in} "${name}"`,
    carriedBy[place.in],
    (request, secret) => ({
      request: placeKey(request, { ...place, name }, secret),
      secrets: [secret]
    })
  )
}

/**
 * A bearer token in the `Authorization` header.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-2.1
 * @since 0.1.0
 * @category layers
 */
export function bearer<Self>(
  integration: Credentials.Target<Self>,
  token: Config.Config<Redacted.Redacted<string>>
): Layer.Layer<Credentials.Credentials<Self>, Config.ConfigError>
export function bearer<Self, E, R>(
  integration: Credentials.Target<Self>,
  token: Effect.Effect<Redacted.Redacted<string>, E, R>
): Layer.Layer<Credentials.Credentials<Self>, never, Exclude<R, Scope.Scope>>
export function bearer<Self, E, R>(integration: Credentials.Target<Self>, token: Source<E, R>) {
  return fromSecret(integration, token, "bearer token", carriedBy.header, (request, secret) => ({
    request: HttpClientRequest.bearerToken(request, secret),
    secrets: [secret]
  }))
}

/**
 * A user name and a password in the `Authorization` header. A user name with a colon or a control character throws
 * `InvalidOption`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7617
 * @since 0.1.0
 * @category layers
 */
export function basic<Self>(
  integration: Credentials.Target<Self>,
  username: string,
  password: Config.Config<Redacted.Redacted<string>>
): Layer.Layer<Credentials.Credentials<Self>, Config.ConfigError>
export function basic<Self, E, R>(
  integration: Credentials.Target<Self>,
  username: string,
  password: Effect.Effect<Redacted.Redacted<string>, E, R>
): Layer.Layer<Credentials.Credentials<Self>, never, Exclude<R, Scope.Scope>>
export function basic<Self, E, R>(integration: Credentials.Target<Self>, username: string, password: Source<E, R>) {
  const user = userName(username)
  return fromSecret(integration, password, "password", carriedBy.query, (request, secret) => {
    const encoded = Redacted.make(toBase64(`${user}:${Redacted.value(secret)}`))
    return {
      request: HttpClientRequest.setHeader(request, "authorization", `Basic ${Redacted.value(encoded)}`),
      secrets: [secret, encoded]
    }
  })
}

/**
 * No credentials: for a provider that asks for none. It must be said, so that leaving them out is never an oversight.
 *
 * @since 0.1.0
 * @category layers
 */
export const none = <Self>(integration: Credentials.Target<Self>): Layer.Layer<Credentials.Credentials<Self>> =>
  Layer.succeed(integration.credentials, {
    authorize: (request) => Effect.succeed({ request, secrets: [] }),
    renew: Effect.succeed(false)
  })

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
  query: /^/
} as const

type Place = (request: HttpClientRequest.HttpClientRequest, secret: Redacted.Redacted<string>) => Credentials.Authorized

const fromSecret = <Self, E, R>(
  integration: Credentials.Target<Self>,
  source: Source<E, R>,
  what: string,
  carried: RegExp,
  place: Place
) =>
  Layer.effect(
    integration.credentials,
    Config.isConfig(source)
      ? Effect.map(source, (secret) => schemeOf(Effect.succeed(secret), what, carried, place))
      : Effect.map(Effect.context<R>(), (context) =>
          schemeOf(AtOnce.provideContext(source, context), what, carried, place)
        )
  )

const schemeOf = (
  source: Effect.Effect<Redacted.Redacted<string>, unknown>,
  what: string,
  carried: RegExp,
  place: Place
): Credentials.Service => {
  let lastUsed: string | undefined
  const validated = validating(what, carried)
  const secret = AtOnce.flatMap(
    AtOnce.mapError(source, (error) => unavailable(`the ${what} could not be read (${nameOf(error)})`)),
    validated
  )
  return {
    authorize: (request) =>
      AtOnce.map(secret, (secret) => {
        lastUsed = Redacted.value(secret)
        return place(request, secret)
      }),
    renew: secret.pipe(
      Effect.map((secret) => Redacted.value(secret) !== lastUsed),
      Effect.catch(() => Effect.succeed(false))
    )
  }
}

/** What is used over and over is looked at once. */
const validating = (what: string, carried: RegExp) => {
  let known: Redacted.Redacted<string> | undefined
  return (secret: Redacted.Redacted<string>) => {
    const problem = secret === known ? undefined : problemOf(Redacted.value(secret), carried)
    if (problem !== undefined) return Effect.fail(unavailable(`the ${what} ${problem}`))
    known = secret
    return Effect.succeed(secret)
  }
}

const problemOf = (secret: string, carried: RegExp): string | undefined => {
  if (secret.trim() === "") return "is empty"
  if (controlCharacter.test(secret)) return "holds a control character"
  return carried.test(secret) ? undefined : "holds a character that its place cannot carry"
}

const unavailable = (reason: string) => new Credentials.CredentialsUnavailable({ reason })

const nameOf = (error: unknown): string => {
  if (typeof error !== "object" || error === null) return "failed"
  if ("_tag" in error && typeof error._tag === "string") return error._tag
  return error instanceof Error ? error.name : "failed"
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
