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
import { Duration, Effect, Random, Schedule } from "effect"
import type { FailedAttempt } from "./Failure.ts"
import * as InvalidOption from "./InvalidOption.ts"
import * as OptionCheck from "./OptionCheck.ts"
import { isMade } from "./internal/made.ts"

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
  /**
   * Which failures are retried; {@link whenError} adds a type of error to the default. An endpoint whose calls may not be
   * repeated throws `InvalidOption` for a `when`, which could not take effect. Default: {@link byCategory}.
   */
  readonly when?: (failure: FailedAttempt) => boolean
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
  readonly when: (failure: FailedAttempt) => boolean
  /** Whether `when` was set. */
  readonly hasWhen: boolean
}

/**
 * What the `retry` slot takes: a `Schedule`, or a strategy made by {@link make}.
 *
 * @since 0.1.0
 * @category models
 */
export type Input = Schedule.Schedule<unknown, FailedAttempt> | Retry

const checkOptions = OptionCheck.record<Options>({
  schedule: OptionCheck.schedule,
  attempts: OptionCheck.integer(1),
  maxRetryAfter: OptionCheck.duration,
  idempotencyKeyHeader: OptionCheck.httpToken,
  when: OptionCheck.callback
})

/**
 * Makes a retry strategy; throws `InvalidOption` for numbers that make no sense, or a name that no header has.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): Retry => {
  checkOptions("retry", options)
  if (options.when !== undefined && options.attempts === 1) {
    const accepts = "left out, because one attempt leaves nothing to retry"
    throw new InvalidOption.InvalidOption({ option: "retry.when", actual: "set with `attempts: 1`", accepts })
  }
  return fromOptions(options)
}

const fromOptions = (options: Options): Retry => ({
  [TypeId]: TypeId,
  schedule: options.schedule ?? defaultSchedule,
  attempts: InvalidOption.integer("retry.attempts", options.attempts ?? 10, 1),
  maxRetryAfterMillis: InvalidOption.finiteMillis("retry.maxRetryAfter", options.maxRetryAfter ?? 60_000),
  idempotencyKeyHeader:
    options.idempotencyKeyHeader === undefined
      ? undefined
      : InvalidOption.httpToken("retry.idempotencyKeyHeader", options.idempotencyKeyHeader),
  when: options.when ?? byCategory,
  hasWhen: options.when !== undefined
})

/**
 * The default `when`: failures that are `transient` or `throttled` without `x-should-retry: false`, and those with
 * `x-should-retry: true`.
 *
 * @since 0.1.0
 * @category predicates
 */
export const byCategory = ({ category, shouldRetry }: FailedAttempt): boolean =>
  shouldRetry ?? (category === "transient" || category === "throttled")

/**
 * A `when` that retries the errors of one class too, such as an error that the endpoint declares; with `predicate` only
 * those for which it is true. Everything else is retried by its category.
 *
 * **Example** (A lock that another request holds)
 *
 * ```ts
 * import { Schema } from "effect"
 * import { Retry } from "@causeway/core/policy"
 *
 * class Conflict extends Schema.TaggedError<Conflict>()("Conflict", { code: Schema.String }) {}
 *
 * const retry = Retry.make({
 *   attempts: 3,
 *   when: Retry.whenError(Conflict, (conflict) => conflict.code === "lock_timeout")
 * })
 *
 * console.assert(retry.hasWhen)
 * ```
 *
 * @since 0.1.0
 * @category predicates
 */
export const whenError =
  <E>(
    type: abstract new (...args: never) => E,
    predicate: (error: E, failure: FailedAttempt) => boolean = () => true
  ) =>
  (failure: FailedAttempt): boolean =>
    (failure.error instanceof type && predicate(failure.error, failure)) || byCategory(failure)

/**
 * Takes a strategy as it is, and a bare `Schedule` with the other defaults.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromInput = (input: Input): Retry => {
  if (isMade(TypeId, input)) return input
  checkSchedule("retry", input)
  return make({ schedule: input })
}

const checkSchedule = OptionCheck.satisfies("a Schedule, or what Retry.make returns", Schedule.isSchedule)

/**
 * Exponential delays with full jitter: each is anywhere between nothing and the exponential, never above `cap`.
 *
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 * @since 0.1.0
 * @category schedules
 */
export const fullJitter = (options: Backoff = {}): Schedule.Schedule<number> =>
  backoff(options, (exponential) => Effect.map(Random.next, (random) => random * exponential))

/**
 * Exponential delays with equal jitter: each is between one half and the whole of the exponential, never above `cap`.
 *
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 * @since 0.1.0
 * @category schedules
 */
export const equalJitter = (options: Backoff = {}): Schedule.Schedule<number> =>
  backoff(options, (exponential) => Effect.map(Random.next, (random) => ((1 + random) * exponential) / 2))

/**
 * Delays with decorrelated jitter: each is between the base and three times the one before, never above `cap`.
 *
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 * @since 0.1.0
 * @category schedules
 */
export const decorrelatedJitter = (options: Backoff = {}): Schedule.Schedule<number> => {
  const { base, cap } = bounds(options)
  return Schedule.fromStep(
    Effect.sync(() => {
      let previous = base
      return () =>
        Effect.map(Random.next, (random): [number, Duration.Duration] => {
          previous = Math.min(cap, base + random * (previous * 3 - base))
          return [previous, Duration.millis(previous)]
        })
    })
  )
}

/**
 * Bounds of a jittered schedule.
 *
 * @since 0.1.0
 * @category models
 */
export interface Backoff {
  /** The first delay, before jitter. Default: 200 milliseconds. */
  readonly base?: Duration.Input
  /** The longest delay, after jitter. Default: 30 seconds. */
  readonly cap?: Duration.Input
}

const checkBackoff = OptionCheck.record<Backoff>({
  base: OptionCheck.positiveDuration,
  cap: OptionCheck.positiveDuration
})

const bounds = (options: Backoff) => {
  checkBackoff("backoff", options)
  return {
    base: InvalidOption.positiveMillis("backoff.base", options.base ?? 200),
    cap: InvalidOption.positiveMillis("backoff.cap", options.cap ?? 30_000)
  }
}

const backoff = (
  options: Backoff,
  jitter: (exponential: number) => Effect.Effect<number>
): Schedule.Schedule<number> => {
  const { base, cap } = bounds(options)
  return Schedule.fromStep(
    Effect.sync(() => {
      let exponential = Math.min(base, cap)
      return () =>
        Effect.map(jitter(exponential), (delay): [number, Duration.Duration] => {
          exponential = Math.min(exponential * 2, cap)
          return [delay, Duration.millis(Math.min(delay, cap))]
        })
    })
  )
}

const defaultSchedule = Schedule.exponential("200 millis").pipe(Schedule.jittered)
