import type { Breaker, Trip } from "../../Breaker.ts"
import { isOnlyTrip } from "./sameTrips.ts"
import type { Tally } from "./Tally.ts"

export type RateTrip = Extract<Trip, { readonly window: unknown }>

/**
 * Counts how many of the attempts in a window were bad: failed, or too slow. The share is judged after each attempt, good
 * or bad, so that it does not matter which one completes `minimumCalls` (as resilience4j does; Polly judges after a failure
 * only).
 */
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
    const failures = this.failures(now)
    if (failures === 0) return false
    const calls = this.calls(now)
    return calls >= trip.minimumCalls && failures / calls >= trip.threshold
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
