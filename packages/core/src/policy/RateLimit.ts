/**
 * Rate limit: at most so many calls in any window of time, waited for in a bounded queue.
 *
 * **When to use**
 *
 * When the provider publishes a quota, or several, or when you want to stay below one.
 *
 * **Details**
 *
 * | algorithm | what it promises | good for |
 * |---|---|---|
 * | `sliding` | no window, wherever it begins, holds more than `limit` | nearly everything; the default |
 * | `gcra` | calls come evenly, `limit` a window, after at most `burst` at once: no window holds more than `limit + burst - 1` | providers with a leaking bucket, smooth traffic |
 * | `fixed` | windows follow one another, each holds at most `limit`: twice that may meet at their border | providers that count so |
 *
 * Several limits are taken together or not at all. A call that must wait stands in a queue: the higher `priority` first,
 * then the earlier. It fails at once with `RateLimited` when its wait would pass `maxWait`, or when the queue is full of
 * calls that go before it. An interrupted one leaves, and those behind it move up.
 *
 * With `learn`, what the provider says it has left holds calls back too. It never lets more through than the limits.
 *
 * A call takes its `tokens` before anyone knows what it costs. With `costOf` the answer tells: what was too much is given
 * back, and what was too little is taken from those that follow.
 *
 * **Gotchas**
 *
 * The limiter is inside the retry, so that each attempt pays. A slot declared on the integration is shared by its
 * endpoints, one declared on an endpoint is its own. With `gcra` no call may take more than `burst`, which is 1 unless
 * you say otherwise, and tokens come back only from the latest call, because the others are timed by it.
 *
 * **Example** (10 a second and 1,000 an hour, waiting at most 5 seconds)
 *
 * ```ts
 * import { RateLimit } from "@causeway/core/policy"
 *
 * const limit = RateLimit.make({
 *   limits: [
 *     { limit: 10, window: "1 second", algorithm: "gcra", burst: 3 },
 *     { limit: 1_000, window: "1 hour" }
 *   ],
 *   maxWait: "5 seconds",
 *   learn: "ietf"
 * })
 *
 * console.assert(limit.limits[1]?.windowMillis === 3_600_000)
 * ```
 *
 * @since 0.1.0
 */
import type { Duration } from "effect"
import type * as Failure from "./Failure.ts"
import * as InvalidOption from "./InvalidOption.ts"
import * as RateHeaders from "./RateHeaders.ts"
import * as OptionCheck from "./OptionCheck.ts"
import { isMade } from "./internal/made.ts"

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
 * An answer as {@link QueueOptions.costOf} sees it, whatever its status. `value` is what the attempt succeeded with, as the
 * method gives it: undefined when it failed, when the caller asked for the raw response, and behind a cache.
 *
 * @since 0.1.0
 * @category models
 */
export interface Answered extends Failure.Response {
  readonly value: unknown
}

/**
 * How a limit counts.
 *
 * @since 0.1.0
 * @category models
 */
export type Algorithm = "sliding" | "gcra" | "fixed"

/**
 * Options of one limit.
 *
 * @since 0.1.0
 * @category models
 */
export interface LimitOptions {
  /** The most tokens of a window. A call costs one, unless it says otherwise. */
  readonly limit: number
  /** How long the window is, in whole milliseconds; a fraction is rounded up. */
  readonly window: Duration.Input
  /** Default: `sliding`. */
  readonly algorithm?: Algorithm
  /** For `gcra`: the most tokens at once, and the most that a call may cost. Default: 1. */
  readonly burst?: number
}

/**
 * Options of the queue, of the key and of learning.
 *
 * @since 0.1.0
 * @category models
 */
export interface QueueOptions {
  /** The longest that a call waits for its turn. Default: 30 seconds. */
  readonly maxWait?: Duration.Input
  /** The most calls that wait at once, per key. Default: 1,000. */
  readonly maxWaiting?: number
  /** Whose quota a call uses. Default: one for the slot. */
  readonly key?: (call: KeyInput) => string
  /** The headers in which the provider says what is left: a dialect, its name, or several. Default: none. */
  readonly learn?: RateHeaders.Input
  /**
   * What an attempt has really cost, in tokens, by its answer. Fractions are rounded up; anything but a number of at least
   * 0 leaves the tokens as they were taken, and so does an attempt without an answer. Default: the tokens taken.
   */
  readonly costOf?: (answered: Answered) => number | undefined
}

/**
 * Options of {@link make}: one limit, or several that are taken together.
 *
 * @since 0.1.0
 * @category models
 */
export type Options =
  | (QueueOptions & LimitOptions & { readonly limits?: never })
  | (QueueOptions & {
      readonly limits: readonly [LimitOptions, ...ReadonlyArray<LimitOptions>]
      readonly limit?: never
    })

/**
 * One validated limit.
 *
 * @since 0.1.0
 * @category models
 */
