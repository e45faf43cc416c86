import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import type { HeaderRecord } from "../../CacheControl.ts"
import type { Entry, Unavailable } from "./entry.ts"

/**
 * A request as the cache sees it: its whole URL, its headers by name in lower case, and who is asking.
 *
 * @since 0.1.0
 * @category models
 */
export interface Request {
  readonly method: string
  readonly url: string
  readonly headers: HeaderRecord
  /** Names the credentials without holding them. Answers are never shared between two of these. */
  readonly partition: string
}

/**
 * The entry may be given as it is.
 *
 * @since 0.1.0
 * @category models
 */
export interface Fresh {
  readonly _tag: "Fresh"
  readonly entry: Entry
  readonly ageMillis: number
}

/**
 * The provider must be asked, with `conditionalHeaders` on the request: a 304 goes to `revalidated`, everything
 * else to `update`. `mayServeWhileRevalidate` says that the entry may be given at once meanwhile;
 * `mayServeOnErrorUntil` (epoch milliseconds) until when it may be given if the provider fails.
 *
 * @since 0.1.0
 * @category models
 */
export interface Stale {
  readonly _tag: "Stale"
  readonly entry: Entry
  readonly ageMillis: number
  readonly conditionalHeaders: Readonly<Record<string, string>>
  readonly mayServeWhileRevalidate: boolean
  readonly mayServeOnErrorUntil: number | undefined
}

/**
 * Nothing is known, or the request passes the cache by.
 *
 * @since 0.1.0
 * @category models
 */
export interface Miss {
  readonly _tag: "Miss"
}

/**
 * The request said `only-if-cached` and nothing fits: `entry` is the 504 to answer with.
 *
 * @since 0.1.0
 * @category models
 */
export interface Unsatisfiable {
  readonly _tag: "Unsatisfiable"
  readonly entry: Entry
}

/**
 * What `lookup` decides. `Unavailable` only comes from a store whose `onStoreError` is `"fail"`.
 *
 * @since 0.1.0
 * @category models
 */
export type Decision = Fresh | Stale | Miss | Unsatisfiable | Unavailable

/**
 * What `update` did.
 *
 * @since 0.1.0
 * @category models
 */
export type Updated =
  | { readonly _tag: "Stored"; readonly entry: Entry }
  | { readonly _tag: "NotStored" }
  | { readonly _tag: "Invalidated" }

/**
 * What `revalidated` made of a 304: the entry with its new headers, or `Mismatched` when the 304 spoke of another
 * answer, which is then forgotten and must be asked for without conditions.
 *
 * @since 0.1.0
 * @category models
 */
export type Revalidated = { readonly _tag: "Revalidated"; readonly entry: Entry } | { readonly _tag: "Mismatched" }

/**
 * A response that `keep` has dealt with and that can be read from its beginning; `isBroken` when its body
 * broke, which whoever reads it meets again.
 *
 * @since 0.1.0
 * @category models
 */
export interface Kept {
  readonly response: HttpClientResponse
  readonly isBroken: boolean
}
