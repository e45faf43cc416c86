import { assert, describe, it } from "@effect/vitest"
import { Config, ConfigProvider, Duration, Effect, Fiber, Layer, Option, Schedule, Schema, Tracer } from "effect"
import { HttpClient, type HttpClientRequest, HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"
import { Auth } from "@causeway/core/auth"
import { CallError, Endpoint, Integration } from "@causeway/core/client"
import { Breaker, CallObserver, InvalidOption, Policy, RateLimitStore, Retry } from "@causeway/core/policy"
import { Mock } from "@causeway/core/testing"
import { recordedSpans } from "../recordedSpans.ts"

class Taken extends Schema.TaggedError<Taken>()("Taken", {}) {}

const read = Endpoint.get("read", "/read", { success: Schema.String })
const other = Endpoint.get("other", "/other", { success: Schema.String })
const ok = Mock.ok("fine")

describe("a baseUrl from Config", () => {
  class Provider extends Integration.Service<Provider>()("test/Provider", {
    baseUrl: Config.String("PROVIDER_URL"),
    endpoints: [read],
    policy: Policy.none
  }) {}

  const sentTo = (config: Readonly<Record<string, string>>) => {
    const urls: Array<string> = []
    const client = HttpClient.make((request, url) => {
      urls.push(url.href)
      return Effect.succeed(HttpClientResponse.fromWeb(request, new Response('"ok"')))
    })
    const live = Provider.layer.pipe(
      Layer.provide([
        Auth.none(Provider),
        Layer.succeed(HttpClient.HttpClient, client),
        ConfigProvider.layer(ConfigProvider.fromUnknown(config))
      ])
    )
    return Effect.flatMap(Provider, (provider) => provider.read()).pipe(Effect.provide(live), Effect.as(urls))
  }

  it.effect("is read when the Layer is built", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* sentTo({ PROVIDER_URL: "http://127.0.0.1:8080/v1/" }), [
        "http://127.0.0.1:8080/v1/read"
      ])
      assert.deepStrictEqual(yield* sentTo({ PROVIDER_URL: "https://api.example" }), ["https://api.example/read"])
    })
  )

  it.effect("that is missing is a ConfigError", () =>
    Effect.map(Effect.flip(sentTo({})), (error) => assert.strictEqual(error._tag, "ConfigError"))
  )

  for (const url of [
    "not a url",
    "ftp://api.example",
    "https://user:hunter2@api.example",
    "https://api.example?key=hunter2"
  ]) {
    it.effect(`that is ${url} is a ConfigError, without what it holds`, () =>
      Effect.map(Effect.flip(sentTo({ PROVIDER_URL: url })), (error) => {
        assert.strictEqual(error._tag, "ConfigError")
        assert.include(String(error), "baseUrl of test/Provider")
        assert.notInclude(String(error), "hunter2")
      })
    )
  }
})

