/**
 * What Effect's own client, limiter and breaker leave to their users, each of it reproduced with Effect 4.1: an
 * integration must not leave it to them. The numbers are those of docs/built-ins.md.
 */
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import {
  Cause,
  Clock,
  type Context,
  Duration,
  Effect,
  Exit,
  Fiber,
  Layer,
  Redacted,
  Schedule,
  Schema,
  Stream,
  Tracer
} from "effect"
import { Headers, HttpClient, HttpClientResponse, UrlParams } from "effect/http"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import { TestClock } from "effect/testing"
import { inspect } from "node:util"
import { Auth } from "@causeway/core/auth"
import { Endpoint, Integration } from "@causeway/core/client"
import {
  Breaker,
  BreakerStore,
  Policy,
  RateHeaders,
  RateLimit,
  RateLimitStore,
  Retry,
  RetryBudget,
  RetryBudgetStore
} from "@causeway/core/policy"
import { Mock } from "@causeway/core/testing"
import { Transport } from "@causeway/node"
import { answer, type Handler, layerAt, providerUrl, serve, transports } from "./server.ts"
import { recordedSpans } from "../../core/test/recordedSpans.ts"

const Item = Schema.Struct({ id: Schema.String })
const item = { id: "a" }
const found = Mock.ok(item)

const endpoints = [
  Endpoint.get("read", "/read", { success: Item }),
  Endpoint.post("write", "/write", { payload: Item, success: Item })
] as const

/** An integration with this policy, mocked. */
const mocked = (policy: Policy.Policy, classify?: RateHeaders.Name) => {
  class Provider extends Integration.Service<Provider>()("test/Gaps", {
    baseUrl: "https://provider.example",
    endpoints,
    policy: Policy.merge(Policy.none, policy),
    ...(classify !== undefined && { classify: RateHeaders.classify(classify) })
  }) {}
  return Provider
}

/** An integration with this policy, over real connections. */
const real = (policy: Policy.Policy) => {
  class Provider extends Integration.Service<Provider>()("test/RealGaps", {
    baseUrl: providerUrl,
    endpoints,
    policy: Policy.merge(Policy.none, policy)
  }) {}
  return Provider
}

const atOnce = (attempts: number) => Retry.make({ schedule: Schedule.forever, attempts })

/** Runs a program to its end while the clock moves as far as it asks. */
const hurried = <A, E, R>(program: Effect.Effect<A, E, R>, step: Duration.Input = "1 hour") =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(program)
    for (let turn = 0; turn < 200 && fiber.pollUnsafe() === undefined; turn += 1) yield* TestClock.adjust(step)
    return yield* Fiber.join(fiber)
  })

/** The attempts of each call so far. */
const attempts = <Self, Shape extends object>(provider: Context.Key<Self, Shape>) =>
  Effect.map(Mock.journal(provider), ({ calls }) => calls.map((call) => call.attempts.length))

const tagOf = ({ _tag }: { readonly _tag: string }) => _tag

describe("1: an error body that nobody reads", () => {
  const overOne = [
    ["Transport.layer", Transport.layerWith({ connections: 1 })],
    [
      "NodeHttpClient.layerUndici",
      NodeHttpClient.layerUndiciNoDispatcher.pipe(
        Layer.provide(NodeHttpClient.layerDispatcherOptions({ connections: 1 }))
      )
    ]
  ] as const

  for (const [name, transport] of overOne) {
    it.effect(`of 70 kB does not hold up the retry over the one connection of ${name}`, () => {
      const Provider = real({ retry: atOnce(4) })
      const refuseThrice: Handler = (response, { url }) => {
        refused.push(url)
        if (refused.length < 4) answer(response, 503, "x".repeat(70_000))
        else answer(response, 200, item)
      }
      const refused: Array<string> = []
      return Effect.gen(function* () {
        const server = yield* serve(refuseThrice)
        const live = Provider.layer.pipe(Layer.provide([Auth.none(Provider), transport, layerAt(server)]))
        assert.deepStrictEqual(
          yield* Effect.provide(
            Effect.flatMap(Provider, (one) => one.read()),
            live
          ),
          item
        )
        assert.lengthOf(server.arrivals, 4)
      })
    })
  }
})

