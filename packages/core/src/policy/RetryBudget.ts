/**
 * Retry budget: how many retries there may be for so many successes, so that retrying does not multiply an outage.
 *
 * **When to use**
 *
 * With every retry of calls that are made often. Attempts bound what one call adds; only a budget bounds what all of them
 * add together.
 *
 * **Details**
 *
 * A bucket of retries. Each success puts `ratio` of a retry in, time puts `minimum` a second in, each retry takes one out,
 * and never are there more than `capacity` in it. A call whose retry finds the bucket empty fails with the error it has.
 * A new bucket holds what one second puts in.
 *
 * In any span of time there are at most `capacity + minimum * seconds + ratio * successes` retries. When everything fails,
 * nothing is put in but `minimum`: with the defaults, 1,000 calls a second make 10 more requests a second.
 *
 * **Gotchas**
 *
 * It counts for one key: by default the slot, for all endpoints of an integration that declares it.
 *
 * **Example** (One retry for ten successes)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { RetryBudget, RetryBudgetStore } from "@causeway/core/policy"
 *
 * const budget = RetryBudget.make({ ratio: 0.1, minimum: 0, capacity: 5 })
 * const store = RetryBudgetStore.makeMemory()
 *
 * const program = Effect.gen(function* () {
 *   for (let success = 0; success < 10; success += 1) yield* store.deposit("key", budget, 0)
 *   console.assert(yield* store.withdraw("key", budget, 0))
 *   console.assert(!(yield* store.withdraw("key", budget, 0)))
 * })
 * Effect.runSync(program)
 * ```
 *
 * @see https://docs.rs/tower/latest/tower/retry/budget/index.html
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 * @since 0.1.0
 */
import * as InvalidOption from "./InvalidOption.ts"
import type { KeyInput } from "./RateLimit.ts"
import * as OptionCheck from "./OptionCheck.ts"
import { isMade } from "./internal/made.ts"

const TypeId = "~causeway/policy/RetryBudget"

/**
 * Options of {@link make}.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** How much of a retry each success pays for, above 0 and at most 1. Default: 0.1. */
  readonly ratio?: number
  /** The retries a second that need no success, so that rare calls are retried as well; up to 1,000,000. Default: 10. */
  readonly minimum?: number
  /** The most retries that can be saved up; from 1, and no less than `minimum`, to 1,000,000. Default: 50. */
  readonly capacity?: number
  /** What shares a budget. Default: the whole slot. */
  readonly key?: (call: KeyInput) => string
}

/**
 * A validated retry budget. Amounts are in millionths of a retry, so that they are whole numbers.
 *
 * @since 0.1.0
 * @category models
 */
export interface RetryBudget {
  readonly [TypeId]: typeof TypeId
  /** What a success puts in, in millionths of a retry. */
  readonly deposit: number
  /** What a millisecond puts in, in millionths of a retry. */
  readonly perMilli: number
  /** What a new bucket holds, in millionths of a retry. */
  readonly initial: number
  /** The most that the bucket holds, in millionths of a retry. */
  readonly capacity: number
  readonly key: ((call: KeyInput) => string) | undefined
}

/**
 * What a retry budget is made from: plain options, or a budget made by {@link make}.
 *
 * @since 0.1.0
 * @category models
 */
export type Input = Options | RetryBudget

/**
 * What one retry takes out of a budget: a million millionths.
 *
 * @since 0.1.0
 * @category models
 */
export const retry = 1_000_000

const checkOptions = OptionCheck.record<Options>({
  ratio: OptionCheck.ratio,
  minimum: OptionCheck.number(-Infinity),
  capacity: OptionCheck.number(-Infinity),
  key: OptionCheck.callback
})

/**
 * Makes a retry budget; throws `InvalidOption` for numbers that make no sense.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): RetryBudget => {
  checkOptions("retryBudget", options)
  const minimum = between("retryBudget.minimum", options.minimum ?? 10, 0)
  const capacity = between("retryBudget.capacity", options.capacity ?? Math.max(50, minimum), Math.max(1, minimum))
  return {
    [TypeId]: TypeId,
    deposit: Math.round(InvalidOption.ratio("retryBudget.ratio", options.ratio ?? 0.1) * retry),
    perMilli: Math.round((minimum * retry) / 1_000),
    initial: Math.round(minimum * retry),
    capacity: Math.round(capacity * retry),
    key: options.key
  }
}

/**
 * Takes a budget as it is, and plain options through {@link make}.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromInput = (input: Input): RetryBudget => (isMade(TypeId, input) ? input : make(input))

/** What is counted in millionths stays a safe integer. */
const largest = 1_000_000

const between = (option: string, value: number, least: number): number => {
  if (value >= least && value <= largest) return value
  const accepts = `a number from ${least} to ${largest}`
  throw new InvalidOption.InvalidOption({ option, actual: String(value), accepts })
}
