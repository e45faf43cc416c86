import { Clock, Effect, Predicate } from "effect"
import { SqlError } from "effect/sql"

/** Runs a step of SQLite, with its failure as an `SqlError`. */
export const attempt = <A>(operation: string, run: () => A): Effect.Effect<A, SqlError.SqlError> =>
  Effect.try({ try: run, catch: (cause) => toError(cause, operation) })

/**
 * As {@link attempt}, and again while another connection holds the lock, for at most `limit` milliseconds. SQLite has a
 * busy handler too, which blocks the event loop for as long as it waits.
 */
export const whenUnlocked = <A>(operation: string, limit: number, run: () => A): Effect.Effect<A, SqlError.SqlError> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(run())
    } catch (cause) {
      return isLocked(cause) && limit > 0
        ? Effect.flatMap(Clock.currentTimeMillis, (now) => wait({ operation, run, until: now + limit, tried: 0 }))
        : Effect.fail(toError(cause, operation))
    }
  })

interface Waiting<A> {
  readonly operation: string
  readonly run: () => A
  readonly until: number
  readonly tried: number
}

/** How long SQLite's own busy handler waits before each time that it tries again, in milliseconds. */
const pauses = [1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50, 100]

const wait = <A>({ operation, run, tried, until }: Waiting<A>): Effect.Effect<A, SqlError.SqlError> =>
  Effect.gen(function* () {
    const left = until - (yield* Clock.currentTimeMillis)
    yield* Effect.sleep(Math.max(0, Math.min(pauses[Math.min(tried, pauses.length - 1)] ?? 0, left)))
    const isLast = (yield* Clock.currentTimeMillis) >= until
    try {
      return run()
    } catch (cause) {
      if (isLast || !isLocked(cause)) return yield* Effect.fail(toError(cause, operation))
    }
    return yield* wait({ operation, run, until, tried: tried + 1 })
  })

const SQLITE_ERROR = 1
const SQLITE_BUSY = 5
const SQLITE_BUSY_SNAPSHOT = 517
const SQLITE_CONSTRAINT_PRIMARYKEY = 1555
const SQLITE_CONSTRAINT_UNIQUE = 2067

// node:sqlite keeps SQLite's own code in `errcode`.
const codeOf = (cause: unknown): unknown => (Predicate.hasProperty(cause, "errcode") ? cause.errcode : undefined)

/** What a transaction has read is old by now with `SQLITE_BUSY_SNAPSHOT`: it can only begin again. */
const isLocked = (cause: unknown): boolean => {
  const code = codeOf(cause)
  return typeof code === "number" && (code & 0xff) === SQLITE_BUSY && code !== SQLITE_BUSY_SNAPSHOT
}

const toError = (cause: unknown, operation: string): SqlError.SqlError =>
  new SqlError.SqlError({ reason: toReason(cause, operation) })

// Effect's classification looks for the code in `code`.
const toReason = (cause: unknown, operation: string): SqlError.SqlErrorReason => {
  const message = cause instanceof Error ? cause.message : String(cause)
  const code = codeOf(cause)
  if (code === SQLITE_ERROR && message.includes("syntax error")) {
    return new SqlError.SqlSyntaxError({ cause, message, operation })
  }
  const described = { code: code === SQLITE_CONSTRAINT_PRIMARYKEY ? SQLITE_CONSTRAINT_UNIQUE : code }
  return SqlError.classifySqliteError(Object.assign(new Error(message, { cause }), described), { message, operation })
}
