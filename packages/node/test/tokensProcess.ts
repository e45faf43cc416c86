/**
 * A process whose callers all want the token of one session: `node tokensProcess.ts '<settings as JSON>'`. It is told when
 * to begin, and tells when its callers wait and what became of each.
 */
import { Seal, TokenLeaseRedis, TokenLeaseSql, TokenStoreSql, Tokens } from "@causeway/core/auth"
import { Sqlite } from "@causeway/node"
import * as NodeRedis from "@effect/platform-node/NodeRedis"
import { Effect, Fiber, Layer, Redacted, Result } from "effect"
import { once } from "node:events"
import { refreshingAt } from "../../core/test/auth/tokens/grants.ts"
import { layerClient } from "../../core/test/postgres/client.ts"

export interface Settings {
  readonly url: string
  readonly callers: number
  /** Whether it ends between the provider's answer and whatever becomes of it. */
  readonly dies: boolean
  readonly store: { readonly sqlite: string } | { readonly port: number; readonly database: string }
  readonly lease: "sql" | { readonly redis: number }
  readonly key: string
}

/** What a caller was given: the status of the resource, or the tag of the reason. */
export type Outcome = string

const main = async (settings: Settings): Promise<void> => {
  const database =
    "sqlite" in settings.store
      ? Sqlite.layer({ filename: settings.store.sqlite })
      : layerClient(settings.store.port, settings.store.database)
  const seal = Seal.layer([{ id: "test", secret: Redacted.make(settings.key) }])
  const lease =
    settings.lease === "sql"
      ? TokenLeaseSql.layer
      : TokenLeaseRedis.layer().pipe(
          Layer.provide(NodeRedis.layer({ socket: { host: "127.0.0.1", port: settings.lease.redis } }))
        )
  const places = Layer.mergeAll(TokenStoreSql.layer, lease).pipe(Layer.provide([database, seal]))
  const die = () => process.kill(process.pid, "SIGKILL")
  const grant = refreshingAt(settings.url, settings.dies ? die : undefined)

  const call = (tokens: Tokens.Tokens): Effect.Effect<Outcome> =>
    Effect.gen(function* () {
      const token = yield* Effect.result(tokens.token)
      if (Result.isFailure(token)) return token.failure.reason._tag
      const authorization = `Bearer ${Redacted.value(token.success.accessToken)}`
      const response = yield* Effect.promise(() => fetch(`${settings.url}/read`, { headers: { authorization } }))
      return String(response.status)
    })

  const program = Effect.gen(function* () {
    const owner = { integration: "test/Calendar", tenant: "acme" }
    const tokens = yield* Tokens.make(owner, grant, { lease: "1 second" })
    process.send?.("ready")
    yield* Effect.promise(() => once(process, "message"))
    const calls = yield* Effect.forkChild(
      Effect.all(
        Array.from({ length: settings.callers }, () => call(tokens)),
        { concurrency: "unbounded" }
      ),
      { startImmediately: true }
    )
    process.send?.("calling")
    process.send?.(yield* Fiber.join(calls))
  })

  await Effect.runPromise(Effect.scoped(program).pipe(Effect.provide(places)))
  process.disconnect()
}

// The test gives what the type says.
if (process.argv[2] !== undefined) await main(JSON.parse(process.argv[2]) as Settings)
