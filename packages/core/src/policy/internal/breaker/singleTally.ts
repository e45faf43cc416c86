import type { Trip } from "../../Breaker.ts"
import { Custom } from "./Custom.ts"
import { InARow } from "./InARow.ts"
import { CallRate, TimeRate } from "./Rate.ts"
import type { Tally } from "./Tally.ts"

/** An empty tally for one strategy. */
export const singleTally = (trip: Trip): Tally => {
  if (trip._tag === "Consecutive") return new InARow(trip)
  if (trip._tag === "Custom") return new Custom(trip)
  return trip.window._tag === "Calls" ? new CallRate(trip) : new TimeRate(trip)
}
