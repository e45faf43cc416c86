/**
 * Fetches the certificates and keys of providers that a delivery names, and keeps them for a while; and the URLs by which
 * subscriptions are confirmed.
 *
 * **When to use**
 *
 * Provide {@link layer} where a scheme verifies with a certificate or with a key of the provider's (Amazon SNS, PayPal,
 * Plaid), and give {@link WebhookKeys} to the `WebhookReceiver` as `keys`; or pass what it fetches to
 * `WebhookVerifier.verify`.
 *
 * **Details**
 *
 * Only places that the scheme trusts are fetched: `WebhookVerifier.keysNeeded` has decided that before. A response must have
 * status 200, be no larger than `maxSize` and come within `timeout`. What was fetched is kept for `timeToLive`, and a failure
 * for `failureTimeToLive`, so that nobody can make us ask for the same missing key again and again; deliveries that need the
 * same key at the same time share one request. At most `capacity` keys are kept, and at most `maxInFlight` requests are under
 * way.
 *
 * Keys by `kid` are read from a JSON Web Key Set, from an object with the only member `key`, from the key itself, or from
 * PEM. A provider that wants more than a GET for them gets its request from `jwkRequest`.
 *
 * A request goes to the public internet alone: the host in its URL is checked, and what it resolves to where the transport for
 * Node connects (`AddressGuard`).
 *
 * **Gotchas**
 *
 * Redirects are not followed: `FetchHttpClient` is told so, and any other `HttpClient` must not follow them by itself. A
 * certificate is held against its dates, and against the chain that comes with it, when a delivery is verified; what makes it
 * the provider's is its place, over TLS.
 *
 * **Example** (A delivery that needs a certificate)
 *
 * ```ts
 * import { SignatureScheme, WebhookKeys } from "@causeway/core/webhook"
 * import { Effect, Layer } from "effect"
 * import { FetchHttpClient } from "effect/http"
 * import assert from "node:assert/strict"
 *
 * const live = WebhookKeys.layer().pipe(Layer.provide(FetchHttpClient.layer))
 *
 * const program = Effect.gen(function* () {
 *   const keys = yield* WebhookKeys.WebhookKeys
 *   return yield* keys.fetch(SignatureScheme.standardWebhooks, { method: "POST", url: "", headers: [], body: new Uint8Array() })
 * })
 *
 * assert.deepEqual(await Effect.runPromise(Effect.provide(program, live)), {}) // its keys are all ours
 * ```
 *
 * @since 0.1.0
 */
import { Cache, Clock, Context, type Duration, Effect, Exit, Layer } from "effect"
import { FetchHttpClient, HttpClient, HttpClientError, HttpClientRequest, type HttpClientResponse } from "effect/http"
import { createPublicKey } from "node:crypto"
import * as AddressGuard from "../crypto/AddressGuard.ts"
import * as BoundedBody from "../crypto/BoundedBody.ts"
import * as Exchange from "../policy/Exchange.ts"
import * as InvalidOption from "../policy/InvalidOption.ts"
import { decodeText, parseJson } from "./internal/encodings.ts"
import { FoundKeys, type Key, type Limits, Requests } from "./internal/keyCache.ts"
import { isTrustedUrl } from "./internal/providerKeys.ts"
import type { SignatureScheme } from "./SignatureScheme.ts"
import { Reason, WebhookError } from "./WebhookError.ts"
import * as WebhookVerifier from "./WebhookVerifier.ts"
import { checkKeys } from "./internal/optionChecks.ts"

/**
 * What the service does.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /**
   * The keys that a delivery needs, to be passed to `WebhookVerifier.verify`. Fails with what is wrong with the delivery,
   * or with `KeyUnavailable`.
   */
  readonly fetch: (
    scheme: SignatureScheme,
    delivery: Pick<WebhookVerifier.VerifyInput, "method" | "url" | "headers" | "body">
  ) => Effect.Effect<WebhookVerifier.FetchedKeys, WebhookError>
  /**
   * Fetches the URL that confirms a subscription, as `Handshake.after` has found it. Fails with `ConfirmationFailed`,
   * without fetching anything where the URL is not at a host of the scheme.
   */
  readonly confirm: (scheme: SignatureScheme, url: string) => Effect.Effect<void, WebhookError>
}

