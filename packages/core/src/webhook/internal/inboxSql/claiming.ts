import { Effect } from "effect"
import type { SqlError, Statement } from "effect/sql"
import type { Attempt } from "../../Attempt.ts"
import type { Claim, LaneRule, Service } from "../../InboxStore.ts"
import { heldUntil } from "../laneHold.ts"
import { read, record } from "./attempts.ts"
import type { Database } from "./database.ts"
import { type ClaimRow, type SummaryRow, toEvent } from "./rows.ts"

type Options = Parameters<Service["claim"]>[0]

type Question<A> = Effect.Effect<A, SqlError.SqlError>

/** Claims what is due, in the transaction that is there. */
export const claim = (database: Database, options: Options): Question<ReadonlyArray<Claim>> =>
  options.lanes === undefined
    ? take(database, options, due(database, options))
    : claimInLanes(database, options, options.lanes)

const due = ({ skipLocked, sql }: Database, { limit, now, source }: Options) =>
  sql`SELECT event_key FROM causeway_events WHERE direction = 'in' AND source = ${source}
    AND status IN ('pending', 'handling') AND due_at <= ${now} ORDER BY due_at, event_key LIMIT ${limit} ${skipLocked}`

const take = (
  database: Database,
  { leaseUntil, now }: Options,
  keys: Statement.Fragment
): Question<ReadonlyArray<Claim>> =>
  Effect.gen(function* () {
    const { isIn, sql } = database
    const rows = yield* sql<ClaimRow>`UPDATE causeway_events SET status = 'handling', held = 0,
      lost_at = CASE WHEN status = 'handling' THEN started_at END, started_at = ${now}, due_at = ${leaseUntil},
      fence = fence + 1, attempts = attempts + 1
      WHERE ${isIn("event_key", keys)} RETURNING *`
    yield* record(
      database,
      rows.flatMap((row) => lostAttempt(row, now))
    )
    const repeated = rows.filter((row) => Number(row.attempts) > Number(row.attempts_before_replay) + 1)
    const failures = yield* read(
      database,
      repeated.map((row) => Number(row.event_key))
    )
    return rows
      .toSorted((left, right) => Number(left.event_key) - Number(right.event_key))
      .map((row) => toClaim(row, failures.get(Number(row.event_key)) ?? []))
  })

const lostAttempt = (row: ClaimRow, now: number) =>
  row.lost_at === null
    ? []
    : [
        {
          key: Number(row.event_key),
          attempt: {
            number: Number(row.attempts) - 1,
            startedAt: Number(row.lost_at),
            endedAt: now,
            outcome: "lost",
            error: { tag: "LeaseExpired", message: "The worker vanished and its lease ran out" }
          } as const
        }
      ]

const toClaim = (row: ClaimRow, attempts: ReadonlyArray<Attempt>): Claim => {
  const before = Number(row.attempts_before_replay)
  const failures = attempts.filter(({ number }) => number > before)
  return {
    event: toEvent(row, failures),
    fence: Number(row.fence),
    attempt: Number(row.attempts) - before,
    failures,
    takenOver: row.lost_at !== null
  }
}

interface Candidate extends Pick<SummaryRow, "event_key" | "lane" | "status"> {
  /** When the next of those is due that it comes after. */
  readonly behind: number | bigint | null
  readonly behind_dead: number | bigint | null
  /** How many others of its lane are being handled. */
  readonly running: number | bigint
}

/** How many events are looked at together, and how often, before others have their turn. */
const page = 100
const pages = 10

const claimInLanes = (database: Database, options: Options, rule: LaneRule): Question<ReadonlyArray<Claim>> =>
  Effect.gen(function* () {
    const claims: Array<Claim> = []
    yield* alone(database, options.source)
    for (let turn = 0; turn < pages; turn += 1) {
      const candidates = yield* candidatesOf(database, options, rule)
      const { free, held } = judge(candidates, rule, options.now, options.limit - claims.length)
      yield* hold(database, held)
      if (free.length > 0) {
        const keys = database.sql`SELECT g_key FROM ${database.given({ g_key: "bigint" }, free)}`
        claims.push(...(yield* take(database, options, keys)))
      }
      if (candidates.length < page || claims.length >= options.limit) break
    }
    return claims
  })

/** Two processes that count at the same time would both find room. */
const alone = ({ dialect, sql }: Database, source: string) =>
  dialect === "pg" ? sql`SELECT pg_advisory_xact_lock(hashtextextended(${source}, 5))` : Effect.void

