import type { Breaker, Trip } from "../../Breaker.ts"
import { isOnlyTrip } from "./sameTrips.ts"
import type { Tally } from "./Tally.ts"

export type RateTrip = Exclude<Trip, { readonly _tag: "Consecutive" }>

/** Counts how many of the attempts in a window were bad: failed, or too slow. Only a bad attempt trips. */
export abstract class Rate implements Tally {
  protected readonly trip: RateTrip

  constructor(trip: RateTrip) {
    this.trip = trip
  }

  isOf({ trips }: Breaker): boolean {
    return isOnlyTrip(this.trip, trips)
  }

  count(failed: boolean, elapsedMillis: number, now: number): boolean {
    const { trip } = this
    const bad = trip._tag === "FailureRate" ? failed : elapsedMillis >= trip.slowerThanMillis
    this.add(bad, now)
    if (!bad) return false
    const calls = this.calls(now)
    return calls >= trip.minimumCalls && this.failures(now) / calls >= trip.threshold
  }

  /** How many calls there were says how much a failure weighs: they are kept until they have left the window. */
  isBlank(): boolean {
    return false
  }

  abstract addGood(count: number, now: number): void
  abstract calls(now: number): number
  abstract failures(now: number): number
  protected abstract add(bad: boolean, now: number): void
}
