import { Rate, type RateTrip } from "./Rate.ts"

/** The outcomes of a full window or less, one byte an attempt, and where the next one goes. */
interface Outcomes {
  readonly bytes: Uint8Array
  next: number
  bad: number
}

/** A rate over the last so many attempts. While all of them were good, their number is all there is to know. */
export class CallRate extends Rate {
  #calls = 0
  #outcomes: Outcomes | undefined = undefined

  calls(): number {
    return this.#calls
  }

  failures(): number {
    return this.#outcomes?.bad ?? 0
  }

  addGood(count: number): void {
    this.#calls = Math.min(sizeOf(this.trip), count)
  }

  protected add(bad: boolean): void {
    const size = sizeOf(this.trip)
    if (bad) this.#outcomes ??= { bytes: new Uint8Array(size), next: this.#calls % size, bad: 0 }
    if (this.#calls < size) this.#calls += 1
    if (this.#outcomes === undefined) return
    mark(this.#outcomes, bad)
    if (this.#outcomes.bad === 0) this.#outcomes = undefined
  }
}

/** It is made for windows of calls alone. */
const sizeOf = ({ window }: RateTrip): number => (window._tag === "Calls" ? window.size : 0)

const mark = (outcomes: Outcomes, bad: boolean): void => {
  const { bytes, next } = outcomes
  outcomes.bad += Number(bad) - (bytes[next] ?? 0)
  bytes[next] = Number(bad)
  outcomes.next = next + 1 === bytes.length ? 0 : next + 1
}
