import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer, Schedule, Schema } from "effect"
import { TestClock } from "effect/testing"
import { Endpoint, Integration } from "@causeway/core/client"
import { Breaker, BreakerStore, InvalidOption, Policy } from "@causeway/core/policy"
import { Mock } from "@causeway/core/testing"

const thrownBy = (make: () => unknown): string => {
  try {
    make()
  } catch (error) {
    if (error instanceof InvalidOption.InvalidOption) return error.message
    throw error
  }
  throw new Error("nothing was thrown")
}

describe("an option of a breaker that makes no sense fails where it is made", () => {
  const cases: ReadonlyArray<readonly [name: string, make: () => unknown, message: string]> = [
    [
      "half a failure",
      () => Breaker.consecutive({ failures: 0.5 }),
      "circuitBreaker.failures is 0.5, but must be a whole number of at least 1"
    ],
    [
      "a threshold above all",
      () => Breaker.failureRate({ threshold: 1.1 }),
      "circuitBreaker.threshold is 1.1, but must be a ratio above 0 and at most 1"
    ],
    [
      "a window that never holds enough",
      () => Breaker.failureRate({ minimumCalls: 21, window: 20 }),
      "circuitBreaker.minimumCalls is 21, but must be at most the window, 20"
    ],
    [
      "an empty window of time",
      () => Breaker.failureRate({ window: "0 seconds" }),
      'circuitBreaker.window is "0 seconds", but must be a duration above zero'
    ],
    [
      "slower than nothing",
      () => Breaker.slowCallRate({ slowerThan: 0 }),
      "circuitBreaker.slowerThan is 0, but must be a duration above zero"
    ],
    [
      "a custom rule without a name",
      () => Breaker.custom({ name: "", make: () => () => undefined }),
      'circuitBreaker.name is "", but must be a text that is not empty'
    ],
    [
      "no probes",
      () => Breaker.consecutive({ probes: 0 }),
      "circuitBreaker.probes is 0, but must be a whole number of at least 1"
    ],
    [
      "a ratio of no probe",
      () => Breaker.consecutive({ probeSuccessRatio: 0 }),
      "circuitBreaker.probeSuccessRatio is 0, but must be a ratio above 0 and at most 1"
    ],
    [
      "a schedule without a delay",
      () => Breaker.consecutive({ openDuration: Schedule.recurs(3) }),
      "circuitBreaker.openDuration is 0, but must be a duration above zero"
    ],
    [
      "a schedule that ends at once",
      () => Breaker.consecutive({ openDuration: Schedule.recurs(0) }),
      "circuitBreaker.openDuration is a schedule that ends at once, but must be a duration, or a schedule with at least " +
        "one delay that needs no waiting to be known"
    ],
    ["any of none", () => Breaker.any([]), "circuitBreaker.any is empty, but must be at least one breaker"],
    [
      "a recovery within any",
      () => Breaker.any([Breaker.consecutive(), Breaker.failureRate({ probes: 2 })]),
      "circuitBreaker.any[1] is a breaker with such options of its own, but must be without openDuration, " +
        "maxRetryAfter, probes, probeSuccessRatio and key: they are options of any"
    ]
  ]
  for (const [name, make, message] of cases) {
    it(name, () => assert.strictEqual(thrownBy(make), message))
  }
})

describe("the time that a circuit is open", () => {
  const openMillis = (openDuration: NonNullable<Breaker.CommonOptions["openDuration"]>) =>
    Breaker.consecutive({ openDuration }).recovery.openMillis

  it("is the schedule's, for 16 openings in a row", () => {
    const delays = openMillis(Schedule.exponential("1 second"))
    assert.strictEqual(delays.length, 16)
    assert.deepStrictEqual(delays.slice(0, 4), [1_000, 2_000, 4_000, 8_000])
  })

  it("stays what it was last when the schedule ends", () =>
    assert.deepStrictEqual(openMillis(Schedule.upTo(Schedule.spaced("1 second"), { times: 2 })), [1_000, 1_000]))

  it("counts as time that has passed for the schedule", () =>
    assert.deepStrictEqual(
      openMillis(Schedule.upTo(Schedule.exponential("1 second"), { duration: "6 seconds" })),
      [1_000, 2_000, 4_000]
    ))

  it("is a whole number of milliseconds", () => assert.deepStrictEqual(openMillis(Duration.micros(1_500n)), [2]))
})

