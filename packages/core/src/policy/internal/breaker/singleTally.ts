import type { Trip } from "../../Breaker.ts"
import { CallRate } from "./CallRate.ts"
import { Custom } from "./Custom.ts"
import { InARow } from "./InARow.ts"
import type { Tally } from "./Tally.ts"
import { TimeRate } from "./TimeRate.ts"

/** An empty tally for one strategy. */
export const singleTally = (trip: Trip): Tally => {
  if (trip._tag === "Consecutive") return new InARow(trip)
  if (trip._tag === "Custom") return new Custom(trip)
  return trip.window._tag === "Calls" ? new CallRate(trip) : new TimeRate(trip)
}
