import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Exit, Fiber, Layer, Redacted, Schedule, Schema } from "effect"
import { HttpClient, HttpClientResponse, type HttpClientRequest } from "effect/http"
import { TestClock } from "effect/testing"
import { Auth } from "@causeway/core/auth"
import { Endpoint, Integration } from "@causeway/core/client"
import { Breaker, BreakerStore, Policy, RateLimit, RateLimitStore, Retry } from "@causeway/core/policy"
import { Mock } from "@causeway/core/testing"

const Answer = Schema.Struct({ ok: Schema.Boolean })
const ok = Mock.ok({ ok: true })

const integrationWith = (policy: Policy.Policy) => {
  class Provider extends Integration.Service<Provider>()("test/Provider", {
    baseUrl: "https://provider.example",
    endpoints: [
      Endpoint.get("read", "/read", { success: Answer }),
      Endpoint.post("write", "/write", { payload: { name: Schema.String }, success: Answer }),
      Endpoint.put("replace", "/replace", { payload: { name: Schema.String }, success: Answer })
    ],
    policy: Policy.merge(Policy.none, policy)
  }) {}
  return Provider
}

const quickly = Schedule.spaced("10 millis")

/** Runs a program to its end while the test's clock moves as far as it asks. */
const hurried = <A, E, R>(program: Effect.Effect<A, E, R>, step: Duration.Input = "1 hour") =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(program)
    for (let turn = 0; turn < 200 && fiber.pollUnsafe() === undefined; turn += 1) yield* TestClock.adjust(step)
    return yield* Fiber.join(fiber)
  })

describe("rule 1: attempts never exceed the limit", () => {
  const failures = [
    Mock.status(503),
    Mock.broken("Send"),
    Mock.broken("Connect"),
    Mock.broken("Body"),
    Mock.status(429),
    Mock.never
  ]
  const mixes = Array.from({ length: 40 }, (_, seed) =>
    Array.from(
      { length: 12 },
      (_, index) => failures[(seed * 7 + index * (seed + 1)) % failures.length] ?? Mock.status(503)
    )
  )

  for (const [seed, mix] of mixes.entries()) {
    it.effect(`mix ${seed} of statuses, resets, timeouts and broken bodies makes exactly four attempts`, () => {
      const Provider = integrationWith({ timeout: "1 second", retry: Retry.make({ schedule: quickly, attempts: 4 }) })
      return Effect.gen(function* () {
        const provider = yield* Provider
        const exit = yield* hurried(Effect.exit(provider.read()))
        const { calls } = yield* Mock.journal(Provider)
        assert.isTrue(Exit.isFailure(exit))
        assert.strictEqual(calls[0]?.attempts.length, 4)
      }).pipe(Effect.provide(Provider.layerMock({ read: Mock.sequence(...mix) })))
    })
  }

  it.effect("a call may ask for fewer attempts, never for more", () => {
    const Provider = integrationWith({ retry: Retry.make({ schedule: quickly, attempts: 3 }) })
    return Effect.gen(function* () {
      const provider = yield* Provider
      yield* hurried(Effect.exit(provider.read({}, { attempts: 2 })))
      yield* hurried(Effect.exit(provider.read({}, { attempts: 9 })))
      const { calls } = yield* Mock.journal(Provider)
      assert.deepStrictEqual(
        calls.map((call) => call.attempts.length),
        [2, 3]
      )
    }).pipe(Effect.provide(Provider.layerMock({ read: Mock.status(503) })))
  })

  it.effect("a schedule that never ends stops at ten attempts", () => {
    const Provider = integrationWith({ retry: Schedule.forever })
    return Effect.gen(function* () {
      const provider = yield* Provider
      yield* hurried(Effect.exit(provider.read()))
      const { calls } = yield* Mock.journal(Provider)
      assert.strictEqual(calls[0]?.attempts.length, 10)
    }).pipe(Effect.provide(Provider.layerMock({ read: Mock.status(503) })))
  })
})

