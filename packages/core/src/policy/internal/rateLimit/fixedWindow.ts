import type { Limit } from "../../RateLimit.ts"
import { continued, type Window } from "./Window.ts"

/** Windows that follow one another, the first of which begins with a call: as many providers count. */
export class FixedWindow implements Window {
  #limit: Limit
  #began: number
  #used: number

  constructor(limit: Limit, began = -Infinity, used = 0) {
    this.#limit = limit
    this.#began = began
    this.#used = used
  }

  earliest(tokens: number, from: number): number {
    if (tokens > this.#limit.limit) return Infinity
    const fits = from >= this.idleFrom() || this.#used + tokens <= this.#limit.limit
    return fits ? from : this.idleFrom()
  }

  slowest(): number {
    return this.#limit.limit
  }

  take(tokens: number, at: number): number {
    if (at >= this.idleFrom()) {
      this.#began = at
      this.#used = 0
    }
    this.#used += tokens
    return 0
  }

  giveBack(tokens: number, at: number): void {
    if (at >= this.#began) this.#used = Math.max(0, this.#used - tokens)
  }

  charge(tokens: number, at: number): void {
    if (at >= this.#began) this.#used += tokens
  }

  idleFrom(): number {
    return this.#began + this.#limit.windowMillis
  }

  copy(): Window {
    return new FixedWindow(this.#limit, this.#began, this.#used)
  }

  retune(limits: ReadonlyArray<Limit>): boolean {
    const after = continued(this.#limit, limits)
    this.#limit = after ?? this.#limit
    return after !== undefined
  }
}
