/** Decisions and permits, handled synchronously for as long as each of them answers at once. */
import { Effect, Exit } from "effect"
import type { AttemptEnd, Decision, Permit, Rejection } from "../../Admission.ts"
import * as AtOnce from "../AtOnce.ts"
import { failedWith, type PolicyError } from "./attemptFailure.ts"

/**
 * The decision of a strategy that answered at once, or the wait for it. A decision that is there already must not be waited
 * for: an interruption before the wait would lose its permit.
 */
export const decided = <E>(
  answer: Decision<E> | Effect.Effect<Decision<E>>
): Decision<E> | Effect.Effect<Decision<E>> => {
  if (isDecision(answer)) return answer
  const exit = AtOnce.exitOf(answer)
  return exit !== undefined && Exit.isSuccess(exit) ? exit.value : answer
}

/** No Effect has one of these tags. */
export const isDecision = <E>(answer: Decision<E> | Effect.Effect<Decision<E>>): answer is Decision<E> => {
  const { _tag: tag } = answer as { readonly _tag?: unknown }
  return tag === "Permit" || tag === "Rejection"
}

/** An admitted attempt that was never made. */
export const neverMade: AttemptEnd = {
  attempted: false,
  category: undefined,
  elapsedMillis: 0,
  retryAfterMillis: undefined,
  answer: undefined,
  success: undefined
}

/** Rejects an attempt with an error of a policy. */
export const rejection = <E extends PolicyError>(error: E): Rejection<E> => ({
  _tag: "Rejection",
  attempt: Effect.fail({ ...failedWith(error), isRejection: true })
})

/** Releases all permits in turn; at once when each of them answers at once. */
export const releaseAll = (permits: ReadonlyArray<Permit>, end: AttemptEnd): Effect.Effect<void> => {
  let released: Effect.Effect<void> = Effect.void
  for (const permit of permits) {
    const releasing = permit.release(end)
    if (AtOnce.exitOf(releasing) === undefined) released = Effect.andThen(released, releasing)
  }
  return released
}