const candidatesOf = ({ skipLocked, sql }: Database, { now, source }: Options, rule: LaneRule) => {
  const sameLane = (statuses: string) =>
    sql`o.direction = 'in' AND o.source = e.source AND o.lane = e.lane AND e.lane <> ''
      AND o.status IN ('pending', 'handling', 'dead') AND o.status IN (${sql.literal(statuses)})`
  const behind = rule.ordered
    ? sql`(SELECT MIN(o.due_at) FROM causeway_events o
        WHERE ${sameLane("'pending', 'handling'")} AND o.event_key < e.event_key)`
    : sql`NULL`
  const behindDead = rule.stands
    ? sql`(SELECT MIN(o.event_key) FROM causeway_events o WHERE ${sameLane("'dead'")} AND o.event_key < e.event_key)`
    : sql`NULL`
  const running = Number.isFinite(rule.limit)
    ? sql`(SELECT COUNT(*) FROM causeway_events o WHERE ${sameLane("'handling'")} AND o.event_key <> e.event_key)`
    : sql`0`
  return sql<Candidate>`SELECT e.event_key, e.lane, e.status, ${behind} AS behind, ${behindDead} AS behind_dead,
    ${running} AS running FROM causeway_events e
    WHERE e.direction = 'in' AND e.source = ${source} AND e.status IN ('pending', 'handling') AND e.due_at <= ${now}
    ${rule.decided ? decidedOnly(sql, source, rule.ordered) : sql.literal("")}
    ORDER BY e.due_at, e.event_key LIMIT ${page} ${skipLocked}`
}

const decidedOnly = (sql: Database["sql"], source: string, ordered: boolean) =>
  ordered
    ? sql`AND e.lane IS NOT NULL AND NOT EXISTS (SELECT 1 FROM causeway_events u WHERE u.direction = 'in'
        AND u.source = ${source} AND u.lane IS NULL AND u.status IN ('pending', 'handling', 'dead')
        AND u.status IN ('pending', 'handling') AND u.event_key < e.event_key)`
    : sql`AND e.lane IS NOT NULL`

interface Held {
  readonly g_key: number
  readonly g_until: number
}

const judge = (candidates: ReadonlyArray<Candidate>, rule: LaneRule, now: number, room: number) => {
  const free: Array<{ readonly g_key: number }> = []
  const held: Array<Held> = []
  const taken = new Map<string, number>()
  for (const { behind, behind_dead, event_key, lane, running, status } of candidates) {
    const key = Number(event_key)
    const others = Number(running) + (taken.get(lane ?? "") ?? 0)
    const full = lane !== null && lane !== "" && others >= rule.limit
    const waitsFor = behind === null ? undefined : Number(behind)
    // One whose worker vanished had its turn already.
    if (status === "pending" && (behind !== null || behind_dead !== null || full)) {
      held.push({ g_key: key, g_until: heldUntil(now, full && waitsFor === undefined ? now : waitsFor) })
    } else if (free.length < room) {
      free.push({ g_key: key })
      taken.set(lane ?? "", (taken.get(lane ?? "") ?? 0) + 1)
    }
  }
  return { free, held }
}

const hold = ({ given, sql }: Database, held: ReadonlyArray<Held>): Question<unknown> =>
  held.length === 0
    ? Effect.void
    : sql`UPDATE causeway_events SET held = 1, due_at = g_until
        FROM ${given({ g_key: "bigint", g_until: "bigint" }, held)}
        WHERE event_key = g_key AND status = 'pending'`

/** The first of each of these lanes that was put off is looked at again. */
export const release = (
  { given, isIn, sql }: Database,
  lanes: ReadonlyArray<{ readonly source: string; readonly lane: string }>,
  now: number
): Question<unknown> => {
  const rows = lanes.map(({ lane, source }) => ({ g_source: source, g_lane: lane }))
  return lanes.length === 0
    ? Effect.void
    : sql`UPDATE causeway_events SET held = 0, due_at = ${Math.round(now)} WHERE ${isIn(
        "event_key",
        sql`SELECT MIN(event_key) FROM causeway_events JOIN ${given({ g_source: "text", g_lane: "text" }, rows)}
          ON source = g_source AND lane = g_lane WHERE direction = 'in' AND held = 1 GROUP BY source, lane`
      )}`
}

/** The first that was put off of every lane is looked at again. */
export const releaseAll = ({ isIn, sql }: Database, now: number): Question<unknown> =>
  sql`UPDATE causeway_events SET held = 0, due_at = ${Math.round(now)} WHERE ${isIn(
    "event_key",
    sql`SELECT MIN(event_key) FROM causeway_events WHERE direction = 'in' AND held = 1 GROUP BY source, lane`
  )}`
