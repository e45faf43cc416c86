/** Whether two times are of the same run of so many milliseconds. */
export const isOneRun = (grain: number, one: number, other: number): boolean =>
  Math.floor(one / grain) === Math.floor(other / grain)

/** Turns in the order of their times, close ones together: the last time of each run, and its tokens. */
export class Runs {
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
