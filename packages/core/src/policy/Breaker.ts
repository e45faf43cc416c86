/**
 * Circuit breaker: stops calling a provider that fails, and lets one probe through from time to time.
 *
 * **When to use**
 *
 * On every integration whose callers would rather fail fast than queue behind an outage.
 *
 * **Details**
 *
 * It counts attempts, not calls: it sees an outage sooner, and an open circuit ends the retry loop at once. `transient`
 * outcomes are failures (a timeout and a broken body among them); `throttled` ones and interruptions are not counted;
 * everything else shows that the provider is alive. Closed, it trips by its strategy; open, it refuses for
 * `openDuration`; half-open, it lets one probe through, whose outcome closes it or opens it again.
 *
 * **Gotchas**
 *
 * A slot declared on the integration is one circuit for all its endpoints; give a `key` to split it.
 *
 * **Example** (Half of at least 10 calls)
 *
 * ```ts
 * import { Breaker } from "@causeway/core/policy"
 *
 * const breaker = Breaker.failureRate({ threshold: 0.5, minimumCalls: 10, openDuration: "10 seconds" })
 *
 * console.assert(breaker.trip._tag === "FailureRate")
 * ```
 *
 * @since 0.1.0
 */
import type { Duration } from "effect"
import * as InvalidOption from "./InvalidOption.ts"
import type { KeyInput } from "./RateLimit.ts"

const TypeId = "~causeway/policy/Breaker"

/**
 * When a closed circuit trips.
 *
 * @since 0.1.0
 * @category models
 */
export type Trip =
  | { readonly _tag: "Consecutive"; readonly failures: number }
  | { readonly _tag: "FailureRate"; readonly threshold: number; readonly minimumCalls: number; readonly window: number }

/**
 * A validated circuit breaker.
 *
 * @since 0.1.0
 * @category models
 */
export interface Breaker {
  readonly [TypeId]: typeof TypeId
  readonly trip: Trip
  readonly openMillis: number
  readonly key: ((call: KeyInput) => string) | undefined
}

interface CommonOptions {
  /** How long an open circuit refuses before it lets a probe through. Default: 30 seconds. */
  readonly openDuration?: Duration.Input
  /** Which circuit a call belongs to. Default: one for the slot. */
  readonly key?: (call: KeyInput) => string
}

const make = (trip: Trip, options: CommonOptions): Breaker => ({
  [TypeId]: TypeId,
  trip,
  openMillis: InvalidOption.positiveMillis("circuitBreaker.openDuration", options.openDuration ?? 30_000),
  key: options.key
})

/**
 * Trips after so many failed attempts in a row. `failures` defaults to 5.
 *
 * @since 0.1.0
 * @category constructors
 */
export const consecutive = (options: CommonOptions & { readonly failures?: number } = {}): Breaker =>
  make(
    { _tag: "Consecutive", failures: InvalidOption.integer("circuitBreaker.failures", options.failures ?? 5, 1) },
    options
  )

/**
 * Trips when the share of failed attempts among the last `window` (default 100) reaches `threshold` (default 0.5), once
 * there were `minimumCalls` (default 10).
 *
 * @since 0.1.0
 * @category constructors
 */
export const failureRate = (
  options: CommonOptions & {
    readonly threshold?: number
    readonly minimumCalls?: number
    readonly window?: number
  } = {}
): Breaker => {
  const window = InvalidOption.integer("circuitBreaker.window", options.window ?? 100, 1)
  return make(
    {
      _tag: "FailureRate",
      threshold: InvalidOption.ratio("circuitBreaker.threshold", options.threshold ?? 0.5),
      minimumCalls: InvalidOption.integer(
        "circuitBreaker.minimumCalls",
        options.minimumCalls ?? Math.min(10, window),
        1
      ),
      window
    },
    options
  )
}
