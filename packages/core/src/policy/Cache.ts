/**
 * Cache: an answer that is still good is given again, and one that may be is asked for by its validator.
 *
 * **When to use**
 *
 * For reads that are repeated and whose provider says how long an answer holds (`Cache-Control`, `ETag`), or where you
 * know it yourself (`defaultTtl`).
 *
 * **Details**
 *
 * A private cache by RFC 9111: freshness, `Vary`, validators and `304`, request and response directives, invalidation
 * by unsafe methods; and by RFC 5861 `stale-while-revalidate` and `stale-if-error`. Answers are kept per partition, so
 * that nobody sees what another one was answered. {@link lookup}, {@link keep} (or {@link update}, of a body at hand)
 * and {@link revalidated} decide; who sends is the engine, or {@link withCache} around a client of Effect's.
 *
 * **Gotchas**
 *
 * Without `Cache-Control`, `Expires` or `ETag` from the provider nothing is kept, unless you set `defaultTtl` or
 * `heuristics`. `Set-Cookie` is never kept: a cookie that is given twice would undo what came in between. A write
 * through another process, or by somebody else, invalidates nothing here.
 *
 * **Example** (Answers outlive an outage by an hour)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { HttpClient, HttpClientResponse } from "effect/http"
 * import { Cache } from "@causeway/core/policy"
 *
 * let asked = 0
 * const provider = HttpClient.make((request) =>
 *   Effect.sync(() => {
 *     asked += 1
 *     const init = { headers: { "cache-control": "max-age=60" } }
 *     return HttpClientResponse.fromWeb(request, new Response("sunny", init))
 *   })
 * )
 * const client = provider.pipe(Cache.withCache(Cache.make({ staleIfError: "1 hour" })))
 * const weather = Effect.flatMap(client.get("https://api.weather.example/now"), (response) => response.text)
 *
 * Effect.runPromise(Effect.all([weather, weather])).then((answers) => {
 *   console.assert(answers.join() === "sunny,sunny")
 *   console.assert(asked === 1)
 * })
 * ```
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111
 * @see https://www.rfc-editor.org/rfc/rfc5861
 * @since 0.1.0
 */
import { type Duration, Effect } from "effect"
import type * as HttpClient from "effect/http/HttpClient"
import type { HttpClientError } from "effect/http/HttpClientError"
import type { HttpClientRequest } from "effect/http/HttpClientRequest"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import * as CacheControl from "./CacheControl.ts"
import * as CacheStore from "./CacheStore.ts"
import { brokenResponseOf, read, type Read, responseOf } from "./internal/cache/bufferedResponse.ts"
import { cachingClient } from "./internal/cache/cachingClient.ts"
import type { Decision, Kept, Request, Revalidated, Updated } from "./internal/cache/decision.ts"
import { judge, judgeUnasked } from "./internal/cache/judgement.ts"
import { Revalidations as RevalidationsInMemory } from "./internal/cache/Revalidations.ts"
import { selectionOf } from "./internal/cache/selection.ts"
import { type Asker, partitionOf } from "./internal/cache/partition.ts"
import * as InvalidOption from "./InvalidOption.ts"
import { checkCache, checkClientOptions, checkOptions } from "./internal/cache/optionChecks.ts"

const TypeId = "~causeway/policy/Cache"

export type {
  Decision,
  Fresh,
  Miss,
  Request,
  Revalidated,
  Stale,
  Unsatisfiable,
  Updated
} from "./internal/cache/decision.ts"

export { isOutage } from "./internal/cache/outage.ts"
export { type Asker, partitionOf } from "./internal/cache/partition.ts"

