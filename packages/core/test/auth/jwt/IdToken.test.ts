import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import { Duration, Effect, Redacted, Schema } from "effect"
import { TestClock } from "effect/testing"
import { createHash } from "node:crypto"
import { IdToken, Jwt, JwtKey } from "@causeway/core/auth"
import { InvalidOption } from "@causeway/core/policy"
import { algorithms, pairs, partOf, privateText, publicText, signedBy } from "./keys.ts"
import { everythingThatPrints } from "./printing.ts"

const now = 1_764_000_000_000
const seconds = now / 1000
const nonce = "n-0S6_WzA2Mj"
const accessToken = Redacted.make("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y")
const code = Redacted.make("Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk")

const good = { iss: "https://op.example", aud: "app", sub: "ada", iat: seconds, exp: seconds + 300, nonce }

const client = { issuer: good.iss, clientId: "app" } as const

const rs256 = Effect.orDie(JwtKey.verifying(publicText("RS256"), { alg: "RS256" }))

const tokenOf = (claims: object, header: object = { alg: "RS256" }) =>
  signedBy(pairs.RS256.privateKey, JSON.stringify(header), JSON.stringify(claims))

type Case = readonly [
  what: string,
  claims: object,
  why: string,
  expected?: Partial<IdToken.Expected>,
  options?: Partial<IdToken.Options>
]

const verify = (token: string, expected: Partial<IdToken.Expected> = {}, options: Partial<IdToken.Options> = {}) =>
  Effect.gen(function* () {
    const idTokens = IdToken.make({ ...client, keys: yield* rs256, ...options })
    return yield* idTokens.verify(token, { nonce, ...expected })
  })

const verdict = (token: string, expected: Partial<IdToken.Expected> = {}, options: Partial<IdToken.Options> = {}) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(now)
    const result = yield* Effect.result(verify(token, expected, options))
    if (result._tag === "Success") return "accepted"
    const { reason } = result.failure
    return reason._tag === "InvalidToken" ? reason.why : reason._tag
  })

const half = (hash: string, text: Redacted.Redacted<string>) => {
  const digest = createHash(hash).update(Redacted.value(text)).digest()
  return digest.subarray(0, digest.length / 2).toString("base64url")
}

const table = (about: string, cases: ReadonlyArray<Case>) =>
  describe(`${about}`, () => {
    for (const [what, claims, why, expected, options] of cases) {
      it.effect(what, () =>
        Effect.map(verdict(tokenOf(claims), expected, options), (told) => assert.strictEqual(told, why))
      )
    }
  })

describe("an ID token is accepted", () => {
  it.effect("that is the answer to the login, with its claims", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const { claims } = yield* verify(tokenOf({ ...good, email: "ada@example.com" }))
      expectTypeOf(claims).toEqualTypeOf<IdToken.IdClaims>()
      assert.deepStrictEqual([claims.sub, claims.iat, claims["email"]], ["ada", seconds, "ada@example.com"])
    })
  )

  it.effect("whose claims come out as the schema says", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const claims = Schema.Struct({ sub: Schema.String, email: Schema.String })
      const idTokens = IdToken.make({ ...client, keys: yield* rs256, claims })
      const verified = yield* idTokens.verify(tokenOf({ ...good, email: "ada@example.com" }), { nonce })
      assert.deepStrictEqual(verified.claims, { sub: "ada", email: "ada@example.com" })
      assert.include((yield* Effect.flip(idTokens.verify(tokenOf(good), { nonce }))).reason, { why: "claims" })
    })
  )

  for (const alg of algorithms) {
    it.effect(`with the hash of its access token by ${alg}`, () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(now)
        const key = yield* JwtKey.signing(privateText(alg), { alg })
        const hash = alg.startsWith("Ed") ? "sha512" : `sha${alg.slice(-3)}`
        const token = yield* Jwt.sign(key, {
          iss: good.iss,
          aud: "app",
          sub: "ada",
          lifetime: "1 minute",
          claims: { at_hash: half(hash, accessToken), c_hash: half(hash, code) }
        })
        const keys = yield* JwtKey.verifying(publicText(alg), { alg })
        const idTokens = IdToken.make({ ...client, keys, algorithms: [alg] })
        assert.strictEqual((yield* idTokens.verify(token, { nonce: undefined, accessToken, code })).claims.sub, "ada")
        const other = Redacted.make("another")
        const swapped = yield* Effect.flip(idTokens.verify(token, { nonce: undefined, accessToken: other }))
        assert.include(swapped.reason, { why: "at_hash" })
      })
    )
  }

  it.effect("with the hashes that OpenID Connect has published", () =>
    Effect.gen(function* () {
      // Core A.3, A.4 and A.6: the access token and the code of the examples, and their hashes.
      const published = { ...good, at_hash: "77QmUPtjPfzWtF2AnpK9RQ", c_hash: "LDktKdoQak3Pk0cnXxCltA" }
      assert.strictEqual(yield* verdict(tokenOf(published), { accessToken, code }), "accepted")
    })
  )
})

