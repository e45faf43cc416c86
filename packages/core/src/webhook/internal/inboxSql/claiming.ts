import { Effect } from "effect"
import type { SqlError, Statement } from "effect/sql"
import type { Attempt } from "../../Attempt.ts"
import type { Claim, LaneRule, Service } from "../../InboxStore.ts"
import { heldUntil } from "../laneHold.ts"
import { read, record } from "./attempts.ts"
import { type Database, statusByKey } from "./database.ts"
import { type ClaimRow, type SummaryRow, toEvent, toNumber, unreadable } from "./rows.ts"

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
            number: toNumber(row.attempts) - 1,
            startedAt: toNumber(row.lost_at),
            endedAt: now,
            outcome: "lost",
            error: { tag: "LeaseExpired", message: "The worker vanished and its lease ran out" }
          } as const
        }
      ]

const toClaim = (row: ClaimRow, attempts: ReadonlyArray<Attempt>): Claim => {
  const before = toNumber(row.attempts_before_replay)
  const failures = attempts.filter(({ number }) => number > before)
  const event = toEvent(row, failures)
  return {
    event,
    fence: Number(row.fence),
    attempt: event.attempts - before,
    failures,
    takenOver: row.lost_at !== null,
    unreadable: unreadable(event)
  }
}

interface Candidate extends Pick<SummaryRow, "event_key" | "lane" | "status"> {
  /** The first of its lane that has not ended, where they are ordered. */
  readonly head: number | bigint | null
  /** How many dead ones of its lane it comes after. */
  readonly behind_dead: number | bigint
  /** How many others of its lane are being handled. */
  readonly running: number | bigint
}

/** How many events are looked at together, until others have their turn: the first few are mostly heads. */
const pages = [32, ...Array<number>(10).fill(100)]

const claimInLanes = (database: Database, options: Options, rule: LaneRule): Question<ReadonlyArray<Claim>> =>
  Effect.gen(function* () {
    const claims: Array<Claim> = []
    yield* alone(database, options.source)
    for (const [turn, page] of pages.entries()) {
      const candidates = yield* candidatesOf(database, options, rule, page)
      const { blocked, free } = judge(candidates, rule, options.limit - claims.length)
      if (free.length > 0) claims.push(...(yield* take(database, options, stillDue(database, options, free))))
      // What is passed over costs nothing until it is passed over again: only those who find nothing else put it off.
      if (claims.length >= options.limit) break
      if (turn > 0 || candidates.length < page) yield* putOff(database, options, rule, blocked)
      if (candidates.length < page) break
    }
    return claims
  })

/** Two processes that count at the same time would both find room. */
const alone = ({ dialect, sql }: Database, source: string) =>
  dialect === "pg" ? sql`SELECT pg_advisory_xact_lock(hashtextextended(${source}, 5))` : Effect.void

const open = "status IN ('pending', 'handling')"
const openByKey = `${statusByKey} IN ('pending', 'handling')`

/**
 * The head of a lane is looked for as the first from the beginning of that lane on, in the order of the index: a planner
 * that is asked for the smallest key of a lane may walk all keys there ever were. It is told how many are asked for, too,
 * so that it plans once.
 */
