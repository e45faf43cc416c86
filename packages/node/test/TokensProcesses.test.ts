import { Seal, TokenStore, TokenStoreSql } from "@causeway/core/auth"
import { Sqlite } from "@causeway/node"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Redacted, type Scope } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import { type ChildProcess, fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import { tokenFrom } from "../../core/test/auth/tokens/grants.ts"
import { RotatingProvider } from "../../core/test/auth/tokens/rotatingProvider.ts"
import { tokenServer } from "../../core/test/auth/tokens/tokenServer.ts"
import { layerClient } from "../../core/test/postgres/client.ts"
import { describePostgres, PostgresServer, sharedServer } from "../../core/test/postgres/server.ts"
import { describeRedis, layerServer, RedisServer } from "../../core/test/redis/server.ts"
import { calling, everyone, temporaryFile } from "./processes.ts"
import type { Outcome, Settings } from "./tokensProcess.ts"

const path = fileURLToPath(new URL("tokensProcess.ts", import.meta.url))
const key = Seal.generateKey("test")
const owner = { integration: "test/Calendar", tenant: "acme" }
const callers = 10

const started = (settings: Settings) =>
  Effect.acquireRelease(
    Effect.sync(() => fork(path, [JSON.stringify(settings)])),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )

interface Where {
  readonly database: Layer.Layer<SqlClient.SqlClient, SqlError.SqlError>
  readonly store: Settings["store"]
  readonly lease: Settings["lease"]
}

const storeOf = ({ database }: Where) =>
  Effect.map(
    Layer.build(Layer.fresh(TokenStoreSql.layer.pipe(Layer.provide([database, Seal.layer([key])])))),
    (context) => Context.get(context, TokenStore.TokenStore)
  )

/** A session whose access token has ended, and processes with callers who all want its next one. */
const sessionOf = (where: Where, provider: RotatingProvider, processes: number, dying: number) =>
  Effect.gen(function* () {
    const store = yield* storeOf(where)
    yield* store.set(owner, tokenFrom(provider.begin(), Date.now() - 7_200_000))
    const [asked, answering] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const server = yield* tokenServer(provider, () => {
      asked.resolve()
      return answering.promise
    })
    const settings = {
      url: server.url,
      callers,
      store: where.store,
      lease: where.lease,
      key: Redacted.value(key.secret)
    }
    const children = yield* Effect.forEach(Array.from({ length: processes }).keys(), (index) =>
      started({ ...settings, dies: index < dying })
    )
    return { asked: asked.promise, answer: answering.resolve, children }
  })

// A process tells nothing else.
const outcomes = async (children: ReadonlyArray<ChildProcess>) =>
  (await everyone(children)) as ReadonlyArray<ReadonlyArray<Outcome> | undefined>

/** Four processes find out in the same moment: the token endpoint answers only when the callers of all of them wait. */
const renewingAtOnce = (where: Where, provider: RotatingProvider) =>
  Effect.flatMap(sessionOf(where, provider, 4, 0), ({ answer, children }) =>
    Effect.promise(async () => {
      await everyone(children)
      await calling(children)
      answer()
      return outcomes(children)
    })
  )

/** The first of two processes asks, and is killed by the answer while the other waits. */
const dyingBetween = (where: Where, provider: RotatingProvider) =>
  Effect.flatMap(sessionOf(where, provider, 2, 1), ({ answer, asked, children }) =>
    Effect.promise(async () => {
      await everyone(children)
      await calling(children.slice(0, 1))
      await asked
      await calling(children.slice(1))
      answer()
      return outcomes(children)
    })
  )

const each = <A>(count: number, value: A) => Array.from({ length: count }, () => value)

const facts = <R>(name: string, where: Effect.Effect<Where, never, R | Scope.Scope>, layer: Layer.Layer<R>) => {
  const test = <A, E>(fact: string, body: (where: Where) => Effect.Effect<A, E, Scope.Scope>) =>
    it.live(fact, () => Effect.scoped(Effect.flatMap(where, body)).pipe(Effect.provide(layer)), 60_000)

  describe(`processes over ${name}`, () => {
    test("of which four have ten callers each make one token request, every caller is served, and the session goes on", (over) =>
      Effect.gen(function* () {
        const provider = new RotatingProvider()
        assert.deepStrictEqual(yield* renewingAtOnce(over, provider), each(4, each(callers, "200")))
        assert.strictEqual(provider.requests, 1)
        const store = yield* storeOf(over)
        const stored = yield* store.get(owner)
        assert.strictEqual(Redacted.value(stored?.token.refreshToken ?? Redacted.make("")), "refresh-2")
        assert.strictEqual(provider.refresh("refresh-2").status, 200)
      }))

    test("go on when one is killed between answer and write, where the refresh token may come again", (over) =>
      Effect.gen(function* () {
        const provider = new RotatingProvider({ allowsLastAgain: true })
        assert.deepStrictEqual(yield* dyingBetween(over, provider), [undefined, each(callers, "200")])
        assert.strictEqual(provider.requests, 2)
      }))

    test("say that access must be granted anew when one is killed there, where the refresh token may not", (over) =>
      Effect.gen(function* () {
        const provider = new RotatingProvider()
        const told = [undefined, each(callers, "ReauthorizationRequired")]
        assert.deepStrictEqual(yield* dyingBetween(over, provider), told)
      }))
  })
}

const sqlite = (lease: Settings["lease"]) =>
  Effect.map(temporaryFile, (filename): Where => ({
    database: Sqlite.layer({ filename }),
    store: { sqlite: filename },
    lease
  }))

facts("SQLite", sqlite("sql"), Layer.empty)

describeRedis("tokens and Redis", () => {
  facts(
    "SQLite, with leases in Redis",
    Effect.flatMap(RedisServer, ({ port }) => sqlite({ redis: port })),
    layerServer
  )
})

describePostgres("tokens and Postgres", () => {
  facts(
    "Postgres",
    Effect.gen(function* () {
      const { createDatabase, port } = yield* PostgresServer
      const database = yield* createDatabase
      return { database: layerClient(port, database), store: { port, database }, lease: "sql" } satisfies Where
    }),
    sharedServer()
  )
})