describe("rule 2: unsafe methods are retried only when that is safe", () => {
  const attemptsOf = (
    reply: Parameters<ReturnType<typeof integrationWith>["layerMock"]>[0]["write"],
    options: Policy.CallOptions = {},
    retry: Retry.Input = Retry.make({ schedule: quickly, attempts: 3 })
  ) => {
    const Provider = integrationWith({ retry })
    return Effect.gen(function* () {
      const provider = yield* Provider
      yield* hurried(Effect.exit(provider.write({ payload: { name: "a" } }, options)))
      const { calls } = yield* Mock.journal(Provider)
      return calls[0]?.attempts ?? []
    }).pipe(Effect.provide(Provider.layerMock(reply === undefined ? {} : { write: reply })))
  }

  it.effect("a POST that was answered with 503 is not sent again", () =>
    Effect.map(attemptsOf(Mock.status(503)), (attempts) => assert.strictEqual(attempts.length, 1))
  )

  it.effect("a POST that broke while waiting for its answer is not sent again", () =>
    Effect.map(attemptsOf(Mock.broken("Send")), (attempts) => assert.strictEqual(attempts.length, 1))
  )

  it.effect("a POST that could not connect is sent again", () =>
    Effect.map(attemptsOf(Mock.broken("Connect")), (attempts) => assert.strictEqual(attempts.length, 3))
  )

  it.effect("a POST with an idempotency key is sent again", () =>
    Effect.map(attemptsOf(Mock.status(503), { idempotencyKey: "key-1" }), (attempts) =>
      assert.deepStrictEqual(
        attempts.map((attempt) => attempt.headers["idempotency-key"]),
        ["key-1", "key-1", "key-1"]
      )
    )
  )

  it.effect("a PUT is sent again without a key", () => {
    const Provider = integrationWith({ retry: Retry.make({ schedule: quickly, attempts: 3 }) })
    return Effect.gen(function* () {
      const provider = yield* Provider
      yield* hurried(Effect.exit(provider.replace({ payload: { name: "a" } })))
      const { calls } = yield* Mock.journal(Provider)
      assert.strictEqual(calls[0]?.attempts.length, 3)
    }).pipe(Effect.provide(Provider.layerMock({ replace: Mock.status(503) })))
  })
})

describe("rule 4: Retry-After", () => {
  const delaysOf = (reply: ReturnType<typeof Mock.status>) => {
    const Provider = integrationWith({ retry: Retry.make({ schedule: Schedule.spaced("3 seconds"), attempts: 2 }) })
    const times: Array<number> = []
    const clocked = Mock.by(() => reply)
    return Effect.gen(function* () {
      const provider = yield* Provider
      const fiber = yield* Effect.forkChild(Effect.exit(provider.read()))
      const { calls } = yield* Mock.journal(Provider)
      yield* Effect.yieldNow
      for (let second = 0; second <= 70; second += 1) {
        if ((calls[0]?.attempts.length ?? 0) > times.length) times.push(second)
        yield* TestClock.adjust("1 second")
      }
      return { times, exit: yield* Fiber.join(fiber) }
    }).pipe(Effect.provide(Provider.layerMock({ read: clocked })))
  }

  for (const code of [429, 503]) {
    it.effect(`a ${code} without Retry-After backs off by the schedule`, () =>
      Effect.map(delaysOf(Mock.status(code)), ({ times }) => assert.strictEqual((times[1] ?? 0) - (times[0] ?? 0), 3))
    )

    it.effect(`a ${code} with Retry-After waits for it`, () =>
      Effect.map(delaysOf(Mock.status(code, { headers: { "retry-after": "20" } })), ({ times }) =>
        assert.strictEqual((times[1] ?? 0) - (times[0] ?? 0), 20)
      )
    )

    it.effect(`a ${code} that asks for more than a minute fails at once with RateLimited carrying it`, () =>
      Effect.map(delaysOf(Mock.status(code, { headers: { "retry-after": "86400" } })), ({ exit, times }) => {
        assert.strictEqual(times.length, 1)
        const error = Exit.isFailure(exit) ? Exit.findErrorOption(exit) : undefined
        assert.deepInclude(error?._tag === "Some" ? error.value : {}, {
          _tag: "RateLimited",
          source: "remote",
          retryAfter: Duration.days(1),
          status: code
        })
      })
    )
  }
})

describe("rule 5: no delay is begun that would end after the deadline", () => {
  it.effect("a retry that would come too late is not waited for", () => {
    const Provider = integrationWith({ deadline: "5 seconds", retry: Schedule.spaced("4 seconds") })
    return Effect.gen(function* () {
      const provider = yield* Provider
      const fiber = yield* Effect.forkChild(Effect.flip(provider.read()))
      yield* TestClock.adjust("4 seconds")
      const error = yield* Fiber.join(fiber)
      assert.deepInclude(error, { _tag: "UnexpectedStatus", attempts: 2 })
      assert.strictEqual(Duration.toMillis(error.elapsed), 4000)
    }).pipe(Effect.provide(Provider.layerMock({ read: Mock.status(503) })))
  })

  it.effect("a turn of the rate limit that would come too late is not waited for", () => {
    const Provider = integrationWith({ deadline: "1 second", rateLimit: { limit: 1, window: "10 seconds" } })
    return Effect.gen(function* () {
      const provider = yield* Provider
      yield* provider.read()
      const error = yield* Effect.flip(provider.read())
      assert.deepInclude(error, { _tag: "RateLimited", source: "local", retryAfter: Duration.seconds(10) })
    }).pipe(Effect.provide(Provider.layerMock({ read: ok })))
  })

  it.effect("an attempt is cut off by the deadline, and says so", () => {
    const Provider = integrationWith({
      deadline: "5 seconds",
      timeout: "3 seconds",
      retry: Schedule.spaced("1 second")
    })
    return Effect.gen(function* () {
      const provider = yield* Provider
      const fiber = yield* Effect.forkChild(Effect.flip(provider.read()))
      yield* TestClock.adjust("5 seconds")
      const error = yield* Fiber.join(fiber)
      assert.deepInclude(error, { _tag: "Timeout", scope: "deadline", attempts: 2 })
    }).pipe(Effect.provide(Provider.layerMock({ read: Mock.never })))
  })
})

