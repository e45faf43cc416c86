/**
 * Circuit breaker: stops calling a provider that fails, and lets a few probes through from time to time.
 *
 * **When to use**
 *
 * On every integration whose callers would rather fail fast than queue behind an outage.
 *
 * **Details**
 *
 * It counts attempts, not calls: it sees an outage sooner, and an open circuit ends the retry loop at once. `transient`
 * outcomes are failures (a timeout and a broken body among them); `throttled` ones and interruptions are not counted;
 * everything else shows that the provider is alive. A rate is evaluated after each attempt that counts, a success included, so
 * the order of the attempts does not matter. Closed, it trips by its strategies; open, it refuses for
 * `openDuration`; half-open, it lets `probes` through, whose outcomes close it or open it again.
 *
 * **Gotchas**
 *
 * A slot declared on the integration is one circuit for all its endpoints; give a `key` to split it. Breakers that meet
 * at one key of one store should have the same strategies: where they differ, each starts the counts anew.
 *
 * **Example** (Five failures in a row, or half of the calls of a minute slower than 2 seconds)
 *
 * ```ts
 * import { Schedule } from "effect"
 * import { Breaker } from "@causeway/core/policy"
 *
 * const breaker = Breaker.any(
 *   [
 *     Breaker.consecutive({ failures: 5 }),
 *     Breaker.slowCallRate({ slowerThan: "2 seconds", threshold: 0.5, window: "1 minute" })
 *   ],
 *   { openDuration: Schedule.min([Schedule.exponential("5 seconds"), Schedule.spaced("5 minutes")]), probes: 3 }
 * )
 *
 * console.assert(breaker.trips.length === 2)
 * console.assert(breaker.recovery.openMillis.slice(0, 3).join() === "5000,10000,20000")
 * ```
 *
 * @since 0.1.0
 */
import { type Duration, Schedule } from "effect"
import { openMillisOf } from "./internal/breaker/openMillis.ts"
import * as InvalidOption from "./InvalidOption.ts"
import type { KeyInput } from "./RateLimit.ts"
import * as OptionCheck from "./OptionCheck.ts"
import { isMade } from "./internal/made.ts"

const TypeId = "~causeway/policy/Breaker"

/**
 * What a rate is taken over: the last so many attempts, or those of the last so many milliseconds.
 *
 * @since 0.1.0
 * @category models
 */
export type Window =
  | { readonly _tag: "Calls"; readonly size: number }
  | { readonly _tag: "Time"; readonly millis: number }

/**
 * When a closed circuit trips.
 *
 * @since 0.1.0
 * @category models
 */
export type Trip =
  | { readonly _tag: "Consecutive"; readonly failures: number }
  | {
      readonly _tag: "FailureRate"
      readonly threshold: number
      readonly minimumCalls: number
      readonly window: Window
    }
  | {
      readonly _tag: "SlowCallRate"
      readonly slowerThanMillis: number
      readonly threshold: number
      readonly minimumCalls: number
      readonly window: Window
    }
  | { readonly _tag: "Custom"; readonly name: string; readonly make: () => TripRule }

/**
 * An attempt of a closed circuit, as a custom rule receives it: `failure` for a `transient` outcome, how long the attempt took,
 * and when it ended (milliseconds of the epoch). Attempts that no breaker counts are left out.
 *
 * @since 0.1.0
 * @category models
 */
export interface CountedAttempt {
  readonly outcome: "success" | "failure"
  readonly elapsedMillis: number
  readonly now: number
}

/**
 * A custom rule of one closed circuit: called once for each attempt that counts, it opens the circuit by returning `trip`.
 * It stores its counts in its closure. It must not throw: a rule that throws is a defect of the call.
 *
 * @since 0.1.0
 * @category models
 */
export type TripRule = (attempt: CountedAttempt) => "trip" | undefined

/**
 * How an open circuit comes back.
 *
 * @since 0.1.0
 * @category models
 */
export interface Recovery {
  /** How long the first opening lasts, the second in a row, and so on; the last one repeats. */
  readonly openMillis: ReadonlyArray<number>
  readonly maxRetryAfterMillis: number
  readonly probes: number
  /** How many of the probes must pass. */
  readonly probesToClose: number
}

/**
 * A validated circuit breaker: any of `trips` opens it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Breaker {
  readonly [TypeId]: typeof TypeId
  readonly trips: readonly [Trip, ...ReadonlyArray<Trip>]
  readonly recovery: Recovery
  readonly key: ((call: KeyInput) => string) | undefined
  /** A probe that takes at least so long has failed, whatever it answers. */
  readonly slowerThanMillis: number
  /** The strategies in one line: what is counted under one of them is of no use to another. */
  readonly strategy: string
}

/**
 * What every breaker takes beside its strategy.
 *
 * @since 0.1.0
 * @category models
 */
