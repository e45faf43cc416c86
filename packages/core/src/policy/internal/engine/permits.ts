/** Decisions and permits, handled synchronously as long as each of them completes synchronously. */
import { Effect, Exit } from "effect"
import type { AttemptEnd, Decision, Permit, Rejection } from "../../Admission.ts"
import * as AtOnce from "../AtOnce.ts"
import { failedWith, type PolicyError } from "./attemptFailure.ts"

/**
 * The decision of a strategy, or the wait for it. A synchronous decision must not be awaited: an interruption before the
 * wait would lose its permit.
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

/** Releases all permits in turn, also after one that dies; synchronously if all of them are synchronous. */
export const releaseAll = (permits: ReadonlyArray<Permit>, end: AttemptEnd): Effect.Effect<void> => {
  let released: Effect.Effect<void> = Effect.void
  for (const permit of permits) {
    const releasing = releasingOf(permit, end)
    if (releasing === Effect.void) continue
    released = released === Effect.void ? releasing : Effect.ensuring(released, releasing)
  }
  return released
}

const releasingOf = (permit: Permit, end: AttemptEnd): Effect.Effect<void> => {
  try {
    const releasing = permit.release(end)
    const exit = AtOnce.exitOf(releasing)
    return exit !== undefined && Exit.isSuccess(exit) ? Effect.void : releasing
  } catch (defect) {
    return Effect.die(defect)
  }
}

/** Earlier decisions may be outdated after a wait: strategies with `confirm` decide again. */
export const confirmed = (permits: ReadonlyArray<Permit>): Effect.Effect<ReadonlyArray<Permit> | Rejection> =>
  permits.reduce<Effect.Effect<ReadonlyArray<Permit> | Rejection>>(
    (before, permit) =>
      Effect.flatMap(before, (earlier) => {
        if ("_tag" in earlier) return Effect.as(releaseAll([permit], neverMade), earlier)
        if (permit.confirm === undefined) return Effect.succeed([...earlier, permit])
        return Effect.flatMap(
          confirmation(permit, permit.confirm),
          (decision): Effect.Effect<ReadonlyArray<Permit> | Rejection> =>
            decision._tag === "Rejection"
              ? Effect.as(releaseAll(earlier, neverMade), decision)
              : Effect.succeed([...earlier, decision])
        )
      }),
    Effect.succeed([])
  )

/** A confirmation that dies rejects the attempt with its defect, so that the other permits are released. */
const confirmation = (permit: Permit, confirm: NonNullable<Permit["confirm"]>): Effect.Effect<Decision> =>
  Effect.catchCause(
    Effect.suspend(() => {
      const answer = confirm.call(permit)
      return isDecision(answer) ? Effect.succeed(answer) : answer
    }),
    (cause) =>
      Effect.as(releaseAll([permit], neverMade), { _tag: "Rejection", attempt: Effect.failCause(cause) } as const)
  )
