import type { Aimd, Bounds } from "../../Concurrency.ts"
import type { Limit, Outcome } from "./Limit.ts"

/** Grows by a step a round while calls succeed, shrinks by a factor when one fails. */
export class AimdLimit implements Limit {
  generation = 0
  #exact: number
  readonly #bounds: Bounds
  readonly #aimd: Aimd

  constructor(bounds: Bounds, aimd: Aimd) {
    this.#exact = bounds.initial
    this.#bounds = bounds
    this.#aimd = aimd
  }

  get current(): number {
    return Math.floor(this.#exact)
  }

  ended(outcome: Outcome, elapsedMillis: number, generation: number, inFlight: number): void {
    if (outcome === "ignored") return
    if (outcome === "failure" || elapsedMillis > this.#aimd.slowMillis) this.#shrink(generation)
    else if (inFlight * 2 >= this.current) this.#grow()
  }

  /** As many successes as the limit allows at once add one step. */
  #grow(): void {
    this.#exact = Math.min(this.#bounds.max, this.#exact + this.#aimd.increase / this.#exact)
  }

  /** Calls that began before the last time it shrank say nothing new. */
  #shrink(generation: number): void {
    if (generation !== this.generation) return
    this.generation += 1
    this.#exact = Math.max(this.#bounds.min, this.#exact * this.#aimd.backoff)
  }
}
