import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Redacted, Schedule, Schema } from "effect"
import { Headers, HttpClient, HttpClientResponse, type HttpClientRequest } from "effect/http"
import { TestClock } from "effect/testing"
import { Auth } from "@causeway/core/auth"
import { Endpoint, Integration, type Reply } from "@causeway/core/client"
import { Breaker, Cache, CacheStore, CallObserver, Coalesce, Policy } from "@causeway/core/policy"
import { Mock } from "@causeway/core/testing"

const Answer = Schema.Struct({ count: Schema.Int })

const integrationWith = (policy: Policy.Policy, id = "test/Provider") => {
  class Provider extends Integration.Service<Provider>()(id, {
    baseUrl: "https://provider.example",
    endpoints: [
      Endpoint.get("read", "/things/:id", { params: { id: Schema.String }, success: Answer }),
      Endpoint.put("write", "/things/:id", {
        params: { id: Schema.String },
        payload: { count: Schema.Int },
        success: Answer
      })
    ],
    policy: Policy.merge(Policy.none, policy)
  }) {}
  return Provider
}

const answer = (count: number, headers: Record<string, string> = {}) =>
  Mock.status(200, { body: { count }, headers: { "content-type": "application/json", ...headers } })

const cache = () => Cache.make({ staleIfError: "1 hour" })