describe("an option that makes no sense throws InvalidOption where the class is defined", () => {
  const define = (options: {
    readonly baseUrl?: string
    readonly policy?: Policy.Policy
    readonly maxBodyBytes?: number
  }) => Integration.Service()("test/Wrong", { baseUrl: "https://api.example", endpoints: [read], ...options })

  const cases: ReadonlyArray<readonly [option: string, make: () => unknown]> = [
    ["baseUrl of test/Wrong", () => define({ baseUrl: "api.example" })],
    ["baseUrl of test/Wrong", () => define({ baseUrl: "file:///etc" })],
    ["baseUrl of test/Wrong", () => define({ baseUrl: "https://api.example#part" })],
    ["maxBodyBytes", () => define({ maxBodyBytes: 0 })],
    ["deadline", () => define({ policy: { deadline: 0 } })],
    ["timeout", () => define({ policy: { timeout: "-1 second" } })],
    ["rateLimit.limit", () => define({ policy: { rateLimit: { limit: 0, window: "1 second" } } })],
    ["rateLimit.window", () => define({ policy: { rateLimit: { limit: 1, window: Duration.infinity } } })],
    ["retry.attempts", () => Retry.make({ attempts: 0 })],
    ["circuitBreaker.threshold", () => Breaker.failureRate({ threshold: 2 })],
    ["errors of endpoint x", () => Endpoint.get("x", "/x", { errors: { 200: Taken } })],
    ["errors of endpoint x", () => Endpoint.get("x", "/x", { errors: { 4.5: Taken } })],
    [
      "endpoints of test/Twice",
      () =>
        Integration.Service()("test/Twice", {
          baseUrl: "https://api.example",
          endpoints: [read, other, read],
          policy: Policy.none
        })
    ],
    [
      "timeout",
      () =>
        Integration.Service()("test/Own", {
          baseUrl: "https://api.example",
          endpoints: [Endpoint.get("x", "/x", { policy: { timeout: "0 seconds" } })],
          policy: Policy.none
        })
    ]
  ]
  for (const [option, make] of cases) {
    it(option, () => {
      assert.throws(make, InvalidOption.InvalidOption)
      assert.throws(make, option)
    })
  }

  it("and so does one in layerPolicy", () => {
    class Provider extends Integration.Service<Provider>()("test/Provider", {
      baseUrl: "https://api.example",
      endpoints: [read],
      policy: { ...Policy.none, timeout: "1 second" }
    }) {}
    assert.throws(() => Provider.layerPolicy({ timeout: 0 }), InvalidOption.InvalidOption, "timeout is 0")
  })
})

describe("layerPolicy", () => {
  class Provider extends Integration.Service<Provider>()("test/Provider", {
    baseUrl: "https://api.example",
    endpoints: [
      Endpoint.get("read", "/read", { success: Schema.String }),
      Endpoint.get("own", "/own", {
        success: Schema.String,
        policy: { retry: Retry.make({ schedule: Schedule.recurs(3) }) }
      })
    ],
    policy: { ...Policy.none, retry: Retry.make({ schedule: Schedule.recurs(1) }), timeout: "1 second" }
  }) {}

  const attempts = (policy: Layer.Layer<never> = Layer.empty) =>
    Effect.gen(function* () {
      const provider = yield* Provider
      yield* Effect.exit(provider.read())
      yield* Effect.exit(provider.own())
      const { calls } = yield* Mock.journal(Provider)
      return calls.map((call) => call.attempts.length)
    }).pipe(
      Effect.provide(Provider.layerMock({ read: Mock.status(503), own: Mock.status(503) }).pipe(Layer.provide(policy)))
    )

  it.effect("retunes a slot, for those that do not declare it themselves", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* attempts(), [2, 4])
      const more = Retry.make({ schedule: Schedule.recurs(2) })
      assert.deepStrictEqual(yield* attempts(Provider.layerPolicy({ retry: more })), [3, 4])
      assert.deepStrictEqual(yield* attempts(Provider.layerPolicy({}, { own: { retry: more } })), [2, 3])
      assert.deepStrictEqual(yield* attempts(Provider.layerPolicy({ retry: null })), [1, 4])
      assert.deepStrictEqual(yield* attempts(Provider.layerPolicy({ retry: null }, { own: { retry: null } })), [1, 1])
    })
  )

  it.effect("switches a timeout off", () =>
    Effect.gen(function* () {
      const provider = yield* Provider
      const fiber = yield* Effect.forkChild(provider.read())
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* Fiber.join(fiber), "fine")
    }).pipe(
      Effect.provide(
        Provider.layerMock({ read: Mock.delay("59 minutes", ok) }).pipe(
          Layer.provide(Provider.layerPolicy({ timeout: null }))
        )
      )
    )
  )

  it.effect("of one integration leaves the others alone", () =>
    Effect.gen(function* () {
      class Second extends Integration.Service<Second>()("test/Second", {
        baseUrl: "https://api.example",
        endpoints: [read],
        policy: { ...Policy.none, retry: Retry.make({ schedule: Schedule.recurs(1) }) }
      }) {}
      const layer = Second.layerMock({ read: Mock.sequence(Mock.status(503), ok) })
      const text = yield* Effect.flatMap(Second, (second) => second.read()).pipe(
        Effect.provide(Layer.provide(layer, Provider.layerPolicy({ retry: null })))
      )
      assert.strictEqual(text, "fine")
    })
  )
})

