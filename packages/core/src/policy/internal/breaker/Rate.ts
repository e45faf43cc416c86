import type { Trip } from "../../Breaker.ts"
import type { Tally } from "./Tally.ts"

export type RateTrip = Exclude<Trip, { readonly _tag: "Consecutive" }>

/** Counts how many of the attempts in a window were bad: failed, or too slow. Only a bad attempt trips. */
export abstract class Rate implements Tally {
  readonly #trip: RateTrip

  constructor(trip: RateTrip) {
    this.#trip = trip
  }

  count(failed: boolean, elapsedMillis: number, now: number): boolean {
    const trip = this.#trip
    const bad = trip._tag === "FailureRate" ? failed : elapsedMillis >= trip.slowerThanMillis
    this.add(bad, now)
    if (!bad) return false
    const calls = this.calls(now)
    return calls >= trip.minimumCalls && this.failures(now) / calls >= trip.threshold
  }

  abstract calls(now: number): number
  abstract failures(now: number): number
  protected abstract add(bad: boolean, now: number): void
}
