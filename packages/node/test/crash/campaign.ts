/** Webhooks that arrive while processes are killed; what must hold in the end. */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { setTimeout as sleep } from "node:timers/promises"
import { Fleet } from "./Fleet.ts"
import { databaseOf, type Settings } from "./receiverProcess.ts"
import { Sender } from "./Sender.ts"

export interface Campaign {
  /** The file that `bundleReceiver` wrote. */
  readonly program: string
  readonly database: Settings["database"]
  readonly processes: number
  readonly kills: number
  readonly webhooks: number
  readonly seed: number
  /** Stops and starts the database; it is done so often, spread over the kills. */
  readonly outage?: { readonly times: number; readonly happen: () => Promise<void> } | undefined
}

export interface Outcome {
  readonly acknowledged: number
  readonly attempts: number
  /** Acknowledged and never handled. */
  readonly lost: ReadonlyArray<string>
  /** Handled more than once. */
  readonly repeated: ReadonlyArray<string>
  /** Handled after one of the same lane that was sent only when this one had been acknowledged. */
  readonly overtaken: ReadonlyArray<string>
  /** Events of the store, by status. */
  readonly counts: Readonly<Record<string, number>>
  readonly seconds: number
}

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
const inFlight = 32
const longestPause = 50

/** Numbers from 0 to 1, the same for a seed. */
const randomFrom = (seed: number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export const runCampaign = async (campaign: Campaign): Promise<Outcome> => {
  const begun = performance.now()
  const settings: Settings = { secret, database: campaign.database }
  await ask(settings, createHandled)
  const fleet = new Fleet(campaign.program, settings)
  const [choose, route] = [randomFrom(campaign.seed), randomFrom(campaign.seed + 1)]
  const sender = new Sender(secret, () => fleet.urlOf(route()))
  try {
    await fleet.start(campaign.processes)
    await rage(campaign, fleet, sender, choose)
    await untilSettled(settings)
    const found = await ask(settings, examine)
    return {
      ...judge(sender, found),
      acknowledged: sender.acknowledged.size,
      attempts: sender.attempts,
      seconds: Math.round((performance.now() - begun) / 1000)
    }
  } finally {
    fleet.end()
  }
}

/**
 * With each kill a share of the webhooks is sent, and a random part of it is acknowledged before: some are under way
 * whenever a process dies, however slow the machine is.
 */
const rage = async (campaign: Campaign, fleet: Fleet, sender: Sender, choose: () => number): Promise<void> => {
  const { kills, outage, webhooks } = campaign
  let released = 0
  let sent = 0
  const done = new Set<Promise<void>>()
  const pump = async () => {
    while (sent < webhooks) {
      if (sent < released) await sender.send(sent++)
      else await sleep(2)
    }
  }
  for (let worker = 0; worker < inFlight; worker += 1) done.add(pump())
  for (let kill = 1; kill <= kills; kill += 1) {
    const before = released
    released = Math.floor((webhooks * kill) / kills)
    const wanted = before + choose() * (released - before)
    while (sender.acknowledged.size < wanted) await sleep(2)
    await sleep(choose() * longestPause)
    if (outage !== undefined && isTimeFor(outage.times, kill, kills)) await outage.happen()
    await fleet.killOne(choose())
  }
  released = webhooks
  await Promise.all(done)
}

const isTimeFor = (times: number, kill: number, kills: number): boolean =>
  times > 0 && kill % Math.max(1, Math.floor(kills / (times + 1))) === 0

const ask = <A, E>(settings: Settings, question: Effect.Effect<A, E, SqlClient.SqlClient>): Promise<A> =>
  Effect.runPromise(question.pipe(Effect.provide(databaseOf(settings)), Effect.scoped))

const countAll = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ status: string; events: number | bigint }>`SELECT status, COUNT(*) AS events
    FROM causeway_events GROUP BY status`
  return Object.fromEntries(rows.map(({ events, status }) => [status, Number(events)]))
})

const createHandled = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const key = sql.onDialectOrElse({
    pg: () => "BIGINT GENERATED ALWAYS AS IDENTITY",
    orElse: () => "INTEGER PRIMARY KEY AUTOINCREMENT"
  })
  yield* sql`CREATE TABLE handled (number ${sql.literal(key)}, event_id TEXT NOT NULL)`
})

const patience = 900_000

const untilSettled = async (settings: Settings): Promise<void> => {
  const deadline = performance.now() + patience
  for (;;) {
    const { handling = 0, pending = 0 } = await ask(settings, countAll)
    if (handling + pending === 0 || performance.now() > deadline) return
    await sleep(300)
  }
}

interface Handled {
  readonly event_id: string
  readonly lane: string | null
}

interface Found {
  readonly rows: ReadonlyArray<Handled>
  readonly counts: Readonly<Record<string, number>>
}

const examine: Effect.Effect<Found, unknown, SqlClient.SqlClient> = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<Handled>`SELECT
    handled.event_id, lane FROM handled
    JOIN causeway_events ON causeway_events.event_id = handled.event_id ORDER BY number`
  const counts = yield* countAll
  return { rows, counts }
})

const judge = ({ acknowledged, begun }: Sender, { counts, rows }: Found) => {
  const handled = Map.groupBy(rows, (row) => row.event_id)
  const latest = new Map<string, number>()
  const overtaken: Array<string> = []
  for (const { event_id, lane } of rows) {
    if (lane === null || lane === "") continue
    const before = latest.get(lane) ?? 0
    if ((acknowledged.get(event_id) ?? Infinity) < before) overtaken.push(event_id)
    latest.set(lane, Math.max(before, begun.get(event_id) ?? 0))
  }
  return {
    lost: [...acknowledged.keys()].filter((id) => !handled.has(id)),
    repeated: [...handled].filter(([, times]) => times.length > 1).map(([id]) => id),
    overtaken,
    counts
  }
}
