import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Redacted, Schedule, Schema } from "effect"
import { HttpClient, HttpClientResponse, type HttpClientRequest } from "effect/http"
import { TestClock } from "effect/testing"
import { Auth } from "@causeway/core/auth"
import { Endpoint, Integration } from "@causeway/core/client"
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
