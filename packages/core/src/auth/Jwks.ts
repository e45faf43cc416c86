/**
 * The public keys of an issuer, fetched and kept: its JSON Web Key Set.
 *
 * **When to use**
 *
 * To verify tokens of an issuer that rotates its keys. Give it to a `JwtVerifier`.
 *
 * **Details**
 *
 * The set is fetched when the first token needs it, by one request for all that wait, and again after `timeToLive`: a
 * little earlier, when somebody asks, so that nobody waits. A token that names a key which the set does not have causes a
 * request too, at most one in each `cooldown`: so a rotation is picked up at once, and made-up names are no way to make us
 * ask. While the endpoint fails, the set that is there serves for `staleIfError` beyond its time.
 *
 * A set of more than `maxKeys`, or larger than `maxSize`, is refused, and so is a redirect. Keys in it that cannot be used,
 * are for something else, or are secrets, are left out.
 *
 * The URL must lead to the public internet, because it often comes from a discovery document or from a tenant: the host in it
 * is checked when the set is made, and what it resolves to where the transport for Node connects (`AddressGuard`).
 *
 * **Gotchas**
 *
 * A key that the issuer takes out of its set serves until `timeToLive` has passed. Make one `Jwks` for each issuer, where
 * the program starts, not for each request.
 *
 * **Example** (Two verifiers with the keys of one issuer)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { FetchHttpClient } from "effect/http"
 * import { Jwks, JwtVerifier } from "@causeway/core/auth"
 *
 * const program = Effect.gen(function*() {
 *   const keys = yield* Jwks.make("https://login.example/jwks")
 *   const rules = { keys, algorithms: ["RS256", "ES256"], issuer: "https://login.example" } as const
 *   return {
 *     api: JwtVerifier.make({ ...rules, audience: "https://api.example" }),
 *     admin: JwtVerifier.make({ ...rules, audience: "https://admin.example", maxAge: "1 hour" })
 *   }
 * })
 *
 * Effect.runPromise(Effect.scoped(Effect.provide(program, FetchHttpClient.layer)))
 * ```
 *
 * @see https://www.rfc-editor.org/rfc/rfc7517#section-5
 * @since 0.1.0
 */
import { type Duration, Effect, Result, Schedule, type Scope } from "effect"
import * as HttpClient from "effect/http/HttpClient"
import * as AddressGuard from "../crypto/AddressGuard.ts"
import * as InvalidOption from "../policy/InvalidOption.ts"
import * as Policy from "../policy/Policy.ts"
import * as Retry from "../policy/Retry.ts"
import { fetching, type Place } from "./internal/jwt/fetchKeys.ts"
import { KeySet } from "./internal/jwt/KeySet.ts"
import { JwksTypeId, type KeySource } from "./internal/jwt/KeySource.ts"
import { LocalKeys } from "./internal/jwt/LocalKeys.ts"
import { RemoteKeys } from "./internal/jwt/RemoteKeys.ts"
import type { Jwk } from "./JwtKey.ts"
import * as Check from "./internal/optionChecks.ts"

/**
 * The public keys of an issuer.
 *
 * @since 0.1.0
 * @category models
 */
export interface Jwks {
  readonly [JwksTypeId]: KeySource
}

/**
 * How a key set is fetched and kept.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** How long a set serves. Default: 10 minutes. */
  readonly timeToLive?: Duration.Input | undefined
  /** For how much longer it serves while the endpoint fails. Default: 1 hour. */
  readonly staleIfError?: Duration.Input | undefined
  /** How long nothing is asked for after a request, however many unknown keys are named. Default: 30 seconds. */
  readonly cooldown?: Duration.Input | undefined
  /** In bytes. Default: 131,072. */
  readonly maxSize?: number | undefined
  /** Default: 100. */
  readonly maxKeys?: number | undefined
  /** How it is fetched, slot by slot over the defaults: a timeout of 5 seconds, and 3 attempts. */
  readonly policy?: Policy.Policy | undefined
  /** How errors and events call what fetches. Default: `jwks`. */
  readonly name?: string | undefined
  /** Whether a URL may be without TLS: whoever is on the way can then sign for the issuer. Default: false. */
  readonly allowInsecureRequests?: boolean | undefined
  /**
   * Whether the URL may lead to this machine or to a private network. Set it for the key set of a server in your own network,
   * and not for a URL that an issuer or a tenant has chosen. Default: false; a plain `http://127.0.0.1`, as in development, needs
   * only `allowInsecureRequests`.
   */
  readonly allowPrivateNetworks?: boolean | undefined
}

