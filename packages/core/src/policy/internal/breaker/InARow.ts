import type { Tally } from "./Tally.ts"

/** Counts the failures since the last success. */
export class InARow implements Tally {
  readonly #most: number
  #failures = 0

  constructor(most: number) {
    this.#most = most
  }

  count(failed: boolean): boolean {
    this.#failures = failed ? this.#failures + 1 : 0
    return this.#failures >= this.#most
  }

  calls(): number {
    return this.#failures
  }

  failures(): number {
    return this.#failures
  }
}
