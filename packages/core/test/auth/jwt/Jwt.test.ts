import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Schema } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"
import * as jose from "jose"
import jsonwebtoken from "jsonwebtoken"
import { Jwt, JwtKey, TokenLease, TokenStore, Tokens } from "@causeway/core/auth"
import { Endpoint, Integration } from "@causeway/core/client"
import { InvalidOption, Policy } from "@causeway/core/policy"
import { algorithms, pairs, partOf, pemOf, privateText, secretText } from "./keys.ts"

const now = 1_764_000_000_500
const seconds = Math.floor(now / 1000)

const hs256 = JwtKey.signing(secretText, { alg: "HS256", kid: "one" })

describe("a signed token", () => {
  it.effect("says what it was told, with the times of the clock and an id of its own", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const mint = Jwt.sign(yield* hs256, {
        iss: "we",
        sub: "them",
        aud: ["a", "b"],
        lifetime: "10 minutes",
        claims: { scope: "read", nested: { deep: [1, null] } }
      })
      const token = Redacted.value(yield* mint)
      const { jti, ...payload } = partOf(token, 1)
      assert.deepStrictEqual(partOf(token, 0), { alg: "HS256", typ: "JWT", kid: "one" })
      assert.deepStrictEqual(payload, {
        iss: "we",
        sub: "them",
        aud: ["a", "b"],
        scope: "read",
        nested: { deep: [1, null] },
        iat: seconds,
        exp: seconds + 600
      })
      yield* TestClock.adjust("5 seconds")
      const next = partOf(Redacted.value(yield* mint), 1)
      assert.strictEqual(next["iat"], seconds + 5)
      assert.match(String(jti), /^[\da-f-]{36}$/)
      assert.notStrictEqual(next["jti"], jti)
    })
  )

  it.effect("was issued a while ago when it is dated back, and ends none the later", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const token = yield* Jwt.sign(yield* hs256, {
        lifetime: "9 minutes",
        backdate: "1 minute",
        nbf: true,
        jti: false,
        typ: "secevent+jwt"
      })
      assert.strictEqual(partOf(Redacted.value(token), 0)["typ"], "secevent+jwt")
      assert.deepStrictEqual(partOf(Redacted.value(token), 1), {
        iat: seconds - 60,
        nbf: seconds - 60,
        exp: seconds + 540
      })
    })
  )

  for (const alg of algorithms) {
    it.effect(`by ${alg} is taken by jose${alg === "EdDSA" || alg === "Ed25519" ? "" : " and jsonwebtoken"}`, () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(now)
        const key = yield* JwtKey.signing(Redacted.make(privateText(alg)), { alg })
        const token = Redacted.value(yield* Jwt.sign(key, { iss: "we", aud: "you", lifetime: "1 minute" }))
        const options = { issuer: "we", audience: "you", algorithms: [alg], currentDate: new Date(now) }
        const verified = yield* Effect.promise(() => jose.jwtVerify(token, pairs[alg].publicKey, options))
        assert.strictEqual(verified.payload.exp, seconds + 60)
        if (alg === "EdDSA" || alg === "Ed25519") return
        const publicKey = alg.startsWith("HS") ? secretText : pemOf(pairs[alg].publicKey)
        const claims = jsonwebtoken.verify(token, publicKey, {
          issuer: "we",
          audience: "you",
          algorithms: [alg],
          clockTimestamp: seconds
        })
        assert.strictEqual(typeof claims === "string" ? undefined : claims.iss, "we")
      })
    )
  }

  it.effect("is redacted", () =>
    Effect.gen(function* () {
      const token = yield* Jwt.sign(yield* hs256, { lifetime: "1 minute" })
      assert.notInclude(JSON.stringify(token) + String(token), "eyJ")
    })
  )
})

it.effect("a grant gives tokens that end when they say", () =>
  Effect.gen(function* () {
    yield* TestClock.setTime(now)
    const { obtain = Effect.die("no obtain") } = Jwt.grant(yield* hs256, { iss: "we", lifetime: "20 minutes" })
    const token = yield* obtain
    assert.strictEqual(token.obtainedAt, now)
    assert.strictEqual(token.expiresAt, (seconds + 1200) * 1000)
    assert.strictEqual(partOf(Redacted.value(token.accessToken), 1)["exp"], seconds + 1200)
  })
)

describe("an option that makes no sense is refused where the token is described", () => {
  const cases: ReadonlyArray<readonly [string, Partial<Jwt.SignOptions>]> = [
    ["jwt.lifetime", { lifetime: 0 }],
    ["jwt.lifetime", { lifetime: "999 millis" }],
    ["jwt.lifetime", { lifetime: Number.POSITIVE_INFINITY }],
    ["jwt.backdate", { backdate: -1 }],
    ["jwt.iss", { iss: "" }],
    ["jwt.sub", { sub: "" }],
    ["jwt.aud", { aud: "" }],
    ["jwt.aud", { aud: [] }],
    ["jwt.typ", { typ: "" }],
    ["jwt.claims", { claims: { exp: 1 } }]
  ]
  for (const [option, options] of cases) {
    it.effect(`${option} of ${JSON.stringify(options)}`, () =>
      Effect.gen(function* () {
        const key = yield* hs256
        const error = yield* Effect.flip(
          Effect.try({
            try: () => Jwt.sign(key, { lifetime: "1 minute", ...options }),
            catch: (error) => error
          })
        )
        assert.instanceOf(error, InvalidOption.InvalidOption)
        assert.strictEqual(error.option, option)
      })
    )
  }
})

class Store extends Integration.Service<Store>()("test/Store", {
  baseUrl: "https://store.example",
  endpoints: [Endpoint.get("whoami", "/", { success: Schema.String })],
  policy: Policy.none
}) {}

it.effect("an integration signs a token, uses it until shortly before its end, and then signs the next one", () =>
  Effect.gen(function* () {
    yield* TestClock.setTime(now)
    const sent: Array<string> = []
    const client = HttpClient.make((request) => {
      sent.push(request.headers["authorization"] ?? "")
      return Effect.succeed(HttpClientResponse.fromWeb(request, new Response('"us"')))
    })
    const grant = Jwt.grant(yield* hs256, { iss: "we", aud: "store", lifetime: "20 minutes" })
    const live = Store.layer.pipe(
      Layer.provide(Tokens.layer(Store, grant, { leeway: "1 minute", jitter: 0 })),
      Layer.provide([TokenStore.layerMemory, TokenLease.layerMemory, Layer.succeed(HttpClient.HttpClient, client)])
    )
    yield* Effect.gen(function* () {
      const store = yield* Store
      yield* store.whoami()
      yield* TestClock.adjust("18 minutes")
      yield* store.whoami()
      yield* TestClock.adjust("3 minutes")
      yield* store.whoami()
    }).pipe(Effect.provide(live))
    const [first, second, third] = sent.map((header) => header.replace(/^Bearer /, ""))
    assert.strictEqual(first, second)
    assert.notStrictEqual(second, third)
    const options = { issuer: "we", audience: "store", currentDate: new Date(now + 21 * 60_000) }
    const verified = yield* Effect.promise(() => jose.jwtVerify(third ?? "", pairs.HS256.publicKey, options))
    assert.strictEqual(verified.protectedHeader.kid, "one")
  })
)
