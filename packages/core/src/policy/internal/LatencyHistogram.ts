/** Values below this have a bucket each; from there on each doubling is divided into as many. */
const steps = 16

const stepBits = 4

/** About 70 minutes; what takes longer counts as that. */
const largestMillis = 2 ** 22 - 1

const bucketOf = (millis: number): number => {
  if (millis < steps) return millis
  const octave = 31 - Math.clz32(millis) - stepBits
  return octave * steps + (millis >> octave)
}

const buckets = bucketOf(largestMillis) + 1

/** The largest value that falls in a bucket. */
const upperEdge = (bucket: number): number => {
  if (bucket < steps) return bucket
  const octave = Math.floor(bucket / steps) - 1
  return ((bucket - octave * steps + 1) << octave) - 1
}

/**
 * How long the latest things took, in buckets that are at most a sixteenth wide: fixed memory for any number of values.
 * It knows the last `generation` values, and up to as many before them.
 */
export class LatencyHistogram {
  #counts = new Uint32Array(buckets)
  #countsBefore = new Uint32Array(buckets)
  #total = 0
  #totalBefore = 0
  readonly #generation: number

  constructor(generation: number) {
    this.#generation = generation
  }

  /** The values that count now. */
  get size(): number {
    return this.#total + this.#totalBefore
  }

  add(millis: number): void {
    if (this.#total === this.#generation) this.#beginGeneration()
    const bucket = bucketOf(Math.min(largestMillis, Math.max(0, Math.floor(millis))))
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1
    this.#total += 1
  }

  /** A value that at least this share of all values does not pass. */
  percentile(share: number): number {
    const wanted = Math.ceil(this.size * share)
    let seen = 0
    let bucket = -1
    while (seen < wanted && bucket < buckets - 1) {
      bucket += 1
      seen += (this.#counts[bucket] ?? 0) + (this.#countsBefore[bucket] ?? 0)
    }
    return upperEdge(Math.max(0, bucket))
  }

  #beginGeneration(): void {
    const forgotten = this.#countsBefore
    this.#countsBefore = this.#counts
    this.#totalBefore = this.#total
    this.#counts = forgotten.fill(0)
    this.#total = 0
  }
}