export interface Limit {
  readonly algorithm: Algorithm
  readonly limit: number
  readonly windowMillis: number
  /** The most tokens at once. */
  readonly burst: number
}

/**
 * A validated rate limit.
 *
 * @since 0.1.0
 * @category models
 */
export interface RateLimit {
  readonly [TypeId]: typeof TypeId
  readonly limits: ReadonlyArray<Limit>
  readonly maxWaitMillis: number
  readonly maxWaiting: number
  readonly key: ((call: KeyInput) => string) | undefined
  readonly learn: ReadonlyArray<RateHeaders.Dialect>
  readonly costOf: ((answered: Answered) => number | undefined) | undefined
}

/**
 * What the `rateLimit` slot takes: plain options, or a limit made by {@link make}.
 *
 * @since 0.1.0
 * @category models
 */
export type Input = Options | RateLimit

const limitShape: OptionCheck.Shape<LimitOptions> = {
  limit: OptionCheck.required(OptionCheck.integer(1)),
  window: OptionCheck.required(OptionCheck.positiveDuration),
  algorithm: OptionCheck.oneOf("sliding", "gcra", "fixed"),
  burst: OptionCheck.integer(1)
}

const queueShape: OptionCheck.Shape<QueueOptions> = {
  maxWait: OptionCheck.duration,
  maxWaiting: OptionCheck.integer(0),
  key: OptionCheck.callback,
  learn: RateHeaders.check,
  costOf: OptionCheck.callback
}

const checkOptions = OptionCheck.either(
  (options) => typeof options === "object" && options !== null && "limits" in options && options.limits !== undefined,
  OptionCheck.record<QueueOptions & { readonly limits: ReadonlyArray<LimitOptions> }>({
    ...queueShape,
    limits: OptionCheck.required(OptionCheck.list(OptionCheck.record(limitShape)))
  }),
  OptionCheck.record<QueueOptions & LimitOptions & { readonly limits?: never }>({
    ...queueShape,
    ...limitShape,
    limits: OptionCheck.anything
  })
)

/**
 * Makes a rate limit; throws `InvalidOption` for numbers that make no sense.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): RateLimit => {
  checkOptions("rateLimit", options)
  return makeChecked(options)
}

const makeChecked = (options: Options): RateLimit => ({
  [TypeId]: TypeId,
  limits: limitsOf(options),
  maxWaitMillis: InvalidOption.finiteMillis("rateLimit.maxWait", options.maxWait ?? 30_000),
  maxWaiting: InvalidOption.integer("rateLimit.maxWaiting", options.maxWaiting ?? 1_000, 0),
  key: options.key,
  learn: options.learn === undefined ? [] : RateHeaders.fromInput(options.learn),
  costOf: options.costOf
})

/**
 * Takes a limit as it is, and plain options through {@link make}.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromInput = (input: Input): RateLimit => (isMade(TypeId, input) ? input : make(input))

/** More at once would each cost time at every call. */
const mostLimits = 8

const limitsOf = (options: Options): ReadonlyArray<Limit> => {
  if (options.limits === undefined) return [limitOf("rateLimit", options)]
  const { length } = options.limits
  if (length < 1 || length > mostLimits)
    throw invalid("rateLimit.limits", `${length} limits`, `1 to ${mostLimits} limits`)
  return options.limits.map((limit, index) => limitOf(`rateLimit.limits[${index}]`, limit))
}

const limitOf = (option: string, { algorithm = "sliding", burst, limit: most, window }: LimitOptions): Limit => {
  const limit = InvalidOption.integer(`${option}.limit`, most, 1)
  const windowMillis = Math.ceil(InvalidOption.positiveMillis(`${option}.window`, window))
  return { algorithm, limit, windowMillis, burst: burstOf(option, algorithm, burst, limit, windowMillis) }
}

const burstOf = (
  option: string,
  algorithm: Algorithm,
  burst: number | undefined,
  limit: number,
  windowMillis: number
): number => {
  switch (algorithm) {
    case "sliding":
    case "fixed":
      if (burst !== undefined)
        throw invalid(`${option}.burst`, `${burst}`, `left out, because ${algorithm} has no burst`)
      return limit
    case "gcra":
      return exactBurst(option, InvalidOption.integer(`${option}.burst`, burst ?? 1, 1), windowMillis)
    default:
      throw invalid(`${option}.algorithm`, JSON.stringify(algorithm), '"sliding", "gcra" or "fixed"')
  }
}

/** The time of a burst is counted in units of which there must not be more than a number can hold. */
const exactBurst = (option: string, burst: number, windowMillis: number): number => {
  const most = Math.floor(Number.MAX_SAFE_INTEGER / 4 / windowMillis)
  if (burst > most) throw invalid(`${option}.burst`, `${burst}`, `at most ${most} for this window`)
  return burst
}

const invalid = (option: string, actual: string, accepts: string) =>
  new InvalidOption.InvalidOption({ option, actual, accepts })
