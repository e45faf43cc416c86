import {
  ClientAuthentication,
  JwtKey,
  OAuth,
  OAuthClient,
  OAuthQuirks,
  OAuthServer,
  Secret,
  SecretSource
} from "@causeway/core/auth"
import { assert, describe, it } from "@effect/vitest"
import { Config, ConfigProvider, Duration, Effect, Redacted, Stream } from "effect"
import { HttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import * as jose from "jose"
import * as oauth from "oauth4webapi"
import { answering, type Answering, endpoints, formOf, issuer, type Reply } from "./answering.ts"

const good = { access_token: "t0k3n", token_type: "Bearer", expires_in: 3_600 }

const fixed = (secret: string) => Effect.succeed(Redacted.make(secret))

interface Setting {
  readonly clientId?: string
  readonly server?: Partial<OAuthServer.Options>
}

const clientWith = <S extends Secret.Input = never>(
  http: Answering,
  authentication: ClientAuthentication.ClientAuthentication<S>,
  { clientId = "c4us3w4y", server = {} }: Setting = {}
) =>
  OAuthClient.make({
    integration: "test/Calendar",
    server: OAuthServer.make({ ...endpoints, ...server }),
    clientId,
    authentication,
    policy: { retry: null }
  }).pipe(Effect.provideService(HttpClient.HttpClient, http.client))

const ask = (client: OAuthClient.OAuthClient) => OAuth.clientCredentials(client).obtain ?? assert.fail()

/** One question, as it was asked. */
const asked = <S extends Secret.Input = never>(
  authentication: ClientAuthentication.ClientAuthentication<S>,
  setting: Setting = {}
) =>
  Effect.gen(function* () {
    const http = answering(() => Response.json(good))
    yield* ask(yield* clientWith(http, authentication, setting))
    return http.requests[0] ?? assert.fail("nothing was asked")
  }).pipe(Effect.scoped)

/** What oauth4webapi sends for the same. */
const oracle = async (
  authentication: oauth.ClientAuth,
  clientId: string
): Promise<readonly [string | null, string]> => {
  const [headers, body] = [new Headers(), new URLSearchParams()]
  await authentication({ issuer }, { client_id: clientId }, body, headers)
  return [headers.get("authorization"), body.toString()]
}

const unescaped = (header: string): string => {
  const [id = "", secret = ""] = atob(header.replace(/^Basic /, "")).split(":")
  return [id, secret].map((part) => decodeURIComponent(part.replaceAll("+", " "))).join(":")
}

describe("client_secret_basic", () => {
  const pairs = [
    ["c4us3w4y", "s3cr3t"],
    ["an id:with a colon", "s3cr3t +&=%:/~!*'()-._"],
    ["ïd", "pässwörd€"]
  ] as const

  for (const [clientId, secret] of pairs) {
    it.effect(`sends ${clientId} and ${secret} form-encoded, as oauth4webapi does`, () =>
      Effect.gen(function* () {
        const request = yield* asked(ClientAuthentication.basic(fixed(secret)), { clientId })
        const [theirs] = yield* Effect.promise(() => oracle(oauth.ClientSecretBasic(secret), clientId))
        const ours = request.headers["authorization"] ?? ""
        // The specification lets a dot and its like be escaped or not: what is decoded is the same.
        assert.strictEqual(unescaped(ours), unescaped(theirs ?? ""))
        assert.strictEqual(unescaped(ours), `${clientId}:${secret}`)
        assert.isFalse(formOf(request).has("client_id"))
      })
    )
  }

  it.effect("sends both as they are where the server wants that", () =>
    Effect.gen(function* () {
      const server = { quirks: OAuthQuirks.make({ plainBasic: true }) }
      const request = yield* asked(ClientAuthentication.basic(fixed("a+b c")), { server })
      assert.strictEqual(request.headers["authorization"], `Basic ${btoa("c4us3w4y:a+b c")}`)
    })
  )
})

describe("client_secret_post, none and tls_client_auth", () => {
  it.effect("say who we are among the parameters", () =>
    Effect.gen(function* () {
      const post = yield* asked(ClientAuthentication.post(fixed("s3cr3t")))
      assert.deepStrictEqual(
        [formOf(post).get("client_id"), formOf(post).get("client_secret"), post.headers["authorization"]],
        ["c4us3w4y", "s3cr3t", undefined]
      )
      for (const way of [ClientAuthentication.none, ClientAuthentication.mutualTls]) {
        const request = yield* asked(way)
        assert.deepStrictEqual(Object.fromEntries(formOf(request)), {
          grant_type: "client_credentials",
          client_id: "c4us3w4y"
        })
        assert.isUndefined(request.headers["authorization"])
      }
    })
  )

  it.effect("call the client as the server does", () =>
    Effect.gen(function* () {
      const request = yield* asked(ClientAuthentication.post(fixed("s3cr3t")), {
        server: { quirks: OAuthQuirks.tiktok }
      })
      assert.deepStrictEqual([formOf(request).get("client_key"), formOf(request).has("client_id")], ["c4us3w4y", false])
    })
  )

  it.effect("by TLS ask the endpoints that are for it", () =>
    Effect.gen(function* () {
      const server = { mtlsEndpoints: { tokenEndpoint: "https://mtls.calendar.example/token" } }
      assert.strictEqual(
        (yield* asked(ClientAuthentication.mutualTls, { server })).url,
        server.mtlsEndpoints.tokenEndpoint
      )
      assert.strictEqual((yield* asked(ClientAuthentication.none, { server })).url, endpoints.tokenEndpoint)
    })
  )
})

describe("an assertion", () => {
  const assertionOf = (request: Parameters<typeof formOf>[0]) => formOf(request).get("client_assertion") ?? ""

  it.effect("is signed anew for each attempt, says who we are, to whom, and holds for a minute", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(1_700_000_000_500)
      const key = yield* JwtKey.generate("ES256")
      const http = answering(() => Response.json(good))
      const signing = { algorithm: "ES256", keyId: "2026-11" } as const
      const client = yield* clientWith(
        http,
        ClientAuthentication.privateKeyJwt(Effect.succeed(JwtKey.toSecret(key)), signing)
      )
      yield* ask(client)
      yield* ask(client)
      const verified = yield* Effect.forEach(http.requests, (request) =>
        Effect.promise(async () =>
          jose.jwtVerify(assertionOf(request), await jose.importJWK(key.publicJwk as jose.JWK, "ES256"), {
            currentDate: new Date(1_700_000_000_000)
          })
        )
      )
      assert.deepStrictEqual(
        verified.map(({ payload: { jti: _, ...claims } }) => claims),
        [1, 2].map(() => ({
          iss: "c4us3w4y",
          sub: "c4us3w4y",
          aud: issuer,
          iat: 1_700_000_000,
          exp: 1_700_000_060
        }))
      )
      assert.deepInclude(verified[0]?.protectedHeader, { alg: "ES256", kid: "2026-11" })
      assert.notStrictEqual(verified[0]?.payload.jti, verified[1]?.payload.jti)
      assert.strictEqual(
        formOf(http.requests[0]!).get("client_assertion_type"),
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
      )
    }).pipe(Effect.scoped)
  )

  it.effect("names the token endpoint to a server that wants that, or that has no name", () =>
    Effect.gen(function* () {
      const secret = fixed("a secret that is as long as HMAC wants it")
      const audienceOf = (request: Parameters<typeof formOf>[0]) => jose.decodeJwt(assertionOf(request)).aud
      const audience = "tokenEndpoint"
      const wanted = yield* asked(ClientAuthentication.secretJwt(secret, { audience }))
      assert.strictEqual(audienceOf(wanted), endpoints.tokenEndpoint)
      const nameless = yield* asked(ClientAuthentication.secretJwt(secret), { server: { issuer: undefined } })
      assert.strictEqual(audienceOf(nameless), endpoints.tokenEndpoint)
    })
  )

  it.effect("is not made with what is no key, which is not shown", () =>
    Effect.gen(function* () {
      const http = answering(() => Response.json(good))
      for (const text of ["pl4nt3d", '{"kty":"EC","d":"pl4nt3d"}', "-----BEGIN PRIVATE KEY-----\npl4nt3d"]) {
        const client = yield* clientWith(http, ClientAuthentication.privateKeyJwt(fixed(text), { algorithm: "ES256" }))
        const error = yield* Effect.flip(ask(client))
        assert.strictEqual(error.reason._tag, "SecretUnavailable")
        assert.notInclude(JSON.stringify(error) + error.message, "pl4nt3d")
      }
      assert.strictEqual(http.requests.length, 0)
    }).pipe(Effect.scoped)
  )

  it("is signed with no algorithm but one that fits its key", () => {
    const key = fixed("k3y")
    assert.throws(() => ClientAuthentication.privateKeyJwt(key, { algorithm: "HS256" }), /algorithm is "HS256"/)
    assert.throws(() => ClientAuthentication.secretJwt(key, { algorithm: "RS256" }), /algorithm is "RS256"/)
  })
})

