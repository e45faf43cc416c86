/** Trips by the share of bad attempts in a window of calls or of time. */
import type { Breaker, Trip } from "../../Breaker.ts"
import { isOnlyTrip } from "./sameTrips.ts"
import type { Tally } from "./Tally.ts"

export type RateTrip = Extract<Trip, { readonly window: unknown }>

/**
 * Counts how many of the attempts in a window were bad: failed, or too slow. The share is evaluated after each attempt, good
 * or bad, so it does not matter which one completes `minimumCalls` (as in resilience4j; Polly evaluates after a failure
 * only).
 */
export abstract class Rate implements Tally {
  protected readonly trip: RateTrip

  constructor(trip: RateTrip) {
    this.trip = trip
  }

  isOf({ trips }: Breaker): boolean {
    return trips.length === 1 && (trips[0] === this.trip || isOnlyTrip(this.trip, trips))
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

/** The outcomes of a full window or less, one byte an attempt, and where the next one goes. */
interface Outcomes {
  readonly bytes: Uint8Array
  next: number
  bad: number
}

/** A rate over the last `window` attempts. While all of them were good, only their number is stored. */
export class CallRate extends Rate {
  #calls = 0
  #outcomes: Outcomes | undefined = undefined

  calls(): number {
    return this.#calls
  }

  failures(): number {
    return this.#outcomes?.bad ?? 0
  }

  addGood(count: number): void {
    this.#calls = Math.min(sizeOf(this.trip), count)
  }

  protected add(bad: boolean): void {
    const size = sizeOf(this.trip)
    if (bad) this.#outcomes ??= { bytes: new Uint8Array(size), next: this.#calls % size, bad: 0 }
    if (this.#calls < size) this.#calls += 1
    if (this.#outcomes === undefined) return
    mark(this.#outcomes, bad)
    if (this.#outcomes.bad === 0) this.#outcomes = undefined
  }
}

/** It is created for windows of calls only. */
const sizeOf = ({ window }: RateTrip): number => (window._tag === "Calls" ? window.size : 0)

const mark = (outcomes: Outcomes, bad: boolean): void => {
  const { bytes, next } = outcomes
  outcomes.bad += Number(bad) - (bytes[next] ?? 0)
  bytes[next] = Number(bad)
  outcomes.next = next + 1 === bytes.length ? 0 : next + 1
}

const bucketCount = 10

/** The calls and the bad ones of each bucket of a window, which take turns. */
class Buckets {
  /** The calls of each bucket, and after them the bad ones of each. */
  readonly #counts: Array<number> = Array.from({ length: 2 * bucketCount }, () => 0)
  calls: number
  bad = 0

  constructor(bucket: number, calls: number) {
    this.calls = calls
    this.#counts[bucket % bucketCount] = calls
  }

  add(bucket: number, bad: number): void {
    const slot = bucket % bucketCount
    this.calls += 1
    this.bad += bad
    this.#increase(slot, 1)
    this.#increase(bucketCount + slot, bad)
  }

  /** Empties a number of buckets, the newest and those before it. */
  turn(newest: number, buckets: number): void {
    for (let step = 0; step < buckets; step += 1) this.#empty((newest - step + bucketCount) % bucketCount)
  }

  #empty(slot: number): void {
    this.calls -= this.#counts[slot] ?? 0
    this.bad -= this.#counts[bucketCount + slot] ?? 0
    this.#counts[slot] = 0
    this.#counts[bucketCount + slot] = 0
  }

  #increase(at: number, by: number): void {
    this.#counts[at] = (this.#counts[at] ?? 0) + by
  }
}

// Without private methods: each of the many instances would carry a mark of its class for them.

/**
 * A rate over the attempts of the last `window` milliseconds, in a ring of buckets. While all attempts are good and in one
 * bucket, as for most idle circuits, only their number is stored.
 */
export class TimeRate extends Rate {
  /** The newest bucket, counted from the epoch. */
  #newest = 0
  #calls = 0
  #buckets: Buckets | undefined = undefined

  calls(now: number): number {
    this.turn(now)
    return this.#buckets?.calls ?? this.#calls
  }

  failures(now: number): number {
    if (this.#buckets === undefined) return 0
    this.turn(now)
    return this.#buckets?.bad ?? 0
  }

  addGood(count: number, now: number): void {
    this.turn(now)
    this.#calls = count
  }

  protected add(bad: boolean, now: number): void {
    this.turn(now)
    if (bad) this.#buckets ??= new Buckets(this.#newest, this.#calls)
    if (this.#buckets === undefined) this.#calls += 1
    else this.#buckets.add(this.#newest, Number(bad))
  }

  /** Empties the buckets that have left the window. A clock that was set back by more than the window empties all. */
  protected turn(now: number): void {
    const newest = Math.floor(now / bucketMillisOf(this.trip))
    const ahead = newest - this.#newest
    if (ahead === 0 || (ahead < 0 && ahead > -bucketCount)) return
    const left = ahead < 0 ? bucketCount : Math.min(ahead, bucketCount)
    if (left < bucketCount && this.#calls > 0) this.#buckets ??= new Buckets(this.#newest, this.#calls)
    this.#buckets?.turn(newest, left)
    if (this.#buckets?.calls === 0) this.#buckets = undefined
    this.#calls = 0
    this.#newest = newest
  }
}

/** It is created for windows of time only. */
export const bucketMillisOf = ({ window }: RateTrip): number =>
  window._tag === "Time" ? Math.max(1, Math.ceil(window.millis / bucketCount)) : 1