/**
 * The key set at a URL; nothing is fetched before it is needed. A URL that is none, or without TLS, and options that make no
 * sense throw `InvalidOption`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  url: string | URL,
  options: Options = {}
): Effect.Effect<Jwks, never, HttpClient.HttpClient | Scope.Scope> => {
  Check.checkJwksUrl("jwks.url", url)
  Check.checkJwks("jwks", options)
  const timing = timingOf(options)
  const place = {
    ...placeOf(String(url), options),
    name: options.name ?? "jwks",
    policy: Policy.merge(defaultPolicy, options.policy ?? {}),
    maxSize: options.maxSize ?? 131_072,
    maxKeys: options.maxKeys ?? 100
  }
  return Effect.gen(function* () {
    const scope = yield* Effect.scope
    return { [JwksTypeId]: new RemoteKeys(fetching(yield* HttpClient.HttpClient, place), timing, scope) }
  })
}

/**
 * A key set that is given and stays. One that is none throws `InvalidOption`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const local = (jwks: { readonly keys: ReadonlyArray<Jwk> }): Jwks => {
  Check.checkKeySet("jwks.local", jwks)
  const set = KeySet.read(jwks, Number.MAX_SAFE_INTEGER)
  if (typeof set !== "string") return { [JwksTypeId]: new LocalKeys(set) }
  throw new InvalidOption.InvalidOption({
    option: "jwks.local",
    actual: "no key set",
    accepts: 'an object with "keys"'
  })
}

/**
 * Whether this is the key set of an issuer.
 *
 * @since 0.1.0
 * @category guards
 */
export const isJwks = (input: unknown): input is Jwks =>
  typeof input === "object" && input !== null && JwksTypeId in input

const defaultPolicy: Policy.Policy = {
  timeout: "5 seconds",
  retry: Retry.make({ schedule: Schedule.exponential("200 millis").pipe(Schedule.jittered), attempts: 3 })
}

const timingOf = ({ cooldown, staleIfError, timeToLive }: Options) => {
  const timeToLiveMillis = InvalidOption.positiveMillis("jwks.timeToLive", timeToLive ?? "10 minutes")
  const cooldownMillis = InvalidOption.finiteMillis("jwks.cooldown", cooldown ?? "30 seconds")
  if (cooldownMillis > timeToLiveMillis) {
    throw new InvalidOption.InvalidOption({
      option: "jwks.cooldown",
      actual: `${cooldownMillis} ms`,
      accepts: `at most as long as timeToLive, ${timeToLiveMillis} ms`
    })
  }
  const staleIfErrorMillis = InvalidOption.finiteMillis("jwks.staleIfError", staleIfError ?? "1 hour")
  return { timeToLiveMillis, cooldownMillis, staleIfErrorMillis }
}

const placeOf = (text: string, options: Options): Pick<Place, "url" | "isPublicOnly"> => {
  const { allowInsecureRequests = false, allowPrivateNetworks = false } = options
  const url = URL.parse(text)
  const isUsable = url?.protocol === "https:" || (url?.protocol === "http:" && allowInsecureRequests)
  if (url !== null && isUsable && url.username === "" && url.password === "") {
    const isDevelopment = url.protocol === "http:" && AddressGuard.isLoopback(url)
    if (allowPrivateNetworks || isDevelopment) return { url, isPublicOnly: false }
    return { url: publicUrl(url), isPublicOnly: true }
  }
  throw new InvalidOption.InvalidOption({
    option: "jwks.url",
    actual: url === null ? "no URL" : `a URL of ${url.protocol}${url.username === "" ? "" : " with a user name"}`,
    accepts: "an https URL without a user name; with allowInsecureRequests also an http URL"
  })
}

const publicUrl = (url: URL): URL => {
  const checked = AddressGuard.check(url)
  if (Result.isSuccess(checked)) return url
  throw new InvalidOption.InvalidOption({
    option: "jwks.url",
    actual: `at ${checked.failure.host} (${checked.failure.kind})`,
    accepts: "a URL on the public internet; with allowPrivateNetworks also one on this machine or on a private network"
  })
}
