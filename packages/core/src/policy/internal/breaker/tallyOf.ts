import type { Breaker, Trip } from "../../Breaker.ts"
import { AnyOf } from "./AnyOf.ts"
import { CallRate } from "./CallRate.ts"
import { InARow } from "./InARow.ts"
import type { Tally } from "./Tally.ts"
import { TimeRate } from "./TimeRate.ts"

/** An empty tally for the strategies of a breaker. */
export const tallyOf = ([first, ...others]: Breaker["trips"]): Tally =>
  others.length === 0 ? singleTally(first) : new AnyOf([singleTally(first), ...others.map(singleTally)])

const singleTally = (trip: Trip): Tally => {
  if (trip._tag === "Consecutive") return new InARow(trip.failures)
  return trip.window._tag === "Calls" ? new CallRate(trip, trip.window.size) : new TimeRate(trip, trip.window.millis)
}