export interface CommonOptions {
  /**
   * How long an open circuit refuses before it lets probes through. A `Schedule` gives the first opening its first
   * delay, the next in a row its second, up to the 16th, which repeats; a close starts over. Its delays are drawn once,
   * when the breaker is made. Default: 30 seconds.
   */
  readonly openDuration?: Duration.Input | Schedule.Schedule<unknown, number>
  /**
   * The longest that a provider's `Retry-After`, where it asks for more than `openDuration`, keeps the circuit open.
   * Zero ignores it. Default: 5 minutes.
   */
  readonly maxRetryAfter?: Duration.Input
  /** How many attempts a half-open circuit lets through. Default: 1. */
  readonly probes?: number
  /** The share of the probes that must pass for the circuit to close. Default: 1, all of them. */
  readonly probeSuccessRatio?: number
  /** Which circuit a call belongs to. Default: one for the slot. */
  readonly key?: (call: KeyInput) => string
}

/**
 * What a rate takes.
 *
 * @since 0.1.0
 * @category models
 */
export interface RateOptions {
  /** The share of attempts that trips the circuit, above 0 and at most 1. Default: 0.5. */
  readonly threshold?: number
  /** How many attempts the window must hold before the rate counts. Default: 10, or the window where it is smaller. */
  readonly minimumCalls?: number
  /**
   * A number: the last so many attempts. A duration such as "1 minute": the attempts of that time, kept in ten buckets,
   * so that it looks back between nine tenths of it and the whole. Default: 100 attempts.
   */
  readonly window?: number | Exclude<Duration.Input, number>
}

const commonShape: OptionCheck.Shape<CommonOptions> = {
  openDuration: OptionCheck.either(Schedule.isSchedule, OptionCheck.anything, OptionCheck.positiveDuration),
  maxRetryAfter: OptionCheck.duration,
  probes: OptionCheck.integer(1),
  probeSuccessRatio: OptionCheck.ratio,
  key: OptionCheck.callback
}

const rateShape: OptionCheck.Shape<CommonOptions & RateOptions> = {
  ...commonShape,
  threshold: OptionCheck.ratio,
  minimumCalls: OptionCheck.integer(1),
  window: OptionCheck.either(
    (window) => typeof window === "number",
    OptionCheck.integer(1),
    OptionCheck.positiveDuration
  )
}

const checkCommon = OptionCheck.record(commonShape)

const checkConsecutive = OptionCheck.record<CommonOptions & { readonly failures?: number }>({
  ...commonShape,
  failures: OptionCheck.integer(1)
})

const checkRate = OptionCheck.record(rateShape)

const checkSlow = OptionCheck.record<CommonOptions & RateOptions & { readonly slowerThan: Duration.Input }>({
  ...rateShape,
  slowerThan: OptionCheck.required(OptionCheck.positiveDuration)
})

const checkCustom = OptionCheck.record<CommonOptions & { readonly name: string; readonly make: () => TripRule }>({
  ...commonShape,
  name: OptionCheck.required(OptionCheck.text),
  make: OptionCheck.required(OptionCheck.callback)
})

const checkBreakers = OptionCheck.list(OptionCheck.satisfies("a breaker", (breaker) => isMade(TypeId, breaker)))

/**
 * Trips after so many failed attempts in a row. `failures` defaults to 5.
 *
 * @since 0.1.0
 * @category constructors
 */
export const consecutive = (options: CommonOptions & { readonly failures?: number } = {}): Breaker => {
  checkConsecutive("circuitBreaker", options)
  return make([{ _tag: "Consecutive", failures: options.failures ?? 5 }], options)
}

/**
 * Trips when the share of failed attempts in the window reaches `threshold`, after at least `minimumCalls`. It is
 * evaluated after successes and failures.
 *
 * @since 0.1.0
 * @category constructors
 */
export const failureRate = (options: CommonOptions & RateOptions = {}): Breaker => {
  checkRate("circuitBreaker", options)
  return make([{ _tag: "FailureRate", ...rateOf(options) }], options)
}

