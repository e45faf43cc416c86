import type { Directives, Varying } from "../../CacheControl.ts"

/**
 * A stored response. Times are epoch milliseconds, spans milliseconds.
 *
 * @since 0.1.0
 * @category models
 */
export interface Entry {
  /** Of the request that it answered: GET or HEAD. */
  readonly method: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  readonly varying: Varying
  /** Read from its `Cache-Control`. */
  readonly directives: Directives
  readonly storedAt: number
  /** How old it was then. */
  readonly initialAgeMillis: number
  /** Up to which age it is fresh. */
  readonly lifetimeMillis: number
  /** When it is of no use any more, not even to ask whether it is still right. */
  readonly keepUntil: number
}

/**
 * What a store knows of a key: its variants, in no order.
 *
 * @since 0.1.0
 * @category models
 */
export interface Found {
  readonly _tag: "Found"
  readonly entries: ReadonlyArray<Entry>
}

/**
 * The store could not be asked, and its `onStoreError` is `"fail"`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Unavailable {
  readonly _tag: "Unavailable"
}

/**
 * What happens when a store cannot be asked: `"allow"` goes on as if it were empty, `"fail"` answers with
 * `Unavailable`.
 *
 * @since 0.1.0
 * @category models
 */
export type OnStoreError = "allow" | "fail"