describe("2: attempts", () => {
  const Provider = mocked({ retry: atOnce(3) })

  it.effect("are counted together when statuses and broken connections alternate", () =>
    Effect.gen(function* () {
      const provider = yield* Provider
      yield* Effect.exit(provider.read())
      assert.deepStrictEqual(yield* attempts(Provider), [3])
    }).pipe(
      Effect.provide(
        Provider.layerMock({ read: Mock.sequence(Mock.status(503), Mock.broken("Send"), Mock.status(500), found) })
      )
    )
  )
})

describe("3: a 429 without Retry-After", () => {
  const Provider = mocked({ retry: Schedule.exponential("200 millis") })

  it.effect("is no loop: it backs off by the schedule, and ends", () =>
    Effect.gen(function* () {
      const provider = yield* Provider
      const call = yield* Effect.forkChild(Effect.exit(provider.read()))
      yield* TestClock.adjust("199 millis")
      assert.deepStrictEqual(yield* attempts(Provider), [1])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(yield* attempts(Provider), [2])
      yield* hurried(Fiber.join(call))
      assert.deepStrictEqual(yield* attempts(Provider), [10])
    }).pipe(Effect.provide(Provider.layerMock({ read: Mock.status(429) })))
  )
})

describe("4: a POST", () => {
  const Provider = mocked({ timeout: "1 second", retry: atOnce(3) })
  const payload = item

  for (const [name, reply] of [
    ["a 503", Mock.status(503)],
    ["a timeout", Mock.never]
  ] as const) {
    it.effect(`is not sent again after ${name}, unless it has an idempotency key`, () =>
      Effect.gen(function* () {
        const provider = yield* Provider
        yield* hurried(Effect.exit(provider.write({ payload })))
        yield* hurried(Effect.exit(provider.write({ payload }, { idempotencyKey: "key-1" })))
        assert.deepStrictEqual(yield* attempts(Provider), [1, 3])
      }).pipe(Effect.provide(Provider.layerMock({ write: reply })))
    )
  }
})

describe("5: Retry-After: 86400", () => {
  const Provider = mocked({ retry: atOnce(3) })

  it.effect("is not waited for: the call fails at once and says how long", () =>
    Effect.gen(function* () {
      const provider = yield* Provider
      const error = yield* Effect.flip(provider.read())
      assert.deepInclude(error, { _tag: "RateLimited", source: "remote", retryAfter: Duration.seconds(86_400) })
      assert.strictEqual(yield* Clock.currentTimeMillis, 0)
    }).pipe(Effect.provide(Provider.layerMock({ read: Mock.status(503, { headers: { "retry-after": "86400" } }) })))
  )
})

describe("6 and 7: the circuit", () => {
  const Provider = mocked({ timeout: "1 second", circuitBreaker: Breaker.consecutive({ failures: 3 }) })

  for (const [name, reply] of [
    ["attempts that took too long", Mock.never],
    ["bodies that broke while they were read", Mock.broken("Body")]
  ] as const) {
    it.effect(`opens after ${name}`, () =>
      Effect.gen(function* () {
        const provider = yield* Provider
        for (let call = 0; call < 3; call += 1) yield* hurried(Effect.exit(provider.read()), "1 second")
        assert.strictEqual((yield* Effect.flip(provider.read()))._tag, "CircuitOpen")
      }).pipe(Effect.provide(Provider.layerMock({ read: reply })))
    )
  }

  for (const transport of transports) {
    it.effect(`is told of, and the retry makes good, a body that breaks over ${transport.name}`, () => {
      const Broken = real({ retry: atOnce(2), circuitBreaker: Breaker.consecutive({ failures: 2 }) })
      return Effect.gen(function* () {
        const breakers = BreakerStore.makeMemory()
        const server = yield* serve((response) => {
          if (server.arrivals.length === 2) return answer(response, 200, item)
          response.writeHead(200, { "content-type": "application/json", "content-length": "100" })
          response.write('{"id":')
          setImmediate(() => response.destroy())
        })
        const live = Broken.layer.pipe(
          Layer.provide([
            Auth.none(Broken),
            transport.layer,
            layerAt(server),
            Layer.succeed(BreakerStore.BreakerStore, breakers)
          ])
        )
        yield* Effect.gen(function* () {
          const provider = yield* Broken
          assert.deepStrictEqual(yield* provider.read(), item)
          assert.deepInclude(yield* Effect.flip(provider.read()), { _tag: "TransportFailure", reason: "Body" })
        }).pipe(Effect.provide(live))
        assert.deepStrictEqual(
          (yield* breakers.circuits).map(({ phase }) => phase),
          ["open"]
        )
      })
    })
  }
})

