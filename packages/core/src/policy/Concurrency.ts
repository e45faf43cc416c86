/**
 * Adaptive concurrency: a limit of calls in flight that finds itself by what the provider can take.
 *
 * **When to use**
 *
 * When nobody knows how many calls at once a provider takes, or when that changes: with its load, its deployments, the
 * hour. Where the number is known and fixed, a `Bulkhead` is simpler.
 *
 * **Details**
 *
 * `aimd` goes by failures, as TCP does: each round of successes adds `increase`, a failure multiplies by `backoff`, once
 * for all calls that were in flight together. `gradient` goes by latency: it compares the mean latency of a window with
 * the latency without load, grows while they are close, and shrinks by their ratio before anything fails. To find the
 * latency without load it halves the limit for a window or two, at the first load and, while latency holds the limit down,
 * every 60 windows. Either grows only while at least half of the limit is in use. Waiting, keys and priorities are those of
 * the bulkhead.
 *
 * **Gotchas**
 *
 * `aimd` reads every failure as overload: where failures have other causes too, the limit stays low (at 1 % of failures,
 * near 30). `gradient` needs calls that take about equally long: give an endpoint that is much slower a slot of its own.
 *
 * **Example** (By latency, between 2 and 100)
 *
 * ```ts
 * import { Concurrency } from "@causeway/core/policy"
 *
 * const concurrency = Concurrency.gradient({ initial: 10, min: 2, max: 100, maxWaiting: 50, maxWait: "1 second" })
 *
 * console.assert(concurrency.algorithm._tag === "Gradient")
 * ```
 *
 * @see https://github.com/Netflix/concurrency-limits
 * @since 0.1.0
 */
import type { Duration } from "effect"
import * as InvalidOption from "./InvalidOption.ts"
import type { KeyInput } from "./RateLimit.ts"
import * as OptionCheck from "./OptionCheck.ts"

const TypeId = "~causeway/policy/Concurrency"

/**
 * Between which numbers a limit moves, and from which on.
 *
 * @since 0.1.0
 * @category models
 */
export interface Bounds {
  readonly initial: number
  readonly min: number
  readonly max: number
}

/**
 * Additive increase, multiplicative decrease.
 *
 * @since 0.1.0
 * @category models
 */
export interface Aimd {
  readonly _tag: "Aimd"
  readonly increase: number
  readonly backoff: number
  /** `Infinity` when no success is too slow. */
  readonly slowMillis: number
}

/**
 * By the ratio of the latency without load to the latency of a window.
 *
 * @since 0.1.0
 * @category models
 */
export interface Gradient {
  readonly _tag: "Gradient"
  readonly tolerance: number
  readonly smoothing: number
  readonly windowMillis: number
  readonly minimumSamples: number
  readonly failureRatio: number
  readonly backoff: number
}

/**
 * A validated adaptive limit.
 *
 * @since 0.1.0
 * @category models
 */
export interface Concurrency extends Bounds {
  readonly [TypeId]: typeof TypeId
  readonly _tag: "Concurrency"
  readonly algorithm: Aimd | Gradient
  readonly maxWaiting: number
  readonly maxWaitMillis: number
  readonly key: ((call: KeyInput) => string) | undefined
}

/**
 * Options that both makers take.
 *
 * @since 0.1.0
 * @category models
 */
export interface CommonOptions {
  /** The limit before anything is known. Default: 20, or what `min` and `max` allow of it. */
  readonly initial?: number
  /** The limit never falls below it. Default: 1. */
  readonly min?: number
  /** The limit never rises above it. Default: 200. */
  readonly max?: number
  /** The most attempts that wait at once, over all keys. Default: 0, nothing waits. */
  readonly maxWaiting?: number
  /** The longest that an attempt waits for a place. Default: 30 seconds. */
  readonly maxWait?: Duration.Input
  /** Whose turn a waiting attempt takes. Default: all wait in one line. */
  readonly key?: (call: KeyInput) => string
}

/**
 * Options of {@link aimd}.
 *
 * @since 0.1.0
 * @category models
 */
export interface AimdOptions extends CommonOptions {
  /** What a round of successes adds: as many of them as the limit allows at once. Default: 1. */
  readonly increase?: number
  /** What a failure multiplies the limit by, above 0 and below 1. Default: 0.9. */
  readonly backoff?: number
  /** A success that takes longer counts as a failure. Default: none does. */
  readonly slow?: Duration.Input
}

