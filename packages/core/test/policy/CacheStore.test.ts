import { CacheStore } from "@causeway/core/policy"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer } from "effect"
import * as KeyValueStore from "effect/persistence/KeyValueStore"
import { TestClock } from "effect/testing"
import { cacheStoreSuite, entriesOf, entry } from "./cacheStoreSuite.ts"
import { randomFrom } from "./randomFrom.ts"

describe("the cache store in memory", () => {
  cacheStoreSuite((fact, program) => it.effect(fact, () => Effect.provide(program, CacheStore.layerMemory())))

  const sized = (bytes: number) => entry(0, { body: new Uint8Array(bytes), keepUntil: Infinity })

  it.effect("answers at once, so that the engine needs no step of the runtime", () =>
    Effect.sync(() => {
      const store = CacheStore.makeMemory()
      assert.isTrue(Exit.isExit(store.put("a", sized(1), 0)))
      assert.isTrue(Exit.isExit(store.get("a", 0)))
      assert.isTrue(Exit.isExit(store.get("b", 0)))
      assert.isTrue(Exit.isExit(store.remove("a")))
    })
  )

  it.effect("a key is forgotten when it is asked for after its time", () =>
    Effect.gen(function* () {
      const store = CacheStore.makeMemory()
      yield* store.put("key", entry(0), 0)
      assert.strictEqual(entriesOf(yield* store.get("key", 59_999)).length, 1)
      assert.deepStrictEqual(entriesOf(yield* store.get("key", 60_000)), [])
      assert.strictEqual(yield* store.size, 0)
    })
  )

  it.effect("beyond its bytes the least recently used key goes first", () =>
    Effect.gen(function* () {
      const store = CacheStore.makeMemory({ maxBytes: 10_000 })
      for (const key of ["a", "b", "c"]) yield* store.put(key, sized(2_500), 0)
      yield* store.get("a", 0)
      yield* store.put("d", sized(2_500), 0)
      const found = yield* Effect.forEach(["a", "b", "c", "d"], (key) => store.get(key, 0))
      assert.deepStrictEqual(
        found.map((each) => entriesOf(each).length),
        [1, 0, 1, 1]
      )
    })
  )

  it.effect("beyond its entries the least recently used key goes first", () =>
    Effect.gen(function* () {
      const store = CacheStore.makeMemory({ maxEntries: 2 })
      for (const key of ["a", "b", "c"]) yield* store.put(key, sized(1), 0)
      assert.strictEqual(yield* store.size, 2)
      assert.deepStrictEqual(entriesOf(yield* store.get("a", 0)), [])
    })
  )

  it.effect("an entry that is larger than all is not kept, and neither is the one it should have replaced", () =>
    Effect.gen(function* () {
      const store = CacheStore.makeMemory({ maxBytes: 10_000 })
      yield* store.put("other", sized(1), 0)
      yield* store.put("key", sized(1), 0)
      assert.isFalse(yield* store.put("key", sized(10_000), 0))
      assert.strictEqual(yield* store.size, 1)
    })
  )

  it.effect("variants that do not fit together leave the newest", () =>
    Effect.gen(function* () {
      const store = CacheStore.makeMemory({ maxBytes: 10_000 })
      for (const value of ["1", "2", "3", "4"]) {
        const each = { ...sized(4_000), storedAt: Number(value), varying: [["x", value]] as const }
        assert.isTrue(yield* store.put("key", each, 0))
      }
      assert.deepStrictEqual(
        entriesOf(yield* store.get("key", 0)).map((each) => each.storedAt),
        [4, 3]
      )
    })
  )

  for (let seed = 1; seed <= 30; seed += 1) {
    it.effect(`whatever is put, read and removed, it never holds more than it may (seed ${seed})`, () =>
      Effect.gen(function* () {
        const random = randomFrom(seed)
        const maxBytes = 2_000 + random(20_000)
        const maxEntries = 1 + random(20)
        const store = CacheStore.makeMemory({ maxBytes, maxEntries, maxVariants: 1 + random(4) })
        const keys = Array.from({ length: 12 }, (_, index) => `key ${index}`)
        for (let step = 0; step < 400; step += 1) {
          const key = keys[random(12)] ?? ""
          const kept = { ...sized(random(3_000)), storedAt: step, varying: [["x", `${random(5)}`]] as const }
          if (random(10) === 0) yield* store.remove(key)
          else if (random(3) === 0) yield* store.get(key, 0)
          else yield* store.put(key, kept, 0)
        }
        const held = (yield* Effect.forEach(keys, (key) => store.get(key, 0))).flatMap(entriesOf)
        assert.isAtMost(held.length, maxEntries)
        assert.isAtMost(
          held.reduce((sum, each) => sum + each.body.byteLength, 0),
          maxBytes
        )
      })
    )
  }

  it("bounds that make no sense are refused by name", () => {
    for (const option of ["maxBytes", "maxEntries", "maxVariants"]) {
      assert.throws(() => CacheStore.makeMemory({ [option]: 0 }), `cacheStore.${option}`)
    }
  })
})