describe("a quota", () => {
  const limit = { limit: 1, window: "1 minute", maxWait: 0 } as const

  class Shared extends Integration.Service<Shared>()("test/Shared", {
    baseUrl: "https://api.example",
    endpoints: [read, other],
    policy: { ...Policy.none, rateLimit: limit }
  }) {}

  class Own extends Integration.Service<Own>()("test/Own", {
    baseUrl: "https://api.example",
    endpoints: [
      Endpoint.get("read", "/read", { success: Schema.String, policy: { rateLimit: limit } }),
      Endpoint.get("other", "/other", { success: Schema.String, policy: { rateLimit: limit } })
    ],
    policy: Policy.none
  }) {}

  it.effect("that the integration declares is shared by its endpoints", () =>
    Effect.gen(function* () {
      const shared = yield* Shared
      yield* shared.read()
      assert.deepInclude(yield* Effect.flip(shared.other()), { _tag: "RateLimited", source: "local", attempts: 0 })
    }).pipe(Effect.provide(Shared.layerMock({ read: ok, other: ok })))
  )

  it.effect("that an endpoint declares is its own", () =>
    Effect.gen(function* () {
      const own = yield* Own
      yield* own.read()
      assert.strictEqual(yield* own.other(), "fine")
      assert.strictEqual((yield* Effect.flip(own.read()))._tag, "RateLimited")
    }).pipe(Effect.provide(Own.layerMock({ read: ok, other: ok })))
  )

  it.effect("of two integrations is two quotas, also in one store", () =>
    Effect.gen(function* () {
      yield* (yield* Shared).read()
      assert.strictEqual(yield* (yield* Own).read(), "fine")
    }).pipe(
      Effect.provide(
        Layer.mergeAll(Shared.layerMock({ read: ok }), Own.layerMock({ read: ok })).pipe(
          Layer.provide(RateLimitStore.layerMemory())
        )
      )
    )
  )

  const twice = <A>(store: Layer.Layer<A>) =>
    Effect.gen(function* () {
      const instance = Effect.provide(Shared, Layer.fresh(Shared.layerMock({ read: ok })).pipe(Layer.provide(store)), {
        local: true
      })
      const [first, second] = [yield* instance, yield* instance]
      yield* first.read()
      return yield* Effect.result(second.read())
    })

  it.effect("is shared by two instances of an integration that share a store, and by those alone", () =>
    Effect.gen(function* () {
      const store = yield* Effect.sync(() => RateLimitStore.makeMemory())
      const shared = yield* twice(Layer.succeed(RateLimitStore.RateLimitStore, store))
      assert.strictEqual(shared._tag, "Failure")
      assert.strictEqual((yield* twice(Layer.empty))._tag, "Success")
    })
  )

  it.effect("with a key function is one for each key", () => {
    class Keyed extends Integration.Service<Keyed>()("test/Keyed", {
      baseUrl: "https://api.example",
      endpoints: [Endpoint.get("read", "/read/:tenant", { params: { tenant: Schema.String }, success: Schema.String })],
      policy: {
        ...Policy.none,
        rateLimit: { limit: 1, window: "1 minute", maxWait: 0, key: ({ request }) => JSON.stringify(request) },
        circuitBreaker: Breaker.consecutive({ failures: 1, key: ({ request }) => JSON.stringify(request) })
      }
    }) {}
    return Effect.gen(function* () {
      const keyed = yield* Keyed
      yield* keyed.read({ params: { tenant: "a" } })
      assert.strictEqual(yield* keyed.read({ params: { tenant: "b" } }), "fine")
      assert.strictEqual((yield* Effect.flip(keyed.read({ params: { tenant: "a" } })))._tag, "RateLimited")
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* Effect.flip(keyed.read({ params: { tenant: "down" } })))._tag, "UnexpectedStatus")
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Effect.flip(keyed.read({ params: { tenant: "down" } })))._tag, "CircuitOpen")
      assert.strictEqual(yield* keyed.read({ params: { tenant: "a" } }), "fine")
    }).pipe(
      Effect.provide(
        Keyed.layerMock({ read: Mock.by((request) => (request.url.endsWith("down") ? Mock.status(503) : ok)) })
      )
    )
  })

  it.effect("is paid with as many tokens as the call says", () =>
    Effect.gen(function* () {
      class Tokens extends Integration.Service<Tokens>()("test/Tokens", {
        baseUrl: "https://api.example",
        endpoints: [read],
        policy: { ...Policy.none, rateLimit: { limit: 10, window: "1 minute", maxWait: 0 } }
      }) {}
      yield* Effect.gen(function* () {
        const tokens = yield* Tokens
        yield* tokens.read({}, { tokens: 8 })
        assert.strictEqual((yield* Effect.flip(tokens.read({}, { tokens: 3 })))._tag, "RateLimited")
        yield* tokens.read({}, { tokens: 2 })
        const never = yield* Effect.flip(tokens.read({}, { tokens: 11 }))
        assert.deepInclude(never, { _tag: "RateLimited", retryAfter: undefined })
      }).pipe(Effect.provide(Tokens.layerMock({ read: ok })))
    })
  )
})

