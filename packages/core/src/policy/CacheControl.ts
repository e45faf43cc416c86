/**
 * The rules of HTTP caching for a private cache, as pure functions of headers and times.
 *
 * **When to use**
 *
 * To ask what a response says about being kept. The `cache` slot and `Cache.withCache` ask for you.
 *
 * **Details**
 *
 * What a rule leaves open is decided for the shorter life: a number that is none counts as zero, the first of two equal
 * directives counts, and a header whose quotes never end forbids storing. `s-maxage` and `proxy-revalidate` are for
 * caches that several users share and are ignored, and `private` permits what this cache does.
 *
 * **Gotchas**
 *
 * Header names are expected in lower case, as `HttpClient` gives them. Times are milliseconds, those of a directive
 * included.
 *
 * **Example** (Fresh for a minute)
 *
 * ```ts
 * import { CacheControl } from "@causeway/core/policy"
 *
 * const response = { status: 200, headers: { "cache-control": "private, max-age=60" } }
 * console.assert(CacheControl.isStorable({ method: "GET", headers: {} }, response))
 * console.assert(CacheControl.lifetimeMillis(response, 0) === 60_000)
 * ```
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111
 * @since 0.1.0
 */
import { DateTime, Result } from "effect"
import * as Headers from "effect/http/Headers"
import { readDirectives, seconds } from "./internal/cache/directives.ts"
import { isSecretName } from "./internal/identity.ts"
import { sha256 } from "./internal/cache/sha256.ts"

/**
 * Headers by name in lower case.
 *
 * @since 0.1.0
 * @category models
 */
export type HeaderRecord = Readonly<Record<string, string | undefined>>

/**
 * The part of a request that the rules look at.
 *
 * @since 0.1.0
 * @category models
 */
export interface Request {
  readonly method: string
  readonly headers: HeaderRecord
}

/**
 * The part of a response that the rules look at.
 *
 * @since 0.1.0
 * @category models
 */
export interface Response {
  readonly status: number
  readonly headers: HeaderRecord
}

/**
 * When a request was sent and when its response arrived, in epoch milliseconds.
 *
 * @since 0.1.0
 * @category models
 */
export interface Times {
  readonly requestedAt: number
  readonly respondedAt: number
}

/**
 * The directives of a request's or a response's `Cache-Control` that matter to a private cache. Durations are in
 * milliseconds, undefined where the directive is missing.
 *
 * @since 0.1.0
 * @category models
 */
export interface Directives {
  readonly noStore: boolean
  readonly noCache: boolean
  readonly mustRevalidate: boolean
  readonly mustUnderstand: boolean
  readonly immutable: boolean
  readonly onlyIfCached: boolean
  /** `public` or `private`: said to be storable. */
  readonly isDeclared: boolean
  readonly maxAgeMillis: number | undefined
  readonly minFreshMillis: number | undefined
  /** Infinite when `max-stale` has no value. */
  readonly maxStaleMillis: number | undefined
  readonly staleWhileRevalidateMillis: number | undefined
  readonly staleIfErrorMillis: number | undefined
}

const nothing: Directives = {
  noStore: false,
  noCache: false,
  mustRevalidate: false,
  mustUnderstand: false,
  immutable: false,
  onlyIfCached: false,
  isDeclared: false,
  maxAgeMillis: undefined,
  minFreshMillis: undefined,
  maxStaleMillis: undefined,
  staleWhileRevalidateMillis: undefined,
  staleIfErrorMillis: undefined
}

const unreadable: Directives = { ...nothing, noStore: true, noCache: true }

/**
 * Reads a `Cache-Control`. `no-cache` and `private` with field names count as without.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111#field.cache-control
 * @since 0.1.0
 * @category reading
 */
export const parse = (header: string | undefined): Directives => {
  if (header === undefined) return nothing
  if (header !== latest.header) {
    const found = readDirectives(header)
    latest = { header, directives: found === undefined ? unreadable : directivesOf(found) }
  }
  return latest.directives
}

