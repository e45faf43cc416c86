import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Schedule } from "effect"
import { HttpClient, HttpClientError, type HttpClientRequest, HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"
import { Breaker, type CallError, Policy, PolicyClient, Retry } from "@causeway/core/policy"

type Answer = number | "reset" | "never"

const scripted = (...answers: ReadonlyArray<Answer>) => {
  const requests: Array<HttpClientRequest.HttpClientRequest> = []
  const client = HttpClient.make((request) => {
    const answer = answers[requests.length] ?? 200
    requests.push(request)
    if (answer === "never") return Effect.never
    if (answer === "reset") {
      const cause = Object.assign(new Error("reset"), { code: "ECONNRESET" })
      return Effect.fail(
        new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, cause }) })
      )
    }
    return Effect.succeed(HttpClientResponse.fromWeb(request, new Response(null, { status: answer })))
  })
  return { client, requests }
}

const quickly = Retry.make({ schedule: Schedule.spaced("10 millis"), attempts: 3 })

const hurried = <A, E, R>(program: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(program)
    yield* TestClock.adjust("1 minute")
    return yield* Fiber.join(fiber)
  })

const url = "https://provider.example/things"

describe("a policy around a plain HttpClient", () => {
  it.effect("retries resets and 503s, and gives the last response when it gives up", () =>
    Effect.gen(function* () {
      const well = scripted("reset", 503, 200)
      assert.strictEqual(
        (yield* hurried(PolicyClient.withPolicy({ retry: quickly })(well.client).get(url))).status,
        200
      )
      const down = scripted(503, 503, 503, 200)
      assert.strictEqual(
        (yield* hurried(PolicyClient.withPolicy({ retry: quickly })(down.client).get(url))).status,
        503
      )
      assert.strictEqual(down.requests.length, 3)
    })
  )

  it.effect("draws one idempotency key for a POST where the policy names its header", () =>
    Effect.gen(function* () {
      const keyed = scripted(503, 503, 200)
      const retry = Retry.make({ schedule: Schedule.spaced(1), attempts: 3, idempotencyKeyHeader: "x-idem" })
      yield* hurried(PolicyClient.withPolicy({ retry })(keyed.client).post(url))
      const keys = new Set(keyed.requests.map(({ headers }) => headers["x-idem"]))
      assert.strictEqual(keyed.requests.length, 3)
      assert.strictEqual(keys.size, 1)
      assert.isString(keys.values().next().value)
      const own = scripted(503, 200)
      yield* hurried(PolicyClient.withPolicy({ retry })(own.client).post(url, { headers: { "x-idem": "mine" } }))
      assert.deepStrictEqual(
        own.requests.map(({ headers }) => headers["x-idem"]),
        ["mine", "mine"]
      )
    })
  )

  it.effect("retries at once after a 503 whose body never comes", () => {
    let sent = 0
    const stalled = HttpClient.make((request) =>
      Effect.sync(() => {
        sent += 1
        const body = sent === 1 ? new ReadableStream<Uint8Array>() : null
        return HttpClientResponse.fromWeb(request, new Response(body, { status: sent === 1 ? 503 : 200 }))
      })
    )
    const client = PolicyClient.withPolicy({ retry: Retry.make({ schedule: Schedule.recurs(1) }) })(stalled)
    return Effect.map(client.get(url), ({ status }) => assert.strictEqual(status, 200))
  })

  it.effect("refuses a slot that does not exist", () =>
    Effect.sync(() =>
      // @ts-expect-error: circuitBreaker is meant
      assert.throws(() => PolicyClient.withPolicy({ circuitBraker: Breaker.consecutive() }), "circuitBreaker")
    )
  )

  it.effect("does not repeat a POST, unless it has an idempotency key", () =>
    Effect.gen(function* () {
      const plain = scripted(503)
      yield* hurried(PolicyClient.withPolicy({ retry: quickly })(plain.client).post(url))
      assert.strictEqual(plain.requests.length, 1)
      const keyed = scripted(503)
      const headers = { "idempotency-key": "key-1" }
      yield* hurried(PolicyClient.withPolicy({ retry: quickly })(keyed.client).post(url, { headers }))
      assert.strictEqual(keyed.requests.length, 2)
    })
  )

  it.effect("times out, and opens its circuit", () =>
    Effect.gen(function* () {
      const { client, requests } = scripted("never", "never")
      const policy = {
        timeout: "1 second",
        circuitBreaker: Breaker.consecutive({ failures: 2, openDuration: "1 hour" })
      } as const
      const guarded = PolicyClient.withPolicy(policy)(client)
      for (let call = 0; call < 2; call += 1) {
        const error = yield* hurried(Effect.flip(guarded.get(url)))
        assert.strictEqual(error._tag, "Timeout")
      }
      assert.strictEqual((yield* Effect.flip(guarded.get(url)))._tag, "CircuitOpen")
      assert.strictEqual(requests.length, 2)
    })
  )

  it("adds the errors of its slots to the client's", () => {
    const guarded = PolicyClient.withPolicy({ timeout: "1 second" })(scripted().client)
    expectTypeOf(guarded).toEqualTypeOf<
      HttpClient.HttpClient.With<HttpClientError.HttpClientError | CallError.Timeout>
    >()
  })
})