describe("a circuit", () => {
  const breaker = Breaker.consecutive({ failures: 1 })
  const own = { policy: { circuitBreaker: breaker }, success: Schema.String }

  class Shared extends Integration.Service<Shared>()("test/Shared", {
    baseUrl: "https://api.example",
    endpoints: [read, other],
    policy: { ...Policy.none, circuitBreaker: breaker }
  }) {}

  class Own extends Integration.Service<Own>()("test/Own", {
    baseUrl: "https://api.example",
    endpoints: [Endpoint.get("read", "/read", own), Endpoint.get("other", "/other", own)],
    policy: Policy.none
  }) {}

  it.effect("that the integration declares opens for all its endpoints", () =>
    Effect.gen(function* () {
      const shared = yield* Shared
      yield* Effect.exit(shared.read())
      assert.deepInclude(yield* Effect.flip(shared.other()), { _tag: "CircuitOpen", key: "test/Shared", attempts: 0 })
    }).pipe(Effect.provide(Shared.layerMock({ read: Mock.status(500), other: ok })))
  )

  it.effect("that an endpoint declares opens for it alone", () =>
    Effect.gen(function* () {
      const { other, read } = yield* Own
      yield* Effect.exit(read())
      assert.strictEqual((yield* Effect.flip(read()))._tag, "CircuitOpen")
      assert.strictEqual(yield* other(), "fine")
    }).pipe(Effect.provide(Own.layerMock({ read: Mock.status(500), other: ok })))
  )
})