/**
 * Trips when the share of attempts in the window that took `slowerThan` or longer, failed ones among them, reaches
 * `threshold`, once there were `minimumCalls`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const slowCallRate = (
  options: CommonOptions & RateOptions & { readonly slowerThan: Duration.Input }
): Breaker => {
  checkSlow("circuitBreaker", options)
  const slowerThanMillis = InvalidOption.positiveMillis("circuitBreaker.slowerThan", options.slowerThan)
  return make([{ _tag: "SlowCallRate", slowerThanMillis, ...rateOf(options) }], options)
}

/**
 * Trips by a custom rule. `make` creates the rule of one circuit and is called again each time that the circuit has closed,
 * so that the rule starts over. Probes and open durations work as for any other strategy.
 *
 * **Details**
 *
 * `name` identifies the rule: breakers with the same name and key share their counts, so include the rule's options in the
 * name. With `BreakerStoreRedis`, each process counts by itself, and a circuit that one of them opens is open for all.
 *
 * **Example** (A failure weighs five times as much as a success, as in a token bucket)
 *
 * ```ts
 * import { Breaker } from "@causeway/core/policy"
 *
 * const tokens = (most: number) =>
 *   Breaker.custom({
 *     name: `tokens-${most}`,
 *     make: () => {
 *       let left = most
 *       return ({ outcome }) => {
 *         left = outcome === "failure" ? left - 5 : Math.min(most, left + 1)
 *         return left <= 0 ? "trip" : undefined
 *       }
 *     },
 *     openDuration: "10 seconds"
 *   })
 *
 * console.assert(tokens(50).strategy === "custom:tokens-50")
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const custom = (options: CommonOptions & { readonly name: string; readonly make: () => TripRule }): Breaker => {
  checkCustom("circuitBreaker", options)
  return make([{ _tag: "Custom", name: options.name, make: options.make }], options)
}

/**
 * Trips as soon as one of the breakers would. How it comes back is said once, in `options`: a breaker among the given
 * ones that says so itself is refused with `InvalidOption`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const any = (breakers: ReadonlyArray<Breaker>, options: CommonOptions = {}): Breaker => {
  checkBreakers("circuitBreaker.any", breakers)
  checkCommon("circuitBreaker", options)
  const [first, ...others] = breakers
  if (first === undefined) throw invalid("circuitBreaker.any", "empty", "at least one breaker")
  breakers.forEach(requireNoRecovery)
  return make([...first.trips, ...others.flatMap(({ trips }) => trips)], options)
}

const make = (trips: Breaker["trips"], options: CommonOptions): Breaker => ({
  [TypeId]: TypeId,
  trips,
  recovery: recoveryOf(options),
  key: options.key,
  slowerThanMillis: Math.min(...trips.map((trip) => (trip._tag === "SlowCallRate" ? trip.slowerThanMillis : Infinity))),
  strategy: trips.map(nameOf).join(",")
})

/** One value for all breakers that say nothing of their recovery, so that `any` can tell. */
const defaultRecovery: Recovery = {
  openMillis: [30_000],
  maxRetryAfterMillis: 300_000,
  probes: 1,
  probesToClose: 1
}

const recoveryOf = ({ maxRetryAfter, openDuration, probes, probeSuccessRatio }: CommonOptions): Recovery => {
  if ([maxRetryAfter, openDuration, probes, probeSuccessRatio].every((option) => option === undefined)) {
    return defaultRecovery
  }
  const count = InvalidOption.integer("circuitBreaker.probes", probes ?? 1, 1)
  const ratio = InvalidOption.ratio("circuitBreaker.probeSuccessRatio", probeSuccessRatio ?? 1)
  return {
    openMillis: openMillisOf(openDuration ?? 30_000),
    maxRetryAfterMillis: InvalidOption.finiteMillis("circuitBreaker.maxRetryAfter", maxRetryAfter ?? 300_000),
    probes: count,
    probesToClose: atLeast(count, ratio)
  }
}

/** The smallest whole number whose share of `count` reaches `ratio`: `count * ratio` may be a hair above it. */
const atLeast = (count: number, ratio: number): number => {
  const rounded = Math.round(count * ratio)
  return rounded / count >= ratio ? rounded : rounded + 1
}

const requireNoRecovery = ({ key, recovery }: Breaker, index: number): void => {
  if (recovery === defaultRecovery && key === undefined) return
  const accepts = "without openDuration, maxRetryAfter, probes, probeSuccessRatio and key: they are options of any"
  throw invalid(`circuitBreaker.any[${index}]`, "a breaker with such options of its own", accepts)
}

const rateOf = (options: RateOptions) => {
  const window = windowOf(options.window ?? 100)
  const most = window._tag === "Calls" ? window.size : Infinity
  return {
    threshold: InvalidOption.ratio("circuitBreaker.threshold", options.threshold ?? 0.5),
    minimumCalls: minimumOf(options.minimumCalls ?? Math.min(10, most), most),
    window
  }
}

const windowOf = (window: number | Exclude<Duration.Input, number>): Window =>
  typeof window === "number"
    ? { _tag: "Calls", size: InvalidOption.integer("circuitBreaker.window", window, 1) }
    : { _tag: "Time", millis: InvalidOption.positiveMillis("circuitBreaker.window", window) }

/** A window of 20 attempts never holds 21: such a breaker would never trip. */
const minimumOf = (minimumCalls: number, most: number): number => {
  InvalidOption.integer("circuitBreaker.minimumCalls", minimumCalls, 1)
  if (minimumCalls <= most) return minimumCalls
  throw invalid("circuitBreaker.minimumCalls", String(minimumCalls), `at most the window, ${most}`)
}

const nameOf = (trip: Trip): string => {
  if (trip._tag === "Custom") return `custom:${trip.name}`
  if (trip._tag === "Consecutive") return `consecutive:${trip.failures}`
  const window = trip.window._tag === "Calls" ? `${trip.window.size}` : `${trip.window.millis}ms`
  const rate = `${trip.threshold}:${trip.minimumCalls}:${window}`
  return trip._tag === "FailureRate" ? `failureRate:${rate}` : `slowCallRate:${trip.slowerThanMillis}ms:${rate}`
}

const invalid = (option: string, actual: string, accepts: string): InvalidOption.InvalidOption =>
  new InvalidOption.InvalidOption({ option, actual, accepts })
