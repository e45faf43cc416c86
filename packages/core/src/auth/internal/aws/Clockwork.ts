import { Duration } from "effect"
import { ClockSkew } from "../../AuthError.ts"
import type { Answer } from "../../Credentials.ts"

/** Services refuse what is 5 or 15 minutes from their own time. */
const leastSkewMillis = 240_000

/** How long a skew that is too large is believed in, before a request is tried again. */
const believedMillis = 60_000

const httpDate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

const refusals: ReadonlySet<number> = new Set([400, 401, 403])

/** How far the service is ahead of us by the date of its refusal, in milliseconds: 0 when close, undefined when unsaid. */
export const skewOf = ({ headers, status }: Answer, now: number): number | undefined => {
  const date = headers["date"]
  if (!refusals.has(status) || date === undefined || !httpDate.test(date)) return undefined
  const skew = Date.parse(date) - now
  return Math.abs(skew) < leastSkewMillis ? 0 : skew
}

/** Our clock, set right by what the service says. */
export class Clockwork {
  readonly #mostMillis: number
  #skew = 0
  #seenAt = -Infinity

  constructor(mostMillis: number) {
    this.#mostMillis = mostMillis
  }

  /** What is added to our time. */
  get correction(): number {
    return this.#isTooLarge ? 0 : this.#skew
  }

  /** Every refusal tells anew: our clock may have been set right meanwhile. */
  see(answer: Answer, now: number): void {
    const skew = skewOf(answer, now)
    if (skew === undefined) return
    this.#skew = skew
    this.#seenAt = now
  }

  /** Whether a request that was signed with this correction would be signed with another one now, or not at all. */
  hasChangedSince(correction: number): boolean {
    return this.#isTooLarge || Math.abs(this.#skew - correction) >= leastSkewMillis
  }

  /** Our clock is too far off to be set right. */
  problemAt(now: number): ClockSkew | undefined {
    return this.#isTooLarge && Math.abs(now - this.#seenAt) < believedMillis
      ? new ClockSkew({ by: Duration.millis(-this.#skew) })
      : undefined
  }

  get #isTooLarge(): boolean {
    return Math.abs(this.#skew) > this.#mostMillis
  }
}
