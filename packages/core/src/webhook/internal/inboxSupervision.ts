import { Cause, Clock, Effect } from "effect"
import * as Attempt from "../Attempt.ts"
import type { Part, Watch } from "../InboxHealth.ts"
import { InboxStoreError } from "../InboxStore.ts"
import { quietly, warnOf } from "./inboxLog.ts"
import type { Meter } from "./inboxMetrics.ts"
import { safely } from "./safely.ts"

/** Whose parts are supervised. */
export interface Supervised {
  readonly source: string
  readonly meter: Meter
  readonly watch: Watch
}

/** How long a part waits before it begins again: doubling from the first delay up to the longest, in milliseconds. */
export interface Delays {
  readonly first: number
  readonly longest: number
}

/**
 * Runs the turns of a part of a worker for ever. One that fails or dies is reported, and the next begins after a delay,
 * which is short again once a turn has called `succeeded`.
 */
export const supervise = <R>(
  { meter, source, watch }: Supervised,
  part: Part,
  delays: Delays,
  turn: (succeeded: () => void) => Effect.Effect<unknown, unknown, R>
): Effect.Effect<never, never, R> => {
  let failures = 0
  const succeeded = () => {
    failures = 0
    watch.succeeded(part)
  }
  const restart = (cause: Cause.Cause<unknown>) =>
    Effect.gen(function* () {
      const error = errorOf(cause)
      const delay = Math.min(delays.first * 2 ** failures, delays.longest)
      failures += 1
      watch.failed({ part, at: yield* Clock.currentTimeMillis, ...Attempt.describeError(error, "Defect") })
      meter.update("restarts", 1, { part })
      yield* Effect.annotateLogs(logRestart(error, part, delay), { source, part })
      yield* Effect.sleep(delay)
    })
  return Effect.forever(
    Effect.catchCause(
      Effect.suspend(() => turn(succeeded)),
      restart
    )
  )
}

/** The first error of a cause, else its first defect, else its interruption. */
export const errorOf = (cause: Cause.Cause<unknown>): unknown => {
  const fail = cause.reasons.find(Cause.isFailReason)
  if (fail !== undefined) return fail.error
  const die = cause.reasons.find(Cause.isDieReason)
  return die === undefined ? interrupted : die.defect
}

const interrupted = { _tag: "Interrupted", message: "The operation was interrupted" }

const logRestart = (error: unknown, part: Part, delay: number): Effect.Effect<void> => {
  const known = safely(() => (error instanceof InboxStoreError ? error : undefined), undefined)
  return known === undefined
    ? quietly(() => {
        const { message, tag } = Attempt.describeError(error, "Defect")
        return Effect.annotateLogs(
          Effect.logError(`An inbox worker failed unexpectedly; ${part} restarts in ${delay} ms`),
          {
            error: tag,
            detail: message,
            stack: safely(() => (error instanceof Error ? error.stack : undefined), undefined)
          }
        )
      })
    : warnOf(`${known.message}; ${part} restarts in ${delay} ms`, known.cause)
}