describe("a secret", () => {
  const bad = { "a trailing line break": "s3cr3t\n", "nothing in it": "", "only white space": "  " }

  for (const [name, value] of Object.entries(bad)) {
    it.effect(`with ${name} is refused where it enters, and nothing is asked`, () =>
      Effect.gen(function* () {
        const http = answering(() => Response.json(good))
        const provided = ConfigProvider.layer(ConfigProvider.fromUnknown({ SECRET: value }))
        const fromConfig = clientWith(http, ClientAuthentication.basic(Config.Redacted("SECRET")))
        const configError = yield* Effect.flip(Effect.provide(fromConfig, provided))
        assert.notInclude(String(configError), "s3cr3t")
        const client = yield* clientWith(http, ClientAuthentication.post(fixed(value)))
        const error = yield* Effect.flip(ask(client))
        assert.strictEqual(error.reason._tag, "SecretUnavailable")
        assert.match(error.message, /client secret (is empty|ends in a line break)/)
        assert.strictEqual(http.requests.length, 0)
      }).pipe(Effect.scoped)
    )
  }

  it.effect("that was rotated is looked up again when the server refuses it, and the question asked once more", () =>
    Effect.gen(function* () {
      const memory = yield* SecretSource.makeMemory({ CALENDAR: "0ld" })
      const reply: Reply = (request) =>
        formOf(request).get("client_secret") === "n3w"
          ? Response.json(good)
          : Response.json({ error: "invalid_client" }, { status: 401 })
      const http = answering(reply)
      const client = yield* clientWith(http, ClientAuthentication.post(Secret.named("CALENDAR"))).pipe(
        Effect.provideService(SecretSource.SecretSource, { ...memory.source, changes: () => Stream.never })
      )
      yield* memory.rotate("CALENDAR", "n3w")
      yield* ask(client)
      assert.deepStrictEqual(
        http.requests.map((request) => formOf(request).get("client_secret")),
        ["0ld", "n3w"]
      )
    }).pipe(Effect.scoped)
  )

  it.effect("that the server refuses and nobody has changed is asked with once", () =>
    Effect.gen(function* () {
      const http = answering(() => Response.json({ error: "invalid_client" }, { status: 401 }))
      const error = yield* Effect.flip(ask(yield* clientWith(http, ClientAuthentication.post(fixed("s3cr3t")))))
      assert.deepStrictEqual(
        [error.reason._tag, error.category, http.requests.length],
        ["InvalidClient", "unauthorized", 1]
      )
    }).pipe(Effect.scoped)
  )
})

