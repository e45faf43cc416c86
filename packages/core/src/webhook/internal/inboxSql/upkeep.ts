import { Effect } from "effect"
import type { SqlError, Statement } from "effect/sql"
import type { Purge } from "../../InboxStore.ts"
import type { Header, WebhookEvent } from "../../WebhookEvent.ts"
import { releaseAll } from "./claiming.ts"
import type { Database } from "./database.ts"
import * as Deliveries from "./deliveries.ts"
import { type EventRow, headersColumn, toEvent } from "./rows.ts"

type Question<A> = Effect.Effect<A, SqlError.SqlError>

/** Deletes finished events and remembers their ids, in the transaction that is there. */
export const purge = (database: Database, options: Purge): Question<number> =>
  Effect.gen(function* () {
    const { given, isIn, sql } = database
    const doomed = yield* sql<{ event_key: number | bigint }>`SELECT event_key FROM causeway_events
      WHERE ${sql.and(conditionsOf(database, options))} ORDER BY settled_at LIMIT ${options.limit}
      ${database.skipLocked}`
    if (doomed.length === 0) return 0
    const keys = sql`SELECT g_key FROM ${given(
      { g_key: "bigint" },
      doomed.map(({ event_key }) => ({ g_key: Number(event_key) }))
    )}`
    const remember = Math.round(options.rememberMillis)
    yield* sql`INSERT INTO causeway_seen (source, event_id, digest, event_key, until)
      SELECT source, event_id, digest, event_key, received_at + ${remember} FROM causeway_events
      WHERE ${isIn("event_key", keys)} AND direction = 'in' AND variant = ''
      AND received_at + ${remember} > ${options.now}
      ON CONFLICT (source, event_id)
      DO UPDATE SET until = excluded.until, digest = excluded.digest, event_key = excluded.event_key`
    yield* sql`DELETE FROM causeway_attempts WHERE ${isIn("event_key", keys)}`
    const deliveries = yield* Deliveries.held(database, keys)
    yield* sql`DELETE FROM causeway_events WHERE ${isIn("event_key", keys)}`
    yield* Deliveries.drop(database, deliveries)
    if (options.statuses.includes("dead")) yield* releaseAll(database, options.now)
    return doomed.length
  })

const conditionsOf = ({ sql }: Database, options: Purge): Array<Statement.Fragment> => [
  sql`status IN ('handled', 'dead', 'kept', 'discarded')`,
  sql.in("status", options.statuses),
  ...(options.source === undefined ? [] : [sql`direction = 'in' AND source = ${options.source}`]),
  ...(options.before === undefined ? [] : [sql`settled_at < ${Math.round(options.before)}`]),
  ...(options.newest === undefined ? [] : [beyondNewest(sql, options, options.newest)])
]

const beyondNewest = (sql: Database["sql"], { source, statuses }: Purge, newest: number) =>
  sql`event_key <= (SELECT event_key FROM causeway_events WHERE direction = 'in' AND source = ${source ?? ""}
    AND status IN ('handled', 'dead', 'kept', 'discarded') AND ${sql.in("status", statuses)}
    ORDER BY event_key DESC LIMIT 1 OFFSET ${newest})`

const forgottenAtOnce = 1000

/** Forgets the ids of purged events whose time is over. */
export const forget = ({ isIn, sql }: Database, now: number): Question<number> =>
  Effect.map(
    sql`DELETE FROM causeway_seen WHERE until <= ${now} AND ${isIn(
      "event_key",
      sql`SELECT event_key FROM causeway_seen WHERE until <= ${now} ORDER BY until LIMIT ${forgottenAtOnce}`
    )} RETURNING event_key`,
    (rows) => rows.length
  )

/** Events that are not sealed with this key, those after `after`. */
export const sealedOtherwise = (
  { sql }: Database,
  keyId: string,
  after: number,
  limit: number
): Question<ReadonlyArray<WebhookEvent>> =>
  Effect.map(
    sql<EventRow>`SELECT * FROM causeway_events WHERE event_key > ${after}
      AND (sealed_by IS NULL OR sealed_by <> ${keyId}) ORDER BY event_key LIMIT ${limit}`,
    (rows) => rows.map((row) => toEvent(row, []))
  )

/** Writes the content of an event anew, unless another one has done it. */
export const rewrite = (
  { sql }: Database,
  event: WebhookEvent,
  content: { readonly headers: ReadonlyArray<Header>; readonly body: Uint8Array; readonly sealedBy: string }
): Question<boolean> =>
  Effect.map(
    sql`UPDATE causeway_events
      SET headers = ${headersColumn(content.headers)}, body = ${content.body}, sealed_by = ${content.sealedBy}
      WHERE event_key = ${event.key}
      AND ${event.sealedBy === undefined ? sql`sealed_by IS NULL` : sql`sealed_by = ${event.sealedBy}`}
      RETURNING event_key`,
    (rows) => rows.length > 0
  )
