import { Effect } from "effect"
import type { SqlError } from "effect/sql"
import type { Claim, Settlement } from "../../InboxStore.ts"
import { record } from "./attempts.ts"
import { release } from "./claiming.ts"
import { type Database, statusByKey } from "./database.ts"

/** How a claim ends. */
export interface Ending {
  readonly claim: Claim
  readonly settlement: Settlement
}

interface SettledRow {
  readonly event_key: number | bigint
  readonly fence: number | bigint
  readonly attempts: number | bigint
}

const columns = {
  g_key: "bigint",
  g_fence: "bigint",
  g_status: "text",
  g_due_at: "bigint",
  g_settled_at: "bigint",
  g_uncounted: "bigint"
} as const

const toGiven = ({ claim, settlement }: Ending) => ({
  g_key: claim.event.key,
  g_fence: claim.fence,
  g_status: settlement.status,
  g_due_at: Math.round(settlement.dueAt),
  g_settled_at: Math.round(endOf(settlement)),
  g_uncounted: settlement.attempt === undefined ? 1 : 0
})

const endOf = ({ attempt, dueAt }: Settlement): number => attempt?.endedAt ?? dueAt

/** Ends claims, in the transaction that is there; `false` for one with an old fence. */
export const settleAll = (
  database: Database,
  endings: ReadonlyArray<Ending>
): Effect.Effect<ReadonlyArray<boolean>, SqlError.SqlError> =>
  Effect.gen(function* () {
    const { byKeys, given, sql } = database
    const rows = yield* sql<SettledRow>`UPDATE causeway_events
      SET status = g_status, due_at = g_due_at, settled_at = g_settled_at, attempts = attempts - g_uncounted, held = 0
      FROM ${given(columns, endings.map(toGiven))}
      WHERE ${byKeys(endings.map(({ claim }) => claim.event.key))} event_key = g_key AND fence = g_fence
      AND ${sql.literal(statusByKey)} = 'handling' RETURNING event_key, fence, attempts`
    const settled = new Map(rows.map((row) => [nameOf(Number(row.event_key), Number(row.fence)), Number(row.attempts)]))
    const attemptsOf = ({ claim }: Ending) => settled.get(nameOf(claim.event.key, claim.fence))
    yield* record(
      database,
      endings.flatMap((ending) => {
        const number = attemptsOf(ending)
        const { attempt } = ending.settlement
        return number === undefined || attempt === undefined
          ? []
          : [{ key: ending.claim.event.key, attempt: { ...attempt, number } }]
      })
    )
    const done = endings.filter((ending) => attemptsOf(ending) !== undefined)
    yield* release(database, done.flatMap(laneOf), Math.max(...done.map(({ settlement }) => endOf(settlement)), 0))
    return endings.map((ending) => attemptsOf(ending) !== undefined)
  })

const nameOf = (key: number, fence: number): string => `${key}/${fence}`

const laneOf = ({ claim: { event } }: Ending) =>
  event.lane === undefined || event.lane === "" ? [] : [{ source: event.source, lane: event.lane }]
