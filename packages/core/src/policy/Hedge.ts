/**
 * Hedging: begins a second attempt beside one that is slow, and takes the first answer.
 *
 * **When to use**
 *
 * For reads whose slowest calls are much slower than most: a second attempt after the time that 95 in 100 calls take cuts
 * the slow end off for 5 % more requests.
 *
 * **Details**
 *
 * The delay is fixed (`after`) or observed (`percentile`: of the latest successes, at most 2,000). Each success pays for
 * `ratio` of a hedge, up to ten saved, and ten to begin with: when everything becomes slow, hedges are not added to all of
 * it. Only calls that may be repeated are hedged, and the loser is interrupted. A hedge counts as an attempt.
 *
 * **Gotchas**
 *
 * A failed first attempt begins no hedge: that is the retry's. With `percentile` nothing is hedged before
 * `minimumSamples` are known, unless there is a `fallback`.
 *
 * **Example** (After the observed 95th percentile)
 *
 * ```ts
 * import { Hedge } from "@causeway/core/policy"
 *
 * const tracker = Hedge.makeTracker(Hedge.percentile({ percentile: 0.95, minimumSamples: 20 }))
 * console.assert(tracker.delayMillis() === undefined)
 *
 * for (let millis = 1; millis <= 100; millis += 1) tracker.observe(millis)
 * const delay = tracker.delayMillis() ?? 0
 * console.assert(delay >= 95 && delay < 102)
 * ```
 *
 * @see https://research.google/pubs/the-tail-at-scale/
 * @since 0.1.0
 */
import type { Duration } from "effect"
import { LatencyHistogram } from "./internal/LatencyHistogram.ts"
import * as InvalidOption from "./InvalidOption.ts"
import * as OptionCheck from "./OptionCheck.ts"

const TypeId = "~causeway/policy/Hedge"

/**
 * When a hedge begins.
 *
 * @since 0.1.0
 * @category models
 */
export type Delay =
  | { readonly _tag: "Fixed"; readonly millis: number }
  | {
      readonly _tag: "Percentile"
      readonly percentile: number
      readonly minimumSamples: number
      /** Until there are enough samples; undefined for none. */
      readonly fallbackMillis: number | undefined
    }

/**
 * A validated hedge.
 *
 * @since 0.1.0
 * @category models
 */
export interface Hedge {
  readonly [TypeId]: typeof TypeId
  readonly delay: Delay
  readonly maxHedges: number
  readonly ratio: number
}

/**
 * Options that both makers take.
 *
 * @since 0.1.0
 * @category models
 */
export interface CommonOptions {
  /** The most hedges of one attempt, each begun a delay after the one before. Default: 1. */
  readonly maxHedges?: number
  /** How much of a hedge each success pays for, above 0 and at most 1. Default: 0.1. */
  readonly ratio?: number
}

/**
 * Options of {@link percentile}.
 *
 * @since 0.1.0
 * @category models
 */
export interface PercentileOptions extends CommonOptions {
  /** The share of the latest successes that were faster than the delay, above 0 and at most 1. Default: 0.95. */
  readonly percentile?: number
  /** The fewest successes to go by. Default: 20. */
  readonly minimumSamples?: number
  /** The delay before there are enough. Default: none, and no hedge. */
  readonly fallback?: Duration.Input
}

const commonShape: OptionCheck.Shape<CommonOptions> = { maxHedges: OptionCheck.integer(1), ratio: OptionCheck.ratio }

const checkCommon = OptionCheck.record(commonShape)

const checkPercentile = OptionCheck.record<PercentileOptions>({
  ...commonShape,
  percentile: OptionCheck.ratio,
  minimumSamples: OptionCheck.integer(1),
  fallback: OptionCheck.positiveDuration
})

/**
 * Begins a hedge after a fixed delay; throws `InvalidOption` for numbers that make no sense.
 *
 * @since 0.1.0
 * @category constructors
 */
export const after = (delay: Duration.Input, options: CommonOptions = {}): Hedge => {
  checkCommon("hedge", options)
  return make({ _tag: "Fixed", millis: InvalidOption.positiveMillis("hedge.after", delay) }, options)
}

