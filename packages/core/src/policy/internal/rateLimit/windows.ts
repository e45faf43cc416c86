import type { Limit } from "../../RateLimit.ts"
import { FixedWindow } from "./fixedWindow.ts"
import { Gcra } from "./gcra.ts"
import { SlidingWindow } from "./slidingWindow.ts"
import type { Window } from "./Window.ts"

/** Several limits at once: the tokens are taken from all of them or from none. */
class Several implements Window {
  #limits: ReadonlyArray<Limit>
  readonly #windows: ReadonlyArray<Window>

  constructor(limits: ReadonlyArray<Limit>, windows: ReadonlyArray<Window> = limits.map(windowOf)) {
    this.#limits = limits
    this.#windows = windows
  }

  /** What fits at one time fits at any later one, so the latest of the times is the one at which all fit. */
  earliest(tokens: number, from: number): number {
    let at = from
    for (const window of this.#windows) at = Math.max(at, window.earliest(tokens, from))
    return at
  }

  slowest(tokens: number, from: number): number {
    const times = this.#windows.map((window) => window.earliest(tokens, from))
    return this.#limits[times.indexOf(Math.max(...times))]?.limit ?? 0
  }

  /** The windows are made together and asked together: those that tell an order tell the same. */
  take(tokens: number, at: number): number {
    let order = 0
    for (const window of this.#windows) order = Math.max(order, window.take(tokens, at))
    return order
  }

  giveBack(tokens: number, at: number, order: number): void {
    for (const window of this.#windows) window.giveBack(tokens, at, order)
  }

  charge(tokens: number, at: number): void {
    for (const window of this.#windows) window.charge(tokens, at)
  }

  idleFrom(): number {
    return Math.max(...this.#windows.map((window) => window.idleFrom()))
  }

  copy(): Window {
    return new Several(
      this.#limits,
      this.#windows.map((window) => window.copy())
    )
  }

  retune(limits: ReadonlyArray<Limit>): boolean {
    if (limits === this.#limits) return true
    this.#limits = limits
    return (
      limits.length === this.#windows.length &&
      this.#windows.every((window, index) => window.retune(limits.slice(index, index + 1)))
    )
  }
}

const windowOf = (limit: Limit): Window => {
  switch (limit.algorithm) {
    case "sliding":
      return new SlidingWindow(limit)
    case "gcra":
      return new Gcra(limit)
    case "fixed":
      return new FixedWindow(limit)
  }
}

/** An unused window, or one for each of several limits. */
export const make = (limits: ReadonlyArray<Limit>): Window => {
  const [limit] = limits
  return limit !== undefined && limits.length === 1 ? windowOf(limit) : new Several(limits)
}
