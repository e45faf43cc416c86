import { Effect, Metric } from "effect"
import type { Reauthorization } from "../../Tokens.ts"

const reauthorizations = Metric.counter("causeway_reauthorizations", {
  incremental: true,
  description: "Grants that only a person can give again"
})

/** Tells that a person must come back: by a log line, a metric and the program's own callback. */
export const tell = (
  event: Reauthorization,
  onReauthorization: ((event: Reauthorization) => Effect.Effect<void>) | undefined
): Effect.Effect<void> => {
  const { integration, tenant, why } = event
  return Effect.logWarning(`A person must grant access again: ${why}`).pipe(
    Effect.annotateLogs({ integration, tenant }),
    Effect.andThen(Metric.update(Metric.withAttributes(reauthorizations, { integration }), 1)),
    Effect.andThen(onReauthorization?.(event) ?? Effect.void),
    // What the program does about it must not change what the caller is told.
    Effect.catchCause((cause) => Effect.logError("The callback of a reauthorization failed", cause))
  )
}
