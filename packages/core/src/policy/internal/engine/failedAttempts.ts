/** Discards the bodies of failed attempts. */
import { Cause, Effect, Exit, Result } from "effect"
import type { AttemptFailure } from "./attemptFailure.ts"

export const withoutBody = <E, A>(failure: AttemptFailure<E, A>): AttemptFailure<E, A> => {
  const { discard: _discard, readError: _readError, ...rest } = failure
  return rest
}

export const detached = (discard: Effect.Effect<void>): Effect.Effect<void> => Effect.asVoid(Effect.forkDetach(discard))

/** Of the attempts that were raced, the failure that the race ends with is still needed. */
export const discardAll = <E, A>(
  failures: ReadonlySet<AttemptFailure<E, A>>,
  exit: Exit.Exit<A, AttemptFailure<E, A>>
): Effect.Effect<void> => {
  const found = Exit.isSuccess(exit) ? undefined : Cause.findError(exit.cause)
  const last = found !== undefined && Result.isSuccess(found) ? found.success : undefined
  return Effect.forEach(
    Array.from(failures).filter((failure) => failure !== last),
    ({ discard }) => (discard === undefined ? Effect.void : detached(discard)),
    { discard: true }
  )
}

export const withoutStack = <Failure>(make: () => Failure): Failure => {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  try {
    return make()
  } finally {
    Error.stackTraceLimit = limit
  }
}