describe("a cache in front of an integration", () => {
  it.effect("gives a fresh answer again without asking, for the same request only", () => {
    const Provider = integrationWith({ cache: cache() })
    return Effect.gen(function* () {
      const provider = yield* Provider
      const read = (id: string) => provider.read({ params: { id } })
      assert.deepStrictEqual(
        [yield* read("a"), yield* read("a"), yield* read("b")],
        [{ count: 1 }, { count: 1 }, { count: 2 }]
      )
      yield* TestClock.adjust("61 seconds")
      assert.deepStrictEqual(yield* read("a"), { count: 3 })
    }).pipe(
      Effect.provide(
        Provider.layerMock({
          read: Mock.sequence(...[1, 2, 3].map((count) => answer(count, { "cache-control": "max-age=60" })))
        })
      )
    )
  })

  it.effect("asks with the validator when it is stale, and takes a 304 for an answer", () => {
    const Provider = integrationWith({ cache: Cache.make() })
    const replies = Mock.sequence(
      answer(1, { etag: '"v1"', "cache-control": "no-cache" }),
      Mock.status(304, { headers: { etag: '"v1"' } })
    )
    return Effect.gen(function* () {
      const provider = yield* Provider
      yield* provider.read({ params: { id: "a" } })
      assert.deepStrictEqual(yield* provider.read({ params: { id: "a" } }), { count: 1 })
      const { calls } = yield* Mock.journal(Provider)
      assert.strictEqual(calls[1]?.attempts[0]?.headers["if-none-match"], '"v1"')
      assert.deepStrictEqual(
        calls.flatMap((call) => call.attempts.map(({ outcome }) => outcome)),
        [200, 304]
      )
    }).pipe(Effect.provide(Provider.layerMock({ read: replies })))
  })

  it.effect("gives a stale answer when the provider fails, and when the circuit is open", () => {
    const Provider = integrationWith({
      cache: cache(),
      circuitBreaker: Breaker.consecutive({ failures: 1, openDuration: "1 hour" })
    })
    const replies = Mock.sequence(answer(1, { "cache-control": "max-age=1" }), Mock.status(503))
    return Effect.gen(function* () {
      const provider = yield* Provider
      yield* provider.read({ params: { id: "a" } })
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(yield* provider.read({ params: { id: "a" } }), { count: 1 })
      assert.deepStrictEqual(yield* provider.read({ params: { id: "a" } }), { count: 1 })
      assert.strictEqual((yield* Effect.flip(provider.read({ params: { id: "b" } })))._tag, "CircuitOpen")
    }).pipe(Effect.provide(Provider.layerMock({ read: replies })))
  })

  it.effect("whose store cannot be asked, and is to fail then, makes a TransportFailure of the call", () => {
    const Provider = integrationWith({ cache: cache() })
    const unavailable = Effect.succeed<CacheStore.Unavailable>({ _tag: "Unavailable" })
    const store = Layer.succeed(CacheStore.CacheStore, { ...CacheStore.makeMemory(), get: () => unavailable })
    return Effect.gen(function* () {
      const provider = yield* Provider
      assert.deepInclude(yield* Effect.flip(provider.read({ params: { id: "a" } })), {
        _tag: "TransportFailure",
        integration: "test/Provider",
        category: "transient",
        reason: "Connect",
        attempts: 0
      })
      assert.deepStrictEqual((yield* Mock.journal(Provider)).calls[0]?.attempts, [])
    }).pipe(Effect.provide(Provider.layerMock({ read: answer(1) }).pipe(Layer.provide(store))))
  })

  it.effect("forgets what an unsafe call has changed", () => {
    const Provider = integrationWith({ cache: cache() })
    const kept = { "cache-control": "max-age=60" }
    return Effect.gen(function* () {
      const provider = yield* Provider
      yield* provider.read({ params: { id: "a" } })
      yield* provider.write({ params: { id: "a" }, payload: { count: 2 } })
      assert.deepStrictEqual(yield* provider.read({ params: { id: "a" } }), { count: 2 })
    }).pipe(
      Effect.provide(Provider.layerMock({ read: Mock.sequence(answer(1, kept), answer(2, kept)), write: answer(2) }))
    )
  })

  it.effect("is asked before the policies, and what it asks passes them all", () => {
    const Provider = integrationWith({
      cache: cache(),
      retry: Schedule.spaced("1 milli"),
      rateLimit: { limit: 2, window: "1 hour", maxWait: 0 }
    })
    const replies = Mock.sequence(Mock.status(503), answer(1, { "cache-control": "max-age=60" }))
    return Effect.gen(function* () {
      const provider = yield* Provider
      const fiber = yield* Effect.forkChild(provider.read({ params: { id: "a" } }))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* Fiber.join(fiber), { count: 1 })
      for (let call = 0; call < 10; call += 1) yield* provider.read({ params: { id: "a" } })
      assert.strictEqual((yield* Effect.flip(provider.read({ params: { id: "b" } })))._tag, "RateLimited")
    }).pipe(Effect.provide(Provider.layerMock({ read: replies })))
  })

  it.effect("keeps what belongs to other credentials apart, in one shared store", () => {
    let count = 0
    const client = HttpClient.make((request: HttpClientRequest.HttpClientRequest) => {
      count += 1
      const response = new Response(JSON.stringify({ count }), { headers: { "cache-control": "max-age=60" } })
      return Effect.succeed(HttpClientResponse.fromWeb(request, response))
    })
    const Provider = integrationWith({ cache: cache() })
    const as = (token: string) =>
      Provider.layer.pipe(
        Layer.provide(Auth.bearer(Provider, Effect.succeed(Redacted.make(token)))),
        Layer.provide(Layer.succeed(HttpClient.HttpClient, client)),
        Layer.fresh
      )
    const read = Effect.flatMap(Provider, (provider) => provider.read({ params: { id: "a" } }))
    return Effect.gen(function* () {
      assert.deepStrictEqual(yield* Effect.provide(read, as("alice")), { count: 1 })
      assert.deepStrictEqual(yield* Effect.provide(read, as("bob")), { count: 2 })
      assert.deepStrictEqual(yield* Effect.provide(read, as("alice")), { count: 1 })
    }).pipe(Effect.provide(CacheStore.layerMemory()))
  })

  it.effect("tells an observer how it answered", () => {
    const Provider = integrationWith({ cache: cache() })
    const results: Array<string> = []
    const observing = CallObserver.layer((event) => {
      if (event._tag === "CacheAnswered") results.push(event.result)
    })
    return Effect.gen(function* () {
      const provider = yield* Provider
      yield* provider.read({ params: { id: "a" } })
      yield* provider.read({ params: { id: "a" } })
      assert.deepStrictEqual(results, ["miss", "hit"])
    }).pipe(
      Effect.provide(Provider.layerMock({ read: answer(1, { "cache-control": "max-age=60" }) })),
      Effect.provide(observing)
    )
  })
})

/** A provider that counts what it is asked, and answers with the count. */
const counting = (headers: Record<string, string>) => {
  let count = 0
  return HttpClient.make((request: HttpClientRequest.HttpClientRequest) =>
    Effect.sync(() => {
      count += 1
      return HttpClientResponse.fromWeb(request, new Response(JSON.stringify({ count }), { headers }))
    })
  )
}

const callerGiven = [
  "authorization",
  "cookie",
  "x-api-key",
  "proxy-authorization",
  "x-auth-token",
  "x-amz-security-token",
  "x-goog-api-key",
  "stripe-account",
  "stripe-version",
  "prefer",
  "accept",
  "x-anything"
]

