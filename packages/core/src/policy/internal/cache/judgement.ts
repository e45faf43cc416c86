import * as CacheControl from "../../CacheControl.ts"
import type { Decision, Request } from "./decision.ts"
import type { Entry } from "./entry.ts"
import { isSelected } from "./selection.ts"

/** How long a stale answer may be given that does not say so itself. */
interface Spans {
  readonly staleWhileRevalidateMillis: number
  readonly staleIfErrorMillis: number
}

const miss: Decision = { _tag: "Miss" }

const noAnswer: Decision = {
  _tag: "Unsatisfiable",
  entry: {
    method: "GET",
    status: 504,
    headers: {},
    body: new Uint8Array(),
    varying: [],
    directives: CacheControl.parse("no-store"),
    storedAt: 0,
    initialAgeMillis: 0,
    lifetimeMillis: 0,
    keepUntil: 0
  }
}

/** Without a usable answer: only-if-cached asks not to go any further. */
const missing = (asked: CacheControl.Directives): Decision => (asked.onlyIfCached ? noAnswer : miss)

/** What may be done with the stored variants of a request's key. */
export const judge = (spans: Spans, request: Request, entries: ReadonlyArray<Entry>, now: number): Decision => {
  const asked = CacheControl.requestDirectives(request.headers)
  const entry = select(entries, request, now)
  if (entry === undefined) return missing(asked)
  const ageMillis = CacheControl.currentAgeMillis(entry, now)
  if (mayBeUsed(entry, asked, ageMillis)) return { _tag: "Fresh", entry, ageMillis }
  return asked.onlyIfCached ? noAnswer : stale(spans, entry, asked, ageMillis, now)
}

/** What is said of a request that is not looked up at all. */
export const judgeUnasked = (request: Request): Decision => missing(CacheControl.requestDirectives(request.headers))

/** The most recent variant that answers the request; an answer to GET answers HEAD too. */
const select = (entries: ReadonlyArray<Entry>, request: Request, now: number): Entry | undefined => {
  let found: Entry | undefined
  for (const entry of entries) {
    const isNewer = found === undefined || entry.storedAt > found.storedAt
    if (isNewer && entry.keepUntil > now && answersMethod(entry, request.method)) {
      if (isSelected(entry, request.headers)) found = entry
    }
  }
  return found
}

const answersMethod = (entry: Entry, method: string): boolean => entry.method === method || entry.method === "GET"

const mayBeUsed = (entry: Entry, asked: CacheControl.Directives, ageMillis: number): boolean => {
  const { directives, lifetimeMillis } = entry
  if (directives.noCache || asked.noCache) return false
  const isFresh = ageMillis < lifetimeMillis
  const isTooOld = asked.maxAgeMillis !== undefined && (asked.maxAgeMillis === 0 || ageMillis > asked.maxAgeMillis)
  if (isTooOld && !(isFresh && directives.immutable)) return false
  if (asked.minFreshMillis !== undefined && lifetimeMillis - ageMillis < asked.minFreshMillis) return false
  return isFresh || staleness(entry, ageMillis) <= staleForCaller(entry, asked)
}

const staleness = (entry: Entry, ageMillis: number): number => ageMillis - entry.lifetimeMillis

const staleForCaller = ({ directives }: Entry, asked: CacheControl.Directives): number =>
  directives.mustRevalidate ? -1 : (asked.maxStaleMillis ?? -1)

const stale = (
  spans: Spans,
  entry: Entry,
  asked: CacheControl.Directives,
  ageMillis: number,
  now: number
): Decision => {
  const { directives } = entry
  const past = staleness(entry, ageMillis)
  const isStrict = directives.noCache || directives.mustRevalidate || asked.noCache
  const isOnlyStale = asked.maxAgeMillis === undefined && asked.minFreshMillis === undefined
  const whileRevalidating = directives.staleWhileRevalidateMillis ?? spans.staleWhileRevalidateMillis
  const onError = asked.staleIfErrorMillis ?? directives.staleIfErrorMillis ?? spans.staleIfErrorMillis
  return {
    _tag: "Stale",
    entry,
    ageMillis,
    conditionalHeaders: CacheControl.conditionalHeaders(entry.headers),
    mayServeWhileRevalidate: !isStrict && isOnlyStale && past < whileRevalidating,
    mayServeOnErrorUntil: isStrict || onError <= past ? undefined : now + onError - past
  }
}
