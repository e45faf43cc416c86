import { type AuthError, DeviceAuthorization } from "@causeway/core/auth"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Fiber, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { HttpClient, HttpClientError, HttpClientResponse } from "effect/http"
import { clientId, clientOver, formOf, issuer, type Setting } from "./answering.ts"
import { beginning, idTokens, keys } from "./rotation/server.ts"

type Answer = Response | "reset"

const refusal = (error: string) => Response.json({ error }, { status: 400 })
const token = () => Response.json({ access_token: "t0k3n", token_type: "Bearer" })
const pending = () => refusal("authorization_pending")

/** A server that answers polls one after the other, and remembers at which second each came. */
const polled = (...answers: ReadonlyArray<() => Answer>) => {
  const at: Array<number> = []
  const forms: Array<URLSearchParams> = []
  const http = HttpClient.make((request) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      at.push(now / 1_000)
      forms.push(formOf(request))
      const answer = answers[at.length - 1]?.() ?? assert.fail("one poll too many")
      return answer === "reset"
        ? Effect.fail(
            new HttpClientError.HttpClientError({
              reason: new HttpClientError.TransportError({ request, cause: new Error("ECONNRESET") })
            })
          )
        : Effect.succeed(HttpClientResponse.fromWeb(request, answer))
    })
  )
  return { at, forms, http }
}

const begun: DeviceAuthorization.Begun = {
  deviceCode: Redacted.make("d3v1c3"),
  userCode: "WDJB-MJHT",
  verificationUri: "https://login.calendar.example/device",
  verificationUriComplete: undefined,
  expiresAt: 600_000,
  intervalMillis: 5_000
}

/** Polls, with the clock going on second by second until it ends. */
const outcomeOf = (http: HttpClient.HttpClient, from = begun, setting: Setting = {}) =>
  Effect.gen(function* () {
    const client = yield* clientOver(http, setting)
    const fiber = yield* Effect.forkChild(DeviceAuthorization.poll(client, from), { startImmediately: true })
    for (let second = 0; second < 700 && fiber.pollUnsafe() === undefined; second += 1)
      yield* TestClock.adjust("1 second")
    return yield* Fiber.await(fiber)
  }).pipe(Effect.scoped)

const reasonOf = (exit: Exit.Exit<unknown, AuthError.AuthError>) =>
  Effect.map(Effect.flip(exit), ({ reason }) => reason._tag)

