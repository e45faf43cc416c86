import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Stream } from "effect"
import { Breaker, BreakerStore } from "@causeway/core/policy"
import { breakerSuite } from "./breakerSuite.ts"

breakerSuite("in memory", BreakerStore.layerMemory(), { runs: 60, steps: 400 })

const end: BreakerStore.AttemptEnd = { elapsedMillis: 5, retryAfterMillis: undefined }

describe("the store in memory", () => {
  it("answers at once, with nothing made anew while a circuit is closed", () => {
    const store = BreakerStore.makeMemory()
    const breaker = Breaker.failureRate()
    const first = store.admit("key", breaker, 0)
    assert.isTrue(Exit.isExit(first))
    assert.strictEqual(store.admit("key", breaker, 5_000), first)
    assert.strictEqual(
      store.record("key", breaker, 0, "success", 0, end),
      store.record("key", breaker, 0, "success", 0, end)
    )
  })

  it.effect("holds at most so many circuits, and forgets the one that was used last of all", () =>
    Effect.gen(function* () {
      const store = BreakerStore.makeMemory({ maxKeys: 3 })
      const breaker = Breaker.consecutive()
      for (const [second, key] of ["a", "b", "c", "a", "d"].entries()) {
        yield* store.admit(key, breaker, second * 1_000)
        yield* store.record(key, breaker, 0, "failure", second * 1_000, end)
      }
      assert.deepStrictEqual(
        (yield* store.circuits).map(({ key }) => key),
        ["c", "a", "d"]
      )
    })
  )

  it.effect("still refuses a circuit that was isolated and had to make room for others", () =>
    Effect.gen(function* () {
      const store = BreakerStore.makeMemory({ maxKeys: 2 })
      const breaker = Breaker.consecutive()
      yield* store.isolate("a")
      for (const key of ["b", "c", "d"]) yield* store.admit(key, breaker, 1_000)
      assert.strictEqual((yield* store.admit("a", breaker, 2_000))._tag, "Open")
      yield* store.close("a")
      for (const key of ["b", "c", "d"]) yield* store.admit(key, breaker, 3_000)
      assert.strictEqual((yield* store.admit("a", breaker, 4_000))._tag, "Admitted")
    })
  )

  it.effect("counts anew when a key is used with other strategies", () =>
    Effect.gen(function* () {
      const store = BreakerStore.makeMemory()
      const failing = (breaker: Breaker.Breaker) => store.record("key", breaker, 0, "failure", 0, end)
      yield* store.admit("key", Breaker.consecutive({ failures: 2 }), 0)
      yield* failing(Breaker.consecutive({ failures: 2 }))
      assert.isUndefined(yield* failing(Breaker.consecutive({ failures: 3 })))
      assert.isUndefined(yield* failing(Breaker.consecutive({ failures: 2 })))
      assert.isDefined(yield* failing(Breaker.consecutive({ failures: 2 })))
    })
  )

  for (const [name, make] of [
    ["one strategy", () => Breaker.failureRate({ threshold: 1, minimumCalls: 2, window: 2 })],
    [
      "several",
      () => Breaker.any([Breaker.failureRate({ threshold: 1, minimumCalls: 2, window: 2 }), Breaker.consecutive()])
    ]
  ] as const) {
    it.effect(`goes on counting when a breaker of the same numbers is made anew (${name})`, () =>
      Effect.gen(function* () {
        const store = BreakerStore.makeMemory()
        yield* store.admit("key", make(), 0)
        assert.isUndefined(yield* store.record("key", make(), 0, "failure", 0, end))
        assert.isDefined(yield* store.record("key", make(), 0, "failure", 0, end))
      })
    )
  }

  it.effect("says of a circuit that never changed since when the store is used", () =>
    Effect.gen(function* () {
      const store = BreakerStore.makeMemory()
      const breaker = Breaker.consecutive()
      yield* store.admit("first", breaker, 1_234)
      yield* store.admit("second", breaker, 5_678)
      yield* store.record("second", breaker, 0, "success", 5_678, end)
      assert.deepStrictEqual(
        (yield* store.circuits).map(({ key, phase, since }) => [key, phase, since]),
        [
          ["first", "closed", 1_234],
          ["second", "closed", 1_234]
        ]
      )
    })
  )

  it.effect("keeps the newest changes for one who does not keep up", () =>
    Effect.gen(function* () {
      const store = BreakerStore.makeMemory()
      const pull = yield* Stream.toPull(store.transitions)
      yield* store.isolate("before")
      const first = yield* Effect.forkScoped(pull)
      yield* Effect.yieldNow
      for (let turn = 0; turn < 1_000; turn += 1) yield* store.isolate(`key ${turn}`)
      const heard = [...(yield* Fiber.join(first))]
      while (heard.at(-1)?.key !== "key 999") heard.push(...(yield* pull))
      assert.isAtMost(heard.length, 257)
    })
  )
})
