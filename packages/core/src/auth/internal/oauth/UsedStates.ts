/** The most logins that are remembered: more than end within the time that one may take. */
const most = 10_000

/** The states that logins were finished with, until these logins would have ended by themselves. */
export class UsedStates {
  readonly #used = new Map<string, number>()

  /** False when it was used before. */
  use(state: string, expiresAt: number, now: number): boolean {
    if (this.#used.has(state)) return false
    this.#forget(now)
    this.#used.set(state, expiresAt)
    return true
  }

  /** It was of no use, and may be used again. */
  giveBack(state: string): void {
    this.#used.delete(state)
  }

  /** What has ended is at the beginning, because it was used first. */
  #forget(now: number): void {
    for (const [state, expiresAt] of this.#used) {
      if (now < expiresAt && this.#used.size < most) return
      this.#used.delete(state)
    }
  }
}
