import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { type CallError, Engine, InvalidOption, Policy, RateLimit } from "@causeway/core/policy"

const messageOf = (make: () => unknown): string => {
  try {
    make()
  } catch (error) {
    if (error instanceof InvalidOption.InvalidOption) return error.message
    throw error
  }
  return "nothing was thrown"
}

describe("the options of a rate limit", () => {
  it("one limit slides, and waits half a minute with a thousand others, unless it says otherwise", () => {
    const { limits, maxWaitMillis, maxWaiting } = RateLimit.make({ limit: 10, window: "1 second" })
    assert.deepStrictEqual(limits, [{ algorithm: "sliding", limit: 10, windowMillis: 1_000, burst: 10 }])
    assert.deepStrictEqual([maxWaitMillis, maxWaiting], [30_000, 1_000])
  })

  it("several limits have an algorithm each, and a fraction of a millisecond counts as one", () => {
    const { limits } = RateLimit.make({
      limits: [
        { limit: 10, window: "1 second", algorithm: "gcra" },
        { limit: 7, window: Duration.micros(1_500n), algorithm: "fixed" }
      ]
    })
    assert.deepStrictEqual(limits, [
      { algorithm: "gcra", limit: 10, windowMillis: 1_000, burst: 1 },
      { algorithm: "fixed", limit: 7, windowMillis: 2, burst: 7 }
    ])
  })

  const window = "1 second"
  const none: ReadonlyArray<RateLimit.LimitOptions> = []
  for (const [name, make, message] of [
    [
      "no limit in a list",
      () =>
        RateLimit.make({
          limits: [
            { limit: 1, window },
            { limit: 0, window }
          ]
        }),
      "rateLimit.limits[1].limit is 0, but must be a whole number of at least 1"
    ],
    [
      "a list of no limits",
      // @ts-expect-error a list has one limit at least
      () => RateLimit.make({ limits: none }),
      "rateLimit.limits is 0 limits, but must be 1 to 8 limits"
    ],
    [
      "half a token at once",
      () => RateLimit.make({ limit: 1, window, algorithm: "gcra", burst: 0.5 }),
      "rateLimit.burst is 0.5, but must be a whole number of at least 1"
    ],
    [
      "a burst that can't be counted",
      () => RateLimit.make({ limit: 1, window: "1 day", algorithm: "gcra", burst: 1e9 }),
      "rateLimit.burst is 1000000000, but must be at most 26062497 for this window"
    ],
    [
      "a burst of a window that slides",
      () => RateLimit.make({ limit: 1, window, burst: 2 }),
      "rateLimit.burst is 2, but must be left out, because sliding has no burst"
    ],
    [
      "an algorithm that is none",
      // @ts-expect-error there is no such algorithm
      () => RateLimit.make({ limit: 1, window, algorithm: "leaky" }),
      'rateLimit.algorithm is "leaky", but must be "sliding", "gcra" or "fixed"'
    ]
  ] as const) {
    it(`${name} is refused where it is made`, () => assert.strictEqual(messageOf(make), message))
  }
})

describe("a rate limit in the engine", () => {
  const call = { integration: "app/Models", endpoint: "ask", method: "POST", url: "/ask" }

  const engineWith = (rateLimit: RateLimit.Options) => Engine.make({ call, policy: Policy.compile({ rateLimit }) })

  const run = (
    engine: Engine.Engine,
    options: Policy.CallOptions = {},
    headers: Readonly<Record<string, string>> = {}
  ): Effect.Effect<string, CallError.CallError> =>
    Engine.run(engine, {
      idempotent: true,
      replayable: true,
      request: undefined,
      options,
      attempt: ({ received }) =>
        Effect.sync(() => {
          received(headers)
          return "answered"
        })
    })

  it.effect("holds the next call back when a response has said that nothing is left", () =>
    Effect.gen(function* () {
      const engine = engineWith({ limit: 100, window: "1 second", learn: "ietf" })
      yield* run(engine)
      yield* run(engine, {}, { ratelimit: '"default";r=0;t=60' })
      const error = yield* Effect.flip(run(engine))
      assert.deepInclude(error, { _tag: "RateLimited", source: "local", retryAfter: Duration.minutes(1) })
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* run(engine), "answered")
    })
  )

  it.effect("does not listen to headers unless it is told to", () =>
    Effect.gen(function* () {
      const engine = engineWith({ limit: 100, window: "1 second" })
      yield* run(engine, {}, { ratelimit: '"default";r=0;t=60' })
      assert.strictEqual(yield* run(engine), "answered")
    })
  )

  it.effect("lets the call with the higher priority go first", () =>
    Effect.gen(function* () {
      const engine = engineWith({ limit: 1, window: "1 second" })
      const order: Array<number> = []
      yield* run(engine)
      for (const priority of [0, 2, 1]) {
        const one = Effect.tap(run(engine, { priority }), () => Effect.sync(() => order.push(priority)))
        yield* Effect.forkChild(one, { startImmediately: true })
      }
      yield* TestClock.adjust("3 seconds")
      assert.deepStrictEqual(order, [2, 1, 0])
    })
  )

  it.effect("names the limit of several that says no", () =>
    Effect.gen(function* () {
      const limits = [
        { limit: 5, window: "1 second" },
        { limit: 2, window: "1 hour" }
      ] as const
      const engine = engineWith({ limits, maxWait: "1 minute" })
      yield* run(engine, { tokens: 2 })
      assert.deepInclude(yield* Effect.flip(run(engine)), { limit: 2, retryAfter: Duration.hours(1) })
    })
  )

  it.effect("ten thousand calls at once go one after the other, and none is lost", () =>
    Effect.gen(function* () {
      const engine = engineWith({ limit: 100, window: "1 second", maxWait: "100 seconds", maxWaiting: 10_000 })
      const calls = yield* Effect.forEach(Array.from({ length: 10_000 }), () =>
        Effect.forkChild(run(engine), { startImmediately: true })
      )
      yield* TestClock.adjust("99 seconds")
      assert.lengthOf(yield* Effect.forEach(calls, (call) => Fiber.join(call)), 10_000)
    })
  )
})
