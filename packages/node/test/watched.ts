/** Everything that can be seen of a program: its errors, its lines in the log, its spans. */
import { Cause, Effect, Exit, Logger, References, Result, Tracer } from "effect"
import { inspect } from "node:util"
import { recordedSpans } from "../../core/test/recordedSpans.ts"

/** Runs a program and gives its outcome, with everything that was logged and traced meanwhile. */
export const watched = <A, E, R>(program: Effect.Effect<A, E, R>) => {
  const seen: Array<string> = []
  const formats = [Logger.formatSimple, Logger.formatLogFmt, Logger.formatJson, Logger.formatStructured]
  const logger = Logger.make((entry) => {
    for (const format of formats) seen.push(inspect(format.log(entry), { depth: 20 }))
    seen.push(inspect(entry.message, { depth: 20 }))
  })
  const { spans, tracer } = recordedSpans()
  return Effect.gen(function* () {
    const exit = yield* Effect.exit(program)
    if (Exit.isFailure(exit)) {
      const error = Cause.findError(exit.cause)
      if (Result.isSuccess(error)) yield* Effect.logTrace("failed", error.success)
      yield* Effect.logError("failed", exit.cause)
      yield* Effect.logError(exit.cause)
    }
    for (const { attributes, events, name, status } of spans) {
      seen.push(inspect({ attributes, events, name, status }, { depth: 20 }))
      if (status._tag === "Ended" && Exit.isFailure(status.exit)) seen.push(Cause.pretty(status.exit.cause))
    }
    return { exit, seen, spans }
  }).pipe(
    Effect.provide(Logger.layer([logger])),
    Effect.provideService(References.MinimumLogLevel, "Trace"),
    Effect.provideService(Tracer.Tracer, tracer)
  )
}

export const views = (error: object, cause: Cause.Cause<unknown>): ReadonlyArray<string> => [
  String(error),
  "message" in error ? String(error.message) : "",
  inspect(error, { depth: 20 }),
  inspect(error, { depth: 20, showHidden: true }),
  JSON.stringify(error),
  inspect(cause, { depth: 20 }),
  JSON.stringify(cause),
  Cause.pretty(cause)
]
