/** Limits the time of a streamed answer: between two chunks, and until a deadline. */
import { Effect, Stream } from "effect"
import { timeLimited } from "../../policy/internal/engine/timeLimit.ts"
import type { Elapsed, LimitBytes } from "./undecodable.ts"

/** The limits of one stream, in milliseconds. */
export interface Limits {
  /** `Infinity` for none. */
  readonly idleMillis: number
  /** When the deadline passes, by the clock, and how long it is. */
  readonly deadline: { readonly at: number; readonly millis: number } | undefined
}

/** A chunk is awaited for at most the idle time, and not past the deadline. */
export const limiting = ({ deadline, idleMillis }: Limits): LimitBytes => {
  if (deadline === undefined && idleMillis === Infinity) return (bytes) => bytes
  const idle: Elapsed = { _tag: "Elapsed", scope: "idle", millis: idleMillis }
  const late: Elapsed = { _tag: "Elapsed", scope: "deadline", millis: deadline?.millis ?? Infinity }
  return (bytes) =>
    Stream.transformPull(bytes, (pull) =>
      Effect.succeed(
        Effect.clockWith((clock) => {
          const left = (deadline?.at ?? Infinity) - clock.currentTimeMillisUnsafe()
          if (left <= 0) return Effect.fail(late)
          return timeLimited(pull, Math.min(left, idleMillis), () => Effect.fail(left <= idleMillis ? late : idle))
        })
      )
    )
}

/** Ends an Effect at the deadline. */
export const beforeDeadline = <A, E>(
  effect: Effect.Effect<A, E>,
  deadline: Limits["deadline"]
): Effect.Effect<A, E | Elapsed> => {
  if (deadline === undefined) return effect
  const late: Elapsed = { _tag: "Elapsed", scope: "deadline", millis: deadline.millis }
  return Effect.clockWith((clock) => {
    const left = deadline.at - clock.currentTimeMillisUnsafe()
    return left <= 0 ? Effect.fail(late) : timeLimited(effect, left, () => Effect.fail(late))
  })
}