/** A response is asked several questions in a row, and so is the next one, which mostly says the same. */
let latest: { readonly header: string; readonly directives: Directives } = { header: "", directives: nothing }

const directivesOf = (found: ReadonlyMap<string, string | undefined>): Directives => {
  const millis = (name: string): number | undefined =>
    found.has(name) ? (seconds(found.get(name)) ?? 0) * 1000 : undefined
  const isEndless = found.has("max-stale") && found.get("max-stale") === undefined
  return {
    // A cache that knows the status takes `must-understand` in its place (RFC 9111, section 5.2.2.3).
    noStore: found.has("no-store") && !found.has("must-understand"),
    noCache: found.has("no-cache"),
    mustRevalidate: found.has("must-revalidate"),
    mustUnderstand: found.has("must-understand"),
    immutable: found.has("immutable"),
    onlyIfCached: found.has("only-if-cached"),
    isDeclared: found.has("public") || found.has("private"),
    maxAgeMillis: millis("max-age"),
    minFreshMillis: millis("min-fresh"),
    maxStaleMillis: isEndless ? Infinity : millis("max-stale"),
    staleWhileRevalidateMillis: millis("stale-while-revalidate"),
    staleIfErrorMillis: millis("stale-if-error")
  }
}

/**
 * What a request asks of a cache: its `Cache-Control`, or without one `Pragma: no-cache`.
 *
 * @since 0.1.0
 * @category reading
 */
export const requestDirectives = (headers: HeaderRecord): Directives => {
  const control = headers["cache-control"]
  if (control !== undefined) return parse(control)
  return headers["pragma"] === undefined ? nothing : { ...nothing, noCache: /\bno-cache\b/i.test(headers["pragma"]) }
}

/** A cache may give these a life of its own choosing when they say nothing of it. */
const heuristicStatuses: ReadonlySet<number> = new Set([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501])

/** Parts, answers to conditions, and those that ask to come again: keeping them would stand in the way of an answer. */
const keptNeverStatuses: ReadonlySet<number> = new Set([206, 304, 401, 407, 408, 421, 425, 429])

/** Asking with one of these, the caller keeps an answer of its own, or wants a part of one. */
const conditions = ["if-none-match", "if-modified-since", "if-match", "if-unmodified-since", "if-range", "range"]

/**
 * Whether a request asks on conditions of its own or for a part: such a one passes a cache by, there and back.
 *
 * @since 0.1.0
 * @category reading
 */
export const isConditional = (headers: HeaderRecord): boolean => conditions.some((name) => headers[name] !== undefined)

/**
 * Whether the response to a request may be kept. Never: answers to other methods than GET and HEAD, to conditional
 * requests, server errors and the statuses that ask to come again, event streams, `no-store` on either side,
 * `Vary: *`, and what neither says how long it lives nor has a status that needs not say so.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111#name-storing-responses-in-caches
 * @since 0.1.0
 * @category storing
 */
export const isStorable = (request: Request, response: Response): boolean =>
  (request.method === "GET" || request.method === "HEAD") &&
  !isConditional(request.headers) &&
  !requestDirectives(request.headers).noStore &&
  isKeptStatus(response.status) &&
  isKeptContent(response.headers["content-type"]) &&
  varyNames(response.headers["vary"]) !== undefined &&
  isPermitted(response)

const isKeptStatus = (status: number): boolean =>
  status >= 200 && (status < 500 || status === 501) && !keptNeverStatuses.has(status)

/** An event stream has no end that could be waited for. */
const isKeptContent = (type: string | undefined): boolean => type === undefined || !/^\s*text\/event-stream/i.test(type)

const isPermitted = ({ headers, status }: Response): boolean => {
  const { isDeclared, maxAgeMillis, mustUnderstand, noStore } = parse(headers["cache-control"])
  if (noStore || (mustUnderstand && !heuristicStatuses.has(status))) return false
  return isDeclared || maxAgeMillis !== undefined || headers["expires"] !== undefined || heuristicStatuses.has(status)
}

/**
 * How long a response without an explicit life is fresh.
 *
 * @since 0.1.0
 * @category models
 */
