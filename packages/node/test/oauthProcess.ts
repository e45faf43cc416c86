/**
 * A process whose callers all want the next token of one session at an authorization server: `node oauthProcess.ts
 * '<settings as JSON>'`. It is told when to begin, and tells when its callers wait and what became of each.
 */
import {
  ClientAuthentication,
  OAuth,
  OAuthClient,
  OAuthDiscovery,
  Seal,
  TokenLeaseSql,
  TokenStoreSql,
  Tokens
} from "@causeway/core/auth"
import { Sqlite, Transport } from "@causeway/node"
import { Effect, Fiber, Layer, Redacted, Result } from "effect"
import { once } from "node:events"
import { layerClient } from "../../core/test/postgres/client.ts"

export interface Settings {
  readonly issuer: string
  readonly callers: number
  readonly store: { readonly sqlite: string } | { readonly port: number; readonly database: string }
  readonly key: string
}

export const owner = { integration: "test/Calendar", tenant: "alice" }

/** What a caller was given: the status of what its token opens, or the tag of the reason. */
export type Outcome = string

/** Renews tokens of a public client at a server that describes itself. */
export const grantAt = (issuer: string) =>
  Effect.gen(function* () {
    const { integration } = owner
    const server = yield* OAuthDiscovery.make({ integration, issuer })
    const client = yield* OAuthClient.make({
      integration,
      server,
      clientId: "by-none",
      authentication: ClientAuthentication.none
    })
    return { client, grant: OAuth.refreshing(client, { reauthorizeUrl: "https://calendar.example/connect" }) }
  })

/** Wants a token, and uses it. */
export const call = (tokens: Tokens.Tokens, issuer: string): Effect.Effect<Outcome> =>
  Effect.gen(function* () {
    const token = yield* Effect.result(tokens.token)
    if (Result.isFailure(token)) return token.failure.reason._tag
    const authorization = `Bearer ${Redacted.value(token.success.accessToken)}`
    const response = yield* Effect.promise(() => fetch(`${issuer}/me`, { headers: { authorization } }))
    return String(response.status)
  })

const main = async (settings: Settings): Promise<void> => {
  const database =
    "sqlite" in settings.store
      ? Sqlite.layer({ filename: settings.store.sqlite })
      : layerClient(settings.store.port, settings.store.database)
  const seal = Seal.layer([{ id: "test", secret: Redacted.make(settings.key) }])
  const places = Layer.mergeAll(TokenStoreSql.layer, TokenLeaseSql.layer).pipe(Layer.provide([database, seal]))

  const program = Effect.gen(function* () {
    const { grant } = yield* grantAt(settings.issuer)
    const tokens = yield* Tokens.make(owner, grant)
    process.send?.("ready")
    yield* Effect.promise(() => once(process, "message"))
    const calls = yield* Effect.forkChild(
      Effect.all(
        Array.from({ length: settings.callers }, () => call(tokens, settings.issuer)),
        { concurrency: "unbounded" }
      ),
      { startImmediately: true }
    )
    process.send?.("calling")
    process.send?.(yield* Fiber.join(calls))
  })

  await Effect.runPromise(Effect.scoped(program).pipe(Effect.provide([places, Transport.layer])))
  process.disconnect()
}

// The test gives what the type says.
if (process.argv[2] !== undefined) await main(JSON.parse(process.argv[2]) as Settings)
