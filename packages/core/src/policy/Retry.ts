/**
 * Retry: any `Schedule` decides when, the category decides whether.
 *
 * **When to use**
 *
 * On every endpoint that a caller would repeat by hand. Give it a bare `Schedule`, or {@link make} for the numbers.
 *
 * **Details**
 *
 * Retried are `transient` and `throttled` failures of calls that may be repeated: safe and idempotent methods (GET,
 * HEAD, OPTIONS, PUT, DELETE), calls with an idempotency key, and any call whose failure came before anything was sent.
 * A `Retry-After` lengthens the schedule's delay, never shortens it.
 *
 * **Gotchas**
 *
 * A bare schedule that never ends stops at 10 attempts. A delay that would end after the deadline is not begun.
 *
 * **Example** (Four attempts with full jitter)
 *
 * ```ts
 * import { Schedule } from "effect"
 * import { Retry } from "@causeway/core/policy"
 *
 * const retry = Retry.make({
 *   schedule: Schedule.exponential("200 millis").pipe(Schedule.jittered),
 *   attempts: 4,
 *   maxRetryAfter: "30 seconds"
 * })
 *
 * console.assert(retry.attempts === 4)
 * ```
 *
 * @since 0.1.0
 */
import { type Duration, Schedule } from "effect"
import type { FailedAttempt } from "./Failure.ts"
import * as InvalidOption from "./InvalidOption.ts"

const TypeId = "~causeway/policy/Retry"

/**
 * Options of {@link make}.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** When the next attempt is made. Default: exponential from 200 milliseconds, with jitter. */
  readonly schedule?: Schedule.Schedule<unknown, FailedAttempt>
  /** The most attempts a call makes, the first included. Default: 10. */
  readonly attempts?: number
  /** The longest `Retry-After` that is waited for; a longer one fails at once with `RateLimited`. Default: 60 seconds. */
  readonly maxRetryAfter?: Duration.Input
  /**
   * The header that carries an idempotency key, drawn once per call for methods that are not idempotent, so that they
   * can be retried. Default: none is drawn.
   */
  readonly idempotencyKeyHeader?: string
}

/**
 * A validated retry strategy.
 *
 * @since 0.1.0
 * @category models
 */
export interface Retry {
  readonly [TypeId]: typeof TypeId
  readonly schedule: Schedule.Schedule<unknown, FailedAttempt>
  readonly attempts: number
  readonly maxRetryAfterMillis: number
  readonly idempotencyKeyHeader: string | undefined
}

/**
 * What the `retry` slot takes: a `Schedule`, or a strategy made by {@link make}.
 *
 * @since 0.1.0
 * @category models
 */
export type Input = Schedule.Schedule<unknown, FailedAttempt> | Retry

/**
 * Makes a retry strategy; throws `InvalidOption` for numbers that make no sense.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): Retry => ({
  [TypeId]: TypeId,
  schedule: options.schedule ?? defaultSchedule,
  attempts: InvalidOption.integer("retry.attempts", options.attempts ?? 10, 1),
  maxRetryAfterMillis: InvalidOption.finiteMillis("retry.maxRetryAfter", options.maxRetryAfter ?? 60_000),
  idempotencyKeyHeader: options.idempotencyKeyHeader
})

/**
 * Takes a strategy as it is, and a bare `Schedule` with the other defaults.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromInput = (input: Input): Retry => (Schedule.isSchedule(input) ? make({ schedule: input }) : input)

const defaultSchedule = Schedule.exponential("200 millis").pipe(Schedule.jittered)
