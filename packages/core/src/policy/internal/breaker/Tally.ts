import type { Breaker } from "../../Breaker.ts"

/**
 * What a closed circuit has counted under its strategy. Each of the many circuits of a store has one, so it points to the
 * numbers of the strategy, which all of them share.
 */
export interface Tally {
  /** Whether what it counts is what the breaker asks for. */
  isOf(breaker: Breaker): boolean
  /** Counts an attempt that has ended, and says whether the circuit must open. */
  count(failed: boolean, elapsedMillis: number, now: number): boolean
  /** Counts so many attempts of one time that were good, in a tally that has counted nothing else. */
  addGood(count: number, now: number): void
  /** The attempts that it looks at, as of `now`. */
  calls(now: number): number
  /** Those of them that speak against the provider: failed, or too slow. */
  failures(now: number): number
  /** Whether it says nothing that a new one would not. */
  isBlank(): boolean
}