describe("a call", () => {
  class Provider extends Integration.Service<Provider>()("test/Provider", {
    baseUrl: "https://api.example/v1",
    endpoints: [
      Endpoint.get("read", "/items/:id", {
        params: { id: Schema.String },
        query: { page: Schema.optional(Schema.Int) },
        success: Schema.String,
        errors: { 409: Taken }
      }),
      Endpoint.post("write", "/items", { payload: { count: Schema.Int }, success: Schema.String })
    ],
    policy: { ...Policy.none, retry: Retry.make({ schedule: Schedule.spaced("2 seconds"), attempts: 3 }) }
  }) {}

  const call = { params: { id: "a" }, query: {} }

  it.effect("is told of step by step, in order", () =>
    Effect.gen(function* () {
      const events: Array<CallObserver.CallEvent> = []
      const provider = yield* Provider
      const fiber = yield* Effect.forkChild(
        Effect.provideService(provider.read(call), CallObserver.CallObserver, (event) => events.push(event))
      )
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(yield* Fiber.join(fiber), "fine")
      const where = { integration: "test/Provider", endpoint: "read" }
      assert.deepStrictEqual(events, [
        { ...where, _tag: "CallStarted" },
        { ...where, _tag: "AttemptStarted", attempt: 1 },
        { ...where, _tag: "AttemptEnded", attempt: 1, outcome: "transient", elapsedMillis: 1000 },
        { ...where, _tag: "Waiting", reason: "retry", delayMillis: 2000 },
        { ...where, _tag: "AttemptStarted", attempt: 2 },
        { ...where, _tag: "AttemptEnded", attempt: 2, outcome: "success", elapsedMillis: 0 },
        { ...where, _tag: "CallEnded", succeeded: true, attempts: 2, elapsedMillis: 3000 }
      ])
    }).pipe(
      Effect.provide(
        Provider.layerMock({ read: Mock.sequence(Mock.delay("1 second", Mock.status(503)), Mock.ok("fine")) })
      )
    )
  )

  it.effect("says in its error where it failed, after how many attempts and how long", () =>
    Effect.gen(function* () {
      const provider = yield* Provider
      const fiber = yield* Effect.forkChild(Effect.flip(provider.read(call)))
      yield* TestClock.adjust("4 seconds")
      const error = yield* Fiber.join(fiber)
      assert.deepInclude(error, {
        _tag: "UnexpectedStatus",
        integration: "test/Provider",
        endpoint: "read",
        method: "GET",
        url: "/items/:id",
        attempts: 3,
        requestId: "req_7",
        category: "transient",
        status: 503
      })
      assert.strictEqual(error._tag === "UnexpectedStatus" && Duration.toMillis(error.elapsed), 4000)
    }).pipe(Effect.provide(Provider.layerMock({ read: Mock.status(503, { headers: { "x-request-id": "req_7" } }) })))
  )

  it.effect("remembers the same of a declared error, beside it", () =>
    Effect.gen(function* () {
      const provider = yield* Provider
      const error = yield* Effect.flip(provider.read(call))
      assert.instanceOf(error, Taken)
      assert.deepInclude(CallError.infoOf(error), { integration: "test/Provider", endpoint: "read", attempts: 1 })
      assert.deepStrictEqual(Object.keys(error).toSorted(), ["_tag"])
    }).pipe(Effect.provide(Provider.layerMock({ read: Mock.fail(new Taken()) })))
  )

  it.effect("whose request does not encode is an EncodeFailure, and nothing is sent", () =>
    Effect.gen(function* () {
      const provider = yield* Provider
      const payload = yield* Effect.flip(provider.write({ payload: { count: 1.5 } }))
      assert.deepInclude(payload, { _tag: "EncodeFailure", part: "payload", attempts: 0, category: "invalid" })
      const query = yield* Effect.flip(provider.read({ ...call, query: { page: Number.NaN } }))
      assert.deepInclude(query, { _tag: "EncodeFailure", part: "query" })
      const { calls } = yield* Mock.journal(Provider)
      assert.deepStrictEqual(
        calls.map(({ attempts }) => attempts.length),
        [0, 0]
      )
    }).pipe(Effect.provide(Provider.layerMock({})))
  )

  it.effect(
    "has a span, and one below it for each attempt, named by the template, whose id is in the traceparent",
    () => {
      const { spans, tracer } = recordedSpans()
      const requests: Array<HttpClientRequest.HttpClientRequest> = []
      const client = HttpClient.make((request) => {
        requests.push(request)
        const response = new Response('"ok"', { status: requests.length === 1 ? 503 : 200 })
        return Effect.succeed(HttpClientResponse.fromWeb(request, response))
      })
      const live = Provider.layer.pipe(
        Layer.provide([Auth.none(Provider), Layer.succeed(HttpClient.HttpClient, client)])
      )
      return Effect.gen(function* () {
        const provider = yield* Provider
        const fiber = yield* Effect.forkChild(provider.read({ params: { id: "secret-id" }, query: { page: 1 } }))
        yield* TestClock.adjust("2 seconds")
        yield* Fiber.join(fiber)
        const [call, first, second] = spans
        assert.deepStrictEqual(
          spans.map(({ kind, name }) => [name, kind]),
          [
            ["test/Provider.read", "internal"],
            ["GET /items/:id", "client"],
            ["GET /items/:id", "client"]
          ]
        )
        assert.deepStrictEqual(
          [first, second].map((span) => Option.getOrUndefined(span?.parent ?? Option.none())?.spanId),
          [call?.spanId, call?.spanId]
        )
        const common = {
          "http.request.method": "GET",
          "url.template": "/items/:id",
          "server.address": "api.example",
          "server.port": 443
        }
        assert.deepStrictEqual(Object.fromEntries(first?.attributes ?? []), {
          ...common,
          "http.response.status_code": 503,
          "error.type": "503"
        })
        assert.deepStrictEqual(Object.fromEntries(second?.attributes ?? []), {
          ...common,
          "http.request.resend_count": 1,
          "http.response.status_code": 200
        })
        assert.deepStrictEqual(
          requests.map((request) => request.headers["traceparent"]),
          [first, second].map((span) => `00-${span?.traceId}-${span?.spanId}-01`)
        )
      }).pipe(Effect.provide(live), Effect.provideService(Tracer.Tracer, tracer))
    }
  )

  it.effect("is classified as the integration says", () => {
    class Odd extends Integration.Service<Odd>()("test/Odd", {
      baseUrl: "https://api.example",
      endpoints: [read],
      policy: { ...Policy.none, retry: Retry.make({ schedule: Schedule.recurs(1) }) },
      classify: ({ headers, status }) => ({
        category: status === 200 && headers["x-error"] !== undefined ? "transient" : "success",
        retryAfter: undefined
      })
    }) {}
    return Effect.gen(function* () {
      const odd = yield* Odd
      assert.strictEqual(yield* odd.read(), "fine")
      assert.deepInclude(yield* Effect.flip(odd.read()), { _tag: "UnexpectedStatus", status: 200, attempts: 2 })
    }).pipe(
      Effect.provide(
        Odd.layerMock({
          read: Mock.sequence(
            Mock.status(200, { headers: { "x-error": "1" } }),
            ok,
            Mock.status(200, { headers: { "x-error": "1" } }),
            Mock.status(200, { headers: { "x-error": "1" }, body: "still down" })
          )
        })
      )
    )
  })
})

