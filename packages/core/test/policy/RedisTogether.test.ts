import { assert, describe, it } from "@effect/vitest"
import { Clock, Context, type Duration, Effect, Fiber, Layer, Logger, Schema } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import * as Redis from "effect/persistence/Redis"
import { TestClock } from "effect/testing"
import { Auth } from "@causeway/core/auth"
import { Endpoint, Integration } from "@causeway/core/client"
import {
  Breaker,
  BreakerStore,
  BreakerStoreRedis,
  Cache,
  CacheStore,
  CacheStoreRedis,
  RateLimit,
  RateLimitStore,
  RateLimitStoreRedis,
  Retry,
  RetryBudget,
  RetryBudgetStore,
  RetryBudgetStoreRedis,
  Policy
} from "@causeway/core/policy"
import * as RedisTest from "../redis/server.ts"

const everything = {
  timeout: "5 seconds",
  cache: Cache.make({ staleIfError: "1 hour" }),
  retry: Retry.make({ schedule: Retry.fullJitter({ base: "1 millis" }), attempts: 3 }),
  retryBudget: RetryBudget.make({ minimum: 100 }),
  circuitBreaker: Breaker.failureRate({ threshold: 0.9 }),
  rateLimit: { limit: 100_000, window: "1 second" }
} as const

class Provider extends Integration.Service<Provider>()("test/Together", {
  baseUrl: "https://provider.example",
  endpoints: [Endpoint.get("read", "/read/:id", { params: { id: Schema.String }, success: Schema.String })],
  policy: Policy.merge(Policy.none, everything)
}) {}

/** Fails now and then, never twice in a row, and lets half of its answers be kept. */
const provider = Layer.sync(HttpClient.HttpClient, () => {
  let calls = 0
  return HttpClient.make((request) =>
    Effect.sync(() => {
      calls += 1
      const headers = { "cache-control": calls % 2 === 0 ? "max-age=60" : "no-store" }
      const init = { status: calls % 199 === 0 ? 503 : 200, headers }
      return HttpClientResponse.fromWeb(request, new Response('"answered"', init))
    })
  )
})

type OnStoreError = "allow" | "fail"

const stores = (onStoreError: OnStoreError, timeout: Duration.Input) => {
  const options = { prefix: "together", timeout, onStoreError } as const
  return Layer.mergeAll(
    RateLimitStoreRedis.layer(options),
    BreakerStoreRedis.layer(options),
    RetryBudgetStoreRedis.layer(options),
    CacheStoreRedis.layer(options)
  )
}

const live = (onStoreError: OnStoreError, timeout: Duration.Input) =>
  Provider.layer.pipe(Layer.provide([Auth.none(Provider), provider]), Layer.provideMerge(stores(onStoreError, timeout)))

type AnyStore =
  | RateLimitStore.RateLimitStore
  | RetryBudgetStore.RetryBudgetStore
  | BreakerStore.BreakerStore
  | CacheStore.CacheStore

/** Without the lines that the client writes when its server is gone. */
const quietly = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.provide(effect, Logger.layer([]))

const tagOf = (error: { readonly _tag: string }) => error._tag

/** A call for each of these by fifty callers, and what became of each. */
const callsFor = (ids: ReadonlyArray<string>) =>
  Effect.flatMap(Provider, (service) =>
    Effect.forEach(
      ids,
      (id) => Effect.match(service.read({ params: { id } }), { onSuccess: () => "answered", onFailure: tagOf }),
      { concurrency: 50 }
    )
  )

const calls = (count: number) => callsFor(Array.from({ length: count }, (_, index) => `item-${index % 200}`))

const storeOf: Readonly<Record<string, string>> = {
  "together:{breaker": "circuits",
  "together:rate-limit": "limits",
  "together:retry-budget": "budgets"
}

/** The key of an answer is the prefix and a digest, and the listing of circuits is no decision. */
const storesIn = (keys: ReadonlyArray<string>) =>
  keys.flatMap((key) => (key.startsWith("together{") ? ["answers"] : (storeOf[key.split(":", 2).join(":")] ?? [])))

/**
 * Makes calls until every store has written to Redis and all calls of a turn are answered. Each turn asks for what was
 * never asked for before, because a call answered from the cache asks no other store, and ends with a round trip, or
 * with the wait for the connection.
 */
const untilShared = Effect.gen(function* () {
  const redis = yield* Redis.Redis
  const used = new Set<string>()
  for (let turn = 0; ; turn += 1) {
    const outcomes = yield* callsFor(Array.from({ length: 20 }, (_, index) => `turn-${turn}-${index}`))
    const keys = yield* Effect.orElseSucceed(redis.send<ReadonlyArray<string>>("KEYS", "together*"), () => [])
    for (const store of storesIn(keys)) used.add(store)
    if (used.size === 4 && outcomes.every((outcome) => outcome === "answered")) return
  }
})

