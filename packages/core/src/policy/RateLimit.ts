/**
 * Rate limit: at most so many calls in any window of time, waited for in a bounded queue.
 *
 * **When to use**
 *
 * When the provider publishes a quota, or when you want to stay below one.
 *
 * **Details**
 *
 * A sliding window: however the calls fall, no window of the given length ever holds more than `limit` of them. A call
 * that must wait gets its turn at once and sleeps until then; one whose wait would pass `maxWait`, or that finds
 * `maxWaiting` others before it, fails at once with `RateLimited`. An interrupted waiter gives its turn back.
 *
 * **Gotchas**
 *
 * The limiter is inside the retry, so that each attempt pays. A slot declared on the integration is shared by its
 * endpoints, one declared on an endpoint is its own.
 *
 * **Example** (25 a second, waiting at most 5 seconds)
 *
 * ```ts
 * import { RateLimit } from "@causeway/core/policy"
 *
 * const limit = RateLimit.make({ limit: 25, window: "1 second", maxWait: "5 seconds" })
 *
 * console.assert(limit.windowMillis === 1000)
 * ```
 *
 * @since 0.1.0
 */
import type { Duration } from "effect"
import * as InvalidOption from "./InvalidOption.ts"

const TypeId = "~causeway/policy/RateLimit"

/**
 * What a key function sees of a call: its endpoint, and the request as the caller gave it.
 *
 * @since 0.1.0
 * @category models
 */
export interface KeyInput {
  readonly integration: string
  readonly endpoint: string
  readonly request: unknown
}

/**
 * Options of {@link make}.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The most tokens that any window may hold. A call costs one, unless it says otherwise. */
  readonly limit: number
  /** How long the window is. */
  readonly window: Duration.Input
  /** The longest that a call waits for its turn. Default: 30 seconds. */
  readonly maxWait?: Duration.Input
  /** The most calls that wait at once, per key. Default: 1,000. */
  readonly maxWaiting?: number
  /** Whose quota a call uses. Default: one for the slot. */
  readonly key?: (call: KeyInput) => string
}

/**
 * A validated rate limit.
 *
 * @since 0.1.0
 * @category models
 */
export interface RateLimit {
  readonly [TypeId]: typeof TypeId
  readonly limit: number
  readonly windowMillis: number
  readonly maxWaitMillis: number
  readonly maxWaiting: number
  readonly key: ((call: KeyInput) => string) | undefined
}

/**
 * What the `rateLimit` slot takes: plain options, or a limit made by {@link make}.
 *
 * @since 0.1.0
 * @category models
 */
export type Input = Options | RateLimit

/**
 * Makes a rate limit; throws `InvalidOption` for numbers that make no sense.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): RateLimit => ({
  [TypeId]: TypeId,
  limit: InvalidOption.integer("rateLimit.limit", options.limit, 1),
  windowMillis: InvalidOption.positiveMillis("rateLimit.window", options.window),
  maxWaitMillis: InvalidOption.finiteMillis("rateLimit.maxWait", options.maxWait ?? 30_000),
  maxWaiting: InvalidOption.integer("rateLimit.maxWaiting", options.maxWaiting ?? 1_000, 0),
  key: options.key
})

/**
 * Takes a limit as it is, and plain options through {@link make}.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromInput = (input: Input): RateLimit => (TypeId in input ? input : make(input))
