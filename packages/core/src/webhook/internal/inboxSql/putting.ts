import { Effect } from "effect"
import { type SqlClient, SqlError } from "effect/sql"
import type { NewEvent, Put } from "../../InboxStore.ts"
import type { Database } from "./database.ts"
import { keepPlaces } from "./deliveries.ts"
import { type Columns, insertDue, insertKept, type Known } from "./inserting.ts"
import { notificationDueAt } from "../notifications.ts"
import { toColumns } from "./rows.ts"

interface Identity {
  readonly source: string
  readonly event_id: string
}

/** No text of the store has the character that parts them. */
const identityOf = ({ event_id, source }: Identity): string => `${source}\0${event_id}`

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
  events.every(({ place }) => place === undefined)
    ? putEach(database, events)
    : Effect.tap(putEach(database, events), (puts) => keepPlaces(database, events, puts))

const putEach = (
  database: Database,
  events: ReadonlyArray<NewEvent>
): Effect.Effect<ReadonlyArray<Put>, SqlError.SqlError> =>
  events.every(({ announces }) => announces === undefined)
    ? putEvents(database, events)
    : Effect.gen(function* () {
        const others = events.filter(({ announces }) => announces === undefined)
        const puts = [...(yield* putEvents(database, others))]
        const all: Array<Put> = []
        for (const event of events) {
          // There is one for each of the others.
          all.push(event.announces === undefined ? (puts.shift() as Put) : yield* putNotification(database, event))
        }
        return all
      })

const putEvents = (
  database: Database,
  events: ReadonlyArray<NewEvent>
): Effect.Effect<ReadonlyArray<Put>, SqlError.SqlError> =>
  Effect.gen(function* () {
    const rows = events.map(toColumns)
    const inserted = yield* insertDue(database, rows)
    const seen = yield* findSeen(database, inserted, events[0]?.now ?? 0)
    yield* removeSeen(database, inserted, seen)
    const stored = new Map(inserted.map((row) => [identityOf(row), Number(row.event_key)]))
    for (const identity of seen.keys()) stored.delete(identity)
    const puts: Array<Put> = []
    for (const row of rows) {
      const identity = identityOf(row)
      const key = stored.get(identity)
      stored.delete(identity)
      puts.push(key === undefined ? yield* putKnown(database, row, seen.get(identity)) : { _tag: "Stored", key })
    }
    return puts
  })

interface Latest {
  readonly event_key: number | bigint
  readonly status: string
  readonly attempts: number | bigint
  readonly first_due_at: number | bigint
}

/**
 * One that was stored when the latest had been claimed may be handled beside it: of two processes that store at once, both
 * may find none that waits, and one more event does no harm.
 */
const putNotification = (database: Database, event: NewEvent): Effect.Effect<Put, SqlError.SqlError> =>
  Effect.gen(function* () {
    const { sql } = database
    const [latest] = yield* sql<Latest>`SELECT event_key, status, attempts, first_due_at
      FROM causeway_notifications JOIN causeway_events USING (event_key)
      WHERE causeway_notifications.source = ${event.source} AND announces = ${event.announces}`
    if (latest?.status === "pending" && Number(latest.attempts) === 0) {
      return { _tag: "Duplicate", key: Number(latest.event_key) }
    }
    const dueAt = Math.round(notificationDueAt(event.now, latest && Number(latest.first_due_at)))
    const row = toColumns({ ...event, dueAt })
    const [stored] = yield* insertDue(database, [row])
    if (stored === undefined) return yield* Effect.fail(purgedMeanwhile)
    const key = Number(stored.event_key)
    yield* sql`INSERT INTO causeway_notifications (source, announces, event_key, first_due_at)
      VALUES (${event.source}, ${event.announces}, ${key}, ${dueAt})
      ON CONFLICT (source, announces) DO UPDATE
      SET event_key = excluded.event_key, first_due_at = excluded.first_due_at`
    return { _tag: "Stored", key }
  })

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

const putKnown = (database: Database, row: Columns, seen: Known | undefined): Effect.Effect<Put, SqlError.SqlError> =>
  Effect.gen(function* () {
    const { sql } = database
    const [first = seen] = yield* find(sql, row, "")
    if (first === undefined) return yield* Effect.fail(purgedMeanwhile)
    if (first.digest === row.digest) return { _tag: "Duplicate", key: Number(first.event_key) }
    const [kept] = yield* insertKept(database, row)
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