/**
 * Options of {@link make}.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The most bytes that the store in memory holds. Default: 16 MiB. */
  readonly maxBytes?: number
  /** The most answers that the store in memory holds. Default: 1,000. */
  readonly maxEntries?: number
  /** The largest body that is kept; a larger one passes through. Default: 1 MiB. */
  readonly maxBodyBytes?: number
  /** How long an answer is fresh that says nothing of it. Default: 0, it is not kept. */
  readonly defaultTtl?: Duration.Input
  /** Derive what an answer does not say from its `Last-Modified`: a tenth of its age, at most a day. Default: false. */
  readonly heuristics?: boolean
  /** How long a stale answer is given while a new one is fetched, unless it says so itself. Default: 0. */
  readonly staleWhileRevalidate?: Duration.Input
  /** How long a stale answer is given when no other can be had, unless it says so itself. Default: 0. */
  readonly staleIfError?: Duration.Input
  /** How long a stale answer with a validator is kept, to ask whether it is still right. Default: 1 day. */
  readonly revalidateWithin?: Duration.Input
  /** Which methods are looked up. An answer to GET answers HEAD too. Default: GET. */
  readonly methods?: ReadonlyArray<"GET" | "HEAD">
  /** What is the same request, beside the partition and the headers of `Vary`. Default: the URL, without its fragment. */
  readonly key?: (request: Request) => string
}

/**
 * A validated cache.
 *
 * @since 0.1.0
 * @category models
 */
export interface Cache {
  readonly [TypeId]: typeof TypeId
  readonly maxBytes: number
  readonly maxEntries: number
  readonly maxBodyBytes: number
  readonly defaultTtlMillis: number
  readonly heuristics: boolean
  readonly staleWhileRevalidateMillis: number
  readonly staleIfErrorMillis: number
  readonly revalidateWithinMillis: number
  readonly methods: ReadonlySet<string>
  readonly key: ((request: Request) => string) | undefined
}

/**
 * Makes a cache; throws `InvalidOption` for numbers that make no sense.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Cache => {
  checkOptions("cache", options)
  return {
    [TypeId]: TypeId,
    maxBytes: options.maxBytes ?? 16 * 1024 * 1024,
    maxEntries: options.maxEntries ?? 1_000,
    maxBodyBytes: options.maxBodyBytes ?? 1024 * 1024,
    defaultTtlMillis: millisOf("defaultTtl", options.defaultTtl ?? 0),
    heuristics: options.heuristics ?? false,
    staleWhileRevalidateMillis: millisOf("staleWhileRevalidate", options.staleWhileRevalidate ?? 0),
    staleIfErrorMillis: millisOf("staleIfError", options.staleIfError ?? 0),
    revalidateWithinMillis: millisOf("revalidateWithin", options.revalidateWithin ?? 86_400_000),
    methods: new Set(options.methods ?? ["GET"]),
    key: options.key
  }
}

const millisOf = (option: string, value: Duration.Input) => InvalidOption.finiteMillis(`cache.${option}`, value)

type Store = CacheStore.CacheStore["Service"]

/**
 * Whether a response will be kept once its body has been read; ask before reading one that may have no end.
 *
 * @since 0.1.0
 * @category deciding
 */
export const isStorable = (
  cache: Cache,
  request: Request,
  response: CacheControl.Response,
  times: CacheControl.Times
): boolean =>
  cache.methods.has(request.method) &&
  CacheControl.isStorable(request, response) &&
  keepMillis(cache, CacheControl.keptHeaders(response.headers, times.respondedAt), freshness(cache, response, times)) >
    0

/**
 * Looks a request up. Answers at once when the store does.
 *
 * @since 0.1.0
 * @category deciding
 */
export const lookup = (cache: Cache, store: Store, request: Request, now: number): Effect.Effect<Decision> =>
  isLookedUp(cache, request)
    ? Effect.mapEager(store.get(keyOf(cache, request), now), (found) =>
        found._tag === "Found" ? judge(cache, request, found.entries, now) : found
      )
    : Effect.succeed(judgeUnasked(request))

/**
 * A response whose body has been read. `sent` has the headers of the request as it went out: `Vary` refers to them,
 * `accept-encoding` of the transport included. Default: the headers of the request.
 *
 * @since 0.1.0
 * @category models
 */
export interface Answered extends CacheControl.Response {
  readonly body: Uint8Array
  readonly sent?: CacheControl.HeaderRecord
}