// RFC 9111, section 3.5, and cloudflare/vinext#93, axios-cache-interceptor#980, ktor#4337: one caller got another's answer.
describe("a header that the caller gives", () => {
  const providerWith = (
    name: string,
    options: { readonly cache?: Cache.Cache; readonly coalesce?: Coalesce.Coalesce }
  ) =>
    class Provider extends Integration.Service<Provider>()("test/Provider", {
      baseUrl: "https://provider.example",
      endpoints: [
        Endpoint.get("read", "/things", {
          headers: { [name]: Schema.optional(Schema.String) },
          query: { api_key: Schema.optional(Schema.String) },
          success: Answer
        }),
        Endpoint.put("write", "/things", { headers: { [name]: Schema.optional(Schema.String) } })
      ],
      policy: options
    }) {}

  const live = (Provider: ReturnType<typeof providerWith>, client = counting({ "cache-control": "max-age=60" })) =>
    Provider.layer.pipe(Layer.provide([Auth.none(Provider), Layer.succeed(HttpClient.HttpClient, client)]))

  for (const name of callerGiven) {
    it.effect(`keeps answers apart in the cache: ${name}`, () => {
      const Provider = providerWith(name, { cache: Cache.make() })
      return Effect.gen(function* () {
        const provider = yield* Provider
        const read = (value?: string) => provider.read({ query: {}, headers: { [name]: value } })
        const counts = yield* Effect.forEach(["alice", "bob", undefined, "alice", "bob", undefined], (who) => read(who))
        assert.deepStrictEqual(
          counts.map(({ count }) => count),
          [1, 2, 3, 1, 2, 3]
        )
      }).pipe(Effect.provide(live(Provider)))
    })

    it.effect(`keeps answers apart in a shared call: ${name}`, () => {
      const Provider = providerWith(name, { coalesce: Coalesce.make() })
      return Effect.gen(function* () {
        const provider = yield* Provider
        const read = (value: string) => provider.read({ query: {}, headers: { [name]: value } })
        const counts = yield* Effect.all([read("alice"), read("bob")], { concurrency: 2 })
        assert.deepStrictEqual(
          counts.map(({ count }) => count),
          [1, 2]
        )
      }).pipe(Effect.provide(live(Provider)))
    })
  }

  for (const name of ["user-agent", "traceparent", "idempotency-key", "x-request-id"]) {
    it.effect(`does not keep answers apart when it is harmless: ${name}`, () => {
      const Provider = providerWith(name, { cache: Cache.make() })
      return Effect.gen(function* () {
        const provider = yield* Provider
        const read = (value: string) => provider.read({ query: {}, headers: { [name]: value } })
        assert.deepStrictEqual(yield* Effect.all([read("a"), read("b")]), [{ count: 1 }, { count: 1 }])
      }).pipe(Effect.provide(live(Provider)))
    })
  }

  it.effect("of a name in CurrentRedactedNames keeps answers apart, also from a key of the user's", () => {
    const Provider = providerWith("x-shop", { cache: Cache.make({ key: () => "the same" }) })
    return Effect.gen(function* () {
      const provider = yield* Provider
      const read = (value: string) => provider.read({ query: {}, headers: { "x-shop": value } })
      assert.deepStrictEqual(yield* Effect.all([read("a"), read("b"), read("a")]), [
        { count: 1 },
        { count: 2 },
        { count: 1 }
      ])
    }).pipe(Effect.provide(live(Provider)), Effect.provideService(Headers.CurrentRedactedNames, ["x-shop"]))
  })

  it.effect("is not needed where the URL holds the credential, also with a key that leaves the query out", () => {
    const Provider = providerWith("x-unused", { cache: Cache.make({ key: ({ url }) => new URL(url).pathname }) })
    return Effect.gen(function* () {
      const provider = yield* Provider
      const read = (api_key: string) => provider.read({ query: { api_key }, headers: {} })
      assert.deepStrictEqual(yield* Effect.all([read("alice"), read("bob")]), [{ count: 1 }, { count: 2 }])
    }).pipe(Effect.provide(live(Provider)))
  })

  it.effect("does not keep a write from invalidating what was read with another one", () => {
    const Provider = providerWith("prefer", { cache: Cache.make() })
    return Effect.gen(function* () {
      const provider = yield* Provider
      const read = provider.read({ query: {}, headers: {} })
      yield* read
      yield* provider.write({ headers: { prefer: "return=minimal" } })
      assert.deepStrictEqual(yield* read, { count: 3 })
    }).pipe(Effect.provide(live(Provider)))
  })
})

