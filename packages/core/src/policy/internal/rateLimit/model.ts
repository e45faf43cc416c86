import type { Effect } from "effect"
import type { Limit } from "../../RateLimit.ts"

/**
 * A request for tokens. Times are in milliseconds, `now` is the epoch's.
 *
 * @since 0.1.0
 * @category models
 */
export interface Request {
  readonly key: string
  readonly limits: ReadonlyArray<Limit>
  readonly tokens: number
  /** Among those that wait for the key, the higher goes first. Default: 0. */
  readonly priority?: number
  readonly maxWaiting: number
  readonly maxWaitMillis: number
  readonly now: number
}

/**
 * A turn: now, when `delayMillis` is 0, and otherwise when `wait` ends.
 *
 * @since 0.1.0
 * @category models
 */
export interface Admitted {
  readonly _tag: "Admitted"
  /** How long the wait will be, as far as is known: it is shorter when others leave and longer when others overtake. */
  readonly delayMillis: number
  /** Ends with the turn, or with a refusal when it can no longer come in time. Gives itself back when interrupted. */
  readonly wait: Effect.Effect<Decision>
  /** Gives the tokens back, of a call that was never made. */
  readonly refund: Effect.Effect<void>
  /** Corrects what the call has cost: the rest is given back, and what is missing is taken from those that follow. */
  readonly adjust: (tokens: number) => Effect.Effect<void>
}

/**
 * No turn; `retryAfterMillis` is undefined when no wait would help. `limit` is the one that would have held longest.
 *
 * @since 0.1.0
 * @category models
 */
export interface Refused {
  readonly _tag: "Refused"
  readonly retryAfterMillis: number | undefined
  readonly limit: number
}

/**
 * No decision: the store can't be reached, and was made to fail then.
 *
 * @since 0.1.0
 * @category models
 */
export interface Unavailable {
  readonly _tag: "Unavailable"
}

/**
 * The store's decision.
 *
 * @since 0.1.0
 * @category models
 */
export type Decision = Admitted | Refused | Unavailable
