/**
 * Coalescing: identical calls in flight share one.
 *
 * **When to use**
 *
 * Where many callers ask for the same thing at the same time: a configuration at the start, a popular product, the
 * moment at which a cached answer has run out.
 *
 * **Details**
 *
 * The same call is: a safe method, the URL, the caller's identity, every header except those that trace or name one request, and the body. The
 * shared call belongs to none of its callers: whoever is interrupted leaves the others well, and the call is interrupted
 * when the last one leaves. A failure is shared too, and kept no longer than the call: the next caller calls anew.
 *
 * **Gotchas**
 *
 * Callers get the same value, not a copy each: do not change it. The call runs in the context of the caller that came
 * first; a deadline around the others still ends their own wait.
 *
 * **Example** (Three callers, one request)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { Coalesce } from "@causeway/core/policy"
 *
 * const coalesce = Coalesce.make()
 * const flights = Coalesce.makeFlights<string, never>(coalesce)
 * const key = Coalesce.keyOf(coalesce, {
 *   method: "GET",
 *   url: "https://api.weather.example/now",
 *   headers: {},
 *   partition: "",
 *   body: undefined
 * })
 * let asked = 0
 * const ask = Effect.delay(Effect.sync(() => `answer ${(asked += 1)}`), "1 millis")
 * const shared = flights.share(key, ask)
 *
 * Effect.runPromise(Effect.all([shared, shared, shared], { concurrency: 3 })).then((answers) =>
 *   console.assert(answers.join() === "answer 1,answer 1,answer 1")
 * )
 * ```
 *
 * @since 0.1.0
 */
import type { Effect } from "effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as Cache from "./Cache.ts"
import { coalescingClient, type Shared } from "./internal/cache/coalescingClient.ts"
import { FlightsInMemory } from "./internal/cache/FlightsInMemory.ts"
import { sha256 } from "./internal/cache/sha256.ts"
import { isOfOneRequest, isSecretName } from "./internal/identity.ts"
import * as OptionCheck from "./OptionCheck.ts"
import { isMade } from "./internal/made.ts"

const TypeId = "~causeway/policy/Coalesce"

/**
 * A request as it is compared: its whole URL, its headers by name in lower case, who is asking, and its body; null for
 * one that cannot be compared, such as a stream.
 *
 * @since 0.1.0
 * @category models
 */
export interface Request extends Cache.Request {
  readonly body: Uint8Array | undefined | null
}

/**
 * Options of {@link make}.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** What is the same call, for a safe method and one partition; undefined shares it with nobody. Default: see above. */
  readonly key?: (request: Request) => string | undefined
  /** The most calls that are shared at once; those beyond go alone. Default: 10,000. */
  readonly maxKeys?: number
  /** The largest response body that a client shares; beyond, each caller asks for itself. Default: 1 MiB. */
  readonly maxBodyBytes?: number
}

/**
 * A validated coalescing.
 *
 * @since 0.1.0
 * @category models
 */
export interface Coalesce {
  readonly [TypeId]: typeof TypeId
  readonly key: ((request: Request) => string | undefined) | undefined
  readonly maxKeys: number
  readonly maxBodyBytes: number
}

const checkOptions = OptionCheck.record<Options>({
  key: OptionCheck.callback,
  maxKeys: OptionCheck.integer(1),
  maxBodyBytes: OptionCheck.integer(0)
})

/**
 * Makes a coalescing; throws `InvalidOption` for numbers that make no sense.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Coalesce => {
  checkOptions("coalesce", options)
  return {
    [TypeId]: TypeId,
    key: options.key,
    maxKeys: options.maxKeys ?? 10_000,
    maxBodyBytes: options.maxBodyBytes ?? 1024 * 1024
  }
}

/**
 * The calls that are shared now.
 *
 * @since 0.1.0
 * @category models
 */
export interface Flights<A, E> {
  /** Joins the call of this key, or begins it; without a key the call is the caller's own. */
  readonly share: <R>(key: string | undefined, call: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** How many there are. */
  readonly size: number
}

/**
 * Makes an empty set of shared calls, in this process.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeFlights = <A, E>(coalesce: Coalesce): Flights<A, E> => new FlightsInMemory<A, E>(coalesce.maxKeys)

const safeMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "QUERY"])

/** A larger request body is not compared: who sends one rarely sends it twice at once. */
const mostComparedBytes = 64 * 1024

/**
 * What a call shares its answer under; undefined for one that shares it with nobody: an unsafe method, a body that is
 * a stream or larger than 64 KiB. The URL and the headers are in it, credentials as digests: keep it in memory.
 *
 * @since 0.1.0
 * @category deciding
 */
export const keyOf = (coalesce: Coalesce, request: Request): string | undefined => {
  const isOneOfAKind = request.body === null || request.headers["upgrade"] !== undefined
  if (!safeMethods.has(request.method) || isOneOfAKind) return undefined
  const key = coalesce.key === undefined ? sameCall(request) : coalesce.key(request)
  return key === undefined ? undefined : JSON.stringify([request.partition, request.method, key])
}

const sameCall = ({ body, headers, url }: Request): string | undefined => {
  if (body !== undefined && body !== null && body.byteLength > mostComparedBytes) return undefined
  const compared = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined || isOfOneRequest(name) ? [] : [[name, isSecretName(name) ? sha256(value) : value] as const]
  )
  const sorted = compared.toSorted(([one], [other]) => (one < other ? -1 : 1))
  return JSON.stringify([url, sorted, body === undefined || body === null ? null : sha256(body)])
}

/**
 * A client whose identical requests in flight share one, each with a response of its own to read.
 *
 * @since 0.1.0
 * @category combinators
 */
export const withCoalescing = (coalesce: Coalesce) => {
  checkMade("coalesce", coalesce)
  return <E, R>(client: HttpClient.HttpClient.With<E, R>): HttpClient.HttpClient.With<E, R> =>
    coalescingClient(client, {
      maxBodyBytes: coalesce.maxBodyBytes,
      share: makeFlights<Shared | undefined, E>(coalesce).share,
      keyOf: (request, { body, redactedNames, url }) => {
        const { headers, method } = request
        const partition = Cache.partitionOf({ headers, url, redactedNames })
        return keyOf(coalesce, { method, url, headers, body, partition })
      }
    })
}

const checkMade = OptionCheck.satisfies("what Coalesce.make returns", (coalesce) => isMade(TypeId, coalesce))
