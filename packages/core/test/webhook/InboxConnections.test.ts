/** What a store and its workers say about a pool that is too small for them. */
import { Inbox, InboxStore, InboxStoreMemory, InboxStoreSql } from "@causeway/core/webhook"
import { assert, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Logger } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { layerClient, layerSingle } from "../postgres/client.ts"
import { describePostgres, PostgresServer, sharedServer } from "../postgres/server.ts"
import { settle } from "./quiet.ts"

describePostgres("a store of the inbox in Postgres", () => {
  const server = sharedServer()

  it.effect("is not built on a pool of one connection, and says why", () =>
    Effect.gen(function* () {
      const { createDatabase, port } = yield* PostgresServer
      const client = layerClient(port, yield* createDatabase, 1)
      const error = yield* Effect.flip(Effect.scoped(Layer.build(Layer.provide(InboxStoreSql.layer, client))))
      assert.strictEqual(error._tag, "InboxStoreError")
      assert.include(String(error.cause), "maxConnections is 1, but must be at least 2")
    }).pipe(Effect.provide(server))
  )

  it.effect("is not built on a client that lends no second connection, whatever that says of itself", () =>
    Effect.gen(function* () {
      const { createDatabase, port } = yield* PostgresServer
      const database = yield* createDatabase
      const layer = Layer.provide(InboxStoreSql.layer, layerSingle(port, database))
      const building = yield* Effect.forkChild(Effect.flip(Effect.scoped(Layer.build(layer))))
      const sql = yield* SqlClient.SqlClient
      const listening = sql`SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = ${database}`
      yield* Effect.repeat(listening, { until: (rows) => rows.length > 0 })
      yield* TestClock.adjust("10 seconds")
      const error = yield* Fiber.join(building)
      assert.strictEqual(error._tag, "InboxStoreError")
      assert.include(String(error.cause), "no second connection within 10 seconds")
    }).pipe(
      Effect.provide(Layer.unwrap(Effect.map(PostgresServer, ({ port }) => layerClient(port, "postgres")))),
      Effect.provide(server)
    )
  )

  it.effect("is built on a pool of two, and its workers handle events", () =>
    Effect.gen(function* () {
      const { createDatabase, port } = yield* PostgresServer
      const layer = Layer.provide(Inbox.layerSql, layerClient(port, yield* createDatabase, 2))
      const program = Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        yield* Effect.forkChild(
          Inbox.run({ source: "github", events: {}, handle: {}, otherwise: () => Effect.void, transactional: true })
        )
        for (const id of ["a", "b", "c", "d", "e"]) {
          yield* inbox.store({ source: "github", id, headers: [], body: new Uint8Array() })
        }
        yield* Effect.repeat(inbox.count(), { until: ({ handled }) => handled === 5 })
      })
      yield* Effect.provide(program, layer)
    }).pipe(Effect.provide(server))
  )
})

for (const [connections, warned] of [
  [5, 1],
  [6, 0],
  [undefined, 0]
] as const) {
  it.effect(`a transactional worker of 4 handlers with ${connections} connections warns ${warned} times`, () => {
    const lines: Array<string> = []
    const logger = Logger.make(({ message }) => {
      lines.push(String([message].flat()[0]))
    })
    const store = Layer.sync(InboxStore.InboxStore, () => ({ ...InboxStoreMemory.make(), connections }))
    return Effect.gen(function* () {
      for (const transactional of [true, false]) {
        yield* Effect.forkChild(Inbox.run({ source: "github", events: {}, handle: {}, transactional }))
      }
      yield* settle
      assert.strictEqual(lines.filter((line) => line.includes("needs at least 6")).length, warned)
    }).pipe(Effect.provide(Layer.mergeAll(Layer.provideMerge(Inbox.layer, store), Logger.layer([logger]))))
  })
}