describe("the headers of an integration", () => {
  class Provider extends Integration.Service<Provider>()("test/Provider", {
    baseUrl: "https://provider.example",
    headers: { "User-Agent": "acme/1.0", "x-version": "1" },
    endpoints: [
      read,
      Endpoint.get("dated", "/dated", { headers: { "x-version": Schema.String }, success: Schema.String })
    ],
    policy: Policy.none
  }) {}

  it.effect("go with every request, and a caller's own go before them", () =>
    Effect.gen(function* () {
      const provider = yield* Provider
      yield* provider.read()
      yield* provider.dated({ headers: { "x-version": "2" } })
      const { calls } = yield* Mock.journal(Provider)
      const sent = calls.map((call) => call.attempts[0]?.headers)
      assert.deepInclude(sent[0], { "user-agent": "acme/1.0", "x-version": "1" })
      assert.deepInclude(sent[1], { "user-agent": "acme/1.0", "x-version": "2" })
    }).pipe(Effect.provide(Provider.layerMock({ read: ok, dated: ok })))
  )

  for (const [name, value] of [
    ["x version", "1"],
    ["x-version", "1\r\nx-forged: 1"],
    ["x-version", ""]
  ] as const) {
    it(`that no request can carry throw InvalidOption: ${JSON.stringify([name, value])}`, () => {
      assert.throws(
        () =>
          Integration.Service()("test/Wrong", {
            baseUrl: "https://provider.example",
            headers: { [name]: value },
            endpoints: [read],
            policy: Policy.none
          }),
        InvalidOption.InvalidOption
      )
    })
  }
})

describe("a call that nobody traces", () => {
  class Provider extends Integration.Service<Provider>()("test/Untraced", {
    baseUrl: "https://api.example",
    endpoints: [read],
    policy: Policy.none
  }) {}

  it.effect("makes no span and sends no traceparent", () =>
    Effect.gen(function* () {
      const provider = yield* Provider
      yield* provider.read()
      const { calls } = yield* Mock.journal(Provider)
      assert.notProperty(calls[0]?.attempts[0]?.headers, "traceparent")
    }).pipe(Effect.provide(Provider.layerMock({ read: ok })))
  )
})
