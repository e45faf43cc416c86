import type { Breaker } from "../../Breaker.ts"
import { sameTrips } from "./sameTrips.ts"
import type { Tally } from "./Tally.ts"

/**
 * Strategies side by side: each counts every attempt. What it tells of its counts is the first one's. More than two are
 * pairs of pairs, because an array would cost an idle circuit more than they do.
 */
export class AnyOf implements Tally {
  readonly #trips: Breaker["trips"]
  readonly #first: Tally
  readonly #other: Tally

  constructor(trips: Breaker["trips"], first: Tally, other: Tally) {
    this.#trips = trips
    this.#first = first
    this.#other = other
  }

  isOf({ trips }: Breaker): boolean {
    return sameTrips(this.#trips, trips)
  }

  count(failed: boolean, elapsedMillis: number, now: number): boolean {
    const trips = this.#first.count(failed, elapsedMillis, now)
    return this.#other.count(failed, elapsedMillis, now) || trips
  }

  calls(now: number): number {
    return this.#first.calls(now)
  }

  failures(now: number): number {
    return this.#first.failures(now)
  }

  isBlank(): boolean {
    return this.#first.isBlank() && this.#other.isBlank()
  }
}
