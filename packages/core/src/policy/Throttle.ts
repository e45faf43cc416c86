/**
 * Adaptive throttling: refuses a share of the attempts by itself while the provider accepts too few of them.
 *
 * **When to use**
 *
 * Where many callers share a provider that sheds load: an attempt that it would refuse anyway costs it something too.
 *
 * **Details**
 *
 * Over a sliding window it counts requests and accepts. While requests stay below `ratio` times accepts, all pass. Above
 * that an attempt is refused with probability `(requests - ratio * accepts) / (requests + 1)`, and the refused ones are
 * requests as well: the more is asked in vain, the less is sent. `maxRejection` keeps some going through, by which it
 * learns that the provider is back. A `throttled` or `transient` outcome was not accepted; an interrupted attempt is not
 * counted; everything else, a 404 for one, was accepted.
 *
 * **Gotchas**
 *
 * Nothing is refused before `minimumCalls`. After an outage it takes two to three windows until all pass again. The window slides by weighing its last full one, as if its requests had come
 * evenly: exact at its edges, close between them.
 *
 * **Example** (A provider that refuses everything)
 *
 * ```ts
 * import { Throttle } from "@causeway/core/policy"
 *
 * const state = Throttle.makeState(Throttle.make({ ratio: 2, minimumCalls: 10 }))
 * for (let call = 0; call < 99; call += 1) state.record("key", false, 1_000)
 *
 * // now 99 in 100 would be refused, but at least 5 go through
 * console.assert(state.admit("key", 1_000, 0.94) === false)
 * console.assert(state.admit("key", 1_000, 0.96) === true)
 * ```
 *
 * @see https://sre.google/sre-book/handling-overload/
 * @since 0.1.0
 */
import type { Duration } from "effect"
import { BoundedKeys } from "./internal/BoundedKeys.ts"
import * as InvalidOption from "./InvalidOption.ts"
import type { KeyInput } from "./RateLimit.ts"
import * as OptionCheck from "./OptionCheck.ts"
import { isMade } from "./internal/made.ts"

const TypeId = "~causeway/policy/Throttle"

/**
 * Options of {@link make}.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** How many requests there may be for each one that is accepted, at least 1. Default: 2. */
  readonly ratio?: number
  /** Over which time requests and accepts are counted. Default: 2 minutes. */
  readonly window?: Duration.Input
  /** The fewest requests in the window before any is refused. Default: 10. */
  readonly minimumCalls?: number
  /** The largest share that is refused, above 0 and at most 1. Default: 0.95. */
  readonly maxRejection?: number
  /** What is counted together. Default: the whole slot. */
  readonly key?: (call: KeyInput) => string
}

/**
 * A validated throttle.
 *
 * @since 0.1.0
 * @category models
 */
export interface Throttle {
  readonly [TypeId]: typeof TypeId
  readonly ratio: number
  readonly windowMillis: number
  readonly minimumCalls: number
  readonly maxRejection: number
  readonly key: ((call: KeyInput) => string) | undefined
}

/**
 * What a throttle is made from: plain options, or a throttle made by {@link make}.
 *
 * @since 0.1.0
 * @category models
 */
export type Input = Options | Throttle

/**
 * What a throttle has counted, by key. Times are the epoch's milliseconds.
 *
 * @since 0.1.0
 * @category models
 */
export interface State {
  /** May an attempt be made? `random` is from 0 to 1; a refused attempt is counted as a request. */
  readonly admit: (key: string, now: number, random: number) => boolean
  /** Counts an admitted attempt when it has ended. */
  readonly record: (key: string, accepted: boolean, now: number) => void
  /** The keys held now. */
  readonly size: number
}

const checkOptions = OptionCheck.record<Options>({
  ratio: OptionCheck.number(1),
  window: OptionCheck.positiveDuration,
  minimumCalls: OptionCheck.integer(1),
  maxRejection: OptionCheck.ratio,
  key: OptionCheck.callback
})

const checkStateOptions = OptionCheck.record<{ readonly maxKeys?: number }>({ maxKeys: OptionCheck.integer(1) })

/**
 * Makes a throttle; throws `InvalidOption` for numbers that make no sense.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Throttle => {
  checkOptions("throttle", options)
  return {
    [TypeId]: TypeId,
    ratio: options.ratio ?? 2,
    windowMillis: InvalidOption.positiveMillis("throttle.window", options.window ?? 120_000),
    minimumCalls: options.minimumCalls ?? 10,
    maxRejection: options.maxRejection ?? 0.95,
    key: options.key
  }
}

/**
 * Takes a throttle as it is, and plain options through {@link make}.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromInput = (input: Input): Throttle => (isMade(TypeId, input) ? input : make(input))

/**
 * Makes the state of a throttle, in memory. `maxKeys` defaults to 10,000; the least recently used one is forgotten.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeState = (throttle: Throttle, options: { readonly maxKeys?: number } = {}): State => {
  checkStateOptions("throttle", options)
  const counts = new BoundedKeys<Count>(
    options.maxKeys ?? 10_000,
    (count, now) => now - count.began >= throttle.windowMillis * 2
  )
  const countAt = (key: string, now: number): Count => {
    const count = counts.getOrMake(key, now, () => ({
      began: now,
      requests: 0,
      accepts: 0,
      requestsBefore: 0,
      acceptsBefore: 0
    }))
    slide(count, throttle.windowMillis, now)
    return count
  }
  return {
    admit: (key, now, random) => {
      const count = countAt(key, now)
      const admitted = random >= rejection(throttle, count, now)
      if (!admitted) count.requests += 1
      return admitted
    },
    record: (key, accepted, now) => {
      const count = countAt(key, now)
      count.requests += 1
      if (accepted) count.accepts += 1
    },
    get size() {
      return counts.size
    }
  }
}

/** What came since `began`, and in the window before it. */
interface Count {
  began: number
  requests: number
  accepts: number
  requestsBefore: number
  acceptsBefore: number
}

const slide = (count: Count, windowMillis: number, now: number): void => {
  const windows = Math.floor((now - count.began) / windowMillis)
  if (windows <= 0) return
  count.requestsBefore = windows === 1 ? count.requests : 0
  count.acceptsBefore = windows === 1 ? count.accepts : 0
  count.requests = 0
  count.accepts = 0
  count.began += windows * windowMillis
}

/** The probability of being refused. */
const rejection = (
  { maxRejection, minimumCalls, ratio, windowMillis }: Throttle,
  count: Count,
  now: number
): number => {
  const weight = Math.min(1, 1 - (now - count.began) / windowMillis)
  const requests = count.requests + count.requestsBefore * weight
  if (requests < minimumCalls) return 0
  const accepts = count.accepts + count.acceptsBefore * weight
  return Math.min(maxRejection, (requests - ratio * accepts) / (requests + 1))
}