const candidatesOf = ({ sql }: Database, { now, source }: Options, rule: LaneRule, page: number) => {
  const beside = sql`FROM causeway_events o WHERE o.direction = 'in' AND o.source = ${source}`
  const head = rule.ordered
    ? sql`CASE WHEN e.lane <> '' THEN (SELECT o.event_key ${beside} AND o.lane >= e.lane AND o.${sql.literal(open)}
        ORDER BY o.lane, o.event_key LIMIT 1) END`
    : sql`NULL`
  const behindDead = rule.stands
    ? sql`(SELECT COUNT(*) ${beside} AND o.lane = e.lane AND o.lane <> '' AND o.status = 'dead'
        AND o.event_key < e.event_key)`
    : sql`0`
  const running = Number.isFinite(rule.limit)
    ? sql`(SELECT COUNT(*) ${beside} AND o.lane = e.lane AND o.lane <> '' AND o.status = 'handling'
        AND o.event_key <> e.event_key)`
    : sql`0`
  return sql<Candidate>`SELECT e.event_key, e.lane, e.status, ${head} AS head, ${behindDead} AS behind_dead,
    ${running} AS running FROM (SELECT event_key, lane, status, due_at FROM causeway_events WHERE direction = 'in'
    AND source = ${source} AND ${sql.literal(open)} AND due_at <= ${now}
    ${rule.decided ? decidedOnly(sql, source, rule.ordered) : sql.literal("")}
    ORDER BY due_at, event_key LIMIT ${sql.literal(String(page))}) e ORDER BY e.due_at, e.event_key`
}

const decidedOnly = (sql: Database["sql"], source: string, ordered: boolean) =>
  ordered
    ? sql`AND lane IS NOT NULL AND event_key < COALESCE((SELECT u.event_key FROM causeway_events u
        WHERE u.direction = 'in' AND u.source = ${source} AND u.lane IS NULL AND u.${sql.literal(open)}
        ORDER BY u.lane, u.event_key LIMIT 1), ${Number.MAX_SAFE_INTEGER})`
    : sql`AND lane IS NOT NULL`

interface Key {
  readonly g_key: number
}

/** An event whose turn has not come. */
interface Blocked extends Key {
  readonly lane: string
  readonly reason: "head" | "dead" | "full"
  readonly head: number
}

const judge = (candidates: ReadonlyArray<Candidate>, rule: LaneRule, room: number) => {
  const free: Array<Key> = []
  const blocked: Array<Blocked> = []
  const taken = new Map<string, number>()
  for (const candidate of candidates) {
    const key = Number(candidate.event_key)
    const lane = candidate.lane ?? ""
    const head = Number(candidate.head ?? key)
    const others = Number(candidate.running) + (taken.get(lane) ?? 0)
    const full = lane !== "" && others >= rule.limit
    const reason = head !== key ? "head" : Number(candidate.behind_dead) > 0 ? "dead" : full ? "full" : undefined
    // One whose worker vanished had its turn already.
    if (candidate.status === "pending" && reason !== undefined) {
      blocked.push({ g_key: key, lane, reason, head })
    } else if (free.length < room) {
      free.push({ g_key: key })
      taken.set(lane, (taken.get(lane) ?? 0) + 1)
    }
  }
  return { free, blocked }
}

const stillDue = ({ given, isIn, skipLocked, sql }: Database, { now }: Options, keys: ReadonlyArray<Key>) =>
  sql`SELECT event_key FROM causeway_events
    WHERE ${isIn("event_key", sql`SELECT g_key FROM ${given({ g_key: "bigint" }, keys)}`)}
    AND ${sql.literal(openByKey)} AND due_at + 0 <= ${now} ${skipLocked}`

/**
 * Puts events off until their turn has come. What they wait for is locked meanwhile: who ends it finds them put off and
 * releases them. What another transaction is just ending, or changing otherwise, is no reason to wait.
 */
const putOff = (
  database: Database,
  options: Options,
  rule: LaneRule,
  blocked: ReadonlyArray<Blocked>
): Question<unknown> =>
  Effect.gen(function* () {
    if (blocked.length === 0) return
    const heads = yield* lockHeads(database, reasoned(blocked, "head"))
    const dead = yield* lockDead(database, options.source, reasoned(blocked, "dead"))
    const full = yield* lockFull(database, options.source, rule, reasoned(blocked, "full"))
    const held = blocked.flatMap(({ g_key, head, lane, reason }): ReadonlyArray<Held> => {
      if (reason === "dead") return dead.has(lane) ? [{ g_key, g_until: heldUntil(options.now, undefined) }] : []
      const due = reason === "full" ? full.get(lane) : heads.get(head)
      return due === undefined ? [] : [{ g_key, g_until: heldUntil(options.now, due) }]
    })
    yield* hold(database, held)
  })

