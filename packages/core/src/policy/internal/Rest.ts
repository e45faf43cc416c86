/** For how long a store that did not answer is left alone. */
const restMillis = 1_000

/**
 * When a store that did not answer is asked again: once in a second, by one caller, until it answers. All others go on
 * without it meanwhile, so that an outage costs one wait in a second and not one for each call.
 */
export class Rest {
  /** When it was last asked in vain; undefined while it answers. */
  #since: number | undefined = undefined

  /** Whether this caller asks; it must tell what came of it. */
  mayAsk(now: number): boolean {
    if (this.isResting(now)) return false
    if (this.#since !== undefined) this.#since = now
    return true
  }

  /** For those who keep nobody waiting when they ask. */
  isResting(now: number): boolean {
    // A clock that was set back makes nobody wait longer.
    return this.#since !== undefined && Math.abs(now - this.#since) < restMillis
  }

  answered(): void {
    this.#since = undefined
  }

  failed(now: number): void {
    this.#since = Math.max(now, this.#since ?? now)
  }
}