/**
 * Options of {@link gradient}.
 *
 * @since 0.1.0
 * @category models
 */
export interface GradientOptions extends CommonOptions {
  /** How many times the latency without load is still fine, at least 1. Default: 1.5. */
  readonly tolerance?: number
  /** The share of each change that is made at once, above 0 and at most 1. Default: 0.2. */
  readonly smoothing?: number
  /** The shortest time over which latencies are compared. Default: 500 milliseconds. */
  readonly window?: Duration.Input
  /** The fewest attempts that a window compares. Default: 10. */
  readonly minimumSamples?: number
  /** With a larger share of failures, a window shrinks the limit by `backoff`. Default: 0.1. */
  readonly failureRatio?: number
  /** What a failing window multiplies the limit by, above 0 and below 1. Default: 0.9. */
  readonly backoff?: number
}

const backoff: OptionCheck.Check = OptionCheck.satisfies(
  "a ratio above 0 and below 1",
  (value) => typeof value === "number" && value > 0 && value < 1
)

const positive: OptionCheck.Check = OptionCheck.satisfies(
  "a finite number above 0",
  (value) => Number.isFinite(value) && Number(value) > 0
)

const commonShape: OptionCheck.Shape<CommonOptions> = {
  initial: OptionCheck.integer(1),
  min: OptionCheck.integer(1),
  max: OptionCheck.integer(1),
  maxWaiting: OptionCheck.integer(0),
  maxWait: OptionCheck.duration,
  key: OptionCheck.callback
}

const checkAimd = OptionCheck.record<AimdOptions>({
  ...commonShape,
  increase: positive,
  backoff,
  slow: OptionCheck.positiveDuration
})

const checkGradient = OptionCheck.record<GradientOptions>({
  ...commonShape,
  tolerance: OptionCheck.number(1),
  smoothing: OptionCheck.ratio,
  window: OptionCheck.positiveDuration,
  minimumSamples: OptionCheck.integer(1),
  failureRatio: OptionCheck.ratio,
  backoff
})

/**
 * A limit that grows while attempts succeed and shrinks when they fail; throws `InvalidOption` for numbers that make no
 * sense.
 *
 * @since 0.1.0
 * @category constructors
 */
export const aimd = (options: AimdOptions = {}): Concurrency => {
  checkAimd("concurrency", options)
  return make(options, {
    _tag: "Aimd",
    increase: options.increase ?? 1,
    backoff: options.backoff ?? 0.9,
    slowMillis: options.slow === undefined ? Infinity : InvalidOption.positiveMillis("concurrency.slow", options.slow)
  })
}

/**
 * A limit that grows while latency stays near what it is without load and shrinks when it does not; throws
 * `InvalidOption` for numbers that make no sense.
 *
 * @since 0.1.0
 * @category constructors
 */
export const gradient = (options: GradientOptions = {}): Concurrency => {
  checkGradient("concurrency", options)
  return make(options, {
    _tag: "Gradient",
    tolerance: options.tolerance ?? 1.5,
    smoothing: options.smoothing ?? 0.2,
    windowMillis: InvalidOption.positiveMillis("concurrency.window", options.window ?? 500),
    minimumSamples: options.minimumSamples ?? 10,
    failureRatio: options.failureRatio ?? 0.1,
    backoff: options.backoff ?? 0.9
  })
}

const make = (options: CommonOptions, algorithm: Aimd | Gradient): Concurrency => {
  const min = InvalidOption.integer("concurrency.min", options.min ?? 1, 1)
  const max = InvalidOption.integer("concurrency.max", options.max ?? Math.max(200, min), min)
  const initial = options.initial ?? Math.min(max, Math.max(min, 20))
  return {
    [TypeId]: TypeId,
    _tag: "Concurrency",
    algorithm,
    initial: within("concurrency.initial", InvalidOption.integer("concurrency.initial", initial, min), min, max),
    min,
    max,
    maxWaiting: InvalidOption.integer("concurrency.maxWaiting", options.maxWaiting ?? 0, 0),
    maxWaitMillis: InvalidOption.finiteMillis("concurrency.maxWait", options.maxWait ?? 30_000),
    key: options.key
  }
}

const within = (option: string, value: number, least: number, most: number): number =>
  value >= least && value <= most
    ? value
    : reject(option, value, most === Infinity ? `a number of at least ${least}` : `between ${least} and ${most}`)

const reject = (option: string, value: number, accepts: string): never => {
  throw new InvalidOption.InvalidOption({ option, actual: String(value), accepts })
}