describe("the cache store over a key-value store", () => {
  const overMemory = (options?: CacheStore.KeyValueOptions) =>
    Layer.provideMerge(CacheStore.layerKeyValueStore(options), KeyValueStore.layerMemory)

  cacheStoreSuite((fact, program) => it.effect(fact, () => Effect.provide(program, overMemory())))

  it.effect("holds no more than its keys; the least recently used one goes, also one from before", () =>
    Effect.gen(function* () {
      const raw = yield* KeyValueStore.KeyValueStore
      const layer = CacheStore.layerKeyValueStore({ prefix: "cache:", maxKeys: 3 })
      const use = <A>(program: (store: CacheStore.CacheStore["Service"]) => Effect.Effect<A>) =>
        Effect.provide(Effect.flatMap(CacheStore.CacheStore, program), Layer.fresh(layer))
      yield* raw.set("else:a", "untouched")
      yield* use((store) => Effect.forEach(["a", "b"], (key) => store.put(key, entry(0), 0)))
      yield* use((store) =>
        Effect.gen(function* () {
          yield* store.get("a", 0)
          yield* store.put("c", entry(0), 0)
          yield* store.put("d", entry(0), 0)
          assert.deepStrictEqual(entriesOf(yield* store.get("b", 0)), [])
          assert.strictEqual(entriesOf(yield* store.get("a", 0)).length, 1)
        })
      )
      assert.strictEqual((yield* raw.keys).filter((key) => key.startsWith("cache:")).length, 3)
      assert.strictEqual(yield* raw.get("else:a"), "untouched")
    }).pipe(Effect.provide(KeyValueStore.layerMemory))
  )

  it.effect("a key is removed when it is asked for after its time", () =>
    Effect.gen(function* () {
      const raw = yield* KeyValueStore.KeyValueStore
      const store = yield* CacheStore.CacheStore
      yield* store.put("key", entry(0), 0)
      assert.deepStrictEqual(entriesOf(yield* store.get("key", 60_000)), [])
      assert.deepStrictEqual(yield* raw.keys, [])
    }).pipe(Effect.provide(overMemory()))
  )

  it.effect("names of keys and values hold neither URL nor credentials", () =>
    Effect.gen(function* () {
      const raw = yield* KeyValueStore.KeyValueStore
      const store = yield* CacheStore.CacheStore
      yield* store.put("https://api.example/?api_key=secret", entry(0), 0)
      const keys = yield* raw.keys
      assert.strictEqual(keys.length, 1)
      assert.match(keys[0] ?? "", /^causeway:cache:[0-9a-f]{64}$/)
    }).pipe(Effect.provide(overMemory()))
  )

  it.effect("a value that is none of ours counts as nothing and is replaced", () =>
    Effect.gen(function* () {
      const raw = yield* KeyValueStore.KeyValueStore
      const store = yield* CacheStore.CacheStore
      yield* store.put("key", entry(0), 0)
      const [name = ""] = yield* raw.keys
      for (const value of ["junk", "{}", "[1]", '[{"method":"GET"}]']) {
        yield* raw.set(name, value)
        assert.deepStrictEqual(entriesOf(yield* store.get("key", 0)), [])
      }
      yield* store.put("key", entry(0), 0)
      assert.strictEqual(entriesOf(yield* store.get("key", 0)).length, 1)
    }).pipe(Effect.provide(overMemory()))
  )

  const failing = (get: KeyValueStore.KeyValueStore["get"]) =>
    Layer.sync(KeyValueStore.KeyValueStore, () =>
      KeyValueStore.makeStringOnly({
        get,
        set: () => Effect.die("disk full"),
        remove: () => Effect.fail(new KeyValueStore.KeyValueStoreError({ message: "no", method: "remove" })),
        clear: Effect.void,
        keys: Effect.succeed([]),
        size: Effect.succeed(0)
      })
    )
  const broken = failing(() => Effect.fail(new KeyValueStore.KeyValueStoreError({ message: "no", method: "get" })))
  const hanging = failing(() => Effect.never)

  it.effect("one that fails counts as empty, or as unavailable when asked to", () =>
    Effect.gen(function* () {
      const ask = Effect.flatMap(CacheStore.CacheStore, (store) => store.get("key", 0))
      const lenient = Layer.provide(CacheStore.layerKeyValueStore(), broken)
      const strict = Layer.provide(CacheStore.layerKeyValueStore({ onStoreError: "fail" }), broken)
      assert.deepStrictEqual(yield* Effect.provide(ask, lenient), { _tag: "Found", entries: [] })
      assert.deepStrictEqual(yield* Effect.provide(ask, strict), { _tag: "Unavailable" })
    })
  )

  it.effect("writes that fail or die say that they were not done", () =>
    Effect.gen(function* () {
      const store = yield* CacheStore.CacheStore
      assert.isFalse(yield* store.put("key", entry(0), 0))
      yield* TestClock.adjust("2 seconds")
      assert.isFalse(yield* store.remove("key"))
    }).pipe(
      Effect.provide(
        Layer.provide(
          CacheStore.layerKeyValueStore(),
          failing(() => Effect.succeed(undefined))
        )
      )
    )
  )

  it.effect("one that never answers is waited for a second, and then left alone for one", () =>
    Effect.gen(function* () {
      const store = yield* CacheStore.CacheStore
      const first = yield* Effect.forkChild(store.get("key", 0))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* Fiber.join(first), { _tag: "Unavailable" })
      assert.deepStrictEqual(yield* store.get("key", 0), { _tag: "Unavailable" })
      yield* TestClock.adjust("1 second")
      const third = yield* Effect.forkChild(store.get("key", 0))
      yield* TestClock.adjust("500 millis")
      assert.isUndefined(third.pollUnsafe())
    }).pipe(Effect.provide(Layer.provide(CacheStore.layerKeyValueStore({ onStoreError: "fail" }), hanging)))
  )
})