describe("8: what a provider says of its limits", () => {
  const now = Date.UTC(2026, 0, 1)
  const observe = (dialect: RateHeaders.Name, headers: Readonly<Record<string, string>>) =>
    RateHeaders.observe(dialect, { status: 200, headers, now })

  it("is read as each of them writes it", () => {
    assert.deepStrictEqual(observe("ietf", { ratelimit: '"a";r=5;t=9', "ratelimit-policy": '"a";q=10;w=60' }), [
      { scope: "a", limit: 10, windowMillis: 60_000, remaining: 5, resetAfterMillis: 9_000 }
    ])
    for (const [written, resetAfterMillis] of [
      ["6m0s", 360_000],
      ["20ms", 20]
    ] as const) {
      const headers = { "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": written }
      assert.deepStrictEqual(observe("openai", headers), [
        { scope: "requests", counts: "calls", remaining: 0, resetAfterMillis }
      ])
    }
    const anthropic = {
      "anthropic-ratelimit-requests-remaining": "1",
      "anthropic-ratelimit-requests-reset": "2026-01-01T00:00:30Z"
    }
    assert.deepInclude(observe("anthropic", anthropic)[0], { remaining: 1, resetAfterMillis: 30_000 })
    assert.deepInclude(observe("shopify", { "x-shopify-shop-api-call-limit": "32/40" })[0], { limit: 40, remaining: 8 })
  })

  it("names no window where only the time to its end is said", () => {
    const headers = { "x-ratelimit-limit": "60", "x-ratelimit-remaining": "1", "x-ratelimit-reset": "10" }
    assert.deepStrictEqual(observe("xRateLimit", headers), [{ limit: 60, remaining: 1, resetAfterMillis: 10_000 }])
  })

  it.effect("makes a 403 of GitHub with nothing left a throttle, and holds the next call back", () => {
    const Provider = mocked(
      { rateLimit: { limit: 100, window: "1 hour", learn: "github", maxWait: "2 minutes" } },
      "github"
    )
    const headers = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "60" }
    return Effect.gen(function* () {
      const provider = yield* Provider
      assert.deepInclude(yield* Effect.flip(provider.read()), { _tag: "RateLimited", source: "remote", status: 403 })
      const next = yield* Effect.forkChild(provider.read())
      yield* TestClock.adjust("59 seconds")
      assert.deepStrictEqual(yield* attempts(Provider), [1, 0])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* Fiber.join(next), item)
    }).pipe(Effect.provide(Provider.layerMock({ read: Mock.sequence(Mock.status(403, { headers }), found) })))
  })
})

describe("9: waiters", () => {
  const Provider = mocked({ rateLimit: { limit: 1, window: "1 second", maxWaiting: 60, maxWait: "2 minutes" } })

  it.effect("that are interrupted, fifty of them, do not keep the next one waiting", () =>
    Effect.gen(function* () {
      const provider = yield* Provider
      yield* provider.read()
      const fibers = yield* Effect.forEach(Array.from({ length: 50 }), () =>
        Effect.forkChild(provider.read(), { startImmediately: true })
      )
      yield* Fiber.interruptAll(fibers)
      const next = yield* Effect.forkChild(provider.read())
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* Fiber.join(next), item)
    }).pipe(Effect.provide(Provider.layerMock({ read: found })))
  )

  it.effect("are so many, and wait so long, and no more", () =>
    Effect.gen(function* () {
      const store = RateLimitStore.makeMemory()
      const limit = RateLimit.make({ limit: 1, window: "1 second", maxWaiting: 3, maxWait: "2 seconds" })
      const ask = (maxWaitMillis: number) =>
        Effect.suspend(() => store.reserve({ ...limit, maxWaitMillis, key: "key", tokens: 1, now: 0 }))
      const decisions = yield* Effect.all(
        [2_000, 2_000, 2_000, 2_000, 60_000, 60_000].map((maxWaitMillis) => ask(maxWaitMillis))
      )
      assert.deepStrictEqual(decisions.map(tagOf), [
        "Admitted",
        "Admitted",
        "Admitted",
        "Refused",
        "Admitted",
        "Refused"
      ])
    })
  )
})

