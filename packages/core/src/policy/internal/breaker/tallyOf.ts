import type { Breaker, Trip } from "../../Breaker.ts"
import { AnyOf } from "./AnyOf.ts"
import { CallRate } from "./CallRate.ts"
import { InARow } from "./InARow.ts"
import type { Tally } from "./Tally.ts"
import { TimeRate } from "./TimeRate.ts"

/** An empty tally for the strategies of a breaker. */
export const tallyOf = ({ trips }: Breaker): Tally => {
  const [first, ...others] = trips
  return others.reduce<Tally>((tally, trip) => new AnyOf(trips, tally, singleTally(trip)), singleTally(first))
}

const singleTally = (trip: Trip): Tally => {
  if (trip._tag === "Consecutive") return new InARow(trip)
  return trip.window._tag === "Calls" ? new CallRate(trip) : new TimeRate(trip)
}
