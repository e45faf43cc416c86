import { Result } from "effect"
import { type Reason, WebhookError } from "../WebhookError.ts"

class Refusal {
  readonly reason: Reason
  constructor(reason: Reason) {
    this.reason = reason
  }
}

/**
 * Ends the surrounding {@link attempt}. A refusal travels as a throw, because a `Result` at every step would cost an
 * accepted delivery several times what its HMAC does.
 */
export const refuse = (reason: Reason): never => {
  throw new Refusal(reason)
}

/** The result of what may be refused. Anything else that is thrown is a bug, and stays one. */
export const attempt = <A>(scheme: string, judge: () => A): Result.Result<A, WebhookError> => {
  try {
    return Result.succeed(judge())
  } catch (error) {
    if (error instanceof Refusal) return Result.fail(new WebhookError({ scheme, reason: error.reason }))
    throw error
  }
}
