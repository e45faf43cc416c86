import { Deferred, Effect, FiberHandle, Predicate, Queue, type Scope } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import type { InboxStoreError } from "../../InboxStore.ts"
import { type Database, failing } from "./database.ts"

export const channel = "causeway_inbox"

/** What the client of `@effect/sql-pg` can do beyond an `SqlClient`. */
interface Listening {
  readonly listen: (
    channel: string
  ) => Effect.Effect<Queue.Dequeue<{ readonly payload: string }, SqlError.SqlError>, SqlError.SqlError, Scope.Scope>
}

/** Whether a client hears of what other processes announce. */
export const canListen = (sql: SqlClient.SqlClient): sql is SqlClient.SqlClient & Listening =>
  Predicate.hasProperty(sql, "listen") && typeof sql.listen === "function"

/** Tells the other processes, once the transaction has committed, that events of these sources are due. */
export const announce = ({ dialect, sql }: Database, sources: ReadonlyArray<string>) =>
  dialect !== "pg" || sources.length === 0
    ? Effect.void
    : Effect.forEach(new Set(sources), (source) => sql`SELECT pg_notify(${channel}, ${source.slice(0, 2000)})`, {
        discard: true
      })

type Wake = (source: string | undefined) => void

type Listen = (wake: Wake) => Effect.Effect<never, InboxStoreError>

/** A connection that all share, until it breaks. */
interface Shared {
  begun: boolean
  readonly ended: Deferred.Deferred<never, SqlError.SqlError>
}

/**
 * Lets all who want to be woken share one connection, which is taken for as long as there is one of them. When it
 * breaks, all of them fail, as what was missed meanwhile is unknown; the first that listens again takes another one.
 */
export const makeListener = ({ dialect, sql }: Database): Effect.Effect<Listen, never, Scope.Scope> =>
  dialect !== "pg" || !canListen(sql)
    ? Effect.succeed(() => Effect.never)
    : Effect.gen(function* () {
        const wakes = new Set<Wake>()
        const fiber = yield* FiberHandle.make()
        let connection: Shared | undefined
        const share = (shared: Shared) =>
          listenOnce(sql, (source) => {
            shared.begun = true
            wakes.forEach((wake) => wake(source))
          }).pipe(
            Effect.onExit((exit) =>
              Effect.sync(() => {
                if (connection === shared) connection = undefined
                Deferred.doneUnsafe(shared.ended, exit)
              })
            )
          )
        const listen = (wake: Wake) =>
          Effect.suspend(() => {
            wakes.add(wake)
            const shared = (connection ??= { begun: false, ended: Deferred.makeUnsafe() })
            if (shared.begun) wake(undefined)
            return Effect.andThen(
              FiberHandle.run(fiber, share(shared), { onlyIfMissing: true }),
              Deferred.await(shared.ended)
            )
          }).pipe(
            Effect.ensuring(
              Effect.suspend(() => {
                wakes.delete(wake)
                return wakes.size === 0 ? FiberHandle.clear(fiber) : Effect.void
              })
            )
          )
        return (wake) => failing("listen for events of other processes")(listen(wake))
      })

const listenOnce = (sql: Listening, wake: Wake): Effect.Effect<never, SqlError.SqlError> =>
  Effect.gen(function* () {
    const told = yield* sql.listen(channel)
    wake(undefined)
    return yield* Effect.forever(Effect.map(Queue.take(told), ({ payload }) => wake(payload)))
  }).pipe(Effect.scoped)
