import type { Limit } from "../../RateLimit.ts"
import { continued, type Window } from "./Window.ts"

/** A window is kept as at most so many runs of turns and one more: that bounds what a key costs. */
const runsOfWindow = 64

/**
 * However the turns fall, no window holds more than the limit. Up to 64 tokens a window each millisecond has a run of
 * its own, which is exact; above, a run is a 64th of the window and leaves with its last turn: a little late, never early.
 */
export class SlidingWindow implements Window {
  #limit: Limit
  /** The last time and the tokens of each run in turn, the oldest first. */
  #runs: Array<number>
  #used: number

  constructor(limit: Limit, runs: Array<number> = [], used = 0) {
    this.#limit = limit
    this.#runs = runs
    this.#used = used
  }

  earliest(tokens: number, from: number): number {
    const { limit, windowMillis } = this.#limit
    if (tokens > limit) return Infinity
    const runs = this.#runs
    let used = this.#used
    let at = from
    for (let index = 0; index < runs.length; index += 2) {
      const leaves = (runs[index] ?? 0) + windowMillis
      if (leaves > at && used + tokens <= limit) return at
      used -= runs[index + 1] ?? 0
      if (leaves > at) at = leaves
    }
    return at
  }

  slowest(): number {
    return this.#limit.limit
  }

  take(tokens: number, at: number): number {
    this.#forget(at)
    this.#add(tokens, at)
    return 0
  }

  giveBack(tokens: number, at: number): void {
    const index = this.#runOf(at)
    if (index === -1) return
    const left = Math.max(0, (this.#runs[index + 1] ?? 0) - tokens)
    this.#used -= (this.#runs[index + 1] ?? 0) - left
    this.#runs[index + 1] = left
  }

  charge(tokens: number, at: number): void {
    const index = this.#runOf(at)
    if (index === -1) return
    this.#used += tokens
    this.#runs[index + 1] = (this.#runs[index + 1] ?? 0) + tokens
  }

  idleFrom(): number {
    return (this.#runs.at(-2) ?? -Infinity) + this.#limit.windowMillis
  }

  copy(): Window {
    return new SlidingWindow(this.#limit, this.#runs.slice(), this.#used)
  }

  retune(limits: ReadonlyArray<Limit>): boolean {
    const after = continued(this.#limit, limits)
    this.#limit = after ?? this.#limit
    return after !== undefined
  }

  #forget(now: number): void {
    const { windowMillis } = this.#limit
    let gone = 0
    while (gone < this.#runs.length && (this.#runs[gone] ?? 0) + windowMillis <= now) {
      this.#used -= this.#runs[gone + 1] ?? 0
      gone += 2
    }
    if (gone > 0) this.#runs.splice(0, gone)
  }

  #add(tokens: number, at: number): void {
    const last = this.#runs.length - 2
    this.#used += tokens
    if (last >= 0 && this.#isOneRun(this.#runs[last] ?? 0, at)) {
      this.#runs[last] = Math.max(this.#runs[last] ?? 0, at)
      this.#runs[last + 1] = (this.#runs[last + 1] ?? 0) + tokens
    } else if (last > 16) this.#runs.push(at, tokens)
    // `push` reserves room for 16 more, which would be most of what an idle key costs.
    else this.#runs = this.#runs.concat(at, tokens)
  }

  #isOneRun(last: number, at: number): boolean {
    const { limit, windowMillis } = this.#limit
    const grain = limit > runsOfWindow ? Math.max(1, Math.floor(windowMillis / runsOfWindow)) : 1
    return at <= last || Math.floor(at / grain) === Math.floor(last / grain)
  }

  /** The run that a turn of this time went to: the first that does not end before it. */
  #runOf(at: number): number {
    for (let index = 0; index < this.#runs.length; index += 2) if ((this.#runs[index] ?? 0) >= at) return index
    return -1
  }
}
