import type { Bounds, Gradient } from "../../Concurrency.ts"
import type { Limit, Outcome } from "./Limit.ts"

/** The limit and latency from which a probe began, and the latency before the last halving. */
interface Probe {
  readonly limit: number
  readonly millis: number
  readonly lastMillis: number
}

/** Halving what an overloaded provider works on nearly halves its latency; less than a fifth is no improvement. */
const improved = 0.8

/** After so many windows under strain, the latency without load is doubted; half of the limit lost is enough as well. */
const windowsUntilDoubt = 60

/**
 * Compares the latency of a window of calls with the latency without load, and moves the limit by their ratio. The latency
 * without load is found by a probe: the limit is halved for as long as that makes calls faster. It is probed for at the
 * first load, and again from time to time while latency holds the limit down: the provider may have become slower for
 * reasons of its own.
 */
export class GradientLimit implements Limit {
  generation = 0
  #exact: number
  #unloadedMillis: number | undefined = undefined
  #probe: Probe | undefined = undefined
  #isStrained = false
  #windows = 0
  #highest = 0
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
    if (this.#isFailing()) this.#backOff()
    else if (this.#successes > 0) this.#learn(this.#sumMillis / this.#successes)
    this.generation += 1
    this.#windows += 1
    this.#windowBegan = now
    this.#sumMillis = 0
    this.#successes = 0
    this.#failures = 0
    this.#peak = 0
  }

  #isFailing(): boolean {
    return this.#failures > (this.#successes + this.#failures) * this.#gradient.failureRatio
  }

  #backOff(): void {
    this.#probe = undefined
    this.#moveTo(this.#exact * this.#gradient.backoff)
  }

  #learn(millis: number): void {
    // While less than half of the limit is used, no latency is due to it.
    const isUsed = this.#peak * 2 >= this.current
    if (this.#probe !== undefined) this.#goOnProbing(this.#probe, millis, isUsed)
    else if (isUsed) this.#adapt(millis)
  }

  #adapt(millis: number): void {
    if (this.#unloadedMillis === undefined || this.#isDoubtful()) return this.#beginProbe(millis)
    // Half-way, so that one lucky window does not set what all others are held against.
    if (millis < this.#unloadedMillis) this.#unloadedMillis = (this.#unloadedMillis + millis) / 2
    const ratio = (this.#gradient.tolerance * this.#unloadedMillis) / millis
    if (ratio < 1) this.#isStrained = true
    const target = ratio < 1 ? this.#exact * Math.max(0.5, ratio) : this.#exact + Math.sqrt(this.#exact)
    this.#moveTo(this.#exact + (target - this.#exact) * this.#gradient.smoothing)
  }

  #isDoubtful(): boolean {
    return this.#isStrained && (this.#windows >= windowsUntilDoubt || this.#exact * 2 <= this.#highest)
  }

  #beginProbe(millis: number): void {
    this.#probe = { limit: this.#exact, millis, lastMillis: millis }
    this.#moveTo(this.#exact / 2)
  }

  #goOnProbing(probe: Probe, millis: number, isUsed: boolean): void {
    const mayGoOn = isUsed && this.#exact > this.#bounds.min
    if (!mayGoOn || millis > probe.lastMillis * improved) return this.#endProbe(probe, millis)
    this.#probe = { ...probe, lastMillis: millis }
    this.#moveTo(this.#exact / 2)
  }

  /** Beyond its capacity a provider's latency grows as what it works on does: so much of the limit was fine. */
  #endProbe(probe: Probe, millis: number): void {
    this.#unloadedMillis = millis
    this.#moveTo(probe.limit * Math.min(1, (this.#gradient.tolerance * millis) / probe.millis))
    this.#probe = undefined
    this.#isStrained = false
    this.#windows = 0
    this.#highest = this.#exact
  }

  #moveTo(limit: number): void {
    this.#exact = Math.min(this.#bounds.max, Math.max(this.#bounds.min, limit))
    if (this.#exact > this.#highest) this.#highest = this.#exact
  }
}
