/** What a closed circuit has counted under its strategy. */
export interface Tally {
  /** Counts an attempt that has ended, and says whether the circuit must open. */
  count(failed: boolean, elapsedMillis: number, now: number): boolean
  /** The attempts that it looks at, as of `now`. */
  calls(now: number): number
  /** Those of them that speak against the provider: failed, or too slow. */
  failures(now: number): number
}
