import type { Limit } from "../../RateLimit.ts"
import { continued, type Window } from "./Window.ts"

/**
 * The generic cell rate algorithm: tokens come evenly, `limit` a window, and up to `burst` are saved. It keeps one time,
 * the one at which all that was taken has come again, as whole milliseconds and, so that nothing is ever rounded, a
 * rest in units of which `limit` make a millisecond: a token takes `windowMillis` of them to come.
 */
export class Gcra implements Window {
  #limit: Limit
  #millis: number
  #rest: number
  #dealt: number

  constructor(limit: Limit, millis = 0, rest = 0, dealt = 0) {
    this.#limit = limit
    this.#millis = millis
    this.#rest = rest
    this.#dealt = dealt
  }

  earliest(tokens: number, from: number): number {
    const { burst, limit, windowMillis } = this.#limit
    if (tokens > burst) return Infinity
    const ahead = (burst - tokens) * windowMillis
    return Math.max(from, this.#millis + Math.ceil((this.#rest - ahead) / limit))
  }

  slowest(): number {
    return this.#limit.limit
  }

  take(tokens: number, at: number): number {
    this.charge(tokens, at)
    this.#dealt += 1
    return this.#dealt
  }

  /** Only to the latest turn: what came after an earlier one was timed with it, and can no longer be timed without. */
  giveBack(tokens: number, _at: number, order: number): void {
    if (order === this.#dealt) this.charge(-tokens, -Infinity)
  }

  /** A token that came within this millisecond came in time: the next one is timed by it and not by the clock. */
  charge(tokens: number, at: number): void {
    if (this.idleFrom() < at) {
      this.#millis = at
      this.#rest = 0
    }
    const { limit, windowMillis } = this.#limit
    const units = this.#rest + tokens * windowMillis
    const whole = Math.floor(units / limit)
    this.#millis += whole
    this.#rest = units - whole * limit
  }

  idleFrom(): number {
    return this.#millis + (this.#rest > 0 ? 1 : 0)
  }

  copy(): Window {
    return new Gcra(this.#limit, this.#millis, this.#rest, this.#dealt)
  }

  retune(limits: ReadonlyArray<Limit>): boolean {
    const after = continued(this.#limit, limits)
    if (after === undefined) return false
    if (after.limit !== this.#limit.limit) {
      this.#millis = this.idleFrom()
      this.#rest = 0
    }
    this.#limit = after
    return true
  }
}
