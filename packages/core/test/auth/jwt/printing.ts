/** Everything that could print an error, in one text: to look for secrets in it. */
import { Cause, Effect, Exit, Logger } from "effect"
import { inspect } from "node:util"

export const everythingThatPrints = (error: Error): Effect.Effect<string> =>
  Effect.gen(function* () {
    const lines: Array<string> = []
    const loggers = [Logger.formatLogFmt, Logger.formatJson, Logger.formatSimple].map((format) =>
      Logger.map(format, (line) => void lines.push(line))
    )
    const cause = Cause.fail(error)
    yield* Effect.logError("refused", error, cause).pipe(Effect.provide(Logger.layer(loggers)))
    const exit = Exit.fail(error)
    return [
      error.message,
      String(error),
      error.stack,
      JSON.stringify(error),
      inspect(error, { depth: 12, showHidden: true }),
      Cause.pretty(cause),
      JSON.stringify(exit),
      inspect(exit, { depth: 12 }),
      ...lines
    ].join("\n")
  })
