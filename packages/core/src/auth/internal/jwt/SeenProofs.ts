/** Whether a proof is new. */
export type Seen = "new" | "seen" | "full"

/**
 * The proofs that were accepted within a window: each is known for at least that long, and forgotten within twice that time.
 * When there are too many, none is accepted: forgetting one would let it be used again.
 */
export class SeenProofs {
  readonly #windowMillis: number
  readonly #most: number
  #recent = new Set<string>()
  #older = new Set<string>()
  #since = -Infinity

  constructor(windowMillis: number, most: number) {
    this.#windowMillis = windowMillis
    this.#most = most
  }

  add(id: string, now: number): Seen {
    this.#forget(now)
    if (this.#recent.has(id) || this.#older.has(id)) return "seen"
    if (this.#recent.size >= this.#most) return "full"
    this.#recent.add(id)
    return "new"
  }

  /** In how many milliseconds there is room again. */
  roomIn(now: number): number {
    return Math.max(0, this.#since + this.#windowMillis - now)
  }

  #forget(now: number): void {
    const elapsed = now - this.#since
    if (elapsed < this.#windowMillis) return
    this.#older = elapsed < 2 * this.#windowMillis ? this.#recent : new Set()
    this.#recent = new Set()
    this.#since = now
  }
}
