import { Array as Arr, Effect } from "effect"
import type { SqlError } from "effect/sql"
import type { Database } from "./database.ts"
import { channel } from "./listening.ts"
import type { toColumns } from "./rows.ts"

export type Columns = ReturnType<typeof toColumns>

/** A row that was stored, or is remembered. */
export interface Known {
  readonly source: string
  readonly event_id: string
  readonly event_key: number | bigint
  readonly digest: string
}

type Inserting = Effect.Effect<ReadonlyArray<Known>, SqlError.SqlError>

const returned = "RETURNING source, event_id, event_key, digest"

/**
 * Stores events that are due, those whose ids are not there yet, and gives these. Of two with one id the first is stored.
 * The other processes are told once the transaction has committed.
 */
export const insertDue = (database: Database, rows: ReadonlyArray<Columns>): Inserting =>
  database.dialect === "pg" ? insertGiven(database, rows) : insertValues(database, rows.map(toDue))

/** Stores an event beside the one that has its id. */
export const insertKept = (database: Database, row: Columns): Inserting => insertValues(database, [toKept(row)])

const toDue = (row: Columns) => ({ ...row, variant: "", direction: "in", status: "pending" })

const toKept = (row: Columns) => ({
  ...row,
  variant: row.digest,
  direction: "in",
  status: "kept",
  settled_at: row.received_at
})

const insertValues = ({ sql }: Database, rows: ReadonlyArray<Record<string, unknown>>): Inserting =>
  Arr.isReadonlyArrayNonEmpty(rows)
    ? sql<Known>`INSERT INTO causeway_events ${sql.insert(rows)} ON CONFLICT DO NOTHING ${sql.literal(returned)}`
    : Effect.succeed([])

const texts = ["source", "event_id", "digest", "type", "lane", "traceparent", "sealed_by", "headers"] as const
const times = ["received_at", "due_at"] as const
const names = [...texts, ...times].join(", ")
const values = names.replace("headers", "headers::jsonb")
const columns = [...texts.map((name) => `${name} text`), ...times.map((name) => `${name} bigint`)].join(", ")

/**
 * All rows in two parameters, the bodies one after the other in the second. Postgres parses and plans a statement anew
 * for each number of parameters, and each parameter costs both sides as much as a short text in the first.
 */
const insertGiven = ({ sql }: Database, rows: ReadonlyArray<Columns>): Inserting => {
  let end = 1
  const given = rows.map(({ body, ...row }) => {
    const start = end
    end += body.byteLength
    return { ...row, body_start: start, body_size: body.byteLength }
  })
  return sql<Known>`INSERT INTO causeway_events (${sql.literal(names)}, body, variant, direction, status)
    SELECT ${sql.literal(values)}, substring(${Buffer.concat(rows.map(({ body }) => body))} FROM body_start FOR body_size),
    '', 'in', 'pending' FROM json_to_recordset(${JSON.stringify(given)}::json)
    AS given(${sql.literal(columns)}, body_start int, body_size int)
    ON CONFLICT DO NOTHING ${sql.literal(returned)}, pg_notify(${sql.literal(`'${channel}'`)}, left(source, 1900))`
}
