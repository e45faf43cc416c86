import type { Observation } from "../../RateHeaders.ts"

/** What a provider says it has left, until it counts anew. */
interface Quota {
  readonly remaining: number
  readonly resetAt: number
  readonly counts: "calls" | "tokens"
}

const mostQuotas = 16

/** The longest that a provider's word holds: what is written in a header must not stop a key for ever. */
export const longestHoldMillis = 86_400_000

/** Two announcements within a second of each other are of one window, because many providers count whole seconds. */
const toleranceMillis = 1_000

/** What a provider has said of one key: it can only hold back, never let through more than the limits do. */
export class Held {
  #pausedUntil: number
  readonly #quotas: Map<string, Quota>

  constructor(pausedUntil = 0, quotas: Iterable<readonly [string, Quota]> = []) {
    this.#pausedUntil = pausedUntil
    this.#quotas = new Map(quotas)
  }

  /** The earliest time, not before `now`, at which the provider lets the tokens through. */
  from(tokens: number, now: number): number {
    let at = Math.max(now, this.#pausedUntil)
    for (const quota of this.#quotas.values())
      if (quota.remaining < costOf(quota, tokens)) at = Math.max(at, quota.resetAt)
    return at
  }

  spend(tokens: number, now: number): void {
    for (const [scope, quota] of this.#quotas) {
      if (quota.resetAt <= now) this.#quotas.delete(scope)
      else this.#quotas.set(scope, { ...quota, remaining: quota.remaining - costOf(quota, tokens) })
    }
  }

  pause(until: number, now: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, Math.min(until, now + longestHoldMillis))
  }

  learn({ counts, remaining, scope, ...said }: Observation, now: number): void {
    const resetAfterMillis = said.resetAfterMillis ?? said.windowMillis ?? 0
    if (remaining === undefined || resetAfterMillis <= 0) return
    const resetAt = now + Math.min(resetAfterMillis, longestHoldMillis)
    const known = this.#quotas.get(scope ?? "")
    const isSameWindow = known !== undefined && Math.abs(known.resetAt - resetAt) <= toleranceMillis
    if (known === undefined && this.#quotas.size >= mostQuotas) this.#dropFirstToReset()
    this.#quotas.set(scope ?? "", {
      counts: counts ?? "tokens",
      // Calls that the provider had not seen when it answered are in our number already.
      remaining: isSameWindow ? Math.min(known.remaining, remaining) : remaining,
      resetAt: isSameWindow ? known.resetAt : resetAt
    })
  }

  idleFrom(): number {
    return Math.max(this.#pausedUntil, ...[...this.#quotas.values()].map(({ resetAt }) => resetAt))
  }

  copy(): Held {
    return new Held(this.#pausedUntil, this.#quotas)
  }

  #dropFirstToReset(): void {
    const [first] = [...this.#quotas].toSorted(([, a], [, b]) => a.resetAt - b.resetAt)
    if (first !== undefined) this.#quotas.delete(first[0])
  }
}

const costOf = (quota: Quota, tokens: number): number => (quota.counts === "calls" ? 1 : tokens)
