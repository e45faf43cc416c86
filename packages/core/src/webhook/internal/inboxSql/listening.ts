import { Effect, FiberHandle, Predicate, Queue, Schedule, type Scope } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import type { Database } from "./database.ts"

export const channel = "causeway_inbox"

/** What the client of `@effect/sql-pg` can do beyond an `SqlClient`. */
interface Listening {
  readonly listen: (
    channel: string
  ) => Effect.Effect<Queue.Dequeue<{ readonly payload: string }, SqlError.SqlError>, SqlError.SqlError, Scope.Scope>
}

const canListen = (sql: SqlClient.SqlClient): sql is SqlClient.SqlClient & Listening =>
  Predicate.hasProperty(sql, "listen") && typeof sql.listen === "function"

/** Tells the other processes, once the transaction has committed, that events of these sources are due. */
export const announce = ({ dialect, sql }: Database, sources: ReadonlyArray<string>) =>
  dialect !== "pg" || sources.length === 0
    ? Effect.void
    : Effect.forEach(new Set(sources), (source) => sql`SELECT pg_notify(${channel}, ${source.slice(0, 2000)})`, {
        discard: true
      })

type Wake = (source: string | undefined) => void

/**
 * Lets all who want to be woken share one connection, which is taken for as long as there is one of them. When it
 * breaks, another one is taken; nobody knows what was missed meanwhile.
 */
export const makeListener = ({
  dialect,
  sql
}: Database): Effect.Effect<(wake: Wake) => Effect.Effect<never>, never, Scope.Scope> =>
  dialect !== "pg" || !canListen(sql)
    ? Effect.succeed(() => Effect.never)
    : Effect.gen(function* () {
        const wakes = new Set<Wake>()
        const fiber = yield* FiberHandle.make()
        const wakeAll: Wake = (source) => wakes.forEach((wake) => wake(source))
        const listening = Effect.retry(listenOnce(sql, wakeAll), Schedule.spaced("1 second"))
        return (wake) =>
          Effect.suspend(() => {
            wakes.add(wake)
            return Effect.andThen(FiberHandle.run(fiber, listening, { onlyIfMissing: true }), Effect.never)
          }).pipe(
            Effect.ensuring(
              Effect.suspend(() => {
                wakes.delete(wake)
                return wakes.size === 0 ? FiberHandle.clear(fiber) : Effect.void
              })
            )
          )
      })

const listenOnce = (sql: Listening, wake: Wake): Effect.Effect<never, SqlError.SqlError> =>
  Effect.gen(function* () {
    const told = yield* sql.listen(channel)
    wake(undefined)
    return yield* Effect.forever(Effect.map(Queue.take(told), ({ payload }) => wake(payload)))
  }).pipe(
    Effect.scoped,
    Effect.tapError((error) => Effect.logWarning("The inbox does not hear of events of other processes", error))
  )
