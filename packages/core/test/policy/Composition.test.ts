import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer, Ref, Schedule, Schema } from "effect"
import { TestClock } from "effect/testing"
import { Endpoint, Integration } from "@causeway/core/client"
import {
  Breaker,
  Bulkhead,
  Cache,
  type CallObserver as CallObserverModule,
  CallObserver,
  Coalesce,
  Concurrency,
  Deadline,
  Hedge,
  Policy,
  Retry,
  RetryBudget,
  Throttle
} from "@causeway/core/policy"
import { Mock } from "@causeway/core/testing"

class Gone extends Schema.TaggedError<Gone>()("Gone", { again: Schema.Boolean }) {}

const Answer = Schema.Struct({ ok: Schema.Boolean })
const ok = Mock.ok({ ok: true })
const quickly = Schedule.spaced("10 millis")

const integrationWith = (policy: Policy.Policy) => {
  class Provider extends Integration.Service<Provider>()("test/Provider", {
    baseUrl: "https://provider.example",
    endpoints: [
      Endpoint.get("read", "/read", { success: Answer, errors: { 410: Gone } }),
      Endpoint.get("other", "/other", { success: Answer }),
      Endpoint.post("write", "/write", { payload: { name: Schema.String }, success: Answer })
    ],
    policy: Policy.merge(Policy.none, policy)
  }) {}
  return Provider
}

const moved = <A, E>(fiber: Fiber.Fiber<A, E>, step: Duration.Input) =>
  Effect.gen(function* () {
    for (let turn = 0; turn < 200 && fiber.pollUnsafe() === undefined; turn += 1) yield* TestClock.adjust(step)
    return yield* Fiber.join(fiber)
  })

const hurried = <A, E, R>(program: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Effect.forkChild(program), (fiber) => moved(fiber, "1 second"))

describe("hedging", () => {
  it.effect("a slow read is asked a second time, the faster answer wins and the slower one is interrupted", () => {
    const Provider = integrationWith({ hedge: Hedge.after("50 millis", { ratio: 1 }) })
    return Effect.gen(function* () {
      const provider = yield* Provider
      yield* provider.read()
      const fiber = yield* Effect.forkChild(provider.read())
      yield* TestClock.adjust("50 millis")
      assert.deepStrictEqual(yield* Fiber.join(fiber), { ok: true })
      const { calls } = yield* Mock.journal(Provider)
      assert.deepStrictEqual(calls[1]?.attempts.map(({ outcome }) => outcome).toSorted(), [200, "interrupted"])
    }).pipe(Effect.provide(Provider.layerMock({ read: Mock.sequence(ok, Mock.never, ok) })))
  })

  it.effect("a failure before the delay is not hedged but retried", () => {
    const Provider = integrationWith({ hedge: Hedge.after("1 second", { ratio: 1 }), retry: quickly })
    return Effect.gen(function* () {
      const provider = yield* Provider
      assert.deepStrictEqual(yield* hurried(provider.read()), { ok: true })
      const { calls } = yield* Mock.journal(Provider)
      assert.deepStrictEqual(
        calls[0]?.attempts.map(({ outcome }) => outcome),
        [503, 200]
      )
    }).pipe(Effect.provide(Provider.layerMock({ read: Mock.sequence(Mock.status(503), ok) })))
  })

  it.effect("an unsafe call is never hedged", () => {
    const Provider = integrationWith({ hedge: Hedge.after("50 millis", { ratio: 1 }) })
    return Effect.gen(function* () {
      const provider = yield* Provider
      yield* provider.read()
      const fiber = yield* Effect.forkChild(provider.write({ payload: { name: "a" } }))
      yield* TestClock.adjust("1 second")
      const { calls } = yield* Mock.journal(Provider)
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(calls[1]?.attempts.length, 1)
    }).pipe(Effect.provide(Provider.layerMock({ read: ok, write: Mock.never })))
  })
})

