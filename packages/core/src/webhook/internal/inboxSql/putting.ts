import { Array as Arr, Effect } from "effect"
import { type SqlClient, SqlError } from "effect/sql"
import type { NewEvent, Put } from "../../InboxStore.ts"
import type { Database } from "./database.ts"
import { announce } from "./listening.ts"
import { toColumns } from "./rows.ts"

interface Known {
  readonly source: string
  readonly event_id: string
  readonly event_key: number | bigint
  readonly digest: string
}

type Columns = ReturnType<typeof toColumns>

interface Identity {
  readonly source: string
  readonly event_id: string
}

const identityOf = ({ event_id, source }: Identity): string => JSON.stringify([source, event_id])

const given = { g_source: "text", g_id: "text" } as const

const toGiven = ({ event_id, source }: Identity) => ({ g_source: source, g_id: event_id })

/**
 * Stores events, in the transaction that is there. First all are inserted and then the ids of purged ones are looked up:
 * the other way round an event that is purged in between would be in neither.
 */
export const putAll = (
  database: Database,
  events: ReadonlyArray<NewEvent>
): Effect.Effect<ReadonlyArray<Put>, SqlError.SqlError> =>
  Effect.gen(function* () {
    const rows = events.map((event) => toColumns(event, ""))
    const firsts = [...new Map(rows.toReversed().map((row) => [identityOf(row), row])).values()]
    const inserted = yield* insertAll(database.sql, firsts, "")
    const seen = yield* findSeen(database, inserted, events[0]?.now ?? 0)
    yield* removeSeen(database, inserted, seen)
    const stored = new Map(inserted.filter((row) => !seen.has(identityOf(row))).map((row) => [identityOf(row), row]))
    yield* announce(
      database,
      [...stored.values()].map(({ source }) => source)
    )
    const puts: Array<Put> = []
    for (const row of rows) {
      const identity = identityOf(row)
      const fresh = stored.get(identity)
      stored.delete(identity)
      puts.push(
        fresh === undefined
          ? yield* putKnown(database, row, seen.get(identity))
          : { _tag: "Stored", key: Number(fresh.event_key) }
      )
    }
    return puts
  })

const insertAll = (
  sql: SqlClient.SqlClient,
  columns: ReadonlyArray<Columns>,
  variant: string
): Effect.Effect<ReadonlyArray<Known>, SqlError.SqlError> => {
  const rows: ReadonlyArray<Record<string, unknown>> = columns.map((row) => ({
    ...row,
    variant,
    direction: "in",
    status: variant === "" ? "pending" : "kept",
    settled_at: variant === "" ? null : row.received_at
  }))
  return Arr.isReadonlyArrayNonEmpty(rows)
    ? sql<Known>`INSERT INTO causeway_events ${sql.insert(rows)}
        ON CONFLICT DO NOTHING RETURNING source, event_id, event_key, digest`
    : Effect.succeed([])
}

/** Those of which the event was purged and the id is remembered. */
const findSeen = (database: Database, inserted: ReadonlyArray<Known>, now: number) =>
  inserted.length === 0
    ? Effect.succeed(new Map<string, Known>())
    : Effect.map(
        database.sql<Known>`SELECT source, event_id, event_key, digest FROM causeway_seen
          JOIN ${database.given(given, inserted.map(toGiven))} ON source = g_source AND event_id = g_id
          WHERE until > ${Math.round(now)}`,
        (rows) => new Map(rows.map((row) => [identityOf(row), row]))
      )

const removeSeen = (database: Database, inserted: ReadonlyArray<Known>, seen: ReadonlyMap<string, Known>) => {
  const again = inserted.filter((row) => seen.has(identityOf(row))).map((row) => Number(row.event_key))
  return again.length === 0
    ? Effect.void
    : database.sql`DELETE FROM causeway_events WHERE ${database.sql.in("event_key", again)}`
}

const find = (sql: SqlClient.SqlClient, row: Columns, variant: string) =>
  sql<Known>`SELECT source, event_id, event_key, digest FROM causeway_events
    WHERE direction = 'in' AND source = ${row.source} AND event_id = ${row.event_id} AND variant = ${variant}`

const putKnown = ({ sql }: Database, row: Columns, seen: Known | undefined): Effect.Effect<Put, SqlError.SqlError> =>
  Effect.gen(function* () {
    const [first = seen] = yield* find(sql, row, "")
    if (first === undefined) return yield* Effect.fail(purgedMeanwhile)
    if (first.digest === row.digest) return { _tag: "Duplicate", key: Number(first.event_key) }
    const [kept] = yield* insertAll(sql, [row], row.digest)
    const [known = kept] = kept === undefined ? yield* find(sql, row, row.digest) : []
    return { _tag: "Conflicting", key: Number(known?.event_key ?? first.event_key) }
  })

/** The insertion met it and it was gone a moment later: the sender's next delivery is found among the purged. */
const purgedMeanwhile = new SqlError.SqlError({
  reason: new SqlError.SerializationError({
    cause: undefined,
    message: "The event was purged while it was stored again",
    operation: "put"
  })
})
