import { Result } from "effect"
import { InvalidToken } from "../../AuthError.ts"

class Refusal {
  readonly reason: InvalidToken
  constructor(reason: InvalidToken) {
    this.reason = reason
  }
}

/** Ends the surrounding {@link attempt}: this token does not hold. */
export const refuse = (why: string, issue: string): never => {
  throw new Refusal(new InvalidToken({ why, issue }))
}

/** The result of a judgement. Anything else that is thrown is a bug, and stays one. */
export const attempt = <A>(judge: () => A): Result.Result<A, InvalidToken> => {
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