describe("a credential that the caller gives", () => {
  class Provider extends Integration.Service<Provider>()("test/Provider", {
    baseUrl: "https://provider.example",
    endpoints: [
      Endpoint.get("read", "/things", {
        headers: { authorization: Schema.String },
        query: { api_key: Schema.String, page: Schema.String },
        success: Answer
      })
    ]
  }) {}
  const basic = `Basic ${btoa("ann:hunter2hunter2")}`
  const input = { query: { api_key: "key-1234567", page: "2" }, headers: { authorization: basic } }

  it.effect("is removed from what the provider repeats of it", () => {
    const echo = `no user hunter2hunter2 (${basic.slice(6)}) for key-1234567, page 2`
    return Effect.gen(function* () {
      const error = yield* Effect.flip((yield* Provider).read(input))
      assert.deepInclude(error, {
        _tag: "UnexpectedStatus",
        body: "no user <redacted> (<redacted>) for <redacted>, page 2"
      })
    }).pipe(Effect.provide(Provider.layerMock({ read: Mock.status(400, { body: echo }) })))
  })

  it.effect("is not in a mock's journal", () =>
    Effect.gen(function* () {
      yield* Effect.ignore((yield* Provider).read(input))
      const { calls } = yield* Mock.journal(Provider)
      assert.notMatch(JSON.stringify(calls), /hunter2|key-1234567|YW5u/)
      assert.deepInclude(calls[0], {
        request: { query: { api_key: "<redacted>", page: "2" }, headers: { authorization: "<redacted>" } }
      })
      assert.match(String(calls[0]?.attempts[0]?.url), /\/things\?api_key=<redacted>&page=2$/)
    }).pipe(Effect.provide(Provider.layerMock({ read: Mock.status(400) })))
  )
})

// RFC 5861, section 4, and Meziantou.Framework#2824, undici#5507: a stale 200 hid that the provider had answered.
describe("a stale answer, when the provider", () => {
  const readTwice = (
    second: Reply.Reply<typeof Answer.Type, never>,
    policy: Policy.Policy = {},
    first = "max-age=1"
  ) => {
    const Provider = integrationWith({ cache: cache(), ...policy })
    const replies = Mock.sequence(answer(1, { "cache-control": first }), second)
    return Effect.gen(function* () {
      const provider = yield* Provider
      yield* provider.read({ params: { id: "a" } })
      yield* TestClock.adjust("10 seconds")
      const again = yield* Effect.forkChild(Effect.result(provider.read({ params: { id: "a" } })))
      yield* TestClock.adjust("20 seconds")
      const result = yield* Fiber.join(again)
      return result._tag === "Success" ? "stale" : result.failure._tag
    }).pipe(Effect.provide(Provider.layerMock({ read: replies })))
  }

  for (const status of [500, 502, 503, 504]) {
    it.effect(`answers ${status}, is given`, () =>
      Effect.map(readTwice(Mock.status(status)), (got) => assert.strictEqual(got, "stale"))
    )
  }

  for (const status of [301, 400, 401, 403, 404, 409, 410, 422, 429, 501, 505]) {
    it.effect(`answers ${status}, is not given`, () =>
      Effect.map(readTwice(Mock.status(status)), (got) => assert.notStrictEqual(got, "stale"))
    )
  }

  it.effect("answers 200 with a body that does not match, is not given", () =>
    Effect.map(readTwice(Mock.status(200, { body: { count: "one" } })), (got) =>
      assert.strictEqual(got, "DecodeFailure")
    )
  )

  it.effect("does not answer in time, is given", () =>
    Effect.map(readTwice(Mock.delay("15 seconds", answer(2)), { timeout: "1 second" }), (got) =>
      assert.strictEqual(got, "stale")
    )
  )

  for (const at of ["Connect", "Send", "Body"] as const) {
    it.effect(`can't be reached or breaks off (${at}), is given`, () =>
      Effect.map(readTwice(Mock.broken(at)), (got) => assert.strictEqual(got, "stale"))
    )
  }

  for (const control of ["max-age=1, must-revalidate", "no-cache", "max-age=1, no-cache, stale-if-error=60"]) {
    it.effect(`fails and had said ${control}, is not given`, () =>
      Effect.map(readTwice(Mock.status(503), {}, control), (got) => assert.strictEqual(got, "UnexpectedStatus"))
    )
  }

  it.effect("was not asked because of a local limit, is not given", () =>
    Effect.map(readTwice(answer(2), { rateLimit: { limit: 1, window: "1 hour", maxWait: 0 } }), (got) =>
      assert.strictEqual(got, "RateLimited")
    )
  )

  it.effect("answers with a declared error, is given for an outage only", () => {
    class Declared extends Schema.TaggedError<Declared>()("Declared", { status: Schema.Int }) {}
    class Provider extends Integration.Service<Provider>()("test/Provider", {
      baseUrl: "https://provider.example",
      endpoints: [Endpoint.get("read", "/things", { success: Answer, errors: { "4xx": Declared, "5xx": Declared } })],
      policy: { ...Policy.none, cache: cache() }
    }) {}
    const stale = answer(1, { "cache-control": "max-age=0, stale-if-error=3600" })
    const failing = (status: number) => Mock.status(status, { body: { status: 503 } })
    return Effect.gen(function* () {
      const provider = yield* Provider
      yield* provider.read()
      assert.deepStrictEqual(yield* provider.read(), { count: 1 })
      assert.strictEqual((yield* Effect.flip(provider.read()))._tag, "Declared")
      // What was answered with 404 is gone, and no outage brings it back.
      assert.strictEqual((yield* Effect.flip(provider.read()))._tag, "Declared")
    }).pipe(
      Effect.provide(Provider.layerMock({ read: Mock.sequence(stale, failing(503), failing(404), failing(503)) }))
    )
  })
})

