/** Token requests under the policies of any other call. */
import { ClientAuthentication, OAuth, OAuthClient, OAuthServer } from "@causeway/core/auth"
import { Breaker, CallObserver, type Policy } from "@causeway/core/policy"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber, Tracer } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"
import { endpoints } from "./answering.ts"

const good = () => Response.json({ access_token: "t0k3n", token_type: "Bearer" })
const busy = (retryAfter?: string) =>
  new Response("busy", { status: 503, headers: retryAfter === undefined ? {} : { "retry-after": retryAfter } })

/** A client whose requests are answered by their number, and the seconds at which they came. */
const clientUnder = (policy: Policy.Policy | undefined, reply: (number: number) => Response | "never") =>
  Effect.gen(function* () {
    const at: Array<number> = []
    const http = HttpClient.make((request) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        at.push(now / 1_000)
        const answer = reply(at.length)
        return answer === "never" ? Effect.never : Effect.succeed(HttpClientResponse.fromWeb(request, answer))
      })
    )
    const client = yield* OAuthClient.make({
      integration: "test/Calendar",
      server: OAuthServer.make(endpoints),
      clientId: "c4us3w4y",
      authentication: ClientAuthentication.none,
      ...(policy !== undefined && { policy })
    }).pipe(Effect.provideService(HttpClient.HttpClient, http))
    return { ask: OAuth.clientCredentials(client).obtain ?? assert.fail(), at }
  })

/** Runs an effect to its end, the clock going on second by second. */
const ended = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(effect, { startImmediately: true })
    for (let second = 0; second < 120 && fiber.pollUnsafe() === undefined; second += 1)
      yield* TestClock.adjust("1 second")
    return yield* Fiber.await(fiber)
  })