describe("the retry budget", () => {
  it.effect("an outage is not multiplied: a thousand failing calls make at most a tenth more attempts", () => {
    const Provider = integrationWith({
      retry: Retry.make({ schedule: quickly, attempts: 4 }),
      retryBudget: RetryBudget.make({ ratio: 0.1, minimum: 0 })
    })
    return Effect.gen(function* () {
      const provider = yield* Provider
      yield* hurried(
        Effect.forEach(Array.from({ length: 1_000 }), () => Effect.exit(provider.read()), { discard: true })
      )
      const { calls } = yield* Mock.journal(Provider)
      const attempts = calls.reduce((sum, call) => sum + call.attempts.length, 0)
      assert.strictEqual(calls.length, 1_000)
      assert.isAtMost(attempts, 1_100)
    }).pipe(Effect.provide(Provider.layerMock({ read: Mock.status(503) })))
  })
})

describe("the bulkhead", () => {
  it.effect("lets so many in, so many wait, and refuses the rest at once", () => {
    const Provider = integrationWith({ bulkhead: { maxInFlight: 2, maxWaiting: 1, maxWait: "1 minute" } })
    return Effect.gen(function* () {
      const provider = yield* Provider
      const inside = yield* Effect.forEach([1, 2, 3], () => Effect.forkChild(provider.read()))
      yield* Effect.yieldNow
      const error = yield* Effect.flip(provider.read())
      assert.deepInclude(error, { _tag: "BulkheadFull", limit: 2, waiting: 1, attempts: 0 })
      const { calls } = yield* Mock.journal(Provider)
      yield* Fiber.interruptAll(inside)
      assert.strictEqual(calls.flatMap((call) => call.attempts).length, 2)
    }).pipe(Effect.provide(Provider.layerMock({ read: Mock.never })))
  })

  it.effect("is shared by the endpoints of an integration", () => {
    const Provider = integrationWith({ bulkhead: { maxInFlight: 1 } })
    return Effect.gen(function* () {
      const provider = yield* Provider
      const inside = yield* Effect.forkChild(provider.read())
      yield* Effect.yieldNow
      assert.strictEqual((yield* Effect.flip(provider.other()))._tag, "BulkheadFull")
      yield* Fiber.interrupt(inside)
      assert.deepStrictEqual(yield* provider.other(), { ok: true })
    }).pipe(Effect.provide(Provider.layerMock({ read: Mock.never, other: ok })))
  })

  it.effect("a wait does not outlive the deadline", () => {
    const Provider = integrationWith({
      deadline: "5 seconds",
      bulkhead: { maxInFlight: 1, maxWaiting: 5, maxWait: "1 hour" }
    })
    return Effect.gen(function* () {
      const provider = yield* Provider
      const inside = yield* Effect.forkChild(Effect.exit(provider.read({}, { deadline: "5 seconds" })))
      yield* TestClock.adjust("1 second")
      const second = yield* Effect.forkChild(Effect.flip(provider.other({}, { deadline: "2 seconds" })))
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual((yield* Fiber.join(second))._tag, "BulkheadFull")
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(inside)
    }).pipe(Effect.provide(Provider.layerMock({ read: Mock.never, other: ok })))
  })

  it.effect("an open circuit found after the wait ends the call, and leaves its place to the next", () => {
    const Provider = integrationWith({
      circuitBreaker: Breaker.consecutive({ failures: 1, openDuration: "1 hour" }),
      bulkhead: { maxInFlight: 1, maxWaiting: 5, maxWait: "1 hour" }
    })
    return Effect.gen(function* () {
      const provider = yield* Provider
      const first = yield* Effect.forkChild(Effect.flip(provider.read()))
      yield* Effect.yieldNow
      const waiting = yield* Effect.forEach([1, 2, 3], () => Effect.forkChild(Effect.flip(provider.other())))
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Fiber.join(first))._tag, "UnexpectedStatus")
      for (const fiber of waiting) assert.strictEqual((yield* Fiber.join(fiber))._tag, "CircuitOpen")
    }).pipe(Effect.provide(Provider.layerMock({ read: Mock.delay("1 second", Mock.status(503)), other: ok })))
  })
})