RedisTest.describeRedis("limits, circuits, budgets and answers in one Redis", () => {
  for (const [onStoreError, degraded] of [
    ["allow", ["answered"]],
    ["fail", ["CircuitOpen", "TransportFailure"]]
  ] as const) {
    it.live(
      `set to ${onStoreError}, which is killed under load: every call ends as configured, and it is used again`,
      () =>
        Effect.gen(function* () {
          const server = yield* RedisTest.RedisServer
          yield* Effect.gen(function* () {
            yield* untilShared
            const load = yield* Effect.forkChild(calls(500))
            yield* server.kill
            const during = new Set(yield* calls(100))
            const loaded = new Set(yield* Fiber.join(load))
            for (const outcome of during) assert.include(degraded, outcome)
            for (const outcome of loaded) assert.include(["answered", ...degraded], outcome)
            yield* server.start
            yield* untilShared
          }).pipe(Effect.provide(live(onStoreError, "500 millis")))
        }).pipe(Effect.provide(RedisTest.layer), quietly),
      120_000
    )
  }
})

describe("a Redis that does not answer", () => {
  const silent = (): { asked: number; readonly layer: Layer.Layer<Redis.Redis> } => {
    const counted = {
      asked: 0,
      layer: Layer.succeed(Redis.Redis, {
        eval: () => () =>
          Effect.suspend(() => {
            counted.asked += 1
            return Effect.never
          }),
        send: () => Effect.never,
        subscribe: () => Effect.never
        // Nothing else is asked of it by a decision.
      } as unknown as Redis.Redis["Service"])
    }
    return counted
  }

  const now = Clock.currentTimeMillis
  const limit = RateLimit.make({ limit: 1_000, window: "1 hour" })
  const budget = RetryBudget.make({ minimum: 1_000 })
  const breaker = Breaker.consecutive()

  const decisions = [
    [
      "a limit",
      RateLimitStoreRedis.layer(),
      Effect.flatMap(RateLimitStore.RateLimitStore, (store) =>
        Effect.flatMap(now, (now) => store.reserve({ ...limit, key: "key", tokens: 1, now }))
      )
    ],
    [
      "a budget",
      RetryBudgetStoreRedis.layer(),
      Effect.flatMap(RetryBudgetStore.RetryBudgetStore, (store) =>
        Effect.flatMap(now, (now) => store.withdraw("key", budget, now))
      )
    ],
    [
      "a circuit",
      BreakerStoreRedis.layer(),
      Effect.flatMap(BreakerStore.BreakerStore, (store) =>
        Effect.flatMap(now, (now) => store.admit("key", breaker, now))
      )
    ],
    [
      "an answer",
      CacheStoreRedis.layer(),
      Effect.flatMap(CacheStore.CacheStore, (store) => Effect.flatMap(now, (now) => store.get("key", now)))
    ]
  ] as const

  for (const [name, layer, decision] of decisions) {
    it.effect(`is asked for ${name} by one caller a second, and the others go on without it`, () => {
      const redis = silent()
      return Effect.gen(function* () {
        const first = yield* Effect.forkChild(decision)
        yield* TestClock.adjust("250 millis")
        yield* Fiber.join(first)
        const before = redis.asked
        yield* TestClock.adjust("1 second")
        const fibers = yield* Effect.forEach(Array.from({ length: 50 }), () => Effect.forkChild(decision))
        yield* TestClock.adjust("1 millis")
        // A circuit is put on a list in the same breath.
        assert.isAtMost(redis.asked - before, 2)
        assert.strictEqual(fibers.filter((fiber) => fiber.pollUnsafe() === undefined).length, 1)
        yield* TestClock.adjust("250 millis")
        yield* Effect.forEach(fibers, Fiber.join)
      }).pipe(Effect.provide(Layer.provide(layer as Layer.Layer<AnyStore, never, Redis.Redis>, redis.layer)), quietly)
    })
  }
})

RedisTest.describeRedis("a cluster", () => {
  it.live("takes every script of every store: the keys of each are in one slot", () =>
    Effect.gen(function* () {
      const context = yield* Layer.build(live("fail", "20 seconds"))
      const outcomes = yield* Effect.provideContext(calls(400), context)
      assert.deepStrictEqual([...new Set(outcomes)], ["answered"])
      const breakers = Context.get(context, BreakerStore.BreakerStore)
      yield* breakers.isolate("by hand")
      yield* breakers.close("by hand")
      yield* breakers.reset("by hand")
      assert.isAbove((yield* breakers.circuits).length, 0)
      const cache = Context.get(context, CacheStore.CacheStore)
      yield* cache.remove("nothing")
      const redis = yield* Redis.Redis
      const keys = yield* redis.send<ReadonlyArray<string>>("KEYS", "together:*")
      // Some are gone by now, which is what a time to live is for.
      const forEver = -1
      for (const key of keys) assert.notStrictEqual(yield* redis.send<number>("PTTL", key), forEver, key)
    }).pipe(Effect.scoped, Effect.provide(RedisTest.layerCluster), quietly)
  )
})
