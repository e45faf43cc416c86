import type { Limit } from "../../RateLimit.ts"
import { isOneRun, Runs } from "./Runs.ts"
import { continued, type Window } from "./Window.ts"

/** A window is kept as at most so many runs of turns and one more: that bounds what a key costs. */
const runsOfWindow = 64

// Without private methods: each of the many instances would carry a mark of its class for them.

/**
 * However the turns fall, no window holds more than the limit. Up to 64 tokens a window each millisecond has a run of
 * its own, which is exact; above, a run is a 64th of the window and leaves with its last turn: a little late, never early.
 */
export class SlidingWindow implements Window {
  #limit: Limit
  /** The last time and the tokens of the latest run: most keys have no other. */
  #at: number
  #tokens: number
  #earlier: Runs | undefined

  constructor(limit: Limit, at = -Infinity, tokens = 0, earlier?: Runs) {
    this.#limit = limit
    this.#at = at
    this.#tokens = tokens
    this.#earlier = earlier
  }

  earliest(tokens: number, from: number): number {
    const { limit, windowMillis } = this.#limit
    if (tokens > limit) return Infinity
    const most = limit - tokens - this.#tokens
    const at = this.#earlier?.earliest(most, from, windowMillis) ?? from
    const leaves = this.#at + windowMillis
    return most < 0 && leaves > at ? leaves : at
  }

  slowest(): number {
    return this.#limit.limit
  }

  take(tokens: number, at: number): number {
    const before = at - this.#limit.windowMillis
    if (this.#earlier?.forget(before) === 0) this.#earlier = undefined
    if (this.#at > before && (at <= this.#at || isOneRun(grainOf(this.#limit), this.#at, at))) this.#tokens += tokens
    else {
      if (this.#at > before) this.#earlier = (this.#earlier ?? new Runs()).add(this.#at, this.#tokens)
      this.#tokens = tokens
    }
    this.#at = Math.max(this.#at, at)
    return 0
  }

  giveBack(tokens: number, at: number): void {
    this.charge(-tokens, at)
  }

  /** What has left the window has nothing to give back and owes nothing. */
  charge(tokens: number, at: number): void {
    const grain = grainOf(this.#limit)
    if (this.#earlier?.charge(tokens, at, grain) === true || !isOneRun(grain, this.#at, at)) return
    this.#tokens = Math.max(0, this.#tokens + tokens)
  }

  idleFrom(): number {
    return this.#at + this.#limit.windowMillis
  }

  copy(): Window {
    return new SlidingWindow(this.#limit, this.#at, this.#tokens, this.#earlier?.copy())
  }

  retune(limits: ReadonlyArray<Limit>): boolean {
    const after = continued(this.#limit, limits)
    this.#limit = after ?? this.#limit
    return after !== undefined
  }
}

/** How many milliseconds make a run. */
const grainOf = ({ limit, windowMillis }: Limit): number =>
  limit > runsOfWindow ? Math.max(1, Math.floor(windowMillis / runsOfWindow)) : 1