/**
 * Keeps a response, or forgets what it has made wrong: an unsafe method that succeeded invalidates its URL, and an
 * answer that may not be kept takes the place of the `stale` one that was asked about. A body may be empty where
 * {@link isStorable} is false.
 *
 * @since 0.1.0
 * @category deciding
 */
export const update = (
  cache: Cache,
  store: Store,
  request: Request,
  response: Answered,
  times: CacheControl.Times,
  stale?: CacheStore.Entry
): Effect.Effect<Updated> => {
  const invalidated = CacheControl.invalidatedUrls(request, response)
  if (invalidated.length > 0) return invalidate(cache, store, request, invalidated)
  if (isStorable(cache, request, response, times) && response.body.byteLength <= cache.maxBodyBytes) {
    return put(cache, store, request, entryOf(cache, request, response, times))
  }
  return stale !== undefined && isOtherwiseNow(response.status) ? forget(cache, store, request) : notStored
}

/**
 * Reads a response that may be kept, up to `maxBodyBytes`, keeps it, and gives one to read in its place; does what
 * {@link update} does with any other, unread.
 *
 * @since 0.1.0
 * @category deciding
 */
export const keep = (
  cache: Cache,
  store: Store,
  asked: Request,
  request: HttpClientRequest,
  response: HttpClientResponse,
  times: CacheControl.Times,
  stale?: CacheStore.Entry
): Effect.Effect<Kept> => {
  if (isStorable(cache, asked, response, times)) {
    const sent = response.request.headers
    return Effect.flatMap(read(response, cache.maxBodyBytes), (body) =>
      keepRead({ cache, store, asked, request, sent, times, stale }, body)
    )
  }
  const { headers, status } = response
  return Effect.mapEager(update(cache, store, asked, { status, headers, body: new Uint8Array() }, times, stale), () =>
    whole(response)
  )
}

interface Keeping {
  readonly cache: Cache
  readonly store: Store
  readonly asked: Request
  readonly request: HttpClientRequest
  readonly sent: CacheControl.HeaderRecord
  readonly times: CacheControl.Times
  readonly stale: CacheStore.Entry | undefined
}

const keepRead = (keeping: Keeping, body: Read): Effect.Effect<Kept> => {
  const { asked, cache, request, sent, stale, store, times } = keeping
  switch (body._tag) {
    case "Whole": {
      const response = whole(responseOf(request, body.buffered))
      const answered: Answered = { ...body.buffered, sent }
      return Effect.mapEager(update(cache, store, asked, answered, times, stale), () => response)
    }
    case "Rest":
      return Effect.as(stale === undefined ? Effect.void : forget(cache, store, asked), whole(body.response))
    case "Broken":
      return Effect.succeed({ response: brokenResponseOf(request, body.broken), isBroken: true })
  }
}

const whole = (response: HttpClientResponse): Kept => ({ response, isBroken: false })

/**
 * Renews a stale entry by the headers of a 304.
 *
 * @since 0.1.0
 * @category deciding
 */
export const revalidated = (
  cache: Cache,
  store: Store,
  request: Request,
  stale: CacheStore.Entry,
  notModified: { readonly headers: CacheControl.HeaderRecord },
  times: CacheControl.Times
): Effect.Effect<Revalidated> => {
  if (!CacheControl.isFreshenedBy(stale.headers, notModified.headers)) {
    return Effect.mapEager(forget(cache, store, request), () => mismatched)
  }
  const entry = freshened(cache, request, stale, notModified.headers, times)
  const isKept =
    !entry.directives.noStore && CacheControl.varyingBy(entry.headers["vary"], request.headers) !== undefined
  const kept = isKept ? put(cache, store, request, entry) : forget(cache, store, request)
  return Effect.mapEager(kept, () => ({ _tag: "Revalidated", entry }))
}

/**
 * Removes a stale entry after the provider answered with a redirect, 404 or 410. For callers whose transport fails with a
 * status and has no response to {@link keep}.
 *
 * @since 0.1.0
 * @category deciding
 */