describe("coalescing", () => {
  it.effect("a hundred identical calls in flight are one, and another one is its own", () => {
    const Provider = integrationWith({ coalesce: Coalesce.make() })
    return Effect.gen(function* () {
      const provider = yield* Provider
      const same = Array.from({ length: 100 }, () => provider.read({ params: { id: "a" } }))
      const fiber = yield* Effect.forkChild(
        Effect.all([...same, provider.read({ params: { id: "b" } })], { concurrency: "unbounded" })
      )
      yield* TestClock.adjust("1 second")
      const answers = yield* Fiber.join(fiber)
      assert.strictEqual(answers.length, 101)
      const { calls } = yield* Mock.journal(Provider)
      assert.strictEqual(calls.flatMap((call) => call.attempts).length, 2)
    }).pipe(Effect.provide(Provider.layerMock({ read: Mock.delay("1 second", answer(1)) })))
  })

  it.effect("the first caller may leave without harm to the others", () => {
    const Provider = integrationWith({ coalesce: Coalesce.make() })
    return Effect.gen(function* () {
      const provider = yield* Provider
      const first = yield* Effect.forkChild(provider.read({ params: { id: "a" } }))
      yield* Effect.yieldNow
      const second = yield* Effect.forkChild(provider.read({ params: { id: "a" } }))
      yield* Effect.yieldNow
      yield* Fiber.interrupt(first)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* Fiber.join(second), { count: 1 })
    }).pipe(Effect.provide(Provider.layerMock({ read: Mock.sequence(Mock.delay("1 second", answer(1))) })))
  })

  it.effect("each caller has its own deadline, whoever began the call", () => {
    const Provider = integrationWith({ coalesce: Coalesce.make(), deadline: "1 minute" })
    return Effect.gen(function* () {
      const provider = yield* Provider
      const patient = yield* Effect.forkChild(provider.read({ params: { id: "a" } }))
      yield* Effect.yieldNow
      const hasty = yield* Effect.forkChild(
        Effect.flip(provider.read({ params: { id: "a" } }, { deadline: "1 second" }))
      )
      yield* TestClock.adjust("1 second")
      assert.deepInclude(yield* Fiber.join(hasty), { _tag: "Timeout", scope: "deadline" })
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* Fiber.join(patient), { count: 1 })
    }).pipe(Effect.provide(Provider.layerMock({ read: Mock.sequence(Mock.delay("2 seconds", answer(1))) })))
  })

  it.effect("unsafe calls are never shared", () => {
    const Provider = integrationWith({ coalesce: Coalesce.make() })
    return Effect.gen(function* () {
      const provider = yield* Provider
      const write = provider.write({ params: { id: "a" }, payload: { count: 1 } })
      const fiber = yield* Effect.forkChild(Effect.all([write, write], { concurrency: 2 }))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(fiber)
      const { calls } = yield* Mock.journal(Provider)
      assert.strictEqual(calls.flatMap((call) => call.attempts).length, 2)
    }).pipe(Effect.provide(Provider.layerMock({ write: Mock.delay("1 second", answer(1)) })))
  })
})