describe("10: a window", () => {
  it.effect("holds no more than its limit wherever it begins, and several hold at once", () =>
    Effect.gen(function* () {
      const store = RateLimitStore.makeMemory()
      const { limits } = RateLimit.make({
        limits: [
          { limit: 10, window: "1 second" },
          { limit: 15, window: "1 minute" }
        ]
      })
      const taken = (now: number) =>
        Effect.map(
          Effect.forEach(Array.from({ length: 12 }), () =>
            store.reserve({ key: "key", limits, tokens: 1, maxWaiting: 0, maxWaitMillis: 0, now })
          ),
          (decisions) => decisions.filter(({ _tag }) => _tag === "Admitted").length
        )
      assert.strictEqual(yield* taken(900), 10)
      assert.strictEqual(yield* taken(1_800), 0)
      assert.strictEqual(yield* taken(1_900), 5)
      assert.strictEqual(yield* taken(59_000), 0)
    })
  )
})

describe("11: the first call of a key", () => {
  for (const limit of [7, 60, 600]) {
    it.effect(`goes at once where ${limit} a second are allowed, at any time of this age`, () =>
      Effect.gen(function* () {
        const { limits } = RateLimit.make({ limit, window: "1 second", algorithm: "gcra" })
        for (let step = 0; step < 1_000; step += 1) {
          const now = Date.UTC(2026, 0, 1) + step * 7_919
          const store = RateLimitStore.makeMemory()
          const decision = yield* store.reserve({ key: "k", limits, tokens: 1, maxWaiting: 1, maxWaitMillis: 9, now })
          assert.isTrue(decision._tag === "Admitted" && decision.delayMillis === 0)
        }
      })
    )
  }
})

describe("12: keys", () => {
  it.effect("that nobody uses make room, in every store", () =>
    Effect.gen(function* () {
      const [rateLimits, breakers] = [
        RateLimitStore.makeMemory({ maxKeys: 100 }),
        BreakerStore.makeMemory({ maxKeys: 100 })
      ]
      const budgets = RetryBudgetStore.makeMemory({ maxKeys: 100 })
      const [limit, budget] = [RateLimit.make({ limit: 1, window: "1 hour" }), RetryBudget.make({ minimum: 0 })]
      const end = { elapsedMillis: 0, retryAfterMillis: undefined }
      for (let tenant = 0; tenant < 5_000; tenant += 1) {
        const key = `tenant-${tenant}`
        yield* rateLimits.reserve({ ...limit, key, tokens: 1, now: tenant })
        yield* breakers.admit(key, Breaker.consecutive(), tenant)
        yield* breakers.record(key, Breaker.consecutive(), 0, "failure", tenant, end)
        for (let success = 0; success < 10; success += 1) yield* budgets.deposit(key, budget, tenant)
      }
      assert.isAtMost(yield* rateLimits.size, 100)
      assert.isAtMost((yield* breakers.circuits).length, 100)
      const remembered = Array.from({ length: 5_000 }, (_, tenant) =>
        budgets.lastBalance(`tenant-${tenant}`, budget, 5_000)
      )
      assert.isAtMost(remembered.filter((balance) => balance !== undefined && balance >= 1).length, 100)
    })
  )
})

describe("13: the refusal of an open circuit", () => {
  const Provider = mocked({ circuitBreaker: Breaker.consecutive({ failures: 1 }) })

  it.effect("costs no stack", () =>
    Effect.gen(function* () {
      const provider = yield* Provider
      yield* Effect.exit(provider.read())
      const error = yield* Effect.flip(provider.read())
      assert.strictEqual(error._tag, "CircuitOpen")
      assert.notInclude(error.stack, "\n    at ")
    }).pipe(Effect.provide(Provider.layerMock({ read: Mock.status(500) })))
  )
})