describe("a refusal", () => {
  const refusal = Effect.gen(function* () {
    const client = PolicyClient.withPolicy({ rateLimit: { limit: 1, window: "1 hour", maxWait: 0 } })(scripted().client)
    yield* client.get(url)
    return yield* Effect.flip(client.get(url))
  })

  it.effect("has no stack, unless Policy.debug is on", () =>
    Effect.gen(function* () {
      const quiet = yield* refusal
      const loud = yield* Effect.provideService(refusal, Policy.debug, true)
      assert.strictEqual(quiet._tag, "RateLimited")
      assert.notInclude(quiet.stack ?? "", "\n    at ")
      assert.include(loud.stack ?? "", "\n    at ")
    })
  )

  it.effect("of an open circuit says its own key, and what is left of the time when it was refused", () =>
    Effect.gen(function* () {
      const circuitBreaker = Breaker.consecutive({
        failures: 1,
        openDuration: "1 second",
        // The request of this client is one of Effect's.
        key: ({ request }) => (request as HttpClientRequest.HttpClientRequest).url.slice(-5)
      })
      const { client } = scripted(503, 503)
      const guarded = PolicyClient.withPolicy({ circuitBreaker })(client)
      const refused = (name: string) => Effect.map(Effect.flip(guarded.get(`${url}/${name}`)), factsOf)
      yield* Effect.ignore(guarded.get(`${url}/first`))
      yield* Effect.ignore(guarded.get(`${url}/other`))
      const atOnce = yield* Effect.all([refused("first"), refused("other"), refused("first")])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(
        [...atOnce, yield* refused("first")],
        [
          { key: "http/first", attempts: 0, left: 1_000 },
          { key: "http/other", attempts: 0, left: 1_000 },
          { key: "http/first", attempts: 0, left: 1_000 },
          { key: "http/first", attempts: 0, left: 999 }
        ]
      )
    })
  )

  it.effect("of a retry says how many attempts there were before, beside others in the same millisecond", () =>
    Effect.gen(function* () {
      const { client } = scripted(503)
      const circuitBreaker = Breaker.consecutive({ failures: 1, openDuration: "1 second" })
      const retry = Retry.make({ schedule: Schedule.recurs(3) })
      const guarded = PolicyClient.withPolicy({ circuitBreaker, retry })(client)
      const retried = yield* Effect.map(Effect.flip(guarded.get(url)), factsOf)
      const fresh = yield* Effect.map(Effect.flip(guarded.get(url)), factsOf)
      assert.deepStrictEqual(
        [retried, fresh],
        [
          { key: "http", attempts: 1, left: 1_000 },
          { key: "http", attempts: 0, left: 1_000 }
        ]
      )
    })
  )
})

const factsOf = (error: HttpClientError.HttpClientError | CallError.CallError) =>
  error._tag === "CircuitOpen"
    ? { key: error.key, attempts: error.attempts, left: Duration.toMillis(error.retryAfter ?? 0) }
    : error