describe("rule 6: what counts for the breaker", () => {
  const policy = {
    timeout: "1 second",
    circuitBreaker: Breaker.consecutive({ failures: 3, openDuration: "1 minute" })
  } as const

  for (const [name, reply] of [
    ["timeouts", Mock.never],
    ["broken bodies", Mock.broken("Body")],
    ["resets", Mock.broken("Send")],
    ["503s", Mock.status(503)]
  ] as const) {
    it.effect(`three ${name} open the circuit`, () => {
      const Provider = integrationWith(policy)
      return Effect.gen(function* () {
        const provider = yield* Provider
        for (let call = 0; call < 3; call += 1) yield* hurried(Effect.exit(provider.read()), "1 second")
        const error = yield* Effect.flip(provider.read())
        assert.strictEqual(error._tag, "CircuitOpen")
      }).pipe(Effect.provide(Provider.layerMock({ read: reply })))
    })
  }

  it.effect("interruption by the caller does not", () => {
    const Provider = integrationWith(policy)
    return Effect.gen(function* () {
      const provider = yield* Provider
      for (let call = 0; call < 10; call += 1) {
        const fiber = yield* Effect.forkChild(provider.read())
        yield* Effect.yieldNow
        yield* Fiber.interrupt(fiber)
      }
      const { calls } = yield* Mock.journal(Provider)
      assert.deepStrictEqual(
        new Set(calls.flatMap((call) => call.attempts.map(({ outcome }) => outcome))),
        new Set(["interrupted"])
      )
      const fiber = yield* Effect.forkChild(Effect.flip(provider.read()))
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "Timeout")
    }).pipe(Effect.provide(Provider.layerMock({ read: Mock.never })))
  })

  it.effect("rejections and throttles do not", () => {
    const Provider = integrationWith(policy)
    return Effect.gen(function* () {
      const provider = yield* Provider
      for (let call = 0; call < 6; call += 1) yield* Effect.exit(provider.read())
      assert.strictEqual((yield* Effect.flip(provider.read()))._tag, "UnexpectedStatus")
    }).pipe(
      Effect.provide(
        Provider.layerMock({
          read: Mock.sequence(...Array.from({ length: 7 }, (_, index) => Mock.status(index % 2 === 0 ? 404 : 429)))
        })
      )
    )
  })

  it.effect("an open circuit ends the retry loop at once", () => {
    const Provider = integrationWith({ ...policy, retry: Retry.make({ schedule: quickly, attempts: 10 }) })
    return Effect.gen(function* () {
      const provider = yield* Provider
      const error = yield* hurried(Effect.flip(provider.read()))
      assert.deepInclude(error, { _tag: "CircuitOpen", attempts: 3 })
    }).pipe(Effect.provide(Provider.layerMock({ read: Mock.status(503) })))
  })
})