describe("DeviceAuthorization.poll", () => {
  it.effect("asks at the interval until the person has decided", () =>
    Effect.gen(function* () {
      const { at, forms, http } = polled(pending, pending, token)
      const exit = yield* outcomeOf(http)
      assert.isTrue(Exit.isSuccess(exit))
      assert.deepStrictEqual(at, [5, 10, 15])
      assert.deepStrictEqual(Object.fromEntries(forms[0] ?? []), {
        grant_type: "urn:ietf:params:oauth:grant-type:device_code",
        device_code: "d3v1c3"
      })
    })
  )

  it.effect("asks 5 seconds less often for good each time that it is told to slow down", () =>
    Effect.gen(function* () {
      const { at, http } = polled(
        () => refusal("slow_down"),
        pending,
        () => refusal("slow_down"),
        pending,
        token
      )
      yield* outcomeOf(http)
      assert.deepStrictEqual(at, [5, 15, 25, 40, 55])
    })
  )

  it.effect("waits twice as long each time that the endpoint is not well, and as long as it asks for", () =>
    Effect.gen(function* () {
      const unwell = (headers: Record<string, string> = {}) => new Response("busy", { status: 503, headers })
      const { at, http } = polled(
        () => "reset",
        () => unwell(),
        () => unwell({ "retry-after": "90" }),
        pending,
        token
      )
      yield* outcomeOf(http)
      assert.deepStrictEqual(at, [5, 15, 35, 125, 215])
    })
  )

  it.effect("ends with the refusal of the person", () =>
    Effect.gen(function* () {
      const { at, http } = polled(pending, () => refusal("access_denied"))
      assert.strictEqual(yield* reasonOf(yield* outcomeOf(http)), "AccessDenied")
      assert.strictEqual(at.length, 2)
    })
  )

  it.effect("ends with the code, whoever says so first", () =>
    Effect.gen(function* () {
      const theirs = polled(() => refusal("expired_token"))
      assert.strictEqual(yield* reasonOf(yield* outcomeOf(theirs.http)), "ExpiredToken")
      const ours = polled(pending, pending)
      const now = yield* Clock.currentTimeMillis
      const exit = yield* outcomeOf(ours.http, { ...begun, expiresAt: now + 14_000 })
      assert.strictEqual(yield* reasonOf(exit), "ExpiredToken")
      assert.strictEqual(yield* Clock.currentTimeMillis, now + 14_000)
      assert.strictEqual(ours.at.length, 2)
    })
  )

  it.effect("asks once at a time when an interval past 2^31 is longer than the code lives", () =>
    Effect.gen(function* () {
      const { at, http } = polled()
      const exit = yield* outcomeOf(http, { ...begun, intervalMillis: 2 ** 42 })
      assert.strictEqual(yield* reasonOf(exit), "ExpiredToken")
      assert.strictEqual(at.length, 0)
    })
  )

  it.effect("goes on for no refusal that it does not know", () =>
    Effect.gen(function* () {
      for (const code of ["invalid_grant", "invalid_client", "consent_required"]) {
        const { at, http } = polled(() => refusal(code))
        yield* reasonOf(yield* outcomeOf(http))
        assert.strictEqual(at.length, 1)
      }
    })
  )

  it.effect("holds the answer, and polls no more, until the keys of its ID token can be fetched", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(beginning * 1_000)
      let polls = 0
      const http = HttpClient.make((request) =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          const keysAreThere = now > (beginning + 65) * 1_000
          const answer = request.url.endsWith("/keys")
            ? new Response(keys, { status: keysAreThere ? 200 : 503, headers: { "content-type": "application/json" } })
            : Response.json({ access_token: "t0k3n", token_type: "Bearer", id_token: idTokens.good })
          if (!request.url.endsWith("/keys")) polls += 1
          return HttpClientResponse.fromWeb(request, answer)
        })
      )
      const server = { jwksUri: `${issuer}/keys`, idTokenAlgorithms: ["ES256"] }
      const from = { ...begun, expiresAt: (beginning + 600) * 1_000 }
      const exit = yield* outcomeOf(http, from, { server, policy: { retry: null, circuitBreaker: null } })
      assert.isTrue(Exit.isSuccess(exit), JSON.stringify(exit))
      assert.strictEqual(polls, 1)
    })
  )

  it.effect("refuses an ID token that is forged at once", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(beginning * 1_000)
      const http = HttpClient.make((request) =>
        Effect.sync(() =>
          HttpClientResponse.fromWeb(
            request,
            request.url.endsWith("/keys")
              ? new Response(keys, { headers: { "content-type": "application/json" } })
              : Response.json({ access_token: "t0k3n", token_type: "Bearer", id_token: idTokens.forged })
          )
        )
      )
      const server = { jwksUri: `${issuer}/keys`, idTokenAlgorithms: ["ES256"] }
      const exit = yield* outcomeOf(http, { ...begun, expiresAt: (beginning + 600) * 1_000 }, { server })
      assert.strictEqual(yield* reasonOf(exit), "InvalidToken")
    })
  )

  it.effect("stops when nobody waits for it any more", () =>
    Effect.gen(function* () {
      const { at, http } = polled(pending)
      const client = yield* clientOver(http)
      const fiber = yield* Effect.forkChild(DeviceAuthorization.poll(client, begun), { startImmediately: true })
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.interrupt(fiber)
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(at, [5])
    }).pipe(Effect.scoped)
  )
})

describe("DeviceAuthorization.begin", () => {
  it.effect("names the client beside the proof of who it is", () =>
    Effect.gen(function* () {
      const forms: Array<URLSearchParams> = []
      const http = HttpClient.make((request) =>
        Effect.sync(() => {
          forms.push(formOf(request))
          const body = { device_code: "d", user_code: "u", verification_uri: "https://x.example", expires_in: 60 }
          return HttpClientResponse.fromWeb(request, Response.json(body))
        })
      )
      const client = yield* clientOver(http)
      const { expiresAt, intervalMillis } = yield* DeviceAuthorization.begin(client, { scope: ["read", "write"] })
      assert.deepStrictEqual(Object.fromEntries(forms[0] ?? []), { client_id: clientId, scope: "read write" })
      assert.deepStrictEqual([expiresAt, intervalMillis], [60_000, 5_000])
    }).pipe(Effect.scoped)
  )
})