describe("14: a 503 with Retry-After", () => {
  const Provider = mocked({ rateLimit: { limit: 100, window: "1 second" } })

  it.effect("holds back the other calls of the quota as well", () =>
    Effect.gen(function* () {
      const provider = yield* Provider
      yield* Effect.exit(provider.read())
      const other = yield* Effect.forkChild(provider.write({ payload: item }))
      yield* TestClock.adjust("4999 millis")
      assert.deepStrictEqual(yield* attempts(Provider), [1, 0])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(yield* Fiber.join(other), item)
    }).pipe(
      Effect.provide(Provider.layerMock({ read: Mock.status(503, { headers: { "retry-after": "5" } }), write: found }))
    )
  )
})

describe("15: circuits", () => {
  const breaker = Breaker.slowCallRate({
    slowerThan: "1 second",
    window: "1 minute",
    minimumCalls: 2,
    openDuration: "10 seconds",
    probes: 3,
    probeSuccessRatio: 0.6
  })
  const slow = { elapsedMillis: 2_000, retryAfterMillis: undefined }
  const quick = { elapsedMillis: 5, retryAfterMillis: undefined }

  it.effect("have a key each, count time and slowness, probe more than once, and are seen and changed by hand", () =>
    Effect.gen(function* () {
      const store = BreakerStore.makeMemory()
      const changes = yield* Effect.forkChild(
        Stream.runCollect(
          Stream.take(
            Stream.map(store.transitions, ({ to }) => to),
            5
          )
        ),
        { startImmediately: true }
      )
      const attempt = (now: number, end: BreakerStore.AttemptEnd, key = "eu") =>
        Effect.tap(store.admit(key, breaker, now), (admission) =>
          admission._tag === "Admitted"
            ? store.record(key, breaker, admission.generation, "success", now, end)
            : Effect.void
        )
      yield* Effect.all([attempt(0, slow), attempt(1, slow)])
      assert.strictEqual(tagOf(yield* attempt(2, quick)), "Open")
      assert.strictEqual(tagOf(yield* attempt(2, quick, "us")), "Admitted")
      yield* Effect.all([attempt(10_001, slow), attempt(10_002, quick), attempt(10_003, quick)])
      assert.strictEqual(tagOf(yield* attempt(10_004, quick)), "Admitted")
      yield* store.isolate("eu")
      assert.strictEqual(tagOf(yield* attempt(99_999, quick)), "Open")
      assert.deepInclude(
        (yield* store.circuits).find(({ key }) => key === "eu"),
        { phase: "isolated" }
      )
      yield* store.reset("eu")
      assert.deepStrictEqual(Array.from(yield* Fiber.join(changes)), [
        "open",
        "half-open",
        "closed",
        "isolated",
        "closed"
      ])
    })
  )
})

describe("16: the timeouts of the transport", () => {
  it.live("are those that it was given", () =>
    Effect.gen(function* () {
      const Provider = real({})
      const server = yield* serve(() => {})
      const transport = Transport.layerWith({ headersTimeout: "30 millis" })
      const live = Provider.layer.pipe(Layer.provide([Auth.none(Provider), transport, layerAt(server)]))
      const error = yield* Effect.flip(
        Effect.provide(
          Effect.flatMap(Provider, (one) => one.read()),
          live
        )
      )
      assert.deepInclude(error, { _tag: "TransportFailure", code: "UND_ERR_HEADERS_TIMEOUT" })
    })
  )
})

describe("18: a redirect to another origin", () => {
  for (const transport of transports) {
    it.effect(`gets neither the key nor the body over ${transport.name}`, () =>
      Effect.gen(function* () {
        const Provider = real({})
        const elsewhere = yield* serve((response) => answer(response, 200, item))
        const server = yield* serve((response) => answer(response, 307, "", { location: `${elsewhere.url}/write` }))
        const key = Auth.apiKey(Provider, { in: "header", name: "x-api-key" }, Effect.succeed(Redacted.make("secret")))
        const live = Provider.layer.pipe(Layer.provide([key, transport.layer, layerAt(server)]))
        const call = Effect.flatMap(Provider, (one) => one.write({ payload: { id: "client_secret" } }))
        assert.deepInclude(yield* Effect.flip(Effect.provide(call, live)), { _tag: "UnexpectedStatus", status: 307 })
        assert.lengthOf(server.arrivals, 1)
        assert.lengthOf(elsewhere.arrivals, 0)
      })
    )
  }
})

