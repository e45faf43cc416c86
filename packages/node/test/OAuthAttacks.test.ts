/** Token endpoints that answer with what is no answer, over every transport. */
import { type AuthError, ClientAuthentication, OAuth, OAuthClient, OAuthServer, Token } from "@causeway/core/auth"
import { CallObserver } from "@causeway/core/policy"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Redacted, Schedule } from "effect"
import { answer, type Handler, inPieces, serve, type Server, transports } from "./server.ts"

const secret = Redacted.make("pl4nt3d-cl13nt-s3cr3t")

type Timeout = "1 second" | "30 seconds"

const bySecret = ClientAuthentication.post(Effect.succeed(secret))

const clientAt = ({ url }: Server, authentication = bySecret, timeout: Timeout = "30 seconds") =>
  OAuthClient.make({
    integration: "test/Calendar",
    server: OAuthServer.make({ issuer: url, tokenEndpoint: `${url}/token` }),
    clientId: "c4us3w4y",
    authentication,
    policy: { retry: null, timeout, deadline: "1 minute" }
  })

const ask = (client: OAuthClient.OAuthClient) => OAuth.clientCredentials(client).obtain ?? Effect.die("no grant")

const held = Token.make({
  accessToken: Redacted.make("pl4nt3d-4cc3ss"),
  refreshToken: Redacted.make("pl4nt3d-r3fr3sh"),
  obtainedAt: 0
})

const outcomeOf = (handle: Handler, timeout?: Timeout) =>
  Effect.gen(function* () {
    const server = yield* serve(handle)
    const error = yield* Effect.flip(ask(yield* clientAt(server, bySecret, timeout)))
    return { server, error }
  })

const isMalformed = (error: AuthError.AuthError, issue: RegExp) => {
  if (error.reason._tag !== "MalformedAnswer") return assert.fail(error.reason._tag)
  assert.match(error.reason.issue, issue)
  assert.strictEqual(error.category, "invalid")
}

const isUnavailable = (error: AuthError.AuthError, detail: RegExp) => {
  if (error.reason._tag !== "EndpointUnavailable") return assert.fail(error.reason._tag)
  assert.match(error.reason.detail, detail)
  assert.strictEqual(error.category, "transient")
}

const chunk = Buffer.alloc(64 * 1024, 0x20)

/** Says good day for as long as anybody listens, and tells how much was taken. */
const endless =
  (total: number, told: { taken: number }): Handler =>
  (response) => {
    response.writeHead(200, { "content-type": "application/json" })
    const next = (): void => {
      if (told.taken >= total || response.destroyed) return void response.end()
      told.taken += chunk.byteLength
      response.write(chunk, () => setImmediate(next))
    }
    next()
  }

