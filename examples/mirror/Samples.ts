/**
 * How long something took, many times over: the last ten thousand, and their quantiles.
 */

const most = 10_000

export class Samples {
  readonly #millis: Array<number> = []
  #next = 0

  add(millis: number): void {
    this.#millis[this.#next] = millis
    this.#next = (this.#next + 1) % most
  }

  /** The smallest sample that at least the share `q` of all samples does not exceed; `undefined` without samples. */
  quantile(q: number): number | undefined {
    const ordered = this.#millis.toSorted((left, right) => left - right)
    return ordered[Math.max(Math.ceil(q * ordered.length) - 1, 0)]
  }
}

/** The samples of a list. */
export const from = (millis: ReadonlyArray<number>): Samples => {
  const samples = new Samples()
  for (const each of millis) samples.add(each)
  return samples
}