export interface Fallback {
  /** A tenth of the time since `Last-Modified`, at most a day. */
  readonly heuristics: boolean
  /** What is left to say, in milliseconds. */
  readonly defaultTtlMillis: number
}

const dayMillis = 86_400_000

/**
 * How long a response is fresh, from when it was made: `max-age`, else `Expires` less `Date`, else the fallback where
 * the status permits one, else zero.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111#name-calculating-freshness-lifet
 * @since 0.1.0
 * @category freshness
 */
export const lifetimeMillis = (response: Response, respondedAt: number, fallback?: Fallback): number => {
  const { maxAgeMillis } = parse(response.headers["cache-control"])
  if (maxAgeMillis !== undefined) return maxAgeMillis
  const madeAt = dateMillis(response.headers["date"]) ?? respondedAt
  const expires = response.headers["expires"]
  if (expires !== undefined) return Math.max(0, (dateMillis(expires) ?? 0) - madeAt)
  return fallback !== undefined && heuristicStatuses.has(response.status)
    ? fallbackMillis(response, madeAt, fallback)
    : 0
}

const fallbackMillis = ({ headers }: Response, madeAt: number, fallback: Fallback): number => {
  const modifiedAt = fallback.heuristics ? dateMillis(headers["last-modified"]) : undefined
  if (modifiedAt === undefined) return fallback.defaultTtlMillis
  return Math.min(dayMillis, Math.max(0, Math.floor((madeAt - modifiedAt) / 10)))
}

const dateMillis = (header: string | undefined): number | undefined => {
  const parsed = header === undefined ? undefined : Headers.parseHttpDate(header)
  return parsed !== undefined && Result.isSuccess(parsed) ? DateTime.toEpochMillis(parsed.success) : undefined
}

/**
 * How old a response was when it arrived: the larger of what its `Date` shows and of its `Age` with the time it was on
 * its way. Never negative; an `Age` that is no number is ignored.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111#name-calculating-age
 * @since 0.1.0
 * @category freshness
 */
export const initialAgeMillis = (headers: HeaderRecord, times: Times): number => {
  const apparent = times.respondedAt - (dateMillis(headers["date"]) ?? times.respondedAt)
  const onItsWay = Math.max(0, times.respondedAt - times.requestedAt)
  const said = (seconds(headers["age"]?.split(",")[0]?.trim()) ?? 0) * 1000
  return Math.max(0, apparent, said + onItsWay)
}

/**
 * How old a stored response is now. Never younger than when it arrived, also when the clock was set back.
 *
 * @since 0.1.0
 * @category freshness
 */
export const currentAgeMillis = (
  stored: { readonly storedAt: number; readonly initialAgeMillis: number },
  now: number
): number => stored.initialAgeMillis + Math.max(0, now - stored.storedAt)

/**
 * The headers of a request that a response was chosen by, and what they said; null for one that was missing.
 *
 * @since 0.1.0
 * @category variants
 */
export type Varying = ReadonlyArray<readonly [name: string, value: string | null]>

/**
 * What a response varies by, for the request it answers: names in lower case, sorted, each once. Undefined for
 * `Vary: *`, which no later request matches. The values of headers that hold secrets are kept as digests.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111#name-calculating-cache-keys-with
 * @since 0.1.0
 * @category variants
 */
export const varyingBy = (vary: string | undefined, headers: HeaderRecord): Varying | undefined =>
  varyNames(vary)?.map((name) => [name, varyValue(name, headers)])

const varyNames = (vary: string | undefined): ReadonlyArray<string> | undefined => {
  if (vary === undefined) return []
  const names = vary.split(",").map((name) => name.trim().toLowerCase())
  return names.includes("*") ? undefined : [...new Set(names.filter((name) => name !== ""))].toSorted()
}

const varyValue = (name: string, headers: HeaderRecord): string | null => {
  const value = headers[name]
  if (value === undefined) return null
  return isSecretName(name) ? `sha256:${sha256(value)}` : normalised(name, value)
}

