import type { Bounds, Gradient } from "../../Concurrency.ts"
import type { Limit, Outcome } from "./Limit.ts"

/** The limit and the latency from which on it has been shrinking. */
interface Descent {
  readonly limit: number
  readonly millis: number
}

/** Halving what waits in an overloaded provider halves the wait; less than a fifth of improvement is none. */
const improved = 0.8

/**
 * Compares the latency of a window of calls with the latency without load, and moves the limit by their ratio. A limit
 * that was halved in vain was not what made the provider slow: the latency found then is its new one without load.
 */
export class GradientLimit implements Limit {
  generation = 0
  #exact: number
  #unloadedMillis = Infinity
  #descent: Descent | undefined = undefined
  #windowBegan = Infinity
  #sumMillis = 0
  #successes = 0
  #failures = 0
  #peak = 0
  readonly #bounds: Bounds
  readonly #gradient: Gradient

  constructor(bounds: Bounds, gradient: Gradient) {
    this.#exact = bounds.initial
    this.#bounds = bounds
    this.#gradient = gradient
  }

  get current(): number {
    return Math.floor(this.#exact)
  }

  ended(outcome: Outcome, elapsedMillis: number, generation: number, inFlight: number, now: number): void {
    if (outcome === "ignored") return
    if (outcome === "failure") this.#failures += 1
    else if (generation === this.generation) this.#sample(elapsedMillis)
    if (inFlight > this.#peak) this.#peak = inFlight
    if (now < this.#windowBegan) this.#windowBegan = now
    if (this.#isOver(now)) this.#closeWindow(now)
  }

  /** Only of calls that began in this window: those before it went under another limit. */
  #sample(elapsedMillis: number): void {
    this.#successes += 1
    this.#sumMillis += Math.max(1, elapsedMillis)
  }

  #isOver(now: number): boolean {
    const enough = this.#successes + this.#failures >= this.#gradient.minimumSamples
    return enough && now - this.#windowBegan >= this.#gradient.windowMillis
  }

  #closeWindow(now: number): void {
    if (this.#isFailing()) this.#moveTo(this.#exact * this.#gradient.backoff)
    else if (this.#successes > 0) this.#learn(this.#sumMillis / this.#successes)
    this.generation += 1
    this.#windowBegan = now
    this.#sumMillis = 0
    this.#successes = 0
    this.#failures = 0
    this.#peak = 0
  }

  #isFailing(): boolean {
    return this.#failures > (this.#successes + this.#failures) * this.#gradient.failureRatio
  }

  #learn(millis: number): void {
    if (millis < this.#unloadedMillis) this.#lower(millis)
    // Less than half of it is used: neither is the latency due to the limit, nor is a higher one needed.
    if (this.#peak * 2 < this.current) return
    const ratio = (this.#gradient.tolerance * this.#unloadedMillis) / millis
    if (ratio >= 1) this.#rise()
    else this.#descend(Math.max(0.5, ratio), millis)
  }

  /** Half-way, so that one lucky window does not set what all others are held against. */
  #lower(millis: number): void {
    this.#unloadedMillis = this.#unloadedMillis === Infinity ? millis : (this.#unloadedMillis + millis) / 2
  }

  #rise(): void {
    this.#descent = undefined
    this.#moveTo(this.#exact + Math.sqrt(this.#exact) * this.#gradient.smoothing)
  }

  #descend(ratio: number, millis: number): void {
    this.#descent ??= { limit: this.#exact, millis }
    this.#moveTo(this.#exact * (1 - (1 - ratio) * this.#gradient.smoothing))
    if (this.#exact > Math.max(this.#bounds.min, this.#descent.limit / 2)) return
    if (millis > this.#descent.millis * improved) this.#unloadedMillis = millis
    this.#descent = undefined
  }

  #moveTo(limit: number): void {
    this.#exact = Math.min(this.#bounds.max, Math.max(this.#bounds.min, limit))
  }
}
