import { Inbox } from "@causeway/core/webhook"
import { Queue, Worker } from "bullmq"
import { Deferred, Effect, Fiber, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { createClient } from "redis"
import { openInbox, postgres, sqlite } from "../inbox/databases.ts"
import { median } from "../measure.ts"
import { redis } from "../receiving/databases.ts"
import type { Finding } from "../Row.ts"

const workers = 16
const events = 1000
const rounds = 5

const happened = Schema.Struct({ type: Schema.String, note: Schema.String })
const text = JSON.stringify({ type: "happened", note: "x".repeat(960) })
const body = new TextEncoder().encode(text)

interface Contestant {
  readonly name: string
  /** Milliseconds from the first event to the last, all stored before. */
  readonly round: (turn: number) => Promise<number>
  readonly close: () => Promise<unknown>
}

interface Handling {
  readonly ordered?: boolean
  readonly transactional?: boolean
}

const causeway = async (
  name: string,
  { database, stop }: Awaited<ReturnType<typeof postgres>>,
  { ordered = false, transactional = false }: Handling = {}
): Promise<Contestant> => {
  const { close, context, inbox, sql } = await openInbox(database)
  await Effect.runPromise(sql`CREATE TABLE notes (id TEXT NOT NULL)`)

  const round = (turn: number) =>
    Effect.gen(function* () {
      yield* Effect.forEach(
        Array.from({ length: events }, (_, index) => `${turn}-${index}`),
        (id, index) =>
          inbox.store({ source: "bench", id, type: "happened", lane: `lane ${index % 100}`, headers: [], body }),
        { concurrency: 64, discard: true }
      )
      const done = yield* Deferred.make<void>()
      let handled = 0
      const count = Effect.suspend(() => ((handled += 1) === events ? Deferred.succeed(done, undefined) : Effect.void))
      const write = (id: string) =>
        transactional
          ? Effect.flatMap(SqlClient.SqlClient, (client) => client`INSERT INTO notes (id) VALUES (${id})`)
          : Effect.void
      const began = performance.now()
      const worker = yield* Effect.forkChild(
        Inbox.run({
          source: "bench",
          events: { happened },
          handle: { happened: (_, { id }) => Effect.andThen(write(id), count) },
          concurrency: workers,
          ordered,
          transactional
        })
      )
      yield* Deferred.await(done)
      const wall = performance.now() - began
      yield* Fiber.interrupt(worker)
      return wall
    })
  return {
    name,
    round: (turn) => Effect.runPromise(Effect.provide(round(turn), context)),
    close: async () => {
      await close()
      await stop()
    }
  }
}

/** A queue in Redis, whose worker parses the JSON of each job. */
const bullmq = async (name: string): Promise<Contestant> => {
  const { place, stop } = await redis()
  const connection = createClient({ socket: { host: "127.0.0.1", port: Number(place) } })
  await connection.connect()
  const queue = new Queue("bench", { connection })
  const data: unknown = JSON.parse(text)

  const round = async (turn: number): Promise<number> => {
    await queue.addBulk(
      Array.from({ length: events }, (_, index) => ({ name: "happened", data, opts: { jobId: `${turn}-${index}` } }))
    )
    const done = Promise.withResolvers<void>()
    let handled = 0
    const count = async () => {
      if ((handled += 1) === events) done.resolve()
    }
    const began = performance.now()
    const worker = new Worker("bench", count, { connection, concurrency: workers })
    await done.promise
    const wall = performance.now() - began
    await worker.close()
    return wall
  }
  return {
    name,
    round,
    close: async () => {
      await queue.close()
      await connection.close()
      await stop()
    }
  }
}

const find = async (): Promise<ReadonlyArray<string>> => {
  const contestants = [
    await bullmq("BullMQ on Redis"),
    await causeway("SQLite", sqlite()),
    await causeway("SQLite, ordered by key", sqlite(), { ordered: true }),
    await causeway("SQLite, transactional", sqlite(), { transactional: true }),
    await causeway("Postgres", await postgres()),
    await causeway("Postgres, ordered by key", await postgres(), { ordered: true }),
    await causeway("Postgres, transactional", await postgres(), { transactional: true })
  ]
  const walls = contestants.map(() => Array<number>())
  for (let turn = 0; turn <= rounds; turn += 1) {
    for (const [index, { round }] of contestants.entries()) {
      const wall = await round(turn)
      if (turn > 0) walls[index]?.push(wall)
    }
  }
  for (const { close } of contestants) await close()
  return [
    `${"".padEnd(28)} events/s   (medians of ${rounds} rounds)`,
    ...contestants.map(({ name }, index) =>
      [name.padEnd(28), ((events * 1000) / median(walls[index] ?? [])).toFixed(0).padStart(9)].join("")
    )
  ]
}

export const row: Finding = {
  name: "inbox, handling",
  about: `Handles ${events} stored events of 1 KiB with ${workers} workers, whose handlers do nothing but count. BullMQ does it in no order, on a Redis with appendfsync always.`,
  find
}