const reasoned = (blocked: ReadonlyArray<Blocked>, reason: Blocked["reason"]): ReadonlyArray<Blocked> =>
  blocked.filter((event) => event.reason === reason)

const lanesOf = (blocked: ReadonlyArray<Blocked>) =>
  [...new Set(blocked.map(({ lane }) => lane))].map((lane) => ({ g_lane: lane }))

/** Which of these lanes have a dead event still: one of each is enough to make them stand. */
const lockDead = (
  { given, isIn, shareLocked, sql }: Database,
  source: string,
  blocked: ReadonlyArray<Blocked>
): Question<ReadonlySet<string>> =>
  blocked.length === 0
    ? Effect.succeed(new Set())
    : Effect.map(
        sql<Pick<SummaryRow, "lane">>`SELECT lane FROM causeway_events WHERE ${isIn(
          "event_key",
          sql`SELECT MIN(event_key) FROM causeway_events WHERE direction = 'in' AND source = ${source}
            AND ${isIn("lane", sql`SELECT g_lane FROM ${given({ g_lane: "text" }, lanesOf(blocked))}`)}
            AND lane <> '' AND status = 'dead' GROUP BY lane`
        )} AND ${sql.literal(statusByKey)} = 'dead' ${shareLocked}`,
        (rows) => new Set(rows.map(({ lane }) => lane ?? ""))
      )

/** When each of these heads is due. */
const lockHeads = ({ given, isIn, shareLocked, sql }: Database, blocked: ReadonlyArray<Blocked>) => {
  const heads = [...new Set(blocked.map(({ head }) => head))].map((head) => ({ g_key: head }))
  return heads.length === 0
    ? Effect.succeed(new Map<number, number>())
    : Effect.map(
        sql<Pick<SummaryRow, "event_key" | "due_at">>`SELECT event_key, due_at FROM causeway_events
          WHERE ${isIn("event_key", sql`SELECT g_key FROM ${given({ g_key: "bigint" }, heads)}`)}
          AND ${sql.literal(openByKey)} ${shareLocked}`,
        (rows) => new Map(rows.map((row) => [Number(row.event_key), Number(row.due_at)]))
      )
}

/** When the first of those is due that fill each of these lanes, where they fill it. */
const lockFull = (
  { given, isIn, shareLocked, sql }: Database,
  source: string,
  rule: LaneRule,
  blocked: ReadonlyArray<Blocked>
) => {
  const lanes = lanesOf(blocked)
  return lanes.length === 0
    ? Effect.succeed(new Map<string, number>())
    : Effect.map(
        sql<Pick<SummaryRow, "lane" | "due_at">>`SELECT lane, due_at FROM causeway_events
          WHERE direction = 'in' AND source = ${source}
          AND ${isIn("lane", sql`SELECT g_lane FROM ${given({ g_lane: "text" }, lanes)}`)}
          AND lane <> '' AND status = 'handling' ${shareLocked}`,
        (rows) =>
          new Map(
            [...Map.groupBy(rows, ({ lane }) => lane ?? "")]
              .filter(([, running]) => running.length >= rule.limit)
              .map(([lane, running]) => [lane, Math.min(...running.map((row) => Number(row.due_at)))])
          )
      )
}

interface Held extends Key {
  readonly g_until: number
}

const hold = ({ byKeys, given, sql }: Database, held: ReadonlyArray<Held>): Question<unknown> =>
  held.length === 0
    ? Effect.void
    : sql`UPDATE causeway_events SET held = 1, due_at = g_until
        FROM ${given({ g_key: "bigint", g_until: "bigint" }, held)}
        WHERE ${byKeys(held.map(({ g_key }) => g_key))} event_key = g_key AND ${sql.literal(statusByKey)} = 'pending'`

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