for (const { layer, name } of transports) {
  describe(`a token endpoint, over ${name},`, () => {
    const test = <A, E>(fact: string, body: Effect.Effect<A, E, never>) => it.live(fact, () => body)
    const run = <A, E, R>(effect: Effect.Effect<A, E, R>) => effect.pipe(Effect.scoped, Effect.provide(layer))

    test(
      "that answers with a page is named, and the page is not kept",
      run(
        Effect.gen(function* () {
          const { error } = yield* outcomeOf((response) =>
            answer(response, 200, "<h1>pl4nt3d</h1>", { "content-type": "text/html" })
          )
          isMalformed(error, /it is text\/html, not JSON/)
          assert.notInclude(JSON.stringify(error), "pl4nt3d")
        })
      )
    )

    test(
      "that answers with nothing is named",
      run(
        Effect.gen(function* () {
          const { error } = yield* outcomeOf((response) =>
            answer(response, 200, undefined, { "content-type": "application/json" })
          )
          isMalformed(error, /it is empty/)
        })
      )
    )

    test(
      "that answers with 50 MB is not read to the end",
      run(
        Effect.gen(function* () {
          const told = { taken: 0 }
          const { error, server } = yield* outcomeOf(endless(50 * 1024 * 1024, told))
          isMalformed(error, /larger than an answer may be/)
          // What is in the buffers of both ends was sent, not read.
          assert.isBelow(told.taken, 25 * 1024 * 1024)
          if (server.open.size > 0) yield* Effect.promise(server.nextClose)
        })
      )
    )

    test(
      "that drips is left in time",
      run(
        Effect.gen(function* () {
          const { error } = yield* outcomeOf((response) => {
            response.writeHead(200, { "content-type": "application/json" })
            const drip = setInterval(() => response.write(" "), 50)
            response.on("close", () => clearInterval(drip))
          }, "1 second")
          isUnavailable(error, /no answer in 1s/)
        })
      )
    )

    test(
      "that says nothing is left in time",
      run(
        Effect.gen(function* () {
          const { error } = yield* outcomeOf(() => {}, "1 second")
          isUnavailable(error, /no answer in 1s/)
        })
      )
    )

    test(
      "that breaks off in the middle is asked no second time for a refresh",
      run(
        Effect.gen(function* () {
          const server = yield* serve((response, { socket }) => {
            response.writeHead(200, { "content-type": "application/json" })
            void inPieces(response, ['{"access_token":"t0k']).then(() => socket.resetAndDestroy())
          })
          const client = yield* OAuthClient.make({
            integration: "test/Calendar",
            server: OAuthServer.make({ tokenEndpoint: `${server.url}/token` }),
            clientId: "c4us3w4y",
            authentication: ClientAuthentication.none,
            policy: { retry: Schedule.recurs(3) }
          })
          const error = yield* Effect.flip(OAuth.refresh(client, held))
          assert.strictEqual(error.reason._tag, "EndpointUnavailable")
          assert.strictEqual(server.arrivals.length, 1)
        })
      )
    )

    test(
      "that is not there is asked again, even for a refresh: nothing was sent",
      run(
        Effect.gen(function* () {
          const gone = yield* Effect.scoped(serve(() => {}))
          let attempts = 0
          const client = yield* OAuthClient.make({
            integration: "test/Calendar",
            server: OAuthServer.make({ tokenEndpoint: `${gone.url}/token` }),
            clientId: "c4us3w4y",
            authentication: ClientAuthentication.none,
            policy: { retry: Schedule.recurs(2) }
          })
          const error = yield* Effect.flip(OAuth.refresh(client, held)).pipe(
            Effect.provideService(CallObserver.CallObserver, ({ _tag }) => {
              if (_tag === "AttemptStarted") attempts += 1
            })
          )
          isUnavailable(error, /no connection: ECONNREFUSED/)
          assert.strictEqual(attempts, 3)
        })
      )
    )

    for (const status of [301, 302, 303, 307, 308]) {
      test(
        `that redirects to another origin with ${status} makes no secret follow`,
        run(
          Effect.gen(function* () {
            const elsewhere = yield* serve((response) => answer(response, 200, {}))
            const ways = [
              ClientAuthentication.post(Effect.succeed(secret)),
              ClientAuthentication.basic(Effect.succeed(secret))
            ]
            for (const way of ways) {
              const server = yield* serve((response) =>
                answer(response, status, "", { location: `${elsewhere.url}/token` })
              )
              const client = yield* clientAt(server, way)
              isMalformed(yield* Effect.flip(ask(client)), new RegExp(`redirected \\(${status}\\)`))
              isMalformed(yield* Effect.flip(OAuth.refresh(client, held)), /redirected/)
            }
            assert.strictEqual(elsewhere.arrivals.length, 0)
          })
        )
      )
    }

    test(
      "that asks to be left alone is told so, with its time",
      run(
        Effect.gen(function* () {
          for (const status of [429, 503]) {
            const { error } = yield* outcomeOf((response) =>
              answer(response, status, { error: "temporarily_unavailable" }, { "retry-after": "120" })
            )
            isUnavailable(error, /temporarily_unavailable/)
            assert.deepStrictEqual(error.retryAfter, Duration.seconds(120))
          }
        })
      )
    )
  })
}