it("so many probes must pass that their share reaches the ratio", () => {
  for (const [probes, ratio, most] of [
    [1, 0.1, 1],
    [3, 0.5, 2],
    [10, 0.7, 7],
    [100, 0.07, 7],
    [5, 1, 5]
  ] as const) {
    const { recovery } = Breaker.consecutive({ probes, probeSuccessRatio: ratio })
    assert.strictEqual(recovery.probesToClose, most)
  }
})

const integrationWith = (circuitBreaker: Breaker.Breaker) => {
  class Provider extends Integration.Service<Provider>()("test/Provider", {
    baseUrl: "https://provider.example",
    endpoints: [
      Endpoint.get("read", "/read", { success: Schema.String }),
      Endpoint.get("other", "/other", { success: Schema.String })
    ],
    policy: { ...Policy.none, circuitBreaker }
  }) {}
  return Provider
}

const ok = Mock.ok("fine")
const shared = BreakerStore.layerMemory()

describe("an integration with a circuit breaker", () => {
  it.effect("is refused after too many slow answers", () => {
    const Provider = integrationWith(
      Breaker.slowCallRate({ slowerThan: "2 seconds", threshold: 1, minimumCalls: 2, window: "1 minute" })
    )
    return Effect.gen(function* () {
      const provider = yield* Provider
      const calls = yield* Effect.forkChild(Effect.all([provider.read(), provider.read()], { concurrency: 2 }))
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* Fiber.join(calls), ["fine", "fine"])
      assert.strictEqual((yield* Effect.flip(provider.read()))._tag, "CircuitOpen")
    }).pipe(Effect.provide(Provider.layerMock({ read: Mock.delay("2 seconds", ok) })))
  })

  it.effect("stays away for as long as the provider asked", () => {
    const Provider = integrationWith(Breaker.consecutive({ failures: 1, openDuration: "1 second" }))
    const down = Mock.status(503, { headers: { "retry-after": "90" } })
    return Effect.gen(function* () {
      const provider = yield* Provider
      yield* Effect.exit(provider.read())
      yield* TestClock.adjust("30 seconds")
      const error = yield* Effect.flip(provider.read())
      assert.deepInclude(error, { _tag: "CircuitOpen", retryAfter: Duration.seconds(60) })
      yield* TestClock.adjust("60 seconds")
      assert.strictEqual(yield* provider.read(), "fine")
    }).pipe(Effect.provide(Provider.layerMock({ read: Mock.sequence(down, ok) })))
  })

  it.effect("is taken out of service and put back by hand, for all its endpoints", () => {
    const Provider = integrationWith(Breaker.consecutive())
    return Effect.gen(function* () {
      const provider = yield* Provider
      const store = yield* BreakerStore.BreakerStore
      yield* provider.read()
      const key = (yield* store.circuits)[0]?.key ?? ""
      yield* store.isolate(key)
      const error = yield* Effect.flip(provider.other())
      assert.deepInclude(error, { _tag: "CircuitOpen", key, retryAfter: undefined })
      yield* store.close(key)
      assert.strictEqual(yield* provider.other(), "fine")
    }).pipe(Effect.provide(Provider.layerMock({ read: ok, other: ok }).pipe(Layer.provideMerge(shared))))
  })

  it.effect("has a circuit for each key", () => {
    const Provider = integrationWith(Breaker.consecutive({ failures: 1, key: ({ endpoint }) => endpoint }))
    return Effect.gen(function* () {
      const provider = yield* Provider
      yield* Effect.exit(provider.read())
      assert.strictEqual((yield* Effect.flip(provider.read()))._tag, "CircuitOpen")
      assert.strictEqual(yield* provider.other(), "fine")
    }).pipe(Effect.provide(Provider.layerMock({ read: Mock.status(503), other: ok })))
  })
})
