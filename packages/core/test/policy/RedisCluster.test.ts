import { assert, it } from "@effect/vitest"
import { Clock, Effect, Layer, Logger } from "effect"
import * as Redis from "effect/persistence/Redis"
import {
  Breaker,
  BreakerStore,
  BreakerStoreRedis,
  CacheStore,
  CacheStoreRedis,
  RateLimit,
  RateLimitStore,
  RateLimitStoreRedis,
  RetryBudget,
  RetryBudgetStore,
  RetryBudgetStoreRedis
} from "@causeway/core/policy"
import { firstSlots, layerThreeNodes } from "../redis/cluster.ts"
import { describeRedis } from "../redis/server.ts"
import { entriesOf, entry } from "./cacheStoreSuite.ts"

const options = { prefix: "spread", timeout: "20 seconds", onStoreError: "fail" } as const

const stores = Layer.mergeAll(
  RateLimitStoreRedis.layer(options),
  BreakerStoreRedis.layer(options),
  RetryBudgetStoreRedis.layer(options),
  CacheStoreRedis.layer(options)
)

const limit = RateLimit.make({
  limits: [
    { limit: 2, window: "1 hour" },
    { limit: 100, window: "1 day" }
  ]
})
const breaker = Breaker.consecutive({ failures: 1 })
const budget = RetryBudget.make({ minimum: 1 })

/** What all stores say of one key that nobody has used. */
const decisions = (key: string) =>
  Effect.gen(function* () {
    const limits = yield* RateLimitStore.RateLimitStore
    const circuits = yield* BreakerStore.BreakerStore
    const budgets = yield* RetryBudgetStore.RetryBudgetStore
    const answers = yield* CacheStore.CacheStore
    const now = yield* Clock.currentTimeMillis
    const reserved = yield* Effect.replicateEffect(
      limits.reserve({ ...limit, key, tokens: 1, maxWaitMillis: 0, now }),
      3
    )
    const withdrawn = yield* Effect.replicateEffect(budgets.withdraw(key, budget, now), 2)
    const admitted = yield* circuits.admit(key, breaker, now)
    const end = { elapsedMillis: 1, retryAfterMillis: undefined }
    yield* circuits.record(key, breaker, 0, "failure", now, end)
    const refused = yield* circuits.admit(key, breaker, now)
    const kept = yield* answers.put(key, entry(now), now)
    const found = entriesOf(yield* answers.get(key, now)).length
    return [...reserved.map(({ _tag }) => _tag), ...withdrawn, admitted._tag, refused._tag, kept, found]
  })

/** Which of the three nodes has the circuit of a key. */
const nodeOf = (key: string) =>
  Effect.gen(function* () {
    const redis = yield* Redis.Redis
    const slot = yield* redis.send<number>("CLUSTER", "KEYSLOT", `spread:{breaker:${key}}`)
    return firstSlots.findLastIndex((first) => first <= slot)
  })

describeRedis("a cluster of three nodes", () => {
  it.live(
    "decides for keys on each of them as one server does, and lists the circuits of all",
    () =>
      Effect.gen(function* () {
        const keys = Array.from({ length: 30 }, (_, index) => `key-${index}`)
        assert.strictEqual(new Set(yield* Effect.forEach(keys, nodeOf)).size, 3)
        for (const decided of yield* Effect.forEach(keys, decisions, { concurrency: 10 })) {
          const expected = ["Admitted", "Admitted", "Refused", true, false, "Admitted", "Open", true, 1]
          assert.deepStrictEqual(decided, expected)
        }
        const { circuits } = yield* BreakerStore.BreakerStore
        assert.sameMembers(
          (yield* circuits).map(({ key }) => key),
          keys
        )
      }).pipe(Effect.provide(Layer.provideMerge(stores, layerThreeNodes)), Effect.provide(Logger.layer([]))),
    60_000
  )
})
