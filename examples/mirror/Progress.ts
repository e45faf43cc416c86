/**
 * Shows where the work stands: one line that changes on a terminal, a line now and then elsewhere.
 */
import { Effect, Schedule } from "effect"

/** Shows what `status` says until the scope ends. */
export const show = <E, R>(status: Effect.Effect<string, E, R>) =>
  process.stdout.isTTY ? onTerminal(status) : inLines(status)

const onTerminal = <E, R>(status: Effect.Effect<string, E, R>) =>
  Effect.acquireRelease(
    status.pipe(
      Effect.map(fitting),
      Effect.flatMap(rewrite),
      Effect.repeat(Schedule.spaced("80 millis")),
      Effect.forkScoped
    ),
    () => rewrite("")
  )

const inLines = <E, R>(status: Effect.Effect<string, E, R>) =>
  status.pipe(Effect.flatMap(writeLine), Effect.repeat(Schedule.spaced("2 seconds")), Effect.forkScoped)

const fitting = (line: string) => line.slice(0, (process.stdout.columns ?? 80) - 1)

const rewrite = (line: string) => Effect.sync(() => void process.stdout.write(`\r\u001b[2K${line}`))

const writeLine = (line: string) => Effect.sync(() => void process.stdout.write(`${line}\n`))
