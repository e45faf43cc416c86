import type { Tally } from "./Tally.ts"

/** Several strategies side by side: each counts every attempt. What it tells of its counts is the first one's. */
export class AnyOf implements Tally {
  readonly #tallies: readonly [Tally, ...ReadonlyArray<Tally>]

  constructor(tallies: readonly [Tally, ...ReadonlyArray<Tally>]) {
    this.#tallies = tallies
  }

  count(failed: boolean, elapsedMillis: number, now: number): boolean {
    let trips = false
    for (const tally of this.#tallies) trips = tally.count(failed, elapsedMillis, now) || trips
    return trips
  }

  calls(now: number): number {
    return this.#tallies[0].calls(now)
  }

  failures(now: number): number {
    return this.#tallies[0].failures(now)
  }
}
