/** The tally of a trip rule that a user has written. */
import type { Breaker, Trip, TripRule } from "../../Breaker.ts"
import { isOnlyTrip } from "./sameTrips.ts"
import type { Tally } from "./Tally.ts"

export type CustomTrip = Extract<Trip, { readonly _tag: "Custom" }>

export class Custom implements Tally {
  readonly #trip: CustomTrip
  readonly #rule: TripRule
  #calls = 0
  #failures = 0

  constructor(trip: CustomTrip) {
    this.#trip = trip
    this.#rule = trip.make()
  }

  isOf({ trips }: Breaker): boolean {
    return isOnlyTrip(this.#trip, trips)
  }

  count(failed: boolean, elapsedMillis: number, now: number): boolean {
    this.#calls += 1
    if (failed) this.#failures += 1
    return this.#rule({ outcome: failed ? "failure" : "success", elapsedMillis, now }) === "trip"
  }

  /** Never called: attempts of a custom rule are not counted in bulk, because the rule needs every attempt. */
  addGood(): void {}

  calls(): number {
    return this.#calls
  }

  failures(): number {
    return this.#failures
  }

  isBlank(): boolean {
    return false
  }
}