describe("adaptive concurrency", () => {
  it.effect("lets fewer in when the provider fails", () => {
    const Provider = integrationWith({ concurrency: Concurrency.aimd({ initial: 8, min: 1, max: 8 }) })
    return Effect.gen(function* () {
      const provider = yield* Provider
      for (let call = 0; call < 40; call += 1) yield* Effect.exit(provider.read())
      const inside = yield* Effect.forEach(Array.from({ length: 8 }), () =>
        Effect.forkChild(Effect.exit(provider.other()))
      )
      yield* Effect.yieldNow
      const { calls } = yield* Mock.journal(Provider)
      yield* Fiber.interruptAll(inside)
      const reached = calls.filter(({ endpoint }) => endpoint === "other").flatMap((call) => call.attempts)
      assert.isBelow(reached.length, 8)
    }).pipe(Effect.provide(Provider.layerMock({ read: Mock.status(503), other: Mock.never })))
  })
})

describe("adaptive throttling", () => {
  it.effect("refuses a growing share while everything fails, and nothing while all is well", () => {
    const Provider = integrationWith({ throttle: Throttle.make({ ratio: 2, minimumCalls: 10 }) })
    return Effect.gen(function* () {
      const provider = yield* Provider
      for (let call = 0; call < 50; call += 1) yield* provider.other()
      const results = yield* Effect.forEach(Array.from({ length: 400 }), () => Effect.flip(provider.read()))
      const refused = results.filter((error) => error._tag === "RateLimited")
      assert.isAbove(refused.length, 100)
      assert.isBelow(refused.length, 400)
      assert.deepInclude(refused[0], { source: "local", attempts: 0 })
    }).pipe(Effect.provide(Provider.layerMock({ read: Mock.status(503), other: ok })))
  })
})

describe("retry", () => {
  const attemptsOf = (
    retry: Retry.Input,
    reply: Parameters<ReturnType<typeof integrationWith>["layerMock"]>[0]["read"]
  ) => {
    const Provider = integrationWith({ retry })
    return Effect.gen(function* () {
      const provider = yield* Provider
      yield* hurried(Effect.exit(provider.read()))
      return (yield* Mock.journal(Provider)).calls[0]?.attempts.length
    }).pipe(Effect.provide(Provider.layerMock(reply === undefined ? {} : { read: reply })))
  }

  it.effect("x-should-retry: false ends it, and true begins it", () =>
    Effect.gen(function* () {
      const retry = Retry.make({ schedule: quickly, attempts: 3 })
      assert.strictEqual(yield* attemptsOf(retry, Mock.status(503, { headers: { "x-should-retry": "false" } })), 1)
      assert.strictEqual(yield* attemptsOf(retry, Mock.status(409, { headers: { "x-should-retry": "true" } })), 3)
    })
  )

  it.effect("a decoded domain error is retried when asked for", () =>
    Effect.gen(function* () {
      const when: Retry.Options["when"] = ({ error }) => error instanceof Gone && error.again
      const retry = Retry.make({ schedule: quickly, attempts: 3, when })
      assert.strictEqual(yield* attemptsOf(retry, Mock.fail(new Gone({ again: true }))), 3)
      assert.strictEqual(yield* attemptsOf(retry, Mock.fail(new Gone({ again: false }))), 1)
    })
  )

  for (const [name, schedule, least, most] of [
    ["full", Retry.fullJitter({ base: "100 millis", cap: "1 second" }), 0, 1_000],
    ["equal", Retry.equalJitter({ base: "100 millis", cap: "1 second" }), 50, 1_000],
    ["decorrelated", Retry.decorrelatedJitter({ base: "100 millis", cap: "1 second" }), 100, 1_000]
  ] as const) {
    it.effect(`${name} jitter stays within its bounds, the cap after the jitter`, () =>
      Effect.gen(function* () {
        const step = yield* Schedule.toStep(schedule)
        for (let attempt = 0; attempt < 200; attempt += 1) {
          const [delay] = yield* step(attempt, undefined)
          assert.isAtLeast(delay, Math.min(least, most))
          assert.isAtMost(delay, most)
        }
      })
    )
  }
})

