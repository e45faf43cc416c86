import { CacheStore, CacheStoreRedis } from "@causeway/core/policy"
import * as NodeRedis from "@effect/platform-node/NodeRedis"
import { assert, layer as layered } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as Redis from "effect/persistence/Redis"
import { TestClock } from "effect/testing"
import { once } from "node:events"
import * as RedisTest from "../redis/server.ts"
import { cacheStoreSuite, entriesOf, entry } from "./cacheStoreSuite.ts"

RedisTest.describeRedis("the cache store in Redis", () => {
  layered(Layer.provideMerge(CacheStoreRedis.layer(), RedisTest.layer))((it) => {
    cacheStoreSuite((fact, program) => it.effect(fact, () => program))

    it.effect("every key has a name without a URL in it, a hash tag, and an expiry", () =>
      Effect.gen(function* () {
        const redis = yield* Redis.Redis
        const store = yield* CacheStore.CacheStore
        yield* store.put("https://api.example/?api_key=secret", entry(0), 0)
        const names = yield* redis.send<ReadonlyArray<string>>("KEYS", "*")
        assert.isAbove(names.length, 0)
        for (const name of names) {
          assert.match(name, /^causeway:cache:\{[0-9a-f]{64}\}$/)
          assert.isAbove(yield* redis.send<number>("PTTL", name), 0)
        }
      })
    )

    it.effect("a key lives as long as its longest-lived variant", () =>
      Effect.gen(function* () {
        const redis = yield* Redis.Redis
        const store = CacheStoreRedis.make(redis, { prefix: "long:" })
        yield* store.put("key", entry(0, { varying: [["x", "1"]], keepUntil: 3_600_000 }), 0)
        yield* store.put("key", entry(0, { varying: [["x", "2"]] }), 0)
        const [name = ""] = yield* redis.send<ReadonlyArray<string>>("KEYS", "long:*")
        assert.isAbove(yield* redis.send<number>("PTTL", name), 60_000)
      })
    )

    it.effect("ages are reckoned by the server, so that a reader whose clock is wrong finds no younger answer", () =>
      Effect.gen(function* () {
        const redis = yield* Redis.Redis
        const store = CacheStoreRedis.make(redis, { prefix: "skew:" })
        yield* store.put("key", entry(1_000_000_000), 1_000_000_000)
        const [found] = entriesOf(yield* store.get("key", 5_000))
        assert.isAtMost(found?.storedAt ?? Infinity, 5_000)
        assert.isAbove(found?.storedAt ?? -Infinity, 5_000 - 60_000)
        assert.strictEqual((found?.keepUntil ?? 0) - (found?.storedAt ?? 0), 60_000)
      })
    )

    it.effect("two stores share what either was told", () =>
      Effect.gen(function* () {
        const redis = yield* Redis.Redis
        const [one, other] = [CacheStoreRedis.make(redis), CacheStoreRedis.make(redis)]
        yield* one.put("shared", entry(0), 0)
        assert.strictEqual(entriesOf(yield* other.get("shared", 0)).length, 1)
        yield* other.remove("shared")
        assert.strictEqual(entriesOf(yield* one.get("shared", 0)).length, 0)
      })
    )

    it.effect("a decision is one round trip", () =>
      Effect.gen(function* () {
        const redis = yield* Redis.Redis
        const commands: Array<string> = []
        const counting = yield* Redis.make({
          send: (command, ...args) => {
            commands.push(command)
            return redis.send(command, ...args)
          },
          connect: Effect.never,
          subscribe: () => Effect.never
        })
        const store = CacheStoreRedis.make(counting)
        const use = Effect.andThen(store.put("trips", entry(0), 0), store.get("trips", 0))
        yield* use
        commands.length = 0
        yield* use
        yield* store.remove("trips")
        assert.deepStrictEqual(commands, ["EVALSHA", "EVALSHA", "UNLINK"])
      })
    )

    it.effect("what somebody else wrote under a name counts as nothing", () =>
      Effect.gen(function* () {
        const redis = yield* Redis.Redis
        const store = CacheStoreRedis.make(redis, { prefix: "junk:", onStoreError: "fail" })
        yield* store.put("key", entry(0), 0)
        const [name = ""] = yield* redis.send<ReadonlyArray<string>>("KEYS", "junk:*")
        for (const value of ["junk", ":", "12:", "12:{}", "x:y"]) {
          yield* redis.send("DEL", name)
          yield* redis.send("HSET", name, "field", value)
          assert.deepStrictEqual(entriesOf(yield* store.get("key", 0)), [])
        }
        yield* redis.send("SET", name, "no hash")
        assert.deepStrictEqual(yield* store.get("key", 0), { _tag: "Unavailable" })
      })
    )
  })

  layered(RedisTest.layer)((it) => {
    it.effect("a server that is killed counts as empty or as unavailable, and is used again when it is back", () =>
      Effect.gen(function* () {
        const server = yield* RedisTest.RedisServer
        const redis = yield* Redis.Redis
        const lenient = CacheStoreRedis.make(redis)
        const strict = CacheStoreRedis.make(redis, { onStoreError: "fail" })
        assert.isTrue(yield* lenient.put("key", entry(0), 0))
        yield* server.kill
        const lost = yield* Effect.all([lenient.get("key", 0), strict.get("key", 0), lenient.put("key", entry(0), 0)], {
          concurrency: "unbounded"
        }).pipe(hurried)
        assert.deepStrictEqual(lost, [{ _tag: "Found", entries: [] }, { _tag: "Unavailable" }, false])
        const { client } = yield* NodeRedis.NodeRedis
        const back = once(client, "ready")
        yield* server.start
        yield* Effect.promise(() => back)
        yield* TestClock.adjust("1 second")
        assert.isTrue(yield* strict.put("key", entry(0), 0))
        const found = yield* strict.get("key", 0)
        assert.strictEqual(entriesOf(found).length, 1)
      })
    )

    it.effect("a server that hangs is waited for no longer than the timeout", () =>
      Effect.gen(function* () {
        const server = yield* RedisTest.RedisServer
        const store = CacheStoreRedis.make(yield* Redis.Redis, { timeout: "50 millis", onStoreError: "fail" })
        yield* server.freeze
        const found = yield* Effect.ensuring(hurried(store.get("key", 0)), server.thaw)
        assert.deepStrictEqual(found, { _tag: "Unavailable" })
      })
    )
  })
})

/** Runs a program to its end while the test's clock moves on, a tick of the event loop at a time. */
const hurried = <A, E, R>(program: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.raceFirst(
    program,
    Effect.forever(
      Effect.andThen(
        TestClock.adjust("100 millis"),
        Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))
      )
    )
  )
