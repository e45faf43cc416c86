import type { Trip } from "../../Breaker.ts"

/** Whether strategies count the same; custom ones are compared by name. Usually they are identical objects, except after a breaker was created again. */
export const sameTrips = (some: ReadonlyArray<Trip>, others: ReadonlyArray<Trip>): boolean =>
  some === others || (some.length === others.length && some.every((trip, index) => sameTrip(trip, others[index])))

const sameTrip = (one: Trip, other: Trip | undefined): boolean =>
  one === other || JSON.stringify(one) === JSON.stringify(other)

/** Whether this one is all of them. */
export const isOnlyTrip = (trip: Trip, trips: ReadonlyArray<Trip>): boolean =>
  trips.length === 1 && sameTrip(trip, trips[0])