describe("the deadline", () => {
  it.effect("tells the provider what is left of it, anew at each attempt", () => {
    const Provider = integrationWith({
      deadline: Deadline.make({ after: "10 seconds", header: "X-Deadline-Ms" }),
      retry: Retry.make({ schedule: Schedule.spaced("4 seconds"), attempts: 2 })
    })
    return Effect.gen(function* () {
      const provider = yield* Provider
      yield* hurried(Effect.exit(provider.read()))
      const { calls } = yield* Mock.journal(Provider)
      assert.deepStrictEqual(
        calls[0]?.attempts.map(({ headers }) => headers["x-deadline-ms"]),
        ["10000", "6000"]
      )
    }).pipe(Effect.provide(Provider.layerMock({ read: Mock.status(503) })))
  })
})

describe("a policy that is replaced while the program runs", () => {
  it.effect("holds for the calls that begin then, and calls in flight end as they began", () => {
    const Provider = integrationWith({ timeout: "1 minute", bulkhead: Bulkhead.make({ maxInFlight: 1 }) })
    return Effect.gen(function* () {
      const ref = yield* Ref.make<Parameters<typeof Provider.layerPolicyRef>[0] extends Ref.Ref<infer V> ? V : never>(
        {}
      )
      const layer = Provider.layerMock({ read: Mock.never, other: ok }).pipe(
        Layer.provide(Provider.layerPolicyRef(ref))
      )
      yield* Effect.gen(function* () {
        const provider = yield* Provider
        const before = yield* Effect.forkChild(Effect.flip(provider.read()))
        yield* Effect.yieldNow
        assert.strictEqual((yield* Effect.flip(provider.other()))._tag, "BulkheadFull")
        yield* Ref.set(ref, { integration: { timeout: "1 second", bulkhead: null } })
        assert.deepStrictEqual(yield* provider.other(), { ok: true })
        const after = yield* Effect.forkChild(Effect.flip(provider.read()))
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* Fiber.join(after))._tag, "Timeout")
        assert.isUndefined(before.pollUnsafe())
        yield* TestClock.adjust("1 minute")
        assert.deepInclude(yield* Fiber.join(before), { _tag: "Timeout", after: Duration.minutes(1) })
      }).pipe(Effect.provide(layer))
    })
  })
})

describe("a provider that asks for a longer wait than the retry allows", () => {
  const asksForADay = (status: number) =>
    Mock.status(status, { body: { _tag: "Gone", again: true }, headers: { "retry-after": "86400" } })
  const Provider = integrationWith({
    retry: Retry.make({ schedule: quickly, attempts: 3, maxRetryAfter: "1 minute", when: () => true })
  })

  it.effect("is not waited for, and the call is rate limited", () =>
    Effect.gen(function* () {
      const provider = yield* Provider
      const error = yield* Effect.flip(provider.read())
      assert.deepInclude(error, { _tag: "RateLimited", source: "remote", retryAfter: Duration.days(1), attempts: 1 })
    }).pipe(Effect.provide(Provider.layerMock({ read: asksForADay(503) })))
  )

  it.effect("is not waited for either when its error is a declared one, which the call fails with", () =>
    Effect.gen(function* () {
      const provider = yield* Provider
      assert.deepInclude(yield* Effect.flip(provider.read()), { _tag: "Gone", again: true })
    }).pipe(Effect.provide(Provider.layerMock({ read: asksForADay(410) })))
  )

  it.effect("is not waited for by one who wants the raw response, and gets it", () =>
    Effect.gen(function* () {
      const provider = yield* Provider
      const response = yield* provider.read({ responseMode: "response-only" })
      assert.strictEqual(response.status, 503)
    }).pipe(Effect.provide(Provider.layerMock({ read: asksForADay(503) })))
  )
})

