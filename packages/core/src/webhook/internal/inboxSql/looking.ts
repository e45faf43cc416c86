import { Effect } from "effect"
import type { SqlError, Statement } from "effect/sql"
import type { Filter, Page, Selection, Undecided } from "../../InboxStore.ts"
import type { Status, Summary, WebhookEvent } from "../../WebhookEvent.ts"
import { read } from "./attempts.ts"
import { releaseAll } from "./claiming.ts"
import type { Database } from "./database.ts"
import { announce } from "./listening.ts"
import { type EventRow, summaryColumns, type SummaryRow, toEvent, toSummary, unreadable } from "./rows.ts"

type Question<A> = Effect.Effect<A, SqlError.SqlError>

export const get = (database: Database, key: number): Question<WebhookEvent | undefined> =>
  Effect.gen(function* () {
    const [row] = yield* database.sql<EventRow>`SELECT * FROM causeway_events WHERE event_key = ${key}`
    if (row === undefined) return undefined
    return toEvent(row, (yield* read(database, [key])).get(key) ?? [])
  })

export const list = (database: Database, { after, limit, ...filter }: Page): Question<ReadonlyArray<Summary>> =>
  Effect.map(
    database.sql<SummaryRow>`SELECT ${database.sql.literal(summaryColumns)} FROM causeway_events
      WHERE ${matching(database, filter)} AND event_key > ${after ?? 0} ORDER BY event_key LIMIT ${limit ?? 100}`,
    (rows) => rows.map(toSummary)
  )

const noEvents: Readonly<Record<Status, number>> = {
  pending: 0,
  handling: 0,
  handled: 0,
  dead: 0,
  kept: 0,
  discarded: 0
}

export const count = (database: Database, filter: Filter): Question<Readonly<Record<Status, number>>> =>
  Effect.map(
    database.sql<{ status: Status; events: number | bigint }>`SELECT status, COUNT(*) AS events FROM causeway_events
      WHERE ${matching(database, filter)} GROUP BY status`,
    (rows) => ({ ...noEvents, ...Object.fromEntries(rows.map((row) => [row.status, Number(row.events)])) })
  )

export const nextDue = ({ sql }: Database, source: string): Question<number | undefined> =>
  Effect.map(
    sql<{ due_at: number | bigint | null }>`SELECT MIN(due_at) AS due_at FROM causeway_events
      WHERE direction = 'in' AND source = ${source} AND status IN ('pending', 'handling')`,
    ([row]) => (row === undefined || row.due_at === null ? undefined : Number(row.due_at))
  )

export const undecided = ({ sql }: Database, source: string, limit: number): Question<ReadonlyArray<Undecided>> =>
  Effect.map(
    sql<EventRow>`SELECT * FROM causeway_events WHERE direction = 'in' AND source = ${source} AND lane IS NULL
      AND status IN ('pending', 'handling') ORDER BY lane, event_key LIMIT ${limit}`,
    (rows) =>
      rows.map((row) => {
        const event = toEvent(row, [])
        return { event, unreadable: unreadable(event) }
      })
  )

export const decide = (
  { byKeys, given, sql }: Database,
  lanes: ReadonlyArray<{ readonly key: number; readonly lane: string }>
): Question<void> =>
  lanes.length === 0
    ? Effect.void
    : Effect.asVoid(
        sql`UPDATE causeway_events SET lane = g_lane FROM ${given(
          { g_key: "bigint", g_lane: "text" },
          lanes.map(({ key, lane }) => ({ g_key: key, g_lane: lane }))
        )} WHERE ${byKeys(lanes.map(({ key }) => key))} event_key = g_key AND lane IS NULL`
      )

export const replay = (database: Database, selection: Selection, now: number): Question<number> =>
  Effect.gen(function* () {
    const rows = yield* database.sql<{ source: string }>`UPDATE causeway_events
      SET status = 'pending', due_at = ${now}, settled_at = NULL, held = 0,
      attempts_before_replay = attempts, fence = fence + 1
      WHERE ${selected(database, selection)} AND direction = 'in'
      AND status IN ('handled', 'dead', 'kept', 'discarded') RETURNING source`
    yield* releaseAll(database, now)
    yield* announce(
      database,
      rows.map(({ source }) => source)
    )
    return rows.length
  })

export const discard = (database: Database, selection: Selection, now: number): Question<number> =>
  Effect.gen(function* () {
    const rows = yield* database.sql`UPDATE causeway_events SET status = 'discarded', settled_at = ${now}, held = 0
      WHERE ${selected(database, selection)} AND status IN ('pending', 'dead', 'kept') RETURNING event_key`
    yield* releaseAll(database, now)
    return rows.length
  })

const matching = ({ sql }: Database, filter: Filter): Statement.Fragment => {
  const statuses = typeof filter.status === "string" ? [filter.status] : filter.status
  return sql.and([
    sql`direction = ${filter.direction ?? "in"}`,
    ...(filter.source === undefined ? [] : [sql`source = ${filter.source}`]),
    ...(filter.type === undefined ? [] : [sql`type = ${filter.type}`]),
    ...(filter.lane === undefined ? [] : [sql`lane = ${filter.lane}`]),
    ...(statuses === undefined ? [] : [sql.in("status", statuses)])
  ])
}

const selected = (database: Database, selection: Selection): Statement.Fragment =>
  "key" in selection
    ? database.sql`event_key = ${selection.key} AND direction = 'in'`
    : matching(database, selection.filter)
