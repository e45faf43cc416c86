/**
 * Processes that receive and handle webhooks are killed at random points. The full form kills 200 of them while 20,000
 * webhooks arrive: `CAUSEWAY_LONG=1`. `CAUSEWAY_SEED` repeats the points in time.
 */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describePostgres, PostgresServer, sharedServer } from "../../core/test/postgres/server.ts"
import { bundleReceiver } from "./crash/bundle.ts"
import { type Campaign, type Outcome, runCampaign } from "./crash/campaign.ts"

const isLong = process.env["CAUSEWAY_LONG"] === "1"
const [kills, webhooks] = isLong ? [200, 20_000] : [5, 500]
const seed = Number(process.env["CAUSEWAY_SEED"] ?? Math.floor(Math.random() * 2 ** 31))
const timeout = isLong ? 3_600_000 : 120_000

const directory = mkdtempSync(join(tmpdir(), "causeway-crash-"))
const program = join(directory, "receiver.mjs")

beforeAll(() => bundleReceiver(program), 120_000)
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const campaign = (name: string, options: Omit<Campaign, "program" | "kills" | "webhooks" | "seed">) =>
  Effect.gen(function* () {
    const outcome = yield* Effect.promise(() => runCampaign({ ...options, program, kills, webhooks, seed }))
    yield* Effect.sync(() => report(name, outcome))
    assert.deepStrictEqual(
      { ...outcome, attempts: 0, seconds: 0 },
      {
        acknowledged: webhooks,
        attempts: 0,
        seconds: 0,
        lost: [],
        repeated: [],
        overtaken: [],
        counts: { handled: webhooks }
      }
    )
  })

const report = (name: string, { acknowledged, attempts, counts, seconds }: Outcome) =>
  process.stdout.write(
    `${name}, seed ${seed}: ${kills} kills, ${acknowledged} acknowledged in ${attempts} deliveries, ` +
      `${counts["handled"]} handled, ${seconds} s\n`
  )

const fact = `${kills} kills lose none of ${webhooks} webhooks, and none is handled twice, out of order or never`

describe("an inbox in SQLite", () => {
  it.live(
    `${fact}: seed ${seed}`,
    () => campaign("SQLite, one process", { database: { sqlite: join(directory, "inbox.db") }, processes: 1 }),
    timeout
  )
})

describePostgres("an inbox in Postgres", () => {
  const server = sharedServer()

  it.live(
    `${fact}, by three processes: seed ${seed}`,
    () =>
      Effect.gen(function* () {
        const { createDatabase, port } = yield* PostgresServer
        const name = yield* createDatabase
        yield* campaign("Postgres, three processes", { database: { port, name }, processes: 3 })
      }).pipe(Effect.provide(server)),
    timeout
  )

  it.live(
    `${fact}, while the database is stopped and started too: seed ${seed}`,
    () =>
      Effect.gen(function* () {
        const { createDatabase, port, start, stop } = yield* PostgresServer
        const name = yield* createDatabase
        const happen = () => Effect.runPromise(Effect.andThen(stop, start))
        const outage = { times: isLong ? 10 : 1, happen }
        yield* campaign("Postgres, stopped and started", { database: { port, name }, processes: 3, outage })
      }).pipe(Effect.provide(server)),
    timeout
  )
})