describe("rule 7: waiters", () => {
  it.effect("fifty interrupted waiters give their turns back", () => {
    const Provider = integrationWith({ rateLimit: { limit: 1, window: "1 second", maxWait: "2 minutes" } })
    return Effect.gen(function* () {
      const provider = yield* Provider
      yield* provider.read()
      const waiters = yield* Effect.forEach(Array.from({ length: 50 }), () => Effect.forkChild(provider.read()))
      yield* Effect.yieldNow
      yield* Fiber.interruptAll(waiters)
      const next = yield* Effect.forkChild(provider.read())
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* Fiber.join(next), { ok: true })
    }).pipe(Effect.provide(Provider.layerMock({ read: ok })))
  })

  it.effect("the queue is bounded: one more waiter is refused at once", () => {
    const Provider = integrationWith({ rateLimit: { limit: 1, window: "1 second", maxWait: "1 hour", maxWaiting: 5 } })
    return Effect.gen(function* () {
      const provider = yield* Provider
      yield* provider.read()
      const waiters = yield* Effect.forEach(Array.from({ length: 5 }), () => Effect.forkChild(provider.read()))
      yield* Effect.yieldNow
      const error = yield* Effect.flip(provider.read())
      assert.deepInclude(error, { _tag: "RateLimited", source: "local", limit: 1, retryAfter: Duration.seconds(6) })
      yield* Fiber.interruptAll(waiters)
    }).pipe(Effect.provide(Provider.layerMock({ read: ok })))
  })

  it.effect("the wait is bounded: a turn beyond maxWait is refused at once", () => {
    const Provider = integrationWith({ rateLimit: { limit: 1, window: "1 minute", maxWait: "30 seconds" } })
    return Effect.gen(function* () {
      const provider = yield* Provider
      yield* provider.read()
      const error = yield* Effect.flip(provider.read())
      assert.deepInclude(error, { _tag: "RateLimited", source: "local", retryAfter: Duration.minutes(1) })
    }).pipe(Effect.provide(Provider.layerMock({ read: ok })))
  })

  it.effect("a probe that is interrupted does not block the next one", () => {
    const Provider = integrationWith({ circuitBreaker: Breaker.consecutive({ failures: 1, openDuration: "1 minute" }) })
    return Effect.gen(function* () {
      const provider = yield* Provider
      yield* Effect.exit(provider.read())
      yield* TestClock.adjust("1 minute")
      const probe = yield* Effect.forkChild(provider.read())
      yield* Effect.yieldNow
      yield* Fiber.interrupt(probe)
      assert.deepStrictEqual(yield* provider.read(), { ok: true })
    }).pipe(Effect.provide(Provider.layerMock({ read: Mock.sequence(Mock.status(503), Mock.never, ok) })))
  })
})

describe("rule 8: keys are evicted", () => {
  it.effect("ten thousand tenants leave no more than the store holds", () =>
    Effect.gen(function* () {
      const rateLimits = RateLimitStore.makeMemory({ maxKeys: 100 })
      const breakers = BreakerStore.makeMemory({ maxKeys: 100 })
      const limit = RateLimit.make({ limit: 1, window: "1 hour" })
      const breaker = Breaker.consecutive()
      for (let tenant = 0; tenant < 10_000; tenant += 1) {
        const key = `tenant-${tenant}`
        yield* rateLimits.reserve({ ...limit, key, tokens: 1, now: tenant })
        const admission = yield* breakers.admit(key, breaker, tenant)
        assert.strictEqual(admission._tag, "Admitted")
        yield* breakers.record(key, breaker, 0, "failure", tenant, { elapsedMillis: 0, retryAfterMillis: undefined })
      }
      assert.isAtMost(yield* rateLimits.size, 100)
      assert.isAtMost((yield* breakers.circuits).length, 100)
    })
  )

  it.effect("an idle key makes room before a busy one", () =>
    Effect.gen(function* () {
      const store = RateLimitStore.makeMemory({ maxKeys: 2 })
      const take = (key: string, windowMillis: number, now: number) =>
        store.reserve({
          ...RateLimit.make({ limit: 1, window: windowMillis, maxWaiting: 0, maxWait: 0 }),
          key,
          tokens: 1,
          now
        })
      yield* take("short", 10, 0)
      yield* take("long", 10_000, 1)
      yield* take("new", 10_000, 100)
      assert.strictEqual((yield* take("long", 10_000, 101))._tag, "Refused")
      assert.strictEqual((yield* take("new", 10_000, 102))._tag, "Refused")
    })
  )
})

describe("rule 9: what is fresh at each attempt, and what stays", () => {
  it.effect("the token is read anew at each attempt, the idempotency key is drawn once", () => {
    const Provider = integrationWith({
      retry: Retry.make({ schedule: quickly, attempts: 3, idempotencyKeyHeader: "x-idempotency" })
    })
    const requests: Array<HttpClientRequest.HttpClientRequest> = []
    const client = HttpClient.make((request) => {
      requests.push(request)
      const response = new Response('{"ok":true}', { status: requests.length % 3 === 0 ? 200 : 503 })
      return Effect.succeed(HttpClientResponse.fromWeb(request, response))
    })
    let drawn = 0
    const token = Effect.sync(() => Redacted.make(`token-${(drawn += 1)}`))
    const layer = Provider.layer.pipe(
      Layer.provide([Auth.bearer(Provider, token), Layer.succeed(HttpClient.HttpClient, client)])
    )
    return Effect.gen(function* () {
      const provider = yield* Provider
      yield* hurried(provider.write({ payload: { name: "a" } }))
      yield* hurried(provider.write({ payload: { name: "b" } }))
      assert.deepStrictEqual(
        requests.map((request) => request.headers["authorization"]),
        [1, 2, 3, 4, 5, 6].map((count) => `Bearer token-${count}`)
      )
      const keys = requests.map((request) => request.headers["x-idempotency"])
      assert.strictEqual(new Set(keys.slice(0, 3)).size, 1)
      assert.strictEqual(new Set(keys).size, 2)
    }).pipe(Effect.provide(layer))
  })
})