describe("a token request", () => {
  it.effect("is made again as long after an outage as the server asks for", () =>
    Effect.gen(function* () {
      const { ask, at } = yield* clientUnder(undefined, (number) => (number === 1 ? busy("7") : good()))
      assert.strictEqual((yield* ended(ask))._tag, "Success")
      assert.deepStrictEqual(at, [0, 7])
    }).pipe(Effect.scoped)
  )

  it.effect("is made three times at most, and not at all later than the caller could wait", () =>
    Effect.gen(function* () {
      const outage = yield* clientUnder(undefined, () => busy())
      yield* ended(outage.ask)
      assert.strictEqual(outage.at.length, 3)
      const long = yield* clientUnder(undefined, () => busy("3600"))
      const error = yield* Effect.flip(long.ask)
      assert.strictEqual(long.at.length, 1)
      assert.deepStrictEqual(error.retryAfter, Duration.seconds(3_600))
    }).pipe(Effect.scoped)
  )

  it.effect("ends in time, each attempt and all of them", () =>
    Effect.gen(function* () {
      const { ask, at } = yield* clientUnder(undefined, () => "never")
      const exit = yield* ended(ask)
      const { reason } = yield* Effect.flip(exit)
      assert.isTrue(reason._tag === "EndpointUnavailable" && /no answer in/.test(reason.detail))
      assert.isAtMost(yield* Effect.map(Clock.currentTimeMillis, (now) => now / 1_000), 26)
      assert.isAtMost(at.length, 3)
    }).pipe(Effect.scoped)
  )

  it.effect("is not made while the circuit is open, and refusals do not open it", () =>
    Effect.gen(function* () {
      let isWell = false
      const circuitBreaker = Breaker.consecutive({ failures: 2 })
      const { ask, at } = yield* clientUnder({ retry: null, circuitBreaker }, () => (isWell ? good() : busy()))
      yield* Effect.flip(ask)
      yield* Effect.flip(ask)
      const refused = yield* Effect.flip(ask)
      assert.strictEqual(at.length, 2)
      assert.isTrue(refused.reason._tag === "EndpointUnavailable" && refused.reason.detail === "its circuit is open")
      assert.isAbove(Duration.toMillis(refused.retryAfter ?? Duration.zero), 0)
      isWell = true
      yield* TestClock.adjust(refused.retryAfter ?? 0)
      yield* ask
      const saysNo = () => Response.json({ error: "invalid_scope" }, { status: 400 })
      const no = yield* clientUnder({ retry: null, circuitBreaker }, saysNo)
      for (let count = 0; count < 5; count += 1) yield* Effect.flip(no.ask)
      assert.strictEqual(no.at.length, 5)
    }).pipe(Effect.scoped)
  )

  it.effect("waits for a rate limit", () =>
    Effect.gen(function* () {
      const { ask, at } = yield* clientUnder({ rateLimit: { limit: 2, window: "10 seconds" } }, good)
      yield* ended(Effect.all([ask, ask, ask], { concurrency: "unbounded" }))
      assert.deepStrictEqual(at, [0, 0, 10])
    }).pipe(Effect.scoped)
  )

  it.effect("is seen by observers and in spans, under the name of its endpoint", () =>
    Effect.gen(function* () {
      const events: Array<string> = []
      const spans: Array<string> = []
      const tracer = Tracer.make({
        span: (options) => {
          spans.push(options.name)
          return new Tracer.NativeSpan(options)
        }
      })
      const { ask } = yield* clientUnder({ retry: null }, good)
      yield* ask.pipe(
        Effect.provideService(CallObserver.CallObserver, (event) => {
          events.push(`${event.integration} ${event.endpoint} ${event._tag}`)
        }),
        Effect.provideService(Tracer.Tracer, tracer)
      )
      assert.deepStrictEqual(events, [
        "test/Calendar oauth/token CallStarted",
        "test/Calendar oauth/token AttemptStarted",
        "test/Calendar oauth/token AttemptEnded",
        "test/Calendar oauth/token CallEnded"
      ])
      assert.deepStrictEqual(spans, ["test/Calendar.oauth/token"])
    }).pipe(Effect.scoped)
  )

  it("under a policy that makes no sense is refused where its client is made", () => {
    const make = (policy: Policy.Policy) =>
      OAuthClient.make({
        integration: "test/Calendar",
        server: OAuthServer.make(endpoints),
        clientId: "c4us3w4y",
        authentication: ClientAuthentication.none,
        policy
      })
    assert.throws(() => make({ timeout: 0 }), /timeout is 0/)
    assert.throws(() => OAuthClient.make({ ...clientless, clientId: "" }), /oauthClient.clientId is ""/)
  })
})

const clientless = {
  integration: "test/Calendar",
  server: OAuthServer.make(endpoints),
  authentication: ClientAuthentication.none
}

describe("OAuthServer.make", () => {
  const wrong = {
    "an endpoint without TLS": { tokenEndpoint: "http://login.calendar.example/token" },
    "an endpoint that is none": { tokenEndpoint: "/token" },
    "an endpoint with credentials": { revocationEndpoint: "https://u:p@login.calendar.example" },
    "an endpoint with a fragment": { authorizationEndpoint: "https://login.calendar.example/#a" },
    "keys without TLS": { jwksUri: "http://login.calendar.example/keys" },
    "an issuer that is none": { issuer: "calendar" },
    "an alias without TLS": { mtlsEndpoints: { tokenEndpoint: "http://login.calendar.example" } }
  }

  for (const [name, options] of Object.entries(wrong)) {
    it(`refuses ${name}`, () =>
      assert.throws(() => OAuthServer.make(options), /oauthServer\..* must be an absolute URL/))
  }

  it("takes what is on this machine without TLS, and anything where it is told to", () => {
    for (const host of ["localhost", "127.0.0.1", "127.8.9.1", "[::1]"]) {
      assert.isDefined(OAuthServer.make({ tokenEndpoint: `http://${host}:4000/token` }))
    }
    for (const host of ["localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1"]) {
      assert.throws(() => OAuthServer.make({ tokenEndpoint: `http://${host}/token` }))
    }
    assert.isDefined(OAuthServer.make({ tokenEndpoint: "http://10.0.0.1/token", allowInsecureRequests: true }))
  })
})
