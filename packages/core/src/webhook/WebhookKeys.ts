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
 * Keys by `kid` are read from a JSON Web Key Set, from an object with the only member `key`, or from the key itself. A
 * provider that wants more than a GET for them gets its request from `jwkRequest`.
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
import { Cache, Clock, Context, type Duration, Effect, Exit, Layer, Semaphore, Stream } from "effect"
import { FetchHttpClient, HttpClient, HttpClientError, HttpClientRequest, type HttpClientResponse } from "effect/http"
import * as AddressGuard from "../crypto/AddressGuard.ts"
import * as Exchange from "../policy/Exchange.ts"
import * as InvalidOption from "../policy/InvalidOption.ts"
import { decodeText, parseJson } from "./internal/encodings.ts"
import { isTrustedUrl } from "./internal/providerKeys.ts"
import type { SignatureScheme } from "./SignatureScheme.ts"
import { Reason, WebhookError } from "./WebhookError.ts"
import * as WebhookVerifier from "./WebhookVerifier.ts"

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
  /** How many requests may be under way. Default: 8. */
  readonly maxInFlight?: number | undefined
  /**
   * Whether keys and confirmations may be on this machine and on private networks: for a scheme of your own whose keys are
   * there. A delivery names the URL, and anybody can send one. Default: false.
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
  const settings = read(options)
  return Layer.effect(
    WebhookKeys,
    Effect.gen(function* () {
      const client = yield* HttpClient.HttpClient
      const semaphore = yield* Semaphore.make(settings.maxInFlight)
      const requests = yield* Cache.makeWith(
        (needed: string) => semaphore.withPermit(load(client, settings, fromCacheKey(needed))),
        {
          capacity: settings.capacity,
          timeToLive: (exit) => (Exit.isSuccess(exit) ? 0 : settings.failureTimeToLive)
        }
      )
      const kept = new KeptKeys(settings.capacity, settings.timeToLive)
      const find = (needed: WebhookVerifier.NeededKey) => findKey(kept, requests, needed)
      return {
        fetch: (scheme, delivery) =>
          Effect.fromResult(WebhookVerifier.keysNeeded(scheme, delivery)).pipe(
            Effect.flatMap((needed) =>
              Effect.forEach(needed, (each) => Effect.map(find(each), (key) => place(each, key)))
            ),
            Effect.map((found) => found[0] ?? {}),
            Effect.catchTag("KeyUnavailable", (cause) => Effect.fail(unavailable(scheme, cause)))
          ),
        confirm: (scheme, url) =>
          isConfirmation(scheme, url)
            ? semaphore.withPermit(visit(client, settings, url)).pipe(
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
  readonly maxInFlight: number
  readonly allowPrivateNetworks: boolean
  readonly jwkRequest: (url: string, kid: string) => HttpClientRequest.HttpClientRequest
}

const read = (options: Options): Settings => ({
  capacity: InvalidOption.integer("WebhookKeys.capacity", options.capacity ?? 100, 1),
  timeToLive: InvalidOption.positiveMillis("WebhookKeys.timeToLive", options.timeToLive ?? "1 hour"),
  failureTimeToLive: InvalidOption.positiveMillis(
    "WebhookKeys.failureTimeToLive",
    options.failureTimeToLive ?? "30 seconds"
  ),
  timeout: InvalidOption.positiveMillis("WebhookKeys.timeout", options.timeout ?? "5 seconds"),
  maxSize: InvalidOption.integer("WebhookKeys.maxSize", options.maxSize ?? 65_536, 1),
  maxInFlight: InvalidOption.integer("WebhookKeys.maxInFlight", options.maxInFlight ?? 8, 1),
  allowPrivateNetworks: options.allowPrivateNetworks ?? false,
  jwkRequest: options.jwkRequest ?? ((url) => HttpClientRequest.get(url))
})

/** A key as it was fetched: the text of a certificate, or a JSON Web Key. */
type Key = string | Readonly<Record<string, unknown>>

