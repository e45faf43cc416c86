/**
 * Many want the next token of one session at the certified server, which ends the session when a refresh token is used
 * twice: from one process and from several, and with a restart of the server and new keys in the middle.
 */
import { AuthorizationCode, OAuth, Seal, TokenLease, TokenStore, TokenStoreSql, Tokens } from "@causeway/core/auth"
import { Sqlite, Transport } from "@causeway/node"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Redacted, type Scope } from "effect"
import type { HttpClient } from "effect/http"
import type { SqlClient, SqlError } from "effect/sql"
import { type ChildProcess, fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import { oidcServer, type OidcServer, redirectUri, signingKey } from "../../core/test/auth/oauth/oidcServer.ts"
import { Person } from "../../core/test/auth/oauth/person.ts"
import { layerClient } from "../../core/test/postgres/client.ts"
import { describePostgres, PostgresServer, sharedServer } from "../../core/test/postgres/server.ts"
import { call, grantAt, type Outcome, owner, type Settings } from "./oauthProcess.ts"
import { calling, everyone, temporaryFile } from "./processes.ts"

/** A token of alice's that has ended, from a login just now. */
const endedToken = ({ issuer }: OidcServer) =>
  Effect.gen(function* () {
    const { client } = yield* grantAt(issuer)
    const begun = yield* AuthorizationCode.begin(client, {
      redirectUri,
      scope: "openid offline_access",
      prompt: "consent"
    })
    const callback = yield* Effect.promise(() => new Person().open(begun.url, redirectUri))
    const token = yield* AuthorizationCode.finish(client, begun, callback)
    return { ...token, obtainedAt: token.obtainedAt - 7_200_000, expiresAt: token.obtainedAt - 3_600_000 }
  })

const refreshes = ({ asked }: OidcServer) => asked.get("refresh_token") ?? 0

const served = (count: number): ReadonlyArray<Outcome> => Array.from({ length: count }, () => "200")

const isNoOutage = (outcome: Outcome): boolean => outcome !== "EndpointUnavailable"

/** The session goes on: the refresh token that was stored last is good for another token. */
const assertAlive = (server: OidcServer, store: TokenStore.TokenStore["Service"]) =>
  Effect.gen(function* () {
    const { client } = yield* grantAt(server.issuer)
    const stored = yield* store.get(owner)
    const next = yield* OAuth.refresh(client, stored?.token ?? assert.fail("nothing is stored"))
    assert.strictEqual(OAuth.idTokenClaims(next)?.["sub"], "alice")
  })

const live = <A, E>(
  fact: string,
  body: () => Effect.Effect<A, E, Scope.Scope | HttpClient.HttpClient>,
  timeout = 120_000
) => it.live(fact, () => body().pipe(Effect.scoped, Effect.provide(Transport.layer)), timeout)

describe("callers of one process", () => {
  for (const callers of [2, 10, 50]) {
    live(`${callers} of them make one token request, all are served, and the session goes on`, () =>
      Effect.gen(function* () {
        const server = yield* oidcServer()
        const answering = Promise.withResolvers<void>()
        const store = yield* TokenStore.TokenStore
        yield* store.set(owner, yield* endedToken(server))
        const tokens = yield* Tokens.make(owner, (yield* grantAt(server.issuer)).grant)
        server.hold = () => answering.promise
        const calls = yield* Effect.forkChild(
          Effect.all(
            served(callers).map(() => call(tokens, server.issuer)),
            { concurrency: "unbounded" }
          ),
          { startImmediately: true }
        )
        answering.resolve()
        assert.deepStrictEqual(yield* Fiber.join(calls), served(callers))
        assert.strictEqual(refreshes(server), 1)
        yield* assertAlive(server, store)
      }).pipe(Effect.provide([TokenStore.layerMemory, TokenLease.layerMemory]))
    )
  }

  live("go on after the server was restarted with other keys in the middle of a renewal", () =>
    Effect.gen(function* () {
      const server = yield* oidcServer()
      const store = yield* TokenStore.TokenStore
      yield* store.set(owner, yield* endedToken(server))
      const { grant } = yield* grantAt(server.issuer)
      const tokens = yield* Tokens.make(owner, grant, { cooldown: "1 millis" })
      const asked = Promise.withResolvers<void>()
      server.hold = () => {
        asked.resolve()
        return new Promise(() => {})
      }
      const failing = yield* Effect.forkChild(Effect.flip(tokens.token), { startImmediately: true })
      yield* Effect.promise(() => asked.promise)
      yield* Effect.promise(() => server.restart({ jwks: { keys: [signingKey("second")] } }))
      assert.strictEqual((yield* Fiber.join(failing)).reason._tag, "EndpointUnavailable")
      server.hold = () => Promise.resolve()
      const outcomes = yield* Effect.all(
        // The millisecond for which the endpoint is left alone may not be over.
        served(10).map(() => Effect.repeat(call(tokens, server.issuer), { until: isNoOutage })),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(outcomes, served(10))
      assert.strictEqual(refreshes(server), 1)
      const header = (idToken: Redacted.Redacted<string> | undefined) =>
        JSON.parse(Buffer.from(Redacted.value(idToken!).split(".")[0] ?? "", "base64url").toString())
      assert.strictEqual(header((yield* tokens.token).idToken).kid, "second")
      yield* assertAlive(server, store)
    }).pipe(Effect.provide([TokenStore.layerMemory, TokenLease.layerMemory]))
  )

  live("are told that access must be granted anew when somebody else has used the refresh token", () =>
    Effect.gen(function* () {
      const server = yield* oidcServer()
      const store = yield* TokenStore.TokenStore
      const token = yield* endedToken(server)
      yield* store.set(owner, token)
      const { client, grant } = yield* grantAt(server.issuer)
      yield* OAuth.refresh(client, token)
      const tokens = yield* Tokens.make(owner, grant)
      const errors = yield* Effect.all(
        served(10).map(() => Effect.flip(tokens.token)),
        { concurrency: "unbounded" }
      )
      for (const { reason } of errors) {
        assert.deepInclude(reason, { _tag: "ReauthorizationRequired", url: "https://calendar.example/connect" })
      }
      assert.strictEqual(refreshes(server), 2)
    }).pipe(Effect.provide([TokenStore.layerMemory, TokenLease.layerMemory]))
  )
})

const path = fileURLToPath(new URL("oauthProcess.ts", import.meta.url))

const started = (settings: Settings) =>
  Effect.acquireRelease(
    Effect.sync(() => fork(path, [JSON.stringify(settings)])),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )

interface Where {
  readonly database: Layer.Layer<SqlClient.SqlClient, SqlError.SqlError>
  readonly store: Settings["store"]
}

const renewingAtOnce = (children: ReadonlyArray<ChildProcess>, answer: () => void) =>
  Effect.promise(async () => {
    await everyone(children)
    await calling(children)
    answer()
    // A process tells nothing else.
    return (await everyone(children)) as ReadonlyArray<ReadonlyArray<Outcome> | undefined>
  })

const facts = <R>(name: string, where: Effect.Effect<Where, never, R | Scope.Scope>, layer: Layer.Layer<R>) => {
  describe(`processes over ${name}`, () => {
    it.live(
      "of which four have ten callers each make one token request, all are served, and the session goes on",
      () =>
        Effect.gen(function* () {
          const { database, store } = yield* where
          const server = yield* oidcServer()
          const answering = Promise.withResolvers<void>()
          const key = Seal.generateKey("test")
          const places = TokenStoreSql.layer.pipe(Layer.provide([database, Seal.layer([key])]))
          const kept = Context.get(yield* Layer.build(Layer.fresh(places)), TokenStore.TokenStore)
          yield* kept.set(owner, yield* endedToken(server))
          server.hold = () => answering.promise
          const settings = { issuer: server.issuer, callers: 10, store, key: Redacted.value(key.secret) }
          const children = yield* Effect.forEach([1, 2, 3, 4], () => started(settings))
          const outcomes = yield* renewingAtOnce(children, answering.resolve)
          assert.deepStrictEqual(
            outcomes,
            [1, 2, 3, 4].map(() => served(10))
          )
          assert.strictEqual(refreshes(server), 1)
          yield* assertAlive(server, kept)
        }).pipe(Effect.scoped, Effect.provide([layer, Transport.layer])),
      120_000
    )
  })
}

facts(
  "SQLite",
  Effect.map(temporaryFile, (filename): Where => ({
    database: Sqlite.layer({ filename }),
    store: { sqlite: filename }
  })),
  Layer.empty
)

describePostgres("renewals and Postgres", () => {
  facts(
    "Postgres",
    Effect.gen(function* () {
      const { createDatabase, port } = yield* PostgresServer
      const database = yield* createDatabase
      return { database: layerClient(port, database), store: { port, database } } satisfies Where
    }),
    sharedServer()
  )
})
