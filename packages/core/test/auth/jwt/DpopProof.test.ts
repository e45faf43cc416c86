import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { TestClock } from "effect/testing"
import * as jose from "jose"
import { DpopProof, JwtKey } from "@causeway/core/auth"
import { InvalidOption } from "@causeway/core/policy"
import suite from "../vectors/dpop.json" with { type: "json" }
import { algorithms, partOf, privateText, secretText } from "./keys.ts"

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