describe("a clock that is off by ten minutes", () => {
  const now = Date.parse("2026-11-26T12:00:00Z")
  const refusing = (by: number): Reply => {
    const date = new Date(now - by).toUTCString()
    return () => Response.json({ error: "invalid_client" }, { status: 401, headers: { date } })
  }
  const assertion = ClientAuthentication.secretJwt(fixed("a secret that is as long as HMAC wants it"))
  const tenMinutes = 600_000

  for (const by of [tenMinutes, -tenMinutes]) {
    it.effect(`${by > 0 ? "ahead" : "behind"} is named when an assertion is refused`, () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(now)
        const error = yield* Effect.flip(ask(yield* clientWith(answering(refusing(by)), assertion)))
        if (error.reason._tag !== "ClockSkew") return assert.fail(error.reason._tag)
        assert.strictEqual(Duration.toMillis(error.reason.by), by)
      }).pipe(Effect.scoped)
    )

    it.effect(`${by > 0 ? "ahead" : "behind"} does no harm to how long a token holds`, () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(now)
        const headers = { date: new Date(now - by).toUTCString() }
        const token = yield* ask(
          yield* clientWith(
            answering(() => Response.json(good, { headers })),
            assertion
          )
        )
        assert.strictEqual(token.expiresAt, now + 3_600_000)
      }).pipe(Effect.scoped)
    )
  }

  it.effect("is not blamed for a secret that is refused, nor is one that is right", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const bySecret = ClientAuthentication.basic(fixed("s3cr3t"))
      const refused = yield* Effect.flip(ask(yield* clientWith(answering(refusing(tenMinutes)), bySecret)))
      assert.strictEqual(refused.reason._tag, "InvalidClient")
      const right = yield* Effect.flip(ask(yield* clientWith(answering(refusing(2_000)), assertion)))
      assert.strictEqual(right.reason._tag, "InvalidClient")
    }).pipe(Effect.scoped)
  )
})
