import { Inbox, InboxStoreSql, type WebhookEvent } from "@causeway/core/webhook"
import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { layerClient } from "../postgres/client.ts"
import { describePostgres, PostgresServer, sharedServer } from "../postgres/server.ts"
import { inboxSqlSuite } from "./inboxSqlSuite.ts"
import { inboxSuite } from "./inboxSuite.ts"
import { layerWatched } from "./quiet.ts"

describePostgres("the inbox and Postgres", () => {
  const server = sharedServer()

  /** One database, emptied at each build: a new one for each test would be half a gigabyte in the end. */
  const layerDatabase = Layer.unwrap(
    Effect.gen(function* () {
      const { port } = yield* PostgresServer
      const client = Layer.fresh(layerClient(port, "postgres"))
      const empty = Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql`DROP SCHEMA public CASCADE`
        yield* sql`CREATE SCHEMA public`
      })
      return Layer.provideMerge(Layer.effectDiscard(empty), client)
    })
  )

  const layer = Inbox.layer.pipe(
    Layer.provideMerge(layerWatched(InboxStoreSql.layer)),
    Layer.provideMerge(Layer.fresh(layerDatabase)),
    Layer.provide(server)
  )

  const waiting = { source: "github", events: {}, handle: {}, pollInterval: "1 hour", retention: null } as const

  it.live("a worker that looks once an hour is woken by what another process stores", () =>
    Effect.gen(function* () {
      const { createDatabase, port } = yield* PostgresServer
      const database = yield* createDatabase
      const inboxOf = Layer.fresh(Layer.provide(Inbox.layerSql, layerClient(port, database)))
      const handled = yield* Deferred.make<string>()
      const otherwise = ({ id }: WebhookEvent.WebhookEvent) => Deferred.succeed(handled, id)
      yield* Effect.forkScoped(Effect.provide(Inbox.run({ ...waiting, otherwise }), inboxOf, { local: true }))
      const program = Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        const deliver = (id: string) =>
          inbox.store({ source: "github", id, headers: [], body: new TextEncoder().encode(id) })
        yield* deliver("first")
        assert.strictEqual(yield* Deferred.await(handled), "first")
      })
      yield* Effect.provide(program, inboxOf, { local: true })
    }).pipe(Effect.scoped, Effect.provide(server))
  )

  inboxSuite("Postgres", layer)
  inboxSqlSuite("Postgres", layer)
})
