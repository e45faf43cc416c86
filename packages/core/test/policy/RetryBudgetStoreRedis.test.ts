import { assert, layer as layered } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import * as Redis from "effect/persistence/Redis"
import { TestClock } from "effect/testing"
import { RetryBudget, RetryBudgetStoreRedis } from "@causeway/core/policy"
import * as RedisTest from "../redis/server.ts"
import { retryBudgetSuite } from "./retryBudgetSuite.ts"

const budget = RetryBudget.make({ minimum: 0, ratio: 1, capacity: 10 })

/** Runs what waits for a Redis that does not answer, until its wait is over. */
const impatiently = <A>(effect: Effect.Effect<A>): Effect.Effect<A> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(effect, { startImmediately: true })
    yield* TestClock.adjust("250 millis")
    return yield* Fiber.join(fiber)
  })

RedisTest.describeRedis("retry budgets in Redis", () => {
  retryBudgetSuite("a retry budget", RetryBudgetStoreRedis.layer().pipe(Layer.provide(RedisTest.layer)))

  layered(RedisTest.layer)((it) => {
    it.effect("are shared by processes: what one's successes pay for, another spends", () =>
      Effect.gen(function* () {
        const [one, other] = [yield* RetryBudgetStoreRedis.make(), yield* RetryBudgetStoreRedis.make()]
        yield* one.deposit("key", budget, 0)
        yield* one.deposit("key", budget, 0)
        assert.isTrue(yield* one.withdraw("key", budget, 0))
        assert.isTrue(yield* other.withdraw("key", budget, 0))
        assert.isFalse(yield* other.withdraw("key", budget, 0))
        assert.isFalse(yield* one.withdraw("key", budget, 0))
      })
    )

    it.effect("send what they have gathered once a second, without a withdrawal", () =>
      Effect.gen(function* () {
        const [one, other] = [yield* RetryBudgetStoreRedis.make(), yield* RetryBudgetStoreRedis.make()]
        for (const now of [0, 500, 999]) yield* one.deposit("gathered", budget, now)
        assert.strictEqual(yield* other.balance("gathered", budget, 0), 0)
        yield* one.deposit("gathered", budget, 1_000)
        assert.strictEqual(yield* Effect.repeat(other.balance("gathered", budget, 0), { until: (it) => it > 0 }), 4)
      })
    )

    it.effect("expire, and share no key between prefixes", () =>
      Effect.gen(function* () {
        const redis = yield* Redis.Redis
        const [one, other] = [
          yield* RetryBudgetStoreRedis.make({ prefix: "one" }),
          yield* RetryBudgetStoreRedis.make({ prefix: "other" })
        ]
        yield* one.deposit("key", budget, 0)
        yield* one.balance("key", budget, 0)
        assert.strictEqual(yield* other.balance("key", budget, 0), 0)
        const expiry = Number(yield* redis.send("PTTL", "one:retry-budget:{key}"))
        assert.isTrue(expiry > 0 && expiry <= 60_000)
      })
    )

    it.effect("take one round trip for a decision", () =>
      Effect.gen(function* () {
        const redis = yield* Redis.Redis
        let sent = 0
        const counting = Redis.make({
          send: (command, ...args) => Effect.suspend(() => ((sent += 1), redis.send(command, ...args))),
          subscribe: () => Effect.die("not used"),
          connect: Effect.die("not used")
        })
        const store = yield* Effect.provideServiceEffect(RetryBudgetStoreRedis.make(), Redis.Redis, counting)
        yield* store.withdraw("counted", budget, 0)
        sent = 0
        for (let call = 0; call < 5; call += 1) yield* store.deposit("counted", budget, 0)
        for (let call = 0; call < 5; call += 1) assert.isTrue(yield* store.withdraw("counted", budget, 0))
        assert.strictEqual(sent, 5)
      })
    )

    it.effect("decide by a budget of this process while Redis is gone, and by Redis when it is back", () =>
      Effect.gen(function* () {
        const server = yield* RedisTest.RedisServer
        const redis = yield* Redis.Redis
        const store = yield* RetryBudgetStoreRedis.make()
        yield* store.deposit("key", budget, 0)
        yield* server.kill
        assert.isTrue(yield* impatiently(store.withdraw("key", budget, 0)))
        assert.isFalse(yield* store.withdraw("key", budget, 999), "asks Redis no more than once a second")
        yield* server.start
        yield* redis.send("PING")
        yield* store.deposit("key", budget, 1_000)
        assert.isTrue(yield* store.withdraw("key", budget, 1_000))
        assert.strictEqual(yield* redis.send("EXISTS", "causeway:retry-budget:{key}"), 1)
      })
    )

    it.effect("allow no retry while Redis does not answer, when told to fail", () =>
      Effect.gen(function* () {
        const server = yield* RedisTest.RedisServer
        const store = yield* RetryBudgetStoreRedis.make({ onStoreError: "fail" })
        yield* store.deposit("frozen", budget, 0)
        yield* store.deposit("frozen", budget, 0)
        assert.isTrue(yield* store.withdraw("frozen", budget, 0))
        yield* server.freeze
        assert.isFalse(yield* impatiently(store.withdraw("frozen", budget, 0)))
        assert.isFalse(yield* store.withdraw("frozen", budget, 500))
        yield* server.thaw
        yield* store.deposit("frozen", budget, 2_000)
        assert.isTrue(yield* store.withdraw("frozen", budget, 2_000))
      })
    )

    it.effect("never hold up a success, also when Redis does not answer", () =>
      Effect.gen(function* () {
        const server = yield* RedisTest.RedisServer
        const store = yield* RetryBudgetStoreRedis.make()
        yield* server.freeze
        for (let now = 0; now < 10_000; now += 100) yield* store.deposit("success", budget, now)
        yield* server.thaw
        assert.isTrue(yield* store.withdraw("success", budget, 20_000))
      })
    )

    it.effect("do not take an interrupted call for a failure of Redis", () =>
      Effect.gen(function* () {
        const server = yield* RedisTest.RedisServer
        const store = yield* RetryBudgetStoreRedis.make({ onStoreError: "fail" })
        yield* server.freeze
        const fiber = yield* Effect.forkChild(store.withdraw("other", budget, 0), { startImmediately: true })
        yield* Fiber.interrupt(fiber)
        yield* server.thaw
        yield* store.deposit("other", budget, 1)
        assert.isTrue(yield* store.withdraw("other", budget, 1))
      })
    )
  })
})
