import type { Token } from "../../Token.ts"

/** How far ahead of its end a token is renewed, and how long one serves that seems to have ended before it began. */
export interface Ahead {
  readonly leewayMillis: number
  readonly jitter: number
  readonly cooldownMillis: number
}

/** From when on a token is renewed, and until when it serves meanwhile, in milliseconds of the clock. */
export interface Validity {
  readonly renewAt: number
  readonly usableUntil: number
}

/** Less than this before its end a token may be too late when it arrives. */
const lastMomentsMillis = 5_000

/**
 * `random` lengthens the leeway, so that many processes do not renew in the same moment. A token that lives shortly is
 * renewed in the second half of its life.
 */
export const validityOf = (
  { expiresAt, obtainedAt }: Pick<Token, "expiresAt" | "obtainedAt">,
  { cooldownMillis, jitter, leewayMillis }: Ahead,
  random: number
): Validity => {
  if (expiresAt === undefined) return { renewAt: Infinity, usableUntil: Infinity }
  const lifetime = expiresAt - obtainedAt
  // Nobody issues a token that has ended: its end was reckoned by another clock.
  if (lifetime <= 0) return { renewAt: obtainedAt + cooldownMillis, usableUntil: obtainedAt + cooldownMillis }
  const leeway = Math.min(leewayMillis * (1 + jitter * random), lifetime / 2)
  return { renewAt: expiresAt - leeway, usableUntil: expiresAt - Math.min(lastMomentsMillis, leeway / 4) }
}
