import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { TestClock } from "effect/testing"
import * as jose from "jose"
import { DpopProof, JwtKey } from "@causeway/core/auth"
import { InvalidOption } from "@causeway/core/policy"
import suite from "../vectors/dpop.json" with { type: "json" }
import thumbprints from "../vectors/jwk-thumbprint.json" with { type: "json" }
import { algorithms, pairs, partOf, privateText, secretText, signedBy } from "./keys.ts"

const now = 1_764_000_000_500
const accessToken = Redacted.make("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU")

describe("a proof", () => {
  for (const { id, ...vector } of suite.vectors) {
    it.effect(`for the request of ${id} says what the published one says`, () =>
      Effect.gen(function* () {
        const { claims } = vector
        yield* TestClock.setTime(claims.iat * 1000)
        const key = yield* DpopProof.generate("ES256")
        const proof = yield* DpopProof.make(key, {
          method: claims.htm,
          url: claims.htu,
          accessToken: vector.accessToken === undefined ? undefined : Redacted.make(vector.accessToken)
        })
        const text = Redacted.value(proof)
        assert.deepStrictEqual<Record<string, unknown>>({ ...partOf(text, 1), jti: claims.jti }, claims)
        const theirs = partOf(vector.proof, 0)
        assert.deepStrictEqual({ ...partOf(text, 0), jwk: theirs["jwk"] }, theirs)
      })
    )
  }

  for (const alg of algorithms.filter((alg) => !alg.startsWith("HS"))) {
    it.effect(`by ${alg} holds by the key inside of it, which is public`, () =>
      Effect.gen(function* () {
        const signing = yield* JwtKey.signing(privateText(alg), { alg, kid: "ours" })
        const key = DpopProof.key(signing)
        const proof = Redacted.value(yield* DpopProof.make(key, { method: "POST", url: "https://as.example/token" }))
        const { protectedHeader } = yield* Effect.promise(() =>
          jose.jwtVerify(proof, jose.EmbeddedJWK, { typ: "dpop+jwt", currentDate: new Date(0) })
        )
        const { jwk = { kty: "" } } = protectedHeader
        assert.deepStrictEqual(Object.keys(protectedHeader).toSorted(), ["alg", "jwk", "typ"])
        assert.notProperty(jwk, "d")
        assert.strictEqual(yield* Effect.promise(() => jose.calculateJwkThumbprint(jwk)), key.jkt)
      })
    )
  }

  it.effect("is for a URL without its query, fragment and user, and carries the nonce", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const key = yield* DpopProof.generate()
      const url = "https://user:pass@API.example:443/a/%7Eb/../c?q=1#top"
      const proof = yield* DpopProof.make(key, { method: "GET", url, accessToken, nonce: "n-0S6_WzA2Mj" })
      const { jti, ...claims } = partOf(Redacted.value(proof), 1)
      assert.deepStrictEqual(claims, {
        htm: "GET",
        htu: "https://api.example/a/c",
        iat: Math.floor(now / 1000),
        ath: "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo",
        nonce: "n-0S6_WzA2Mj"
      })
      assert.isString(jti)
    })
  )

  it.effect("has an id of its own each time", () =>
    Effect.gen(function* () {
      const key = yield* DpopProof.generate()
      const make = DpopProof.make(key, { method: "GET", url: new URL("https://api.example/") })
      const [one, other] = [yield* make, yield* make].map((proof) => partOf(Redacted.value(proof), 1)["jti"])
      assert.notStrictEqual(one, other)
    })
  )

  it.effect("for a URL that is none fails", () =>
    Effect.gen(function* () {
      const key = yield* DpopProof.generate()
      const reason = yield* Effect.flip(DpopProof.make(key, { method: "GET", url: "/relative" }))
      assert.deepStrictEqual([reason._tag, reason.part], ["UnsignableRequest", "url"])
    })
  )
})

it.effect("a secret is no key for proofs", () =>
  Effect.gen(function* () {
    const signing = yield* JwtKey.signing(secretText, { alg: "HS256" })
    assert.throws(() => DpopProof.key(signing), InvalidOption.InvalidOption)
  })
)

it.effect("a key that was kept as a secret gives proofs for the same tokens", () =>
  Effect.gen(function* () {
    const key = yield* DpopProof.generate("EdDSA")
    const again = yield* JwtKey.signing(JwtKey.toSecret(key.signing), { alg: "EdDSA" })
    assert.strictEqual(DpopProof.key(again).jkt, key.jkt)
  })
)