export const replaced = (
  cache: Cache,
  store: Store,
  request: Request,
  stale: CacheStore.Entry,
  status: number
): Effect.Effect<void> =>
  isOtherwiseNow(status) && stale.status !== status ? Effect.asVoid(forget(cache, store, request)) : Effect.void

const notStored: Effect.Effect<Updated> = Effect.succeed({ _tag: "NotStored" })
const mismatched: Revalidated = { _tag: "Mismatched" }

/** Said by an answer that may not be kept: what was kept before is no longer so. */
const isOtherwiseNow = (status: number): boolean => status < 400 || status === 404 || status === 410

const isLookedUp = (cache: Cache, { headers, method }: Request): boolean =>
  cache.methods.has(method) && !CacheControl.isConditional(headers) && !CacheControl.requestDirectives(headers).noStore

/** The length in front keeps a partition and a URL from passing for another pair of them. */
const keyOf = (cache: Cache, request: Request): string =>
  `${request.partition.length}:${request.partition}${cache.key?.(request) ?? withoutFragment(request.url)}`

const withoutFragment = (url: string): string => {
  const fragment = url.indexOf("#")
  return fragment < 0 ? url : url.slice(0, fragment)
}

const invalidate = (
  cache: Cache,
  store: Store,
  request: Request,
  urls: ReadonlyArray<string>
): Effect.Effect<Updated> => {
  const keys = new Set(urls.map((url) => keyOf(cache, { ...request, url })))
  const removed = Effect.forEach(keys, (key) => store.remove(key), { discard: true })
  return Effect.as(removed, { _tag: "Invalidated" })
}

const forget = (cache: Cache, store: Store, request: Request): Effect.Effect<Updated> =>
  Effect.mapEager(store.remove(keyOf(cache, request)), () => ({ _tag: "NotStored" }))

const put = (cache: Cache, store: Store, request: Request, entry: CacheStore.Entry): Effect.Effect<Updated> =>
  Effect.mapEager(store.put(keyOf(cache, request), entry, entry.storedAt), (done) =>
    done ? { _tag: "Stored", entry } : { _tag: "NotStored" }
  )

interface Freshness {
  readonly initialAgeMillis: number
  readonly lifetimeMillis: number
}

const freshness = (cache: Cache, response: CacheControl.Response, times: CacheControl.Times): Freshness => ({
  initialAgeMillis: CacheControl.initialAgeMillis(response.headers, times),
  lifetimeMillis: CacheControl.lifetimeMillis(response, times.respondedAt, cache)
})

/** As long as it is fresh, and then as long as it may be given stale or can be asked about. */
const keepMillis = (
  cache: Cache,
  headers: Readonly<Record<string, string>>,
  { initialAgeMillis, lifetimeMillis }: Freshness
): number => {
  const directives = CacheControl.parse(headers["cache-control"])
  const hasValidator = Object.keys(CacheControl.conditionalHeaders(headers)).length > 0
  const isStrict = directives.noCache || directives.mustRevalidate
  const afterwards = Math.max(
    hasValidator ? cache.revalidateWithinMillis : 0,
    isStrict ? 0 : (directives.staleWhileRevalidateMillis ?? cache.staleWhileRevalidateMillis),
    isStrict ? 0 : (directives.staleIfErrorMillis ?? cache.staleIfErrorMillis)
  )
  const isUseful = hasValidator || !directives.noCache
  return isUseful ? lifetimeMillis - initialAgeMillis + afterwards : 0
}

const entryOf = (cache: Cache, request: Request, response: Answered, times: CacheControl.Times): CacheStore.Entry => {
  const headers = CacheControl.keptHeaders(response.headers, times.respondedAt)
  const fresh = freshness(cache, response, times)
  return {
    ...fresh,
    method: request.method,
    status: response.status,
    headers,
    body: response.body,
    // A storable response has no `Vary: *`.
    varying: selectionOf(response.headers["vary"], request.headers, response.sent) ?? [],
    directives: CacheControl.parse(headers["cache-control"]),
    storedAt: times.respondedAt,
    keepUntil: times.respondedAt + keepMillis(cache, headers, fresh)
  }
}

