import * as NodeRedis from "@effect/platform-node/NodeRedis"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer } from "effect"
import * as Redis from "effect/persistence/Redis"
import { fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { Breaker, BreakerStore, BreakerStoreRedis } from "@causeway/core/policy"
import * as redisCircuits from "../../src/policy/internal/breaker/redisCircuits.ts"
import { describeRedis, layer, layerClient, layerServer, RedisServer } from "../redis/server.ts"
import { breakerSuite } from "./breakerSuite.ts"

const end: BreakerStore.AttemptEnd = { elapsedMillis: 5, retryAfterMillis: undefined }

/** The store as it is, but for the time, which the suite gives. */
const givenTime = Layer.effect(
  BreakerStore.BreakerStore,
  Effect.map(Redis.Redis, (redis) =>
    redisCircuits.make(redis, {
      prefix: "given",
      onStoreError: "fail",
      timeoutMillis: 10_000,
      maxKeys: 10_000,
      time: "given"
    })
  )
)

describeRedis("circuits in Redis", () => {
  breakerSuite("a circuit", Layer.provide(givenTime, layer), { runs: 6, steps: 150 })
})