/**
 * Fetches the keys that deliveries name.
 *
 * @since 0.1.0
 * @category services
 */
export class WebhookKeys extends Context.Service<WebhookKeys, Service>()("@causeway/core/webhook/WebhookKeys") {}

/**
 * Options of {@link layer}.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** How many keys are kept. Default: 100. */
  readonly capacity?: number | undefined
  /** How long a key is kept. Default: 1 hour. */
  readonly timeToLive?: Duration.Input | undefined
  /** How long a failure is kept. Default: 30 seconds. */
  readonly failureTimeToLive?: Duration.Input | undefined
  /** How long a request may take. Default: 5 seconds. */
  readonly timeout?: Duration.Input | undefined
  /** In bytes. Default: 64 KiB. */
  readonly maxSize?: number | undefined
  /**
   * How many requests run at the same time: for keys that were found before and subscriptions, and as many again for keys
   * that were not. Default: 8.
   */
  readonly maxInFlight?: number | undefined
  /** How many more requests of each kind wait; the rest is rejected at once. Default: 64. */
  readonly maxWaiting?: number | undefined
  /** How long a request waits for its turn, before its `timeout`. Default: 3 seconds. */
  readonly waitTimeout?: Duration.Input | undefined
  /**
   * Whether keys and confirmations may be on this machine and on private networks: for a custom scheme whose keys are
   * there. A delivery names the URL, and anyone can send one. Default: false.
   */
  readonly allowPrivateNetworks?: boolean | undefined
  /** The request for a key by its `kid`. Default: GET. */
  readonly jwkRequest?: ((url: string, kid: string) => HttpClientRequest.HttpClientRequest) | undefined
}

