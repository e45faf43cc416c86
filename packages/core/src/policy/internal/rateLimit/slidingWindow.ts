/** A window that holds no more than its limit wherever it begins, kept as runs of turns. */
import type { Limit } from "../../RateLimit.ts"
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
    if (limits.length === 1 && limits[0] === this.#limit) return true
    const after = continued(this.#limit, limits)
    this.#limit = after ?? this.#limit
    return after !== undefined
  }
}

/** How many milliseconds make a run. */
const grainOf = ({ limit, windowMillis }: Limit): number =>
  limit > runsOfWindow ? Math.max(1, Math.floor(windowMillis / runsOfWindow)) : 1

/** Whether two times are of the same run of so many milliseconds. */
const isOneRun = (grain: number, one: number, other: number): boolean =>
  Math.floor(one / grain) === Math.floor(other / grain)

/** Turns in the order of their times, close ones together: the last time of each run, and its tokens. */
class Runs {
  #used: number
  /** Time and tokens in turn, the oldest first. */
  #runs: Array<number>

  constructor(runs: Array<number> = [], used = 0) {
    this.#runs = runs
    this.#used = used
  }

  /** When so many of them have left that no more than `most` are in a window. */
  earliest(most: number, from: number, windowMillis: number): number {
    let used = this.#used
    let at = from
    for (let index = 0; index < this.#runs.length; index += 2) {
      const leaves = (this.#runs[index] ?? 0) + windowMillis
      if (leaves > at && used <= most) return at
      used -= this.#runs[index + 1] ?? 0
      if (leaves > at) at = leaves
    }
    return at
  }

  add(at: number, tokens: number): this {
    this.#used += tokens
    if (this.#runs.length > 16) this.#runs.push(at, tokens)
    // `push` reserves room for 16 more, which would be most of what an idle key costs.
    else this.#runs = this.#runs.concat(at, tokens)
    return this
  }

  /** Drops what is not later than the time, and tells how many numbers are left. */
  forget(time: number): number {
    let gone = 0
    while (gone < this.#runs.length && (this.#runs[gone] ?? 0) <= time) {
      this.#used -= this.#runs[gone + 1] ?? 0
      gone += 2
    }
    if (gone > 0) this.#runs.splice(0, gone)
    return this.#runs.length
  }

  /** True when a run of these had the turn. */
  charge(tokens: number, at: number, grain: number): boolean {
    for (let index = 0; index < this.#runs.length; index += 2) {
      if (!isOneRun(grain, this.#runs[index] ?? 0, at)) continue
      const before = this.#runs[index + 1] ?? 0
      const after = Math.max(0, before + tokens)
      this.#runs[index + 1] = after
      this.#used += after - before
      return true
    }
    return false
  }

  copy(): Runs {
    return new Runs(this.#runs.slice(), this.#used)
  }
}