interface KeyUnavailable {
  readonly _tag: "KeyUnavailable"
  readonly host: string
  readonly cause: string
}

const unavailable = ({ id }: SignatureScheme, { cause, host }: KeyUnavailable): WebhookError =>
  new WebhookError({ scheme: id, reason: Reason.KeyUnavailable({ host, cause }) })

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

/** Keys that were found, apart from what was asked for in vain: invented keys must not drive out those in use. */
class KeptKeys {
  readonly #keys = new Map<string, { readonly key: Key; readonly until: number }>()
  readonly #capacity: number
  readonly #timeToLive: number

  constructor(capacity: number, timeToLive: number) {
    this.#capacity = capacity
    this.#timeToLive = timeToLive
  }

  get(name: string, now: number): Key | undefined {
    const found = this.#keys.get(name)
    return found !== undefined && now < found.until ? found.key : undefined
  }

  put(name: string, key: Key, now: number): void {
    this.#keys.delete(name)
    const oldest = this.#keys.keys().next().value
    if (this.#keys.size >= this.#capacity && oldest !== undefined) this.#keys.delete(oldest)
    this.#keys.set(name, { key, until: now + this.#timeToLive })
  }
}

const findKey = (
  kept: KeptKeys,
  requests: Cache.Cache<string, Key, KeyUnavailable>,
  needed: WebhookVerifier.NeededKey
): Effect.Effect<Key, KeyUnavailable> => {
  const name = cacheKey(needed)
  return Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const found = kept.get(name, now)
    return found !== undefined
      ? Effect.succeed(found)
      : Effect.tap(Cache.get(requests, name), (key) => Effect.sync(() => kept.put(name, key, now)))
  })
}

const load = (
  client: HttpClient.HttpClient,
  settings: Settings,
  needed: WebhookVerifier.NeededKey
): Effect.Effect<Key, KeyUnavailable> => {
  const fail = (cause: string) =>
    Effect.fail<KeyUnavailable>({ _tag: "KeyUnavailable", host: hostOf(needed.url), cause })
  const request =
    needed._tag === "Jwk" ? settings.jwkRequest(needed.url, needed.kid) : HttpClientRequest.get(needed.url)
  return request200(client, settings, request).pipe(
    Effect.catch(fail),
    Effect.flatMap((text) => {
      const key = needed._tag === "Jwk" ? findJwk(parseJson(text), needed.kid) : text
      return key === undefined ? fail("the response holds no such key") : Effect.succeed(key)
    })
  )
}

const visit = (client: HttpClient.HttpClient, settings: Settings, url: string): Effect.Effect<string, string> =>
  request200(client, settings, HttpClientRequest.get(url))

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

/** A scheme says at which hosts its keys are; where these lead is up to whoever answers for their names. */
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

const readText = (response: HttpClientResponse.HttpClientResponse, maxSize: number) => {
  const chunks: Array<Uint8Array> = []
  let size = 0
  const tooLarge = `the response is larger than ${maxSize} bytes`
  return Stream.runForEach(response.stream, (chunk) => {
    size += chunk.byteLength
    chunks.push(chunk)
    return size > maxSize ? Effect.fail(tooLarge) : Effect.void
  }).pipe(
    Effect.flatMap(() => {
      const text = decodeText(Buffer.concat(chunks))
      if (response.status !== 200) return Effect.fail(`the response has the status ${response.status}`)
      return text === undefined ? Effect.fail("the response is not UTF-8") : Effect.succeed(text)
    })
  )
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The key of an id in a JSON Web Key Set, in an object around one key, or that key. */
const findJwk = (json: unknown, kid: string): Key | undefined => {
  if (!isObject(json)) return undefined
  const { key, keys } = json
  const found = Array.isArray(keys) ? keys : [key ?? json]
  return found.filter(isObject).find((each) => each["kid"] === kid)
}
