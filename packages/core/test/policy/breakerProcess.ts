/** A process that fails once at a circuit in Redis: `node breakerProcess.ts <port> <key>`. */
import * as NodeRedis from "@effect/platform-node/NodeRedis"
import { Effect, Layer } from "effect"
import { Breaker, BreakerStore, BreakerStoreRedis } from "@causeway/core/policy"

const [, , port, key = ""] = process.argv
const breaker = Breaker.consecutive({ failures: 1, openDuration: "1 hour" })

const program = Effect.gen(function* () {
  const store = yield* BreakerStore.BreakerStore
  const admission = yield* store.admit(key, breaker, Date.now())
  if (admission._tag !== "Admitted") return yield* Effect.die(`the circuit is ${admission._tag}`)
  const end = { elapsedMillis: 5, retryAfterMillis: undefined }
  return yield* store.record(key, breaker, admission.generation, "failure", Date.now(), end)
})

const redis = NodeRedis.layer({ socket: { host: "127.0.0.1", port: Number(port) } })
const transition = await Effect.runPromise(Effect.provide(program, Layer.provide(BreakerStoreRedis.layer(), redis)))
process.exitCode = transition?.to === "open" ? 0 : 1
