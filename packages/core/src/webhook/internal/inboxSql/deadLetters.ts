import { Effect } from "effect"
import type { SqlError } from "effect/sql"
import type { Attempt } from "../../Attempt.ts"
import type { Buried } from "../../InboxStore.ts"
import { record } from "./attempts.ts"
import type { Database } from "./database.ts"
import { toColumns } from "./rows.ts"

type Question<A> = Effect.Effect<A, SqlError.SqlError>

export const bury = (database: Database, event: Buried): Question<number> =>
  Effect.gen(function* () {
    const { sql } = database
    const [row] = yield* sql<{ event_key: number | bigint }>`INSERT INTO causeway_events ${sql.insert({
      ...toColumns(event),
      variant: "",
      direction: "out",
      status: "dead",
      target: event.target,
      settled_at: Math.round(event.now)
    })} ON CONFLICT (direction, source, event_id, variant)
      DO UPDATE SET status = 'dead', settled_at = excluded.settled_at RETURNING event_key`
    const key = Number(row?.event_key ?? 0)
    yield* recordHistory(database, key, event.history)
    return key
  })

export const exhume = (database: Database, key: number, history: ReadonlyArray<Attempt>): Question<void> =>
  Effect.gen(function* () {
    const endedAt = Math.round(history.at(-1)?.endedAt ?? 0)
    const rows = yield* database.sql`UPDATE causeway_events SET status = 'handled', settled_at = ${endedAt}
      WHERE event_key = ${key} AND direction = 'out' RETURNING event_key`
    if (rows.length > 0) yield* recordHistory(database, key, history)
  })

/** Adds attempts that are numbered from 1 to those there are. */
const recordHistory = (database: Database, key: number, history: ReadonlyArray<Attempt>): Question<void> =>
  Effect.gen(function* () {
    const [row] = yield* database.sql<{ attempts: number | bigint }>`UPDATE causeway_events
      SET attempts = attempts + ${history.length} WHERE event_key = ${key} RETURNING attempts`
    const before = Number(row?.attempts ?? 0) - history.length
    yield* record(
      database,
      history.map((attempt) => ({ key, attempt: { ...attempt, number: before + attempt.number } }))
    )
  })
