import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { layerClient } from "./client.ts"
import { describePostgres, layer, PostgresServer, sharedServer } from "./server.ts"

const notes = Effect.flatMap(SqlClient.SqlClient, (sql) => sql<{ text: string }>`SELECT text FROM notes`)

const writeNote = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE notes (text TEXT NOT NULL)`
  yield* sql`INSERT INTO notes (text) VALUES (${"kept"})`
})

describePostgres("a PostgreSQL for tests", () => {
  const server = sharedServer()

  it.live("gives each client layer a database of its own", () =>
    Effect.gen(function* () {
      yield* Effect.provide(writeNote, Layer.fresh(layer))
      yield* Effect.provide(writeNote, Layer.fresh(layer))
    }).pipe(Effect.provide(server))
  )

  it.live("keeps what was written when it is stopped and started", () =>
    Effect.gen(function* () {
      const { createDatabase, port, start, stop } = yield* PostgresServer
      const database = layerClient(port, yield* createDatabase)
      yield* Effect.provide(writeNote, Layer.fresh(database))
      yield* stop
      yield* start
      assert.deepStrictEqual(yield* Effect.provide(notes, Layer.fresh(database)), [{ text: "kept" }])
    }).pipe(Effect.provide(server))
  )
})
