import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Schedule, Schema } from "effect"
import { HttpClient, HttpClientError, HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"
import { Auth } from "@causeway/core/auth"
import { Endpoint, Integration } from "@causeway/core/client"
import { Breaker, CallObserver, Coalesce, Policy, Retry } from "@causeway/core/policy"

const Answer = Schema.Struct({ ok: Schema.Boolean })

const policy = {
  ...Policy.none,
  retry: Retry.make({ attempts: 3, schedule: Schedule.spaced("10 millis") }),
  circuitBreaker: Breaker.consecutive({ failures: 2 })
} as const

class Provider extends Integration.Service<Provider>()("test/Provider", {
  baseUrl: "https://provider.example",
  endpoints: [
    Endpoint.get("read", "/read", { success: Answer }),
    Endpoint.post("write", "/write", { payload: { a: Schema.Int }, success: Answer })
  ],
  policy
}) {}

/** Every request breaks with a code of the system. */
const breaking = (code: string) => {
  const arrivals: Array<string> = []
  const client = HttpClient.make((request) => {
    arrivals.push(request.method)
    const cause = Object.assign(new Error("broken"), { code })
    return Effect.fail(
      new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, cause }) })
    )
  })
  return { arrivals, client: Layer.succeed(HttpClient.HttpClient, client) }
}

const hurried = <A, E, R>(program: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(program)
    yield* TestClock.adjust("10 seconds")
    return yield* Fiber.join(fiber)
  })

const trying = (code: string) =>
  Effect.gen(function* () {
    const { arrivals, client } = breaking(code)
    const opened: Array<string> = []
    const observer = CallObserver.layer((event) => {
      if (event._tag === "CircuitChanged") opened.push(event.transition.to)
    })
    const error = yield* hurried(Effect.flip(Effect.flatMap(Provider, (one) => one.write({ payload: { a: 1 } })))).pipe(
      Effect.provide(Layer.mergeAll(Provider.layer.pipe(Layer.provide([Auth.none(Provider), client])), observer))
    )
    return { sent: arrivals.length, category: error.category, opened }
  })

describe("a POST that could not be sent", () => {
  for (const code of ["ECONNREFUSED", "EAI_AGAIN", "ENETUNREACH", "UND_ERR_CONNECT_TIMEOUT"]) {
    it.effect(`is sent again and counts in the breaker after ${code}`, () =>
      Effect.map(trying(code), ({ category, opened, sent }) => {
        assert.deepStrictEqual([category, opened], ["transient", ["open"]])
        assert.isAtLeast(sent, 2)
      })
    )
  }

  for (const code of ["ENOTFOUND", "CERT_HAS_EXPIRED", "ERR_TLS_CERT_ALTNAME_INVALID"]) {
    it.effect(`is rejected at once and counts in no breaker after ${code}`, () =>
      Effect.map(trying(code), (tried) => assert.deepStrictEqual(tried, { sent: 1, category: "rejected", opened: [] }))
    )
  }

  for (const code of ["EMFILE", "EADDRNOTAVAIL"]) {
    it.effect(`counts in no breaker when this machine lacks what it needs (${code})`, () =>
      Effect.map(trying(code), ({ opened }) => assert.deepStrictEqual(opened, []))
    )
  }

  it.effect("is not sent again after a reset, which may have come after it was processed", () =>
    Effect.map(trying("ECONNRESET"), ({ category, sent }) => assert.deepStrictEqual([category, sent], ["transient", 1]))
  )
})

describe("a deadline", () => {
  const slow = HttpClient.make((request) =>
    Effect.succeed(HttpClientResponse.fromWeb(request, new Response(null, { status: 503 })))
  )
  for (const [name, coalesce] of [
    ["with coalescing", Coalesce.make()],
    ["without coalescing", null]
  ] as const) {
    it.effect(`reports the attempts that were made, ${name}`, () => {
      class Slow extends Integration.Service<Slow>()("test/Slow", {
        baseUrl: "https://provider.example",
        endpoints: [Endpoint.get("read", "/read", { success: Answer })],
        policy: {
          ...Policy.none,
          coalesce,
          deadline: "1 second",
          retry: Retry.make({ attempts: 10, schedule: Schedule.spaced("300 millis") })
        }
      }) {}
      return Effect.gen(function* () {
        const service = yield* Slow
        const calls = yield* Effect.forkChild(
          Effect.all([Effect.flip(service.read()), Effect.flip(service.read())], { concurrency: 2 })
        )
        yield* TestClock.adjust("2 seconds")
        for (const error of yield* Fiber.join(calls)) {
          // The next wait would pass the deadline: the call ends with its last failure.
          assert.deepInclude(error, { _tag: "UnexpectedStatus", attempts: 4 })
        }
      }).pipe(
        Effect.provide(Slow.layer.pipe(Layer.provide([Auth.none(Slow), Layer.succeed(HttpClient.HttpClient, slow)])))
      )
    })
  }
})
