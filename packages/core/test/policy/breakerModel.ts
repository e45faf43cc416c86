/** What a breaker should do, worked out the slow way: it keeps all that has happened, and adds up anew at each step. */
import type { Breaker, BreakerStore } from "@causeway/core/policy"

interface Ended {
  readonly at: number
  readonly failed: boolean
  readonly elapsedMillis: number
}

interface Probes {
  running: number
  readonly reports: Array<boolean>
  lastBegan: number
}

export class BreakerModel {
  readonly #breaker: Breaker.Breaker
  phase: BreakerStore.Phase = "closed"
  generation = 0
  #ended: Array<Ended> = []
  #openings = 0
  #openUntil = 0
  #probes: Probes = { running: 0, reports: [], lastBegan: 0 }

  constructor(breaker: Breaker.Breaker) {
    this.#breaker = breaker
  }

  /** Whether an attempt is admitted. */
  admit(now: number): boolean {
    if (this.phase === "isolated" || (this.phase === "open" && now < this.#openUntil)) return false
    if (this.phase === "closed") return true
    if (this.phase === "open") {
      this.#change("half-open")
      this.#probes = { running: 0, reports: [], lastBegan: now }
    }
    const givenUp = now >= this.#probes.lastBegan + this.#openMillis(this.#openings)
    if (givenUp) this.#probes.running = 0
    if (this.#probes.running + this.#probes.reports.length >= this.#breaker.recovery.probes) return false
    this.#probes.running += 1
    this.#probes.lastBegan = now
    return true
  }

  record(generation: number, outcome: BreakerStore.Outcome, now: number, end: BreakerStore.AttemptEnd): void {
    if (generation !== this.generation) return
    if (this.phase === "half-open") return this.#recordProbe(outcome, now, end)
    if (outcome === "ignored") return
    this.#ended.push({ at: now, failed: outcome === "failure", elapsedMillis: end.elapsedMillis })
    if (this.#breaker.trips.some((trip) => this.#trips(trip, now))) this.#open(0, now, end)
  }

  byHand(change: "isolate" | "close" | "reset"): void {
    if (change === "isolate" && this.phase !== "isolated") this.#change("isolated")
    if (change === "close" && this.phase !== "closed") this.#change("closed")
    if (change === "reset") this.#change("closed")
  }

  #recordProbe(outcome: BreakerStore.Outcome, now: number, end: BreakerStore.AttemptEnd): void {
    this.#probes.running = Math.max(0, this.#probes.running - 1)
    if (outcome === "ignored") return
    const slow = this.#breaker.trips.some(
      (trip) => trip._tag === "SlowCallRate" && end.elapsedMillis >= trip.slowerThanMillis
    )
    this.#probes.reports.push(outcome === "success" && !slow)
    const { probes, probesToClose } = this.#breaker.recovery
    const passed = this.#probes.reports.filter((report) => report).length
    const stillPossible = probes - (this.#probes.reports.length - passed)
    if (passed >= probesToClose) this.#change("closed")
    else if (stillPossible < probesToClose) this.#open(this.#openings, now, end)
  }

  #trips(trip: Breaker.Trip, now: number): boolean {
    if (trip._tag === "Consecutive") {
      const last = this.#ended.slice(-trip.failures)
      return last.length === trip.failures && last.every(({ failed }) => failed)
    }
    if (trip._tag === "Custom") throw new Error("the model does not cover custom rules")
    const isBad = (attempt: Ended) =>
      trip._tag === "FailureRate" ? attempt.failed : attempt.elapsedMillis >= trip.slowerThanMillis
    const seen = this.#seen(trip.window, now)
    if (seen.length < trip.minimumCalls) return false
    return seen.filter(isBad).length / seen.length >= trip.threshold
  }

  #seen(window: Breaker.Window, now: number): ReadonlyArray<Ended> {
    if (window._tag === "Calls") return this.#ended.slice(-window.size)
    const bucket = Math.ceil(window.millis / 10)
    return this.#ended.filter(({ at }) => Math.floor(at / bucket) > Math.floor(now / bucket) - 10)
  }

  #open(openingsBefore: number, now: number, end: BreakerStore.AttemptEnd): void {
    this.#change("open")
    this.#openings = openingsBefore + 1
    const asked = Math.min(end.retryAfterMillis ?? 0, this.#breaker.recovery.maxRetryAfterMillis)
    this.#openUntil = now + Math.max(asked, this.#openMillis(this.#openings))
  }

  #openMillis(opening: number): number {
    const { openMillis } = this.#breaker.recovery
    return openMillis[Math.min(opening, openMillis.length) - 1] ?? 0
  }

  #change(phase: BreakerStore.Phase): void {
    this.phase = phase
    this.generation += 1
    this.#ended = []
  }
}
