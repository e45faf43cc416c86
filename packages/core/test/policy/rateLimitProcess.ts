/**
 * A process that calls as fast as a limit in Redis lets it: `node rateLimitProcess.ts <port> <limit>`. It is told when to
 * begin and when to end, and tells how many calls it made.
 */
import * as NodeRedis from "@effect/platform-node/NodeRedis"
import { Effect, Layer } from "effect"
import { once } from "node:events"
import { RateLimit, RateLimitStore, RateLimitStoreRedis } from "@causeway/core/policy"

const [, , port, limit] = process.argv
const { limits } = RateLimit.make({ limit: Number(limit), window: "1 second" })

const caller = (store: RateLimitStore.RateLimitStore["Service"], ends: number) =>
  Effect.gen(function* () {
    let calls = 0
    for (;;) {
      const now = Date.now()
      if (now >= ends) return calls
      const asked = { key: "shared", limits, tokens: 1, maxWaiting: 1_000, maxWaitMillis: ends - now, now }
      const decision = yield* store.reserve(asked)
      const turn = decision._tag === "Admitted" ? yield* decision.wait : decision
      // A process that was held up asks late: a turn of the next second is none of these.
      if (turn._tag === "Admitted" && Date.now() < ends) calls += 1
      else if (turn._tag === "Refused") yield* Effect.sleep(5)
    }
  })

const program = Effect.gen(function* () {
  const store = yield* RateLimitStore.RateLimitStore
  process.send?.("ready")
  // The test sends two times.
  const [times] = yield* Effect.promise(() => once(process, "message") as Promise<[{ begins: number; ends: number }]>)
  yield* Effect.sleep(times.begins - Date.now())
  const calls = yield* Effect.all(
    Array.from({ length: 20 }, () => caller(store, times.ends)),
    { concurrency: "unbounded" }
  )
  process.send?.(calls.reduce((sum, count) => sum + count, 0))
})

const redis = NodeRedis.layer({ socket: { host: "127.0.0.1", port: Number(port) } })
const store = RateLimitStoreRedis.layer({ onStoreError: "fail", timeout: "5 seconds" })
await Effect.runPromise(Effect.provide(program, Layer.provide(store, redis)))
process.disconnect()