/**
 * The service over an `HttpClient`. Throws `InvalidOption` when an option makes no sense.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<WebhookKeys, never, HttpClient.HttpClient> => {
  checkKeys("WebhookKeys", options)
  const settings = read(options)
  return Layer.effect(
    WebhookKeys,
    Effect.gen(function* () {
      const client = yield* HttpClient.HttpClient
      const lookup = yield* makeLookup(client, settings)
      return {
        fetch: (scheme, delivery) =>
          Effect.fromResult(WebhookVerifier.keysNeeded(scheme, delivery)).pipe(
            Effect.flatMap((needed) =>
              Effect.forEach(needed, (each) =>
                lookup.find(each).pipe(
                  Effect.map((key) => place(each, key)),
                  Effect.mapError((cause) => unavailable(scheme, each.url, cause))
                )
              )
            ),
            Effect.map((found) => found[0] ?? {})
          ),
        confirm: (scheme, url) =>
          isConfirmation(scheme, url)
            ? lookup.visit(url).pipe(
                Effect.asVoid,
                Effect.mapError((cause) => unconfirmed(scheme, url, cause))
              )
            : Effect.fail(unconfirmed(scheme, url, "the scheme does not trust this place"))
      }
    })
  )
}

interface Settings {
  readonly capacity: number
  readonly timeToLive: number
  readonly failureTimeToLive: number
  readonly timeout: number
  readonly maxSize: number
  readonly limits: Limits
  readonly allowPrivateNetworks: boolean
  readonly jwkRequest: Options["jwkRequest"]
}

const read = (options: Options): Settings => {
  const timeout = InvalidOption.positiveMillis("WebhookKeys.timeout", options.timeout ?? "5 seconds")
  const wait = InvalidOption.finiteMillis("WebhookKeys.waitTimeout", options.waitTimeout ?? "3 seconds")
  return {
    capacity: InvalidOption.integer("WebhookKeys.capacity", options.capacity ?? 100, 1),
    timeToLive: InvalidOption.positiveMillis("WebhookKeys.timeToLive", options.timeToLive ?? "1 hour"),
    failureTimeToLive: InvalidOption.positiveMillis(
      "WebhookKeys.failureTimeToLive",
      options.failureTimeToLive ?? "30 seconds"
    ),
    timeout,
    maxSize: InvalidOption.integer("WebhookKeys.maxSize", options.maxSize ?? 65_536, 1),
    limits: {
      maxInFlight: InvalidOption.integer("WebhookKeys.maxInFlight", options.maxInFlight ?? 8, 1),
      maxWaiting: InvalidOption.integer("WebhookKeys.maxWaiting", options.maxWaiting ?? 64, 0),
      deadline: wait + timeout
    },
    allowPrivateNetworks: options.allowPrivateNetworks ?? false,
    jwkRequest: options.jwkRequest
  }
}

const unavailable = ({ id }: SignatureScheme, url: string, cause: string): WebhookError =>
  new WebhookError({ scheme: id, reason: Reason.KeyUnavailable({ host: hostOf(url), cause }) })

const unconfirmed = ({ id }: SignatureScheme, url: string, cause: string): WebhookError =>
  new WebhookError({ scheme: id, reason: Reason.ConfirmationFailed({ host: hostOf(url), cause }) })

const isConfirmation = ({ handshake = [] }: SignatureScheme, text: string): boolean => {
  const url = URL.parse(text)
  const described = "_tag" in handshake ? [handshake] : handshake
  return url !== null && described.some((each) => each._tag === "SignedConfirmation" && isTrustedUrl(each.hosts, url))
}

const place = (needed: WebhookVerifier.NeededKey, key: Key): WebhookVerifier.FetchedKeys =>
  typeof key === "string"
    ? { certificates: { [needed.url]: key } }
    : { jwks: needed._tag === "Jwk" ? Object.fromEntries([[needed.kid, key]]) : {} }

const cacheKey = (needed: WebhookVerifier.NeededKey): string =>
  JSON.stringify(needed._tag === "Jwk" ? [needed.url, needed.kid] : [needed.url])

const fromCacheKey = (text: string): WebhookVerifier.NeededKey => {
  // `cacheKey` wrote it.
  const [url, kid] = JSON.parse(text) as [url: string, kid?: string]
  return kid === undefined ? { _tag: "Certificate", url } : { _tag: "Jwk", url, kid }
}

interface Lookup {
  readonly find: (needed: WebhookVerifier.NeededKey) => Effect.Effect<Key, string>
  readonly visit: (url: string) => Effect.Effect<string, string>
}

/**
 * Keys that were found before are fetched again in separate places: a stranger can invent any number of keys that were
 * not, and those can only wait for each other.
 */
const makeLookup = (client: HttpClient.HttpClient, settings: Settings): Effect.Effect<Lookup> =>
  Effect.gen(function* () {
    const { capacity, failureTimeToLive, jwkRequest, limits, timeToLive } = settings
    const found = new FoundKeys(capacity, timeToLive)
    const sets = new Map<string, number>()
    const [known, unknown] = [new Requests(limits), new Requests(limits)]
    const load = (name: string): Effect.Effect<Key, string> => {
      const needed = fromCacheKey(name)
      const requests = found.has(name) ? known : unknown
      return Effect.flatMap(requests.run(request200(client, settings, requestOf(needed, jwkRequest))), (text) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => {
          for (const [each, key] of keysIn(needed, text)) found.put(each, key, now)
          if (needed._tag === "Jwk" && jwkRequest === undefined) sets.set(needed.url, now)
          const key = found.get(name, now)
          return key === undefined ? Effect.fail(noSuchKey) : Effect.succeed(key)
        })
      )
    }
    const loading = yield* Cache.makeWith(load, {
      capacity,
      timeToLive: (exit) => (Exit.isSuccess(exit) ? 0 : failureTimeToLive)
    })
    return {
      find: (needed) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => {
          const key = found.get(cacheKey(needed), now)
          if (key !== undefined) return Effect.succeed(key)
          const isSetNew = now - (sets.get(needed.url) ?? -Infinity) < failureTimeToLive
          // A key set that was fetched a moment ago has shown all keys there are.
          return isSetNew && !found.has(cacheKey(needed))
            ? Effect.fail(noSuchKey)
            : Cache.get(loading, cacheKey(needed))
        }),
      visit: (url) => known.run(request200(client, settings, HttpClientRequest.get(url)))
    }
  })

