import { Token, TokenLease, TokenStore, Tokens } from "@causeway/core/auth"
import { Effect, Layer, Redacted, Scope } from "effect"
import type { Finding } from "../Row.ts"

const tenants = 10_000

const bytesInUse = (): number => {
  globalThis.gc?.()
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

/** A token as long as a JWT is, so that it is a program's and not the row's. */
const tokenOf = (index: number): Token.Token =>
  Token.make({
    accessToken: Redacted.make(`${index}`.padStart(40, "a")),
    refreshToken: Redacted.make(`${index}`.padStart(40, "r")),
    obtainedAt: Date.now(),
    expiresAt: Date.now() + 3_600_000
  })

const tokensOf = (index: number) =>
  Effect.tap(
    Tokens.make(
      { integration: "bench/Provider", tenant: `tenant-${index}` },
      { obtain: Effect.sync(() => tokenOf(index)) }
    ),
    (tokens) => tokens.token
  )

const opened = Effect.forEach(Array.from({ length: tenants }).keys(), tokensOf)

export const row: Finding = {
  name: "memory per tenant's tokens",
  about: `${tenants} tenants, each with tokens of its own: two secrets of 40 characters, got, stored in memory and held.`,
  find: async () => {
    const scope = Effect.runSync(Scope.make())
    const places = await Effect.runPromise(
      Layer.buildWithScope(Layer.merge(TokenStore.layerMemory, TokenLease.layerMemory), scope)
    )
    const before = bytesInUse()
    const held = await Effect.runPromise(Scope.provide(Effect.provideContext(opened, places), scope))
    const bytes = (bytesInUse() - before) / tenants
    return [`${bytes.toFixed(0)} bytes a tenant, of ${held.length}`]
  }
}
