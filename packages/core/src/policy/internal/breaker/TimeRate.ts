import { Rate, type RateTrip } from "./Rate.ts"

const bucketCount = 10

/** A rate over the attempts of the last so many milliseconds, in buckets that take turns. */
export class TimeRate extends Rate {
  readonly #bucketMillis: number
  /** The calls of each bucket, and after them the bad ones of each. */
  readonly #counts: Array<number> = Array.from({ length: 2 * bucketCount }, () => 0)
  /** The newest bucket, counted from the epoch. */
  #newest = 0
  #calls = 0
  #bad = 0

  constructor(trip: RateTrip, windowMillis: number) {
    super(trip)
    this.#bucketMillis = Math.max(1, Math.ceil(windowMillis / bucketCount))
  }

  calls(now: number): number {
    this.#turn(now)
    return this.#calls
  }

  failures(now: number): number {
    this.#turn(now)
    return this.#bad
  }

  protected add(bad: boolean, now: number): void {
    this.#turn(now)
    const slot = this.#newest % bucketCount
    this.#calls += 1
    this.#increment(slot)
    if (!bad) return
    this.#bad += 1
    this.#increment(bucketCount + slot)
  }

  /** Empties the buckets that have left the window. A clock that was set back by more than the window empties all. */
  #turn(now: number): void {
    const newest = Math.floor(now / this.#bucketMillis)
    const ahead = newest - this.#newest
    if (ahead === 0 || (ahead < 0 && ahead > -bucketCount)) return
    const left = ahead < 0 ? bucketCount : Math.min(ahead, bucketCount)
    for (let step = 0; step < left; step += 1) this.#empty((newest - step + bucketCount) % bucketCount)
    this.#newest = newest
  }

  #empty(slot: number): void {
    this.#calls -= this.#counts[slot] ?? 0
    this.#bad -= this.#counts[bucketCount + slot] ?? 0
    this.#counts[slot] = 0
    this.#counts[bucketCount + slot] = 0
  }

  #increment(at: number): void {
    this.#counts[at] = (this.#counts[at] ?? 0) + 1
  }
}
