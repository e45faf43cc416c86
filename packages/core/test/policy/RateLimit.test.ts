import { assert, describe, it } from "@effect/vitest"
import { Cause, Duration, Effect, Exit, Fiber, Schema } from "effect"
import { TestClock } from "effect/testing"
import { Endpoint, Integration } from "@causeway/core/client"
import { type CallError, Engine, InvalidOption, Policy, RateLimit } from "@causeway/core/policy"
import { Mock } from "@causeway/core/testing"

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
    headers: Readonly<Record<string, string>> = {},
    status = 200
  ): Effect.Effect<string, CallError.CallError> =>
    Engine.run(engine, {
      idempotent: true,
      replayable: true,
      request: undefined,
      options,
      attempt: ({ received }) =>
        Effect.sync(() => {
          received({ status, headers })
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

  for (const [learn, status] of [
    ["ietf", 429],
    ["ietf", 503],
    ["github", 403]
  ] as const) {
    it.effect(`holds back as long as a ${status} of the dialect ${learn} asks for, in parts of a second too`, () =>
      Effect.gen(function* () {
        const engine = engineWith({ limit: 100, window: "1 second", learn, maxWait: 0 })
        yield* run(engine, {}, { "retry-after": "1.5" }, status)
        assert.deepInclude(yield* Effect.flip(run(engine)), { retryAfter: Duration.millis(1_500) })
        yield* TestClock.adjust("1500 millis")
        assert.strictEqual(yield* run(engine), "answered")
      })
    )
  }

  for (const [status, category] of [
    [429, "throttled"],
    [503, "transient"]
  ] as const) {
    it.effect(`slows all calls of its key when one is told by a ${status} to wait, without learning from headers`, () =>
      Effect.gen(function* () {
        const engine = engineWith({ limit: 100, window: "1 second", maxWait: 0 })
        const told = { error: "told", category, retryAfter: Duration.seconds(5), sent: true, declared: false } as const
        const one = { idempotent: true, replayable: true, request: undefined, options: {} } as const
        yield* Effect.flip(Engine.run(engine, { ...one, attempt: () => Effect.fail(told) }))
        assert.deepInclude(yield* Effect.flip(run(engine)), { source: "local", retryAfter: Duration.seconds(5) })
        yield* TestClock.adjust("5 seconds")
        assert.strictEqual(yield* run(engine), "answered")
      })
    )
  }

  it.effect("takes the Retry-After of a success for no wait", () =>
    Effect.gen(function* () {
      const engine = engineWith({ limit: 100, window: "1 second", learn: "github", maxWait: 0 })
      yield* run(engine, {}, { "retry-after": "1.5" }, 200)
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

  describe("whose answers say what they have cost", () => {
    const costOf = ({ headers }: RateLimit.Answered) => Number(headers["x-cost"])
    const perMinute = { limit: 10, window: "1 minute", maxWait: 0, costOf } as const

    const left = (engine: Engine.Engine) =>
      Effect.gen(function* () {
        let taken = 0
        while ((yield* Effect.result(run(engine)))._tag === "Success") taken += 1
        return taken
      })

    for (const algorithm of ["sliding", "gcra", "fixed"] as const) {
      const engineOf = () => engineWith({ ...perMinute, algorithm, ...(algorithm === "gcra" ? { burst: 10 } : {}) })

      it.effect(`gets back what was too much (${algorithm})`, () =>
        Effect.gen(function* () {
          const engine = engineOf()
          yield* run(engine, { tokens: 10 }, { "x-cost": "3" })
          assert.strictEqual(yield* left(engine), 7)
        })
      )

      it.effect(`pays for what was too little, at the cost of those that follow (${algorithm})`, () =>
        Effect.gen(function* () {
          const engine = engineOf()
          yield* run(engine, {}, { "x-cost": "12" })
          assert.strictEqual(yield* left(engine), 0)
          yield* TestClock.adjust("2 minutes")
          assert.strictEqual(yield* left(engine), 10)
        })
      )
    }

    it.effect("pays the whole token for a part of one, and nothing for an answer that was free", () =>
      Effect.gen(function* () {
        const engine = engineWith(perMinute)
        yield* run(engine, {}, { "x-cost": "2.1" })
        yield* run(engine, { tokens: 5 }, { "x-cost": "0" })
        assert.strictEqual(yield* left(engine), 7)
      })
    )

    for (const nonsense of ["-1", "abc", "Infinity", "1e300"]) {
      it.effect(`keeps the tokens that it took when the cost is ${nonsense}`, () =>
        Effect.gen(function* () {
          const engine = engineWith(perMinute)
          yield* run(engine, { tokens: 4 }, { "x-cost": nonsense })
          assert.strictEqual(yield* left(engine), 6)
        })
      )
    }

    it.effect("keeps the tokens of an attempt that got no answer, and asks nobody for its cost", () =>
      Effect.gen(function* () {
        const asked: Array<RateLimit.Answered> = []
        const engine = engineWith({ ...perMinute, costOf: (answered) => void asked.push(answered) })
        const broken = {
          error: "reset",
          category: "transient",
          retryAfter: undefined,
          sent: true,
          declared: false
        } as const
        const call = { idempotent: true, replayable: true, request: undefined, options: { tokens: 4 } } as const
        yield* Effect.flip(Engine.run(engine, { ...call, attempt: () => Effect.fail(broken) }))
        assert.lengthOf(asked, 0)
        assert.strictEqual(yield* left(engine), 6)
      })
    )

    it.effect("lets one go that waits for what is given back", () =>
      Effect.gen(function* () {
        const engine = engineWith({ ...perMinute, maxWait: "1 minute" })
        const slow = Engine.run(engine, {
          idempotent: true,
          replayable: true,
          request: undefined,
          options: { tokens: 10 },
          attempt: ({ received }) =>
            Effect.delay(
              Effect.sync(() => received({ status: 200, headers: { "x-cost": "1" } })),
              "1 second"
            )
        })
        yield* Effect.forkChild(slow, { startImmediately: true })
        const waiting = yield* Effect.forkChild(run(engine), { startImmediately: true })
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* Fiber.join(waiting), "answered")
      })
    )

    for (const [mode, input] of [
      ["the value alone", {}],
      ["the value and the response", { responseMode: "decoded-and-response" }]
    ] as const) {
      it.effect(`may look into the body that was decoded, when the caller wants ${mode}`, () => {
        const Completion = Schema.Struct({ usage: Schema.Struct({ total_tokens: Schema.Int }) })
        class Models extends Integration.Service<Models>()("app/Models", {
          baseUrl: "https://models.example",
          endpoints: [Endpoint.get("complete", "/complete", { success: Completion })],
          policy: {
            ...Policy.none,
            rateLimit: {
              ...perMinute,
              costOf: ({ value }) => (Schema.is(Completion)(value) ? value.usage.total_tokens : undefined)
            }
          }
        }) {}
        return Effect.gen(function* () {
          const models = yield* Models
          yield* models.complete(input, { tokens: 10 })
          yield* models.complete(input, { tokens: 6 })
          const error = yield* Effect.flip(models.complete(input, { tokens: 3 }))
          assert.deepInclude(error, { _tag: "RateLimited", source: "local" })
        }).pipe(Effect.provide(Models.layerMock({ complete: Mock.ok({ usage: { total_tokens: 4 } }) })))
      })
    }

    it.effect("lets go of everything when the function that tells the cost throws, and dies with what it threw", () =>
      Effect.gen(function* () {
        const costOf = () => {
          throw new Error("no such field")
        }
        const engine = Engine.make({
          call,
          policy: Policy.compile({ rateLimit: { ...perMinute, costOf }, bulkhead: { maxInFlight: 1 } })
        })
        for (let time = 0; time < 2; time += 1) {
          const exit = yield* Effect.exit(run(engine))
          assert.include(String(Exit.isFailure(exit) ? Cause.pretty(exit.cause) : exit), "no such field")
        }
      })
    )
  })
})
