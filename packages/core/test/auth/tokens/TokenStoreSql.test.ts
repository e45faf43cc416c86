import { Seal, TokenLease, TokenLeaseSql, TokenStoreSql } from "@causeway/core/auth"
import { assert, it } from "@effect/vitest"
import { Context, Effect, Layer, type Scope } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import * as sqlLeases from "../../../src/auth/internal/tokens/sqlLeases.ts"
import { layerClient } from "../../postgres/client.ts"
import { describePostgres, layer, PostgresServer, sharedServer } from "../../postgres/server.ts"
import { sqlDisk } from "./sqlDisk.ts"
import { tokenLeaseSuite } from "./tokenLeaseSuite.ts"
import { keys, owner, sealedStoreSuite, tokenStoreSuite } from "./tokenStoreSuite.ts"

type Lease = TokenLease.TokenLease["Service"]

const leaseOver = (
  client: Layer.Layer<SqlClient.SqlClient, SqlError.SqlError>,
  time: sqlLeases.Time
): Effect.Effect<Lease, unknown, Scope.Scope> =>
  Effect.map(
    Layer.build(Layer.fresh(Layer.effect(TokenLease.TokenLease, sqlLeases.make(time)).pipe(Layer.provide(client)))),
    (context) => Context.get(context, TokenLease.TokenLease)
  )

/** Two over one database, each with a client of its own. */
const twoLeases = (time: sqlLeases.Time) =>
  Effect.gen(function* () {
    const { createDatabase, port } = yield* PostgresServer
    const client = layerClient(port, yield* createDatabase)
    return [yield* leaseOver(client, time), yield* leaseOver(client, time)] as const
  })

describePostgres("tokens in Postgres", () => {
  const server = sharedServer()
  const database = layer.pipe(Layer.provide(server))
  const sealed = Seal.layer([keys[0]])

  tokenStoreSuite("Postgres", TokenStoreSql.layer.pipe(Layer.provide([database, sealed])))
  sealedStoreSuite("Postgres", database, TokenStoreSql.make, sqlDisk)
  tokenLeaseSuite("Postgres", twoLeases("given"), (program) => Effect.provide(Effect.scoped(program), server))

  it.effect("the server's clock decides when a lease ends, whatever a process takes the time for", () =>
    Effect.gen(function* () {
      const [one, another] = yield* twoLeases("server")
      // The clock of the test stands at 0, half a century behind.
      assert.isDefined(yield* one.acquire(owner, "a", 60_000))
      assert.isUndefined(yield* another.acquire(owner, "b", 60_000))
      yield* one.extend(owner, "a", 0)
      assert.deepStrictEqual(yield* another.acquire(owner, "b", 60_000), { takenOver: true })
    }).pipe(Effect.provide(server))
  )

  it.effect("four that start at once make the tables once", () =>
    Effect.gen(function* () {
      const { createDatabase, port } = yield* PostgresServer
      const client = layerClient(port, yield* createDatabase)
      const both = Layer.mergeAll(TokenStoreSql.layer, TokenLeaseSql.layer).pipe(Layer.provide([client, sealed]))
      const acquire = Effect.flatMap(TokenLease.TokenLease, (lease) => lease.acquire(owner, "a", 60_000))
      const acquired = yield* Effect.all(
        Array.from({ length: 4 }, () => Effect.provide(acquire, Layer.fresh(both))),
        { concurrency: "unbounded" }
      )
      assert.lengthOf(
        acquired.filter((lease) => lease !== undefined),
        1
      )
    }).pipe(Effect.provide(server))
  )
})