const noSuchKey = "the response holds no such key"

const requestOf = (
  needed: WebhookVerifier.NeededKey,
  jwkRequest: Options["jwkRequest"]
): HttpClientRequest.HttpClientRequest =>
  needed._tag === "Jwk" && jwkRequest !== undefined
    ? jwkRequest(needed.url, needed.kid)
    : HttpClientRequest.get(needed.url)

/** The keys of a response by the names under which they are kept. */
const keysIn = (needed: WebhookVerifier.NeededKey, text: string): ReadonlyArray<readonly [string, Key]> =>
  needed._tag === "Certificate"
    ? [[cacheKey(needed), text]]
    : isPem(text)
      ? jwkOfPem(text).map((key) => [cacheKey(needed), key])
      : jwksIn(parseJson(text))
          .filter(({ kid }, index) => index < maxSetSize || kid === needed.kid)
          .flatMap((key) => {
            const kid = key["kid"]
            return typeof kid === "string" ? [[cacheKey({ ...needed, kid }), key] as const] : []
          })

const isPem = (text: string): boolean => text.startsWith("-----BEGIN PUBLIC KEY-----")

const jwkOfPem = (text: string): ReadonlyArray<Key> => {
  try {
    return [{ ...createPublicKey(text).export({ format: "jwk" }) }]
  } catch {
    return []
  }
}

/** How many keys of one set are kept beside the one that was asked for. */
const maxSetSize = 32

/** The text of a response with status 200, or what is wrong with it. */
const request200 = (
  client: HttpClient.HttpClient,
  { allowPrivateNetworks, maxSize, timeout }: Settings,
  request: HttpClientRequest.HttpClientRequest
): Effect.Effect<string, string> =>
  guarded(client, request, allowPrivateNetworks).pipe(
    Effect.flatMap((response) => readText(response, maxSize)),
    Effect.timeout(timeout),
    Effect.updateContext(withoutRedirects),
    Effect.mapError((error) => (typeof error === "string" ? error : causeOf(error)))
  )

/** A scheme says at which hosts its keys are; the owner of those names decides where they lead. */
const guarded = (client: HttpClient.HttpClient, request: HttpClientRequest.HttpClientRequest, isOpen: boolean) => {
  if (isOpen) return client.execute(request)
  return Effect.fromResult(AddressGuard.check(request.url)).pipe(
    Effect.andThen(AddressGuard.publicOnly(client.execute(request)))
  )
}

const causeOf = (error: { readonly _tag: string }): string =>
  error._tag === "ForbiddenAddress" || (HttpClientError.isHttpClientError(error) && isForbidden(error))
    ? "its host is not on the public internet (allowPrivateNetworks permits it)"
    : error._tag

const isForbidden = (error: HttpClientError.HttpClientError): boolean =>
  Exchange.brokenBy(error).code === AddressGuard.errorCode

const withoutRedirects = (context: Context.Context<never>): Context.Context<never> =>
  Context.add(context, FetchHttpClient.RequestInit, {
    ...Context.getOrUndefined(context, FetchHttpClient.RequestInit),
    redirect: "manual"
  })

const hostOf = (url: string): string => URL.parse(url)?.host ?? ""

const readText = (response: HttpClientResponse.HttpClientResponse, maxSize: number) =>
  BoundedBody.read(response.stream, maxSize).pipe(
    Effect.catchTag("BodyTooLarge", () => Effect.fail(`the response is larger than ${maxSize} bytes`)),
    Effect.flatMap((bytes) => {
      const text = decodeText(bytes)
      if (response.status !== 200) return Effect.fail(`the response has the status ${response.status}`)
      return text === undefined ? Effect.fail("the response is not UTF-8") : Effect.succeed(text)
    })
  )

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The keys of a JSON Web Key Set, of an object around one key, or that key. */
const jwksIn = (json: unknown): ReadonlyArray<Readonly<Record<string, unknown>>> => {
  if (!isObject(json)) return []
  const { key, keys } = json
  return (Array.isArray(keys) ? keys : [key ?? json]).filter(isObject)
}