table("an access token is refused where an ID token is expected", [
  ["by the typ that Amazon Cognito gives it", { ...good, token_use: "access" }, "type"],
  ["by the typ that Keycloak gives it", { ...good, typ: "Bearer" }, "type"],
  ["by its audience", { ...good, aud: "https://api.example" }, "audience"],
  ["by its lack of a nonce", { ...good, nonce: undefined, scope: "read", client_id: "app" }, "nonce"],
  ["by its lack of a subject, as of one for a machine", { ...good, sub: undefined }, "subject"]
])

it.effect("an access token is refused by the typ of RFC 9068, whatever it says", () =>
  Effect.gen(function* () {
    assert.strictEqual(yield* verdict(tokenOf(good, { alg: "RS256", typ: "at+jwt" })), "type")
    assert.strictEqual(yield* verdict(tokenOf(good, { alg: "RS256", typ: "application/at+jwt" })), "type")
    assert.strictEqual(yield* verdict(tokenOf(good, { alg: "RS256", typ: "logout+jwt" })), "type")
    assert.strictEqual(yield* verdict(tokenOf(good, { alg: "RS256", typ: "JWT" })), "accepted")
  })
)

table("what an ID token says must be the answer to the login", [
  ["another nonce", { ...good, nonce: "another" }, "nonce"],
  ["a nonce that is no text", { ...good, nonce: 7 }, "nonce"],
  ["a nonce where none was sent", good, "nonce", { nonce: undefined }],
  ["none where none was sent", { ...good, nonce: undefined }, "accepted", { nonce: undefined }],
  ["another issuer", { ...good, iss: "https://op.example.evil" }, "issuer"],
  ["another client", { ...good, aud: "other" }, "audience"],
  ["a client beside ours that is not trusted", { ...good, aud: ["app", "other"], azp: "app" }, "audience"],
  [
    "a client beside ours that is",
    { ...good, aud: ["app", "api"], azp: "app" },
    "accepted",
    {},
    { trustedAudiences: ["api"] }
  ],
  ["several audiences and no azp", { ...good, aud: ["app", "api"] }, "azp", {}, { trustedAudiences: ["api"] }],
  ["an azp that is another client", { ...good, azp: "other" }, "azp"],
  ["an azp that is no text", { ...good, azp: ["app"] }, "azp"],
  [
    "an azp that is another client of ours",
    { ...good, azp: "phone" },
    "accepted",
    {},
    { authorizedParties: ["phone"] }
  ],
  ["no sub", { ...good, sub: undefined }, "subject"],
  ["an empty sub", { ...good, sub: "" }, "subject"],
  ["another sub than before a refresh", good, "subject", { subject: "eve" }],
  ["no iat", { ...good, iat: undefined }, "issued"],
  ["no exp", { ...good, exp: undefined }, "expiry"],
  ["an nbf that is to come", { ...good, nbf: seconds + 60 }, "not yet valid"],
  ["the hash of another access token", { ...good, at_hash: half("sha256", code) }, "at_hash", { accessToken }],
  [
    "a hash that is longer than a half",
    { ...good, at_hash: createHash("sha256").update(Redacted.value(accessToken)).digest("base64url") },
    "at_hash",
    { accessToken }
  ],
  ["no at_hash, as a code flow may have it", good, "accepted", { accessToken }],
  ["no c_hash where the code came with it", good, "c_hash", { code }],
  ["the hash of another code", { ...good, c_hash: half("sha256", accessToken) }, "c_hash", { code }],
  ["no auth_time where max_age was asked for", good, "auth_time", { maxAge: "1 hour" }],
  ["a login that is too old", { ...good, auth_time: seconds - 3_700 }, "auth_time", { maxAge: "1 hour" }],
  ["a login that is recent", { ...good, auth_time: seconds - 3_500 }, "accepted", { maxAge: "1 hour" }],
  ["an auth_time that is a text", { ...good, auth_time: "now" }, "claims", { maxAge: "1 hour" }],
  ["another acr than asked for", { ...good, acr: "urn:pwd" }, "acr", { acr: ["urn:mfa", "urn:key"] }],
  ["an acr that was asked for", { ...good, acr: "urn:key" }, "accepted", { acr: ["urn:mfa", "urn:key"] }]
])