/**
 * Begins a hedge after the time that most of the latest successes took; throws `InvalidOption` for numbers that make no
 * sense.
 *
 * @since 0.1.0
 * @category constructors
 */
export const percentile = (options: PercentileOptions = {}): Hedge => {
  checkPercentile("hedge", options)
  return make(
    {
      _tag: "Percentile",
      percentile: options.percentile ?? 0.95,
      minimumSamples: samples(options.minimumSamples ?? 20),
      fallbackMillis:
        options.fallback === undefined ? undefined : InvalidOption.positiveMillis("hedge.fallback", options.fallback)
    },
    options
  )
}

const make = (delay: Delay, options: CommonOptions): Hedge => ({
  [TypeId]: TypeId,
  delay,
  maxHedges: InvalidOption.integer("hedge.maxHedges", options.maxHedges ?? 1, 1),
  ratio: InvalidOption.ratio("hedge.ratio", options.ratio ?? 0.1)
})

/** The latest successes that a tracker surely knows. */
const generation = 1_000

const samples = (value: number): number => {
  const valid = InvalidOption.integer("hedge.minimumSamples", value, 1)
  if (valid <= generation) return valid
  const accepts = `a whole number from 1 to ${generation}`
  throw new InvalidOption.InvalidOption({ option: "hedge.minimumSamples", actual: String(value), accepts })
}

/**
 * What a hedge has seen of its calls, and what it may still add to them.
 *
 * @since 0.1.0
 * @category models
 */
export interface Tracker {
  /** An attempt succeeded: counts its time, and pays for a part of a hedge. */
  readonly observe: (elapsedMillis: number) => void
  /** An attempt was interrupted because another one won: it would have taken longer, so that its time counts as well. */
  readonly abandoned: (elapsedMillis: number) => void
  /** How long after an attempt its hedge begins, in milliseconds; undefined for no hedge. */
  readonly delayMillis: () => number | undefined
  /** Takes a hedge from the budget; false when there is none left. */
  readonly withdraw: () => boolean
}

/**
 * Makes the tracker of a hedge, in memory.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeTracker = (hedge: Hedge): Tracker => {
  const latencies = latenciesOf(hedge.delay)
  const budget = new Budget(hedge.ratio)
  return {
    observe: (elapsedMillis) => {
      latencies.add(elapsedMillis)
      budget.deposit()
    },
    abandoned: (elapsedMillis) => latencies.add(elapsedMillis),
    delayMillis: () => latencies.delayMillis(),
    withdraw: () => budget.withdraw()
  }
}

interface Latencies {
  readonly add: (elapsedMillis: number) => void
  readonly delayMillis: () => number | undefined
}

const latenciesOf = (delay: Delay): Latencies =>
  delay._tag === "Fixed" ? { add: () => {}, delayMillis: () => delay.millis } : new ObservedLatencies(delay)

class ObservedLatencies implements Latencies {
  readonly #delay: Extract<Delay, { readonly _tag: "Percentile" }>
  readonly #histogram = new LatencyHistogram(generation)
  #known: number | undefined = undefined
  #newSamples = 0

  constructor(delay: Extract<Delay, { readonly _tag: "Percentile" }>) {
    this.#delay = delay
  }

  add(elapsedMillis: number): void {
    this.#histogram.add(elapsedMillis)
    this.#newSamples += 1
  }

  delayMillis(): number | undefined {
    if (this.#histogram.size < this.#delay.minimumSamples) return this.#delay.fallbackMillis
    // What a percentile is changes little by a few values among many.
    if (this.#known === undefined || this.#newSamples * 32 >= this.#histogram.size) this.#look()
    return this.#known
  }

  #look(): void {
    this.#known = Math.max(1, this.#histogram.percentile(this.#delay.percentile))
    this.#newSamples = 0
  }
}

/** In millionths of a hedge, so that they are whole numbers. */
const oneHedge = 1_000_000

class Budget {
  #balance = 10 * oneHedge
  readonly #deposit: number

  constructor(ratio: number) {
    this.#deposit = Math.round(ratio * oneHedge)
  }

  deposit(): void {
    this.#balance = Math.min(10 * oneHedge, this.#balance + this.#deposit)
  }

  withdraw(): boolean {
    if (this.#balance < oneHedge) return false
    this.#balance -= oneHedge
    return true
  }
}
