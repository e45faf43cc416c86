import {
  ClientAuthentication,
  type Grant,
  OAuth,
  OAuthClient,
  OAuthServer,
  Seal,
  Token,
  TokenLease,
  TokenLeaseSql,
  TokenStore,
  TokenStoreSql,
  Tokens
} from "@causeway/core/auth"
import { Sqlite, Transport } from "@causeway/node"
import { Effect, Layer, ManagedRuntime, Redacted, Scope } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { median } from "../measure.ts"
import type { Finding } from "../Row.ts"

const callers = 1_000

const rounds = 30

const quantile = (values: ReadonlyArray<number>, share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN

/** A refresh grant of OAuth at the server's token endpoint, counted and timed. */
const grantAt = (server: URL) => {
  const asked = { count: 0, millis: Array<number>() }
  const refreshing = (client: OAuthClient.OAuthClient): Grant.Grant => ({
    refresh: (token) => {
      asked.count += 1
      const began = performance.now()
      const ended = Effect.sync(() => void asked.millis.push(performance.now() - began))
      return Effect.ensuring(OAuth.refresh(client, token), ended)
    }
  })
  const client = OAuthClient.make({
    integration: "bench",
    server: OAuthServer.make({ tokenEndpoint: new URL("/token", server).href }),
    clientId: "bench",
    authentication: ClientAuthentication.none
  })
  return { asked, grant: Effect.map(client, refreshing) }
}

/** What was got at a login, two hours ago. */
const endedToken = (): Token.Token => {
  const now = Date.now()
  return Token.make({
    accessToken: Redacted.make("ended"),
    refreshToken: Redacted.make("refresh-0"),
    obtainedAt: now - 7_200_000,
    expiresAt: now - 3_600_000
  })
}

type Places = Layer.Layer<TokenStore.TokenStore | TokenLease.TokenLease, unknown>

/** Every round begins with a token that has ended, so that all callers wait for the same next one. */
const measured = async (name: string, places: Places, server: URL): Promise<string> => {
  const runtime = ManagedRuntime.make(Layer.merge(places, Transport.layer))
  const { asked, grant } = grantAt(server)
  const waits: Array<number> = []
  const overheads: Array<number> = []
  const owner = { integration: "bench", tenant: "one" }
  const made = Effect.flatMap(grant, (grant) => Tokens.make(owner, grant))
  const tokens = await runtime.runPromise(made.pipe(scoped))
  for (let round = 0; round < rounds; round += 1) {
    await runtime.runPromise(tokens.set(endedToken()))
    const began = performance.now()
    const ends = await Promise.all(
      Array.from({ length: callers }, async () => {
        await Effect.runPromise(tokens.token)
        return performance.now() - began
      })
    )
    waits.push(quantile(ends, 0.99))
    overheads.push(quantile(ends, 0.99) - (asked.millis.at(-1) ?? 0))
  }
  await runtime.dispose()
  const figures = `p99 ${median(waits).toFixed(2)} ms, ${median(overheads).toFixed(2)} ms of it beside the request itself`
  return `${name.padEnd(24)} ${asked.count} requests for ${rounds} renewals; ${figures}`
}

/** The scope of the tokens ends with the process. */
const scoped = <A, E, R>(effect: Effect.Effect<A, E, R | Scope.Scope>) =>
  Effect.provideServiceEffect(effect, Scope.Scope, Scope.make())

const inSqlite = (filename: string): Places =>
  Layer.mergeAll(TokenStoreSql.layer, TokenLeaseSql.layer).pipe(
    Layer.provide([Sqlite.layer({ filename }), Seal.layer([Seal.generateKey("bench")])])
  )

export const row: Finding = {
  name: "token renewals",
  about: `${callers} callers want the next token of an OAuth refresh grant at once, ${rounds} times; the medians of what the slowest hundredth waits.`,
  find: async (server) => {
    const directory = mkdtempSync(join(tmpdir(), "causeway-bench-"))
    const memory = Layer.merge(TokenStore.layerMemory, TokenLease.layerMemory)
    const lines = [
      await measured("in memory", memory, server),
      await measured("SQLite, sealed", inSqlite(join(directory, "tokens.db")), server)
    ]
    rmSync(directory, { recursive: true, force: true })
    return lines
  }
}
