import type { Breaker, Trip } from "../../Breaker.ts"
import { isOnlyTrip } from "./sameTrips.ts"
import type { Tally } from "./Tally.ts"

/** Counts the failures since the last success. */
export class InARow implements Tally {
  readonly #trip: Extract<Trip, { readonly _tag: "Consecutive" }>
  #failures = 0

  constructor(trip: Extract<Trip, { readonly _tag: "Consecutive" }>) {
    this.#trip = trip
  }

  isOf({ trips }: Breaker): boolean {
    return isOnlyTrip(this.#trip, trips)
  }

  count(failed: boolean): boolean {
    this.#failures = failed ? this.#failures + 1 : 0
    return this.#failures >= this.#trip.failures
  }

  addGood(): void {}

  calls(): number {
    return this.#failures
  }

  failures(): number {
    return this.#failures
  }

  isBlank(): boolean {
    return this.#failures === 0
  }
}
