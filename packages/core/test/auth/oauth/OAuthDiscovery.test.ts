import { OAuthDiscovery } from "@causeway/core/auth"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"
import { answering, issuer, type Reply } from "./answering.ts"

const description = {
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  jwks_uri: `${issuer}/keys`,
  response_types_supported: ["code"],
  authorization_response_iss_parameter_supported: true,
  require_pushed_authorization_requests: true,
  id_token_signing_alg_values_supported: ["none", "ES256"],
  mtls_endpoint_aliases: { token_endpoint: "https://mtls.calendar.example/token" }
}

const discovering = (reply: Reply, options: Partial<OAuthDiscovery.Options> = {}) => {
  const http = answering(reply)
  const server = OAuthDiscovery.make({ integration: "test/Calendar", issuer, policy: { retry: null }, ...options })
  return Effect.map(Effect.provideService(server, HttpClient.HttpClient, http.client), (server) => ({
    server,
    requests: http.requests
  }))
}

const found = () => Response.json(description)

describe("OAuthDiscovery", () => {
  it.effect("finds the endpoints of a server and what it says of itself", () =>
    Effect.gen(function* () {
      const { requests, server } = yield* discovering(found)
      const { quirks: _, ...said } = yield* server
      assert.deepStrictEqual(said, {
        issuer,
        authorizationEndpoint: `${issuer}/authorize`,
        tokenEndpoint: `${issuer}/token`,
        jwksUri: `${issuer}/keys`,
        mtlsEndpoints: { tokenEndpoint: "https://mtls.calendar.example/token" },
        namesItselfInCallbacks: true,
        requiresPushedRequests: true,
        idTokenAlgorithms: ["ES256"],
        trustedOrigins: [issuer]
      })
      assert.strictEqual(requests[0]?.url, `${issuer}/.well-known/openid-configuration`)
    })
  )

  const places = [
    ["openid", "https://a.example/tenant", "https://a.example/tenant/.well-known/openid-configuration"],
    ["openid", "https://a.example/", "https://a.example/.well-known/openid-configuration"],
    ["oauth2", "https://a.example", "https://a.example/.well-known/oauth-authorization-server"],
    ["oauth2", "https://a.example/tenant/1", "https://a.example/.well-known/oauth-authorization-server/tenant/1"],
    ["oauth2", "http://127.0.0.1:4000/x/", "http://127.0.0.1:4000/.well-known/oauth-authorization-server/x"]
  ] as const

  for (const [kind, name, url] of places) {
    it.effect(`looks for the ${kind} description of ${name} at ${url}`, () =>
      Effect.gen(function* () {
        const { requests, server } = yield* discovering(() => Response.json({ ...description, issuer: name }), {
          issuer: name,
          kind
        })
        assert.strictEqual((yield* server).issuer, name)
        assert.strictEqual(requests[0]?.url, url)
      })
    )
  }

  const wrong = {
    "of another issuer": { ...description, issuer: "https://evil.example" },
    "of an issuer with another path": { ...description, issuer: `${issuer}/x` },
    "without an issuer": { ...description, issuer: undefined },
    "with an endpoint without TLS": { ...description, token_endpoint: "http://login.calendar.example/token" },
    "with an endpoint that is a script": { ...description, authorization_endpoint: "javascript:alert(1)" },
    "with an endpoint that is no text": { ...description, token_endpoint: 1 },
    "with an endpoint that holds credentials": { ...description, token_endpoint: "https://u:p@login.calendar.example" },
    "with an alias without TLS": { ...description, mtls_endpoint_aliases: { token_endpoint: "http://x.example" } },
    "that is a list": [description]
  }

  for (const [name, body] of Object.entries(wrong)) {
    it.effect(`refuses a description ${name}`, () =>
      Effect.gen(function* () {
        const { server } = yield* discovering(() => Response.json(body))
        assert.strictEqual((yield* Effect.flip(server)).reason._tag, "MalformedAnswer")
      })
    )
  }

  it.effect("asks once for all who want it at once, whoever of them gives up", () =>
    Effect.gen(function* () {
      let asked = 0
      const http = HttpClient.make((request) => {
        asked += 1
        return Effect.delay(
          Effect.sync(() => HttpClientResponse.fromWeb(request, found())),
          "1 second"
        )
      })
      const server = yield* OAuthDiscovery.make({ integration: "test/Calendar", issuer }).pipe(
        Effect.provideService(HttpClient.HttpClient, http)
      )
      const [first, ...others] = yield* Effect.forEach(Array.from({ length: 100 }), () =>
        Effect.forkChild(server, { startImmediately: true })
      )
      yield* Fiber.interrupt(first!)
      yield* TestClock.adjust("1 second")
      for (const other of others) assert.strictEqual((yield* Fiber.join(other)).issuer, issuer)
      assert.strictEqual(asked, 1)
    })
  )

  it.effect("keeps a description for an hour, and an old one for a day more while there is no new one", () =>
    Effect.gen(function* () {
      let isWell = true
      const { requests, server } = yield* discovering(() => (isWell ? found() : new Response("busy", { status: 503 })))
      yield* server
      yield* TestClock.adjust("59 minutes")
      yield* server
      assert.strictEqual(requests.length, 1)
      isWell = false
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* server).issuer, issuer)
      assert.strictEqual((yield* server).issuer, issuer)
      assert.strictEqual(requests.length, 2)
      yield* TestClock.adjust("23 hours")
      assert.strictEqual((yield* server).issuer, issuer)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* Effect.flip(server)).reason._tag, "EndpointUnavailable")
      isWell = true
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual((yield* server).issuer, issuer)
    })
  )

  it.effect("does not hammer a server that does not describe itself", () =>
    Effect.gen(function* () {
      const { requests, server } = yield* discovering(() => new Response("no", { status: 404 }))
      for (let asked = 0; asked < 100; asked += 1) yield* Effect.flip(server)
      assert.strictEqual(requests.length, 1)
      yield* TestClock.adjust("5 seconds")
      yield* Effect.flip(server)
      assert.strictEqual(requests.length, 2)
    })
  )

  it("looks for no server whose name is none", () => {
    for (const name of [
      "login.calendar.example",
      "http://login.calendar.example",
      `${issuer}?x=1`,
      `${issuer}#x`,
      ""
    ]) {
      assert.throws(
        () => OAuthDiscovery.make({ integration: "test/Calendar", issuer: name }),
        /oauthDiscovery.issuer is/
      )
    }
  })
})