describe("who has signed it is seen first", () => {
  it.effect("by RS256, unless another algorithm was agreed on", () =>
    Effect.gen(function* () {
      const keys = yield* JwtKey.verifying(publicText("ES256"), { alg: "ES256" })
      assert.throws(() => IdToken.make({ ...client, keys }), InvalidOption.InvalidOption)
      const key = yield* JwtKey.signing(privateText("ES256"), { alg: "ES256" })
      const token = yield* Jwt.sign(key, { lifetime: 60_000, claims: {} })
      assert.strictEqual(yield* verdict(Redacted.value(token)), "algorithm")
    })
  )

  it.effect("and an altered one is refused, whatever it says", () =>
    Effect.gen(function* () {
      const [header, , signature] = tokenOf(good).split(".")
      const payload = Buffer.from(JSON.stringify({ ...good, sub: "eve" })).toString("base64url")
      assert.strictEqual(yield* verdict(`${header}.${payload}.${signature}`), "signature")
    })
  )
})

describe("a clock that is off by ten minutes is told as that, because the token was issued just now", () => {
  for (const [which, minutes] of [
    ["ahead", 10],
    ["behind", -10]
  ] as const) {
    it.effect(which, () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(now + minutes * 60_000)
        const { message, reason } = yield* Effect.flip(verify(tokenOf(good)))
        assert.strictEqual(reason._tag, "ClockSkew")
        assert.deepStrictEqual(reason._tag === "ClockSkew" && Duration.toMinutes(reason.by), minutes)
        assert.include(message, `the clock of this machine is 10m ${which}: set it`)
      })
    )
  }

  it.effect("and not where another login, or none, is behind it", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now + 600_000)
      const { reason } = yield* Effect.flip(verify(tokenOf({ ...good, nonce: undefined }), { nonce: undefined }))
      assert.include(reason, { _tag: "InvalidToken", why: "expired" })
      assert.include((yield* Effect.flip(verify(tokenOf({ ...good, nonce: "another" })))).reason, { why: "nonce" })
    })
  )
})

it.effect("nothing of a token or of what came with it is shown by what refuses it", () =>
  Effect.gen(function* () {
    yield* TestClock.setTime(now)
    const planted = { ...good, email: "planted@example.com", at_hash: "x" }
    for (const [claims, expected] of [
      [planted, { accessToken }],
      [{ ...planted, nonce: "planted-nonce" }, {}],
      [{ ...planted, exp: 1 }, {}],
      [planted, { code }]
    ] as const) {
      const token = tokenOf(claims)
      const error = yield* Effect.flip(verify(token, expected))
      const told = yield* everythingThatPrints(error)
      for (const secret of ["planted", nonce, Redacted.value(accessToken), Redacted.value(code), ...token.split(".")]) {
        assert.notInclude(told, secret)
      }
    }
    assert.strictEqual(partOf(tokenOf(planted), 1)["email"], "planted@example.com")
  })
)

describe("an option that makes no sense is refused where it is said", () => {
  for (const [option, options] of [
    ["idToken.issuer", { issuer: "" }],
    ["idToken.clientId", { clientId: "" }],
    ["idToken.algorithms", { algorithms: [] }],
    ["idToken.keys", { keys: [] }],
    ["idToken.tolerance", { tolerance: -1 }],
    ["idToken.maxSize", { maxSize: 0 }],
    ["idToken.name", { name: "" }]
  ] as const) {
    it.effect(`${option} of ${JSON.stringify(options)}`, () =>
      Effect.gen(function* () {
        const keys = yield* rs256
        const make = () => IdToken.make({ ...client, keys, ...options })
        const error = yield* Effect.flip(Effect.try({ try: make, catch: (error) => error }))
        assert.instanceOf(error, InvalidOption.InvalidOption)
        assert.strictEqual(error.option, option)
      })
    )
  }
})
