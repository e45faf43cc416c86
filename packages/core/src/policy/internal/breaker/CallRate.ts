import { Rate, type RateTrip } from "./Rate.ts"

/** A rate over the last so many attempts. */
export class CallRate extends Rate {
  readonly #size: number
  #calls = 0
  #bad = 0
  #next = 0
  /** One byte an attempt, and none at all while all were good. */
  #outcomes: Uint8Array | undefined

  constructor(trip: RateTrip, size: number) {
    super(trip)
    this.#size = size
  }

  calls(): number {
    return this.#calls
  }

  failures(): number {
    return this.#bad
  }

  protected add(bad: boolean): void {
    const at = this.#next
    this.#next = at + 1 === this.#size ? 0 : at + 1
    if (this.#calls < this.#size) this.#calls += 1
    if (bad || this.#outcomes !== undefined) this.#mark(at, bad)
  }

  #mark(at: number, bad: boolean): void {
    const outcomes = (this.#outcomes ??= new Uint8Array(this.#size))
    this.#bad += Number(bad) - (outcomes[at] ?? 0)
    outcomes[at] = Number(bad)
    if (this.#bad === 0) this.#outcomes = undefined
  }
}
