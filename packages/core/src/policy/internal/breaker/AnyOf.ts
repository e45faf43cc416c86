import type { Breaker, Trip } from "../../Breaker.ts"
import { sameTrips } from "./sameTrips.ts"
import { singleTally } from "./singleTally.ts"
import type { Tally } from "./Tally.ts"
import { bucketMillisOf } from "./Rate.ts"

type Trips = Breaker["trips"]

type Pair = readonly [first: Tally, other: Tally]

/**
 * Strategies side by side: each counts every attempt. What it tells of its counts is the first one's. More than two are
 * pairs of pairs, because an array would cost an idle circuit more than they do.
 *
 * While all that was counted is good, and of one second, its number is all there is to know: so are most circuits that are
 * idle, and they need no tally for each strategy.
 */
export class AnyOf implements Tally {
  readonly #trips: Trips
  #good = 0
  /** Of what was good, since the epoch. */
  #second = 0
  #pair: Pair | undefined = undefined

  constructor(trips: Trips) {
    this.#trips = trips
  }

  isOf({ trips }: Breaker): boolean {
    return sameTrips(this.#trips, trips)
  }

  count(failed: boolean, elapsedMillis: number, now: number): boolean {
    if (this.#isOneMore(failed, elapsedMillis, now)) {
      this.addGood(1, now)
      return false
    }
    const pair = (this.#pair ??= this.#parted())
    const trips = pair[0].count(failed, elapsedMillis, now)
    return pair[1].count(failed, elapsedMillis, now) || trips
  }

  addGood(count: number, now: number): void {
    this.#second = secondOf(now)
    this.#good += count
  }

  calls(now: number): number {
    return (this.#pair ?? this.#parted())[0].calls(now)
  }

  failures(now: number): number {
    return this.#pair?.[0].failures(now) ?? 0
  }

  isBlank(): boolean {
    const pair = this.#pair
    return pair === undefined ? this.#trips.every(isConsecutive) : pair[0].isBlank() && pair[1].isBlank()
  }

  #isOneMore(failed: boolean, elapsedMillis: number, now: number): boolean {
    if (this.#pair !== undefined || (this.#good > 0 && secondOf(now) !== this.#second)) return false
    return this.#trips.every((trip) => isGood(trip, failed, elapsedMillis) && hasWholeSeconds(trip))
  }

  #parted(): Pair {
    const pair = pairOf(this.#trips)
    for (const tally of pair) tally.addGood(this.#good, this.#second * 1_000)
    return pair
  }
}

const pairOf = (trips: Trips): Pair => {
  const [first, second, ...others] = trips
  const last = others.at(-1) ?? second ?? first
  const before: Trips = second === undefined || others.length === 0 ? [first] : [first, second, ...others.slice(0, -1)]
  return [tallyOf(before), singleTally(last)]
}

/** An empty tally for the strategies of a breaker. */
export const tallyOf = (trips: Trips): Tally => (trips.length === 1 ? singleTally(trips[0]) : new AnyOf(trips))

const isConsecutive = ({ _tag }: Trip): boolean => _tag === "Consecutive"

/** A custom rule needs every attempt. */
const isGood = (trip: Trip, failed: boolean, elapsedMillis: number): boolean => {
  if (trip._tag === "Custom") return false
  return trip._tag === "SlowCallRate" ? elapsedMillis < trip.slowerThanMillis : !failed
}

const secondOf = (now: number): number => Math.floor(now / 1_000)

/** Whether a second is a part of one bucket of its window. */
const hasWholeSeconds = (trip: Trip): boolean =>
  !("window" in trip) || trip.window._tag === "Calls" || bucketMillisOf(trip) % 1_000 === 0
