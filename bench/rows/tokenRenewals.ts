import {
  type Grant,
  Seal,
  Token,
  TokenLease,
  TokenLeaseSql,
  TokenStore,
  TokenStoreSql,
  Tokens
} from "@causeway/core/auth"
import { Sqlite } from "@causeway/node"
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

/** Asks the server for JSON in the place of a token, and counts how often. */
const grantAt = (server: URL) => {
  const asked = { count: 0, millis: Array<number>() }
  const obtain = Effect.promise(async () => {
    asked.count += 1
    const began = performance.now()
    await (await fetch(server)).json()
    asked.millis.push(performance.now() - began)
    const now = Date.now()
    return Token.make({
      accessToken: Redacted.make(`token-${asked.count}`),
      obtainedAt: now,
      expiresAt: now + 3_600_000
    })
  })
  return { asked, grant: { obtain } satisfies Grant.Grant }
}

type Places = Layer.Layer<TokenStore.TokenStore | TokenLease.TokenLease, unknown>

/** Every round begins without a token, so that all callers wait for the same one. */
const measured = async (name: string, places: Places, server: URL): Promise<string> => {
  const runtime = ManagedRuntime.make(places)
  const { asked, grant } = grantAt(server)
  const waits: Array<number> = []
  const overheads: Array<number> = []
  const tokens = await runtime.runPromise(Tokens.make({ integration: "bench", tenant: "one" }, grant).pipe(scoped))
  for (let round = 0; round < rounds; round += 1) {
    await runtime.runPromise(tokens.forget)
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
  about: `${callers} callers want a token at once, ${rounds} times; the medians of what the slowest hundredth waits.`,
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
