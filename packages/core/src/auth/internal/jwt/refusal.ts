import { Duration, Result } from "effect"
import { ClockSkew, InvalidToken } from "../../AuthError.ts"

export type Refused = InvalidToken | ClockSkew

class Refusal {
  readonly reason: Refused
  constructor(reason: Refused) {
    this.reason = reason
  }
}

/** Ends the surrounding {@link attempt}. */
export const refuseFor = (reason: Refused): never => {
  throw new Refusal(reason)
}

/** Ends it, because this token does not hold. */
export const refuse = (why: string, issue: string): never => refuseFor(new InvalidToken({ why, issue }))

/** Ends it, because the token holds, but our clock does not. */
export const refuseClock = (aheadMillis: number): never =>
  refuseFor(new ClockSkew({ by: Duration.millis(aheadMillis) }))

/** The result of a judgement. Anything else that is thrown is a bug, and stays one. */
export const attempt = <A>(judge: () => A): Result.Result<A, Refused> => {
  try {
    return Result.succeed(judge())
  } catch (error) {
    if (error instanceof Refusal) return Result.fail(error.reason)
    throw error
  }
}

/** What a token says, as a message shows it: escaped, and not at any length. */
export const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? "nothing"
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