/** Only in these lists is a space around a comma, or the case of a letter, known to mean nothing. */
const normalised = (name: string, value: string): string =>
  name.startsWith("accept") && !value.includes('"')
    ? value
        .toLowerCase()
        .split(/([,;])/)
        .map((part) => part.trim())
        .join("")
    : value.trim()

/**
 * Whether a response that varies so answers a request with these headers.
 *
 * @since 0.1.0
 * @category variants
 */
export const answers = (varying: Varying, headers: HeaderRecord): boolean =>
  varying.every(([name, value]) => varyValue(name, headers) === value)

/**
 * The headers that ask whether a stored response is still the right one; empty when it has no validator.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111#name-sending-a-validation-reques
 * @since 0.1.0
 * @category validation
 */
export const conditionalHeaders = (stored: HeaderRecord): Readonly<Record<string, string>> => ({
  ...(isEntityTag(stored["etag"]) && { "if-none-match": stored["etag"] }),
  ...(dateMillis(stored["last-modified"]) !== undefined && { "if-modified-since": stored["last-modified"] ?? "" })
})

const isEntityTag = (tag: string | undefined): tag is string =>
  tag !== undefined && /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/.test(tag)

/**
 * Whether a 304 speaks of a stored response: it has the same `ETag`, or none. Only a weak one is compared weakly.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111#name-freshening-stored-responses
 * @since 0.1.0
 * @category validation
 */
export const isFreshenedBy = (stored: HeaderRecord, notModified: HeaderRecord): boolean => {
  const tag = notModified["etag"]
  if (tag === undefined || tag === stored["etag"]) return true
  return tag.startsWith("W/") && tag.slice(2) === stored["etag"]
}

/** Of one connection or one exchange: not part of what is kept. Cookies are kept by who asked, and `Age` is reckoned. */
const passing: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authentication-info",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "set-cookie",
  "set-cookie2",
  "age"
])

/** They describe the body that is stored, whatever a 304 without one says. */
const ofTheBody: ReadonlySet<string> = new Set(["content-encoding", "content-length", "content-range", "content-type"])

/**
 * The headers of a response that are kept, with a `Date` when it had none.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111#name-storing-header-and-trailer-
 * @since 0.1.0
 * @category storing
 */
export const keptHeaders = (headers: HeaderRecord, respondedAt: number): Readonly<Record<string, string>> => {
  const named = new Set(headers["connection"]?.split(",").map((name) => name.trim().toLowerCase()))
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !passing.has(name) && !named.has(name)) kept[name] = value
  }
  kept["date"] ??= new Date(respondedAt).toUTCString()
  return kept
}

/**
 * The headers of a stored response after a 304: its new values, except those that describe the stored body.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111#name-updating-stored-header-fiel
 * @since 0.1.0
 * @category validation
 */
export const freshenedHeaders = (
  stored: Readonly<Record<string, string>>,
  notModified: HeaderRecord,
  respondedAt: number
): Readonly<Record<string, string>> => {
  const fresh = Object.entries(keptHeaders(notModified, respondedAt)).filter(([name]) => !ofTheBody.has(name))
  return { ...stored, ...Object.fromEntries(fresh) }
}

const safeMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "QUERY"])

/**
 * The URLs whose stored responses a request with an unsafe method has made wrong, once it was answered with success:
 * its own, and those of `Location` and `Content-Location` at the same origin. None for a safe method or an error.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111#name-invalidating-stored-respons
 * @since 0.1.0
 * @category invalidation
 */
export const invalidatedUrls = (
  request: { readonly method: string; readonly url: string },
  response: Response
): ReadonlyArray<string> => {
  if (safeMethods.has(request.method) || response.status < 200 || response.status >= 400) return []
  const named = [response.headers["location"], response.headers["content-location"]]
  return [...new Set([request.url, ...named.flatMap((url) => sameOrigin(url, request.url))])]
}

const sameOrigin = (url: string | undefined, base: string): ReadonlyArray<string> => {
  if (url === undefined || !URL.canParse(url, base)) return []
  const target = new URL(url, base)
  return target.origin === new URL(base).origin ? [target.href] : []
}