describe("a proof on a server", () => {
  for (const { id, ...vector } of suite.vectors) {
    it.effect(`is accepted: ${id}`, () =>
      Effect.gen(function* () {
        const { claims, proof } = vector
        yield* TestClock.setTime(claims.iat * 1000)
        const expected = {
          method: claims.htm,
          url: claims.htu,
          accessToken: vector.accessToken === undefined ? undefined : Redacted.make(vector.accessToken),
          jkt: thumbprints.vectors.find(({ id }) => id === "rfc9449-6.1-jkt")!.expect
        }
        assert.deepStrictEqual(yield* DpopProof.verify(proof, expected), {
          jkt: expected.jkt,
          jti: claims.jti,
          until: claims.iat * 1000 + 90_000
        })
        const [header = "", payload = "", signature = ""] = proof.split(".")
        const bytes = Buffer.from(signature, "base64url")
        bytes[0]! ^= 1
        const altered = `${header}.${payload}.${bytes.toString("base64url")}`
        assert.include(yield* Effect.flip(DpopProof.verify(altered, expected)), { why: "signature" })
      })
    )
  }

  const url = "https://api.example/charges"
  const request = { method: "GET", url, accessToken }

  /** What a server says of a proof that we have made for another request, or that somebody has put together. */
  const refusals: ReadonlyArray<readonly [string, Partial<DpopProof.Expected>, string]> = [
    ["for another method", { method: "POST" }, "method"],
    ["for another URL", { url: `${url}/1` }, "url"],
    ["for another host", { url: "https://api.example.evil/charges" }, "url"],
    ["for another token", { accessToken: Redacted.make("another") }, "ath"],
    ["by another key than the token is bound to", { jkt: "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" }, "key"],
    ["without the nonce that was given", { nonce: "fresh" }, "nonce"],
    ["by an algorithm that is not accepted", { algorithms: ["EdDSA"] }, "algorithm"]
  ]
  for (const [what, asked, why] of refusals) {
    it.effect(`is refused ${what}`, () =>
      Effect.gen(function* () {
        const proof = yield* DpopProof.make(yield* DpopProof.generate(), request)
        assert.strictEqual((yield* DpopProof.verify(proof, request)).jti.length, 36)
        const reason = yield* Effect.flip(DpopProof.verify(proof, { ...request, ...asked }))
        assert.deepInclude(reason, { _tag: "InvalidToken", why })
      })
    )
  }

  it.effect("is accepted for the URL with any query", () =>
    Effect.gen(function* () {
      const proof = yield* DpopProof.make(yield* DpopProof.generate(), request)
      yield* DpopProof.verify(proof, { ...request, url: new URL("https://API.example:443/charges?page=2#top") })
    })
  )

  it.effect("is refused once it is older than it may be, or made ahead of time", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const proof = yield* DpopProof.make(yield* DpopProof.generate(), request)
      yield* TestClock.setTime(now + 89_000)
      yield* DpopProof.verify(proof, request)
      yield* TestClock.setTime(now + 600_000)
      assert.include(yield* Effect.flip(DpopProof.verify(proof, request)), { why: "expired" })
      yield* TestClock.setTime(now - 600_000)
      assert.include(yield* Effect.flip(DpopProof.verify(proof, request)), { why: "issued" })
    })
  )

  const pair = pairs.RS256
  const jwk = pair.publicKey.export({ format: "jwk" })
  const claims = { jti: "1", htm: "GET", htu: url, iat: 0, ath: "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo" }
  const forged: ReadonlyArray<readonly [string, object, object, string]> = [
    ["of another typ", { typ: "JWT", alg: "RS256", jwk }, claims, "type"],
    ["without a key", { typ: "dpop+jwt", alg: "RS256" }, claims, "key"],
    [
      "with a private key in it",
      { typ: "dpop+jwt", alg: "RS256", jwk: pair.privateKey.export({ format: "jwk" }) },
      claims,
      "key"
    ],
    [
      "with a secret as its key",
      { typ: "dpop+jwt", alg: "HS256", jwk: { kty: "oct", k: "AAAA" } },
      claims,
      "algorithm"
    ],
    ["with alg none", { typ: "dpop+jwt", alg: "none", jwk }, claims, "algorithm"],
    [
      "with a key of another kind",
      { typ: "dpop+jwt", alg: "RS256", jwk: pairs.ES256.publicKey.export({ format: "jwk" }) },
      claims,
      "key"
    ],
    [
      "with another key",
      { typ: "dpop+jwt", alg: "RS256", jwk: { ...jwk, n: `${String(jwk.n).slice(0, -4)}AAAA` } },
      claims,
      "signature"
    ],
    ["without a jti", { typ: "dpop+jwt", alg: "RS256", jwk }, { ...claims, jti: undefined }, "claims"],
    [
      "with a jti of a megabyte",
      { typ: "dpop+jwt", alg: "RS256", jwk },
      { ...claims, jti: "j".repeat(1_000_000) },
      "size"
    ],
    ["without a time", { typ: "dpop+jwt", alg: "RS256", jwk }, { ...claims, iat: undefined }, "issued"],
    ["without the hash of the token", { typ: "dpop+jwt", alg: "RS256", jwk }, { ...claims, ath: undefined }, "ath"],
    ["with a URL that is none", { typ: "dpop+jwt", alg: "RS256", jwk }, { ...claims, htu: "charges" }, "url"]
  ]
  for (const [what, header, payload, why] of forged) {
    it.effect(`is refused ${what}`, () =>
      Effect.gen(function* () {
        const proof = signedBy(pair.privateKey, JSON.stringify(header), JSON.stringify(payload))
        assert.include(yield* Effect.flip(DpopProof.verify(proof, request)), { why })
        const genuine = signedBy(
          pair.privateKey,
          JSON.stringify({ typ: "dpop+jwt", alg: "RS256", jwk }),
          JSON.stringify(claims)
        )
        assert.strictEqual((yield* DpopProof.verify(genuine, request)).jti, "1")
      })
    )
  }
})