const freshened = (
  cache: Cache,
  request: Request,
  stale: CacheStore.Entry,
  notModified: CacheControl.HeaderRecord,
  times: CacheControl.Times
): CacheStore.Entry => {
  const headers = CacheControl.freshenedHeaders(stale.headers, notModified, times.respondedAt)
  const fresh: Freshness = {
    initialAgeMillis: CacheControl.initialAgeMillis(notModified, times),
    lifetimeMillis: CacheControl.lifetimeMillis({ status: stale.status, headers }, times.respondedAt, cache)
  }
  return {
    ...stale,
    ...fresh,
    headers,
    // A 304 may say anew what the answer varies by; it speaks to this request.
    varying:
      notModified["vary"] === undefined
        ? stale.varying
        : (selectionOf(headers["vary"], request.headers) ?? stale.varying),
    directives: CacheControl.parse(headers["cache-control"]),
    storedAt: times.respondedAt,
    keepUntil: times.respondedAt + keepMillis(cache, headers, fresh)
  }
}

/**
 * A stored entry as a response to a request, with its `Age`.
 *
 * @since 0.1.0
 * @category converting
 */
export const toResponse = (request: HttpClientRequest, entry: CacheStore.Entry, now: number): HttpClientResponse =>
  responseOf(request, {
    status: entry.status,
    headers: { ...entry.headers, age: String(Math.floor(CacheControl.currentAgeMillis(entry, now) / 1000)) },
    body: request.method === "HEAD" ? new Uint8Array() : entry.body
  })

/**
 * Refreshes in the background: at most one at a time for each key and 1,000 in all, each given up after a minute.
 *
 * @since 0.1.0
 * @category models
 */
export interface Revalidations {
  /** Begins unless the key is being refreshed; what becomes of it is told to nobody. */
  readonly begin: <A, E, R>(key: string, refresh: Effect.Effect<A, E, R>) => Effect.Effect<void, never, R>
}

/**
 * Makes an empty set of refreshes, for `mayServeWhileRevalidate`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeRevalidations = (): Revalidations => new RevalidationsInMemory()

/**
 * Options of {@link withCache}.
 *
 * @since 0.1.0
 * @category models
 */
export interface ClientOptions {
  /** Where answers are kept. Default: a store in memory of its own. */
  readonly store?: Store
  /** Identifies the caller. Default: {@link partitionOf}, with Effect's `CurrentRedactedNames`. */
  readonly partition?: (request: HttpClientRequest) => string
}

/**
 * A client that stores and reuses responses. During an outage (see {@link isOutage}) it serves a stale response, as long
 * as its age allows; a store that cannot be read fails as the client's transport does, if its
 * `onStoreError` is `"fail"`.
 *
 * @since 0.1.0
 * @category combinators
 */
export const withCache = (cache: Cache, options: ClientOptions = {}) => {
  checkCache("cache", cache)
  checkClientOptions("cache", options)
  return <E, R>(client: HttpClient.HttpClient.With<E, R>): HttpClient.HttpClient.With<E | HttpClientError, R> => {
    const store = options.store ?? CacheStore.makeMemory({ maxBytes: cache.maxBytes, maxEntries: cache.maxEntries })
    return cachingClient(client, {
      partition: options.partition ?? ((request, redactedNames) => partitionOf({ ...partsOf(request), redactedNames })),
      lookup: (request, now) => lookup(cache, store, request, now),
      keep: (asked, request, response, times, stale) => keep(cache, store, asked, request, response, times, stale),
      revalidated: (request, stale, notModified, times) =>
        revalidated(cache, store, request, stale, notModified, times),
      replaced: (request, stale, status) => replaced(cache, store, request, stale, status),
      toResponse
    })
  }
}

/** Its getters would be lost in a copy. */
const partsOf = ({ headers, url, urlParams }: HttpClientRequest): Asker => ({ headers, url, urlParams })