describe("what a policy says of itself", () => {
  it("Policy.describe says the order with its numbers", () => {
    assert.strictEqual(
      Policy.describe({ ...Policy.standard, rateLimit: { limit: 25, window: "1 second" } }),
      [
        "deadline       30s in all",
        "retry          at most 3 attempts, Retry-After up to 1m",
        "retryBudget    10 % of the successes and 10 a second, 50 saved",
        "circuitBreaker opens at failures of 50 % of the last 100 calls, of at least 10, for 30s, closes after 1 of 1 probes",
        "bulkhead       100 in flight, 1000 waiting up to 5s",
        "rateLimit      25 in any 1s, 1000 waiting up to 30s",
        "timeout        10s an attempt",
        "idleTimeout    1m between two chunks of a stream"
      ].join("\n")
    )
    assert.strictEqual(Policy.describe(Policy.none), "no policy: one attempt, as long as it takes")
  })

  it("Policy.describe names a custom trip rule", () =>
    assert.include(
      Policy.describe({ circuitBreaker: Breaker.custom({ name: "tokens-50", make: () => () => undefined }) }),
      "opens at what the rule tokens-50 says, for 30s"
    ))

  it("Policy.describe says every option that changes what a slot does", () => {
    const key = () => "tenant"
    assert.strictEqual(
      Policy.describe({
        deadline: Deadline.make({ after: "5 seconds", header: "x-deadline" }),
        cache: Cache.make({ defaultTtl: "1 minute", staleIfError: "1 hour", staleWhileRevalidate: "2 seconds" }),
        coalesce: Coalesce.make(),
        hedge: Hedge.after("200 millis"),
        throttle: { key },
        circuitBreaker: Breaker.consecutive({
          failures: 3,
          openDuration: Schedule.exponential("1 second").pipe(Schedule.upTo({ times: 3 })),
          probes: 4,
          probeSuccessRatio: 0.5
        }),
        concurrency: Concurrency.gradient({ min: 2, max: 50, maxWaiting: 10, key }),
        rateLimit: { limit: 25, window: "1 second", learn: "ietf", costOf: () => 2, key }
      }),
      [
        "deadline       5s in all, sent in x-deadline",
        "coalesce       identical calls in flight share one, for 10000 of them",
        "cache          1000 answers, 16777216 bytes, stored by default for 1m, served stale during a refresh for 2s, served stale during an outage for 1h",
        "hedge          at most 1 more after 200ms, for 10 % of the calls",
        "throttle       2 requests for each accepted one of the last 2m, by key",
        "circuitBreaker opens at 3 failures in a row, for 1s, later 4s, closes after 2 of 4 probes",
        "concurrency    2 to 50 in flight, at first 20, gradient, 10 waiting up to 30s, by key",
        "rateLimit      25 in any 1s, 1000 waiting up to 30s, less when the provider says so, corrected by what an answer has cost, by key"
      ].join("\n")
    )
  })

  it.effect("an observer hears the events of a call in their order", () => {
    const Provider = integrationWith({ retry: Retry.make({ schedule: quickly, attempts: 2 }) })
    const events: Array<CallObserverModule.CallEvent> = []
    const layer = Provider.layerMock({ read: Mock.sequence(Mock.status(503), ok) })
    return Effect.gen(function* () {
      const provider = yield* Provider
      yield* hurried(provider.read())
      assert.deepStrictEqual(
        events.map((event) => event._tag),
        ["CallStarted", "AttemptStarted", "AttemptEnded", "Waiting", "AttemptStarted", "AttemptEnded", "CallEnded"]
      )
    }).pipe(Effect.provide(layer), Effect.provide(CallObserver.layer((event) => events.push(event))))
  })
})