describe("19: a key in a query string", () => {
  it.effect("is in no span, error or cause, also where a program names its own secrets", () => {
    const Provider = real({ retry: atOnce(2) })
    const { spans, tracer } = recordedSpans()
    return Effect.gen(function* () {
      const server = yield* serve((response) => answer(response, 500, "down"))
      const key = Auth.apiKey(Provider, { in: "query", name: "key" }, Effect.succeed(Redacted.make("k3y-in-query")))
      const live = Provider.layer.pipe(Layer.provide([key, Transport.layer, layerAt(server)]))
      const exit = yield* Effect.exit(
        Effect.provide(
          Effect.flatMap(Provider, (one) => one.read()),
          live
        )
      )
      assert.include(server.arrivals[0]?.url, "k3y-in-query")
      assert.lengthOf(spans, 3)
      const shown = spans.map(({ attributes, events, name, status }) => ({ attributes, events, name, status }))
      const cause = Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "no failure"
      assert.notInclude(inspect([shown, cause, exit], { depth: 20 }), "k3y-in-query")
    }).pipe(
      Effect.provideService(Tracer.Tracer, tracer),
      Effect.provideService(Headers.CurrentRedactedNames, ["x-mine"]),
      Effect.provideService(UrlParams.CurrentRedactedNames, ["mine"])
    )
  })
})

describe("20: an answer that is not as it was declared", () => {
  class Missing extends Schema.TaggedError<Missing>()("Missing", { item: Schema.Int }) {}
  class Rejected extends Schema.TaggedError<Rejected>()("Rejected", {}) {}
  class Other extends Schema.TaggedError<Other>()("Other", {}) {}

  class Provider extends Integration.Service<Provider>()("test/Declared", {
    baseUrl: "https://provider.example",
    endpoints: [
      Endpoint.get("plain", "/plain", { success: Item }),
      Endpoint.get("declared", "/declared", {
        success: Item,
        errors: { 404: Missing, "4xx": Rejected, default: Other }
      }),
      Endpoint.get("tokens", "/tokens", { success: HttpApiSchema.StreamSse({ data: Item }) })
    ],
    policy: Policy.none
  }) {}

  const answered = (status: number, body: string, headers: Record<string, string> = {}) => {
    const client = HttpClient.make((request) =>
      Effect.succeed(HttpClientResponse.fromWeb(request, new Response(body, { status, headers })))
    )
    return Provider.layer.pipe(Layer.provide([Auth.none(Provider), Layer.succeed(HttpClient.HttpClient, client)]))
  }

  it.effect("has its body in the error when its status is not declared", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.flatMap(Provider, (one) => one.plain()))
      assert.deepInclude(error, { _tag: "UnexpectedStatus", status: 418, body: "short and stout" })
    }).pipe(Effect.provide(answered(418, "short and stout")))
  )

  it.effect("is one failure when its body does not match", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(Effect.flatMap(Provider, (one) => one.declared()))
      assert.isTrue(Exit.isFailure(exit))
      if (Exit.isFailure(exit)) assert.lengthOf(exit.cause.reasons, 1)
      const error = yield* Effect.flip(Effect.flatMap(Provider, (one) => one.declared()))
      assert.deepInclude(error, { _tag: "UnexpectedStatus", status: 404, category: "rejected" })
    }).pipe(Effect.provide(answered(404, '{"item":"none"}')))
  )

  for (const [status, tag] of [
    [400, "Rejected"],
    [599, "Other"]
  ] as const) {
    it.effect(`of ${status} is the error declared for its range or for the rest`, () =>
      Effect.gen(function* () {
        assert.strictEqual((yield* Effect.flip(Effect.flatMap(Provider, (one) => one.declared())))._tag, tag)
      }).pipe(Effect.provide(answered(status, "")))
    )
  }

  it.effect("ends a stream of events without an error when it is [DONE]", () =>
    Effect.gen(function* () {
      const tokens = yield* Effect.flatMap(Provider, (one) => one.tokens())
      assert.deepStrictEqual(Array.from(yield* Stream.runCollect(tokens)), [item])
    }).pipe(
      Effect.provide(answered(200, 'data: {"id":"a"}\n\ndata: [DONE]\n\n', { "content-type": "text/event-stream" }))
    )
  )
})
