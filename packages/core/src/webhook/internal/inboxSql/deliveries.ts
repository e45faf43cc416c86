import { Effect } from "effect"
import type { SqlError, Statement } from "effect/sql"
import type { NewEvent, Place, Put, SharedBody } from "../../InboxStore.ts"
import { safely } from "../safely.ts"
import type { Database } from "./database.ts"

type Doing<A> = Effect.Effect<A, SqlError.SqlError>

const columns = { g_key: "bigint", g_delivery: "text", g_path: "text" } as const

/** Keeps where events stood and the bodies that they share, in the transaction that is there. A duplicate has its place. */
export const keepPlaces = (
  { given, sql }: Database,
  events: ReadonlyArray<NewEvent>,
  puts: ReadonlyArray<Put>
): Doing<void> =>
  Effect.gen(function* () {
    const rows = events.flatMap(({ place }, index) => {
      const put = puts[index]
      return place === undefined || put === undefined || put._tag === "Duplicate"
        ? []
        : [{ g_key: put.key, g_delivery: place.delivery.id, g_path: JSON.stringify(place.path) }]
    })
    if (rows.length === 0) return
    const kept = yield* sql<{ delivery_id: string }>`INSERT INTO causeway_places (event_key, delivery_id, path)
      SELECT g_key, g_delivery, g_path FROM ${given(columns, rows)} WHERE true
      ON CONFLICT DO NOTHING RETURNING delivery_id`
    const named = new Set(kept.map(({ delivery_id }) => delivery_id))
    const bodies = new Set(events.flatMap(({ place }) => place?.delivery ?? []))
    for (const { bytes, id, sealedBy = null } of bodies) {
      if (named.has(id)) {
        yield* sql`INSERT INTO causeway_deliveries (delivery_id, body, sealed_by) VALUES (${id}, ${bytes}, ${sealedBy})`
      }
    }
  })

interface DeliveryRow {
  readonly delivery_id: string
  readonly body: Uint8Array
  readonly sealed_by: string | null
}

const toBody = ({ body, delivery_id, sealed_by }: DeliveryRow): SharedBody => ({
  id: delivery_id,
  bytes: body,
  sealedBy: sealed_by ?? undefined
})

export const find = ({ sql }: Database, key: number): Doing<Place | undefined> =>
  Effect.map(
    sql<DeliveryRow & { readonly path: string }>`SELECT delivery_id, body, sealed_by, path
      FROM causeway_places JOIN causeway_deliveries USING (delivery_id) WHERE event_key = ${key}`,
    ([row]) => {
      const path = row && safely((): unknown => JSON.parse(row.path), undefined)
      return row && isPath(path) && row.body instanceof Uint8Array ? { delivery: toBody(row), path } : undefined
    }
  )

/** A row may have been changed by hand. */
const isPath = (path: unknown): path is Place["path"] =>
  Array.isArray(path) && path.every((step) => typeof step === "string" || Number.isInteger(step))

/** The deliveries of events, held until the transaction ends: the last of two that drop events of one drops it. */
export const held = ({ isIn, locked, sql }: Database, keys: Statement.Fragment): Doing<ReadonlyArray<string>> =>
  Effect.map(
    sql<{ delivery_id: string }>`SELECT delivery_id FROM causeway_deliveries
      WHERE ${isIn("delivery_id", sql`SELECT delivery_id FROM causeway_places WHERE ${isIn("event_key", keys)}`)}
      ORDER BY delivery_id ${locked}`,
    (rows) => rows.map(({ delivery_id }) => delivery_id)
  )

/** Drops those of which no event is left. */
export const drop = ({ given, isIn, sql }: Database, ids: ReadonlyArray<string>): Doing<void> => {
  if (ids.length === 0) return Effect.void
  const rows = ids.map((id) => ({ g_delivery: id }))
  return Effect.asVoid(
    sql`DELETE FROM causeway_deliveries
      WHERE ${isIn("delivery_id", sql`SELECT g_delivery FROM ${given({ g_delivery: "text" }, rows)}`)}
      AND NOT EXISTS (SELECT 1 FROM causeway_places
        WHERE causeway_places.delivery_id = causeway_deliveries.delivery_id)`
  )
}

/** Those that are not sealed with this key, those after `after`. */
export const sealedOtherwise = (
  { sql }: Database,
  keyId: string,
  after: string,
  limit: number
): Doing<ReadonlyArray<SharedBody>> =>
  Effect.map(
    sql<DeliveryRow>`SELECT delivery_id, body, sealed_by FROM causeway_deliveries WHERE delivery_id > ${after}
      AND (sealed_by IS NULL OR sealed_by <> ${keyId}) ORDER BY delivery_id LIMIT ${limit}`,
    (rows) => rows.map(toBody)
  )

/** Replaces the body of a delivery, unless another one has done it. */
export const rewrite = ({ sql }: Database, before: SharedBody, { bytes, sealedBy }: SharedBody): Doing<boolean> =>
  Effect.map(
    sql`UPDATE causeway_deliveries SET body = ${bytes}, sealed_by = ${sealedBy ?? null}
      WHERE delivery_id = ${before.id}
      AND ${before.sealedBy === undefined ? sql`sealed_by IS NULL` : sql`sealed_by = ${before.sealedBy}`}
      RETURNING delivery_id`,
    (rows) => rows.length > 0
  )
