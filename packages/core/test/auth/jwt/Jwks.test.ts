import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, type Redacted, type Scope } from "effect"
import { FetchHttpClient, type HttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import { createHmac, createSecretKey, generateKeyPairSync, type KeyObject } from "node:crypto"
import type { ServerResponse } from "node:http"
import { Jwks, Jwt, JwtKey, JwtVerifier } from "@causeway/core/auth"
import { InvalidOption } from "@causeway/core/policy"
import { encode, pairs, secretText, signedBy } from "./keys.ts"
import { type KeyServer, keyServer } from "./keyServer.ts"

const issuer = "https://as.example"
const audience = "https://api.example"
const rules = { algorithms: ["ES256", "RS256"], issuer, audience } as const

const keyOf = (kid: string, alg: JwtKey.Algorithm = "ES256") => JwtKey.generate(alg, { kid })

const tokenBy = (key: JwtKey.SigningKey, lifetime: Duration.Input = "1 day") =>
  Jwt.sign(key, { iss: issuer, aud: audience, sub: "ada", lifetime })

const publicOf = (key: JwtKey.SigningKey) => ({ ...key.publicJwk, kid: key.kid, alg: key.alg, use: "sig" })

const remote = (url: string, options: Jwks.Options = {}) =>
  Jwks.make(url, { allowInsecureRequests: true, policy: { retry: null }, ...options })

/** A server, its first key, and a verifier that takes its keys from there. */
const setUp = (options: Jwks.Options = {}, verifying: Partial<JwtVerifier.Options> = {}) =>
  Effect.gen(function* () {
    const server = yield* keyServer
    const one = yield* keyOf("one")
    server.give(publicOf(one))
    const verifier = JwtVerifier.make({ ...rules, keys: yield* remote(server.url, options), ...verifying })
    const verify = (token: string | Redacted.Redacted<string>) => Effect.result(verifier.verify(token))
    const verdict = (token: string | Redacted.Redacted<string>) =>
      Effect.map(verify(token), (result) => {
        if (result._tag === "Success") return "accepted"
        const { reason } = result.failure
        return reason._tag === "InvalidToken" ? reason.why : reason._tag
      })
    return { server, one, verifier, verdict }
  })

const live = <A, E>(name: string, test: Effect.Effect<A, E, HttpClient.HttpClient | Scope.Scope>) =>
  it.effect(name, () => Effect.provide(test, FetchHttpClient.layer))

describe("a key set", () => {
  live(
    "is fetched once for all that wait, and not again while it serves",
    Effect.gen(function* () {
      const { one, server, verdict } = yield* setUp()
      const token = yield* tokenBy(one)
      assert.strictEqual(server.asked(), 0)
      const verdicts = yield* Effect.all(
        Array.from({ length: 50 }, () => verdict(token)),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(new Set(verdicts), new Set(["accepted"]))
      yield* TestClock.adjust("7 minutes")
      assert.strictEqual(yield* verdict(token), "accepted")
      assert.strictEqual(server.asked(), 1)
    })
  )

  live(
    "is fetched anew a little before its time, and nobody waits for it",
    Effect.gen(function* () {
      const { one, server, verdict } = yield* setUp()
      const token = yield* tokenBy(one)
      yield* verdict(token)
      yield* TestClock.adjust("8 minutes")
      // It does not answer: whoever waited for it would wait for ever.
      server.answer(() => {})
      const asked = yield* Effect.forkChild(server.nextRequest)
      assert.strictEqual(yield* verdict(token), "accepted")
      assert.strictEqual(yield* verdict(token), "accepted")
      yield* Fiber.join(asked)
      assert.strictEqual(server.asked(), 2)
    })
  )

  live(
    "is waited for when its time has passed",
    Effect.gen(function* () {
      const { one, server, verdict } = yield* setUp()
      const two = yield* keyOf("two")
      yield* verdict(yield* tokenBy(one))
      server.give(publicOf(two))
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual(yield* verdict(yield* tokenBy(one)), "key")
      assert.strictEqual(yield* verdict(yield* tokenBy(two)), "accepted")
      assert.strictEqual(server.asked(), 2)
    })
  )

  live(
    "is fetched for all, when the first who wanted it is interrupted",
    Effect.gen(function* () {
      const { one, server, verdict } = yield* setUp()
      const token = yield* tokenBy(one)
      const held: Array<() => void> = []
      server.answer((_request, response) => {
        held.push(() => response.end(JSON.stringify({ keys: [publicOf(one)] })))
      })
      const came = yield* Effect.forkChild(server.nextRequest)
      const first = yield* Effect.forkChild(verdict(token))
      yield* Fiber.join(came)
      const second = yield* Effect.forkChild(verdict(token))
      yield* Fiber.interrupt(first)
      for (const release of held) release()
      assert.strictEqual(yield* Fiber.join(second), "accepted")
      assert.strictEqual(server.asked(), 1)
    })
  )
})

describe("a rotation in the middle", () => {
  live(
    "is picked up by the first token of the new key, and the old one holds while it is in the set",
    Effect.gen(function* () {
      const { one, server, verdict } = yield* setUp()
      const two = yield* keyOf("two", "RS256")
      assert.strictEqual(yield* verdict(yield* tokenBy(one)), "accepted")
      server.give(publicOf(two), publicOf(one))
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual(yield* verdict(yield* tokenBy(two)), "accepted")
      assert.strictEqual(yield* verdict(yield* tokenBy(one)), "accepted")
      assert.strictEqual(server.asked(), 2)
    })
  )

  live(
    "makes one request, however many tokens of the new key come at once",
    Effect.gen(function* () {
      const { one, server, verdict } = yield* setUp()
      const two = yield* keyOf("two")
      yield* verdict(yield* tokenBy(one))
      server.give(publicOf(two))
      yield* TestClock.adjust("30 seconds")
      const token = yield* tokenBy(two)
      const verdicts = yield* Effect.all(
        Array.from({ length: 50 }, () => verdict(token)),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(new Set(verdicts), new Set(["accepted"]))
      assert.strictEqual(server.asked(), 2)
    })
  )

  live(
    "ends what a cache knew of the old key, as soon as the new set is there",
    Effect.gen(function* () {
      const { one, server, verdict } = yield* setUp({}, { cache: 10 })
      const two = yield* keyOf("two")
      const old = yield* tokenBy(one)
      assert.strictEqual(yield* verdict(old), "accepted")
      server.give(publicOf(two))
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* verdict(old), "accepted")
      assert.strictEqual(yield* verdict(yield* tokenBy(two)), "accepted")
      assert.strictEqual(yield* verdict(old), "key")
    })
  )

  live(
    "of keys under the same name is told apart",
    Effect.gen(function* () {
      const { one, server, verdict } = yield* setUp({}, { cache: 10 })
      const old = yield* tokenBy(one)
      yield* verdict(old)
      const next = yield* keyOf("one")
      server.give(publicOf(next))
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual(yield* verdict(yield* tokenBy(next)), "accepted")
      assert.strictEqual(yield* verdict(old), "signature")
    })
  )
})

describe("a name that no key has", () => {
  live(
    "makes at most one request in each cooldown, however many are made up",
    Effect.gen(function* () {
      const { one, server, verdict } = yield* setUp()
      yield* verdict(yield* tokenBy(one))
      const madeUp = yield* Effect.forEach(
        Array.from({ length: 100 }, (_, index) => `made-up-${index}`),
        (kid) => Effect.flatMap(keyOf(kid), tokenBy)
      )
      yield* TestClock.adjust("29 seconds")
      for (const token of madeUp) assert.strictEqual(yield* verdict(token), "key")
      assert.strictEqual(server.asked(), 1)
      yield* TestClock.adjust("1 second")
      const verdicts = yield* Effect.forEach(madeUp, verdict, { concurrency: "unbounded" })
      assert.deepStrictEqual(new Set(verdicts), new Set(["key"]))
      assert.strictEqual(server.asked(), 2)
    })
  )

  live(
    "is no reason to refuse a token for good while the set cannot be fetched",
    Effect.gen(function* () {
      const { one, server, verdict } = yield* setUp()
      yield* verdict(yield* tokenBy(one))
      server.answer((_request, response) => response.writeHead(503).end())
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual(yield* verdict(yield* Effect.flatMap(keyOf("two"), tokenBy)), "EndpointUnavailable")
      assert.strictEqual(yield* verdict(yield* tokenBy(one)), "accepted")
    })
  )
})

describe("an endpoint that fails", () => {
  live(
    "leaves the set that is there in use, for a bounded time",
    Effect.gen(function* () {
      const { one, server, verdict } = yield* setUp()
      const token = yield* tokenBy(one)
      yield* verdict(token)
      server.answer((_request, response) => response.writeHead(500).end("oh no"))
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual(yield* verdict(token), "accepted")
      yield* TestClock.adjust("59 minutes")
      assert.strictEqual(yield* verdict(token), "accepted")
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* verdict(token), "EndpointUnavailable")
      server.give(publicOf(one))
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(yield* verdict(token), "accepted")
    })
  )

  live(
    "is left alone for a while, and for as long as it asks within the cooldown",
    Effect.gen(function* () {
      const { one, server, verdict, verifier } = yield* setUp()
      const token = yield* tokenBy(one)
      server.answer((_request, response) => response.writeHead(503, { "retry-after": "20" }).end())
      const { category, message, reason, retryAfter } = yield* Effect.flip(verifier.verify(token))
      assert.include(reason, { _tag: "EndpointUnavailable", status: 503 })
      assert.deepStrictEqual([category, retryAfter], ["transient", Duration.seconds(20)])
      assert.include(message, `the key set ${server.url}`)
      yield* TestClock.adjust("19 seconds")
      for (let ask = 0; ask < 20; ask++) assert.strictEqual(yield* verdict(token), "EndpointUnavailable")
      assert.strictEqual(server.asked(), 1)
      server.give(publicOf(one))
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* verdict(token), "accepted")
    })
  )

  live(
    "is asked again by the retry of its policy",
    Effect.gen(function* () {
      const { one, server, verdict } = yield* setUp({ policy: {} })
      const token = yield* tokenBy(one)
      server.answer((_request, response) => response.writeHead(502).end())
      const asking = yield* Effect.forkChild(verdict(token))
      yield* server.nextRequest
      while (server.asked() < 3) {
        yield* TestClock.adjust("100 millis")
        yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      }
      assert.strictEqual(yield* Fiber.join(asking), "EndpointUnavailable")
      assert.strictEqual(server.asked(), 3)
    })
  )

  const endpointFailures: ReadonlyArray<readonly [string, Parameters<KeyServer["answer"]>[0], string, RegExp]> = [
    ["with HTML", (_, response) => response.end("<html>login</html>"), "MalformedAnswer", /no JSON Web Key Set/],
    ["with nothing", (_, response) => response.end(), "MalformedAnswer", /no JSON Web Key Set/],
    ["with a list", (_, response) => response.end("[]"), "MalformedAnswer", /no JSON Web Key Set/],
    [
      "with 101 keys",
      (_, response) => response.end(JSON.stringify({ keys: Array.from({ length: 101 }, () => ({})) })),
      "MalformedAnswer",
      /has 101 keys, and may have 100/
    ],
    ["with 50 MB", (_, response) => fill(response, 50_000_000), "MalformedAnswer", /larger than 131072 bytes/],
    ["by closing the connection", (_, response) => response.destroy(), "EndpointUnavailable", /Send|Connect/],
    [
      "by closing it in the middle",
      (_, response) => response.writeHead(200, { "content-length": "99" }).write("{", () => response.destroy()),
      "EndpointUnavailable",
      /Body|Send/
    ],
    ["with 404", (_, response) => response.writeHead(404).end(), "EndpointUnavailable", /404/],
    ["with 204", (_, response) => response.writeHead(204).end(), "EndpointUnavailable", /204/]
  ]
  for (const [what, listener, tag, detail] of endpointFailures) {
    live(
      `${what} is told, and no token accepted`,
      Effect.gen(function* () {
        const { one, server, verifier } = yield* setUp()
        server.answer(listener)
        const error = yield* Effect.flip(verifier.verify(yield* tokenBy(one)))
        assert.strictEqual(error.reason._tag, tag)
        assert.match(error.message, detail)
      })
    )
  }

  live(
    "by dripping is given up after the timeout",
    Effect.gen(function* () {
      const { one, server, verifier } = yield* setUp()
      server.answer((_request, response) => response.writeHead(200).write("{"))
      const came = yield* Effect.forkChild(server.nextRequest)
      const verifying = yield* Effect.forkChild(Effect.flip(verifier.verify(yield* tokenBy(one))))
      yield* Fiber.join(came)
      yield* TestClock.adjust("5 seconds")
      const { reason } = yield* Fiber.join(verifying)
      assert.include(reason, { _tag: "EndpointUnavailable", detail: "Timeout" })
    })
  )

  live(
    "with a redirect is not followed",
    Effect.gen(function* () {
      const { one, server, verifier } = yield* setUp()
      const elsewhere = yield* keyServer
      elsewhere.give(publicOf(one))
      server.answer((_request, response) => response.writeHead(302, { location: elsewhere.url }).end())
      const { message, reason } = yield* Effect.flip(verifier.verify(yield* tokenBy(one)))
      assert.include(reason, { _tag: "EndpointUnavailable", status: 302 })
      assert.include(message, "a redirect, which is not followed")
      assert.strictEqual(elsewhere.asked(), 0)
    })
  )
})

const fill = (response: ServerResponse, bytes: number): void => {
  const chunk = Buffer.alloc(65_536, " ")
  const write = (left: number): void => {
    if (left <= 0) response.end()
    else response.write(chunk, () => write(left - chunk.byteLength))
  }
  write(bytes)
}

it.effect("a set whose scope has ended says so, and does not blame the token", () =>
  Effect.gen(function* () {
    const keys = yield* Effect.scoped(Effect.provide(remote("http://127.0.0.1:9/jwks"), FetchHttpClient.layer))
    const verifier = JwtVerifier.make({ ...rules, keys })
    const { reason } = yield* Effect.flip(verifier.verify(yield* Effect.flatMap(keyOf("one"), tokenBy)))
    assert.include(reason, { _tag: "EndpointUnavailable", detail: "its scope has ended" })
  })
)

describe("whoever attacks", () => {
  live(
    "has nothing fetched from where the token says keys are (jku, x5u)",
    Effect.gen(function* () {
      const { server, verdict } = yield* setUp()
      const evil = yield* keyServer
      const pair = generateKeyPairSync("rsa", { modulusLength: 2048 })
      const jwk = { ...pair.publicKey.export({ format: "jwk" }), kid: "one" }
      evil.give(jwk)
      const claims = JSON.stringify({ iss: issuer, aud: audience, exp: 9e9, jku: evil.url, x5u: evil.url })
      for (const kid of ["one", "two", undefined, evil.url]) {
        const header = JSON.stringify({ alg: "RS256", kid, jku: evil.url, x5u: evil.url, jwk })
        assert.strictEqual(yield* verdict(signedBy(pair.privateKey, header, claims)), "key")
      }
      assert.strictEqual(evil.asked(), 0)
      assert.strictEqual(server.asked(), 1)
    })
  )

  live(
    "causes no request by a token of a megabyte, or one that is none",
    Effect.gen(function* () {
      const { server, verdict } = yield* setUp({}, { cache: 10 })
      const header = encode({ alg: "ES256", kid: "one" })
      assert.strictEqual(yield* verdict(`${header}.${"A".repeat(1_000_000)}.AAAA`), "size")
      assert.strictEqual(yield* verdict(`${header}.e30`), "form")
      assert.strictEqual(yield* verdict(`${encode({ alg: "none", kid: "one" })}.e30.`), "algorithm")
      assert.strictEqual(server.asked(), 0)
    })
  )

  live(
    "gains nothing from a secret in the set, or from a public key as a secret",
    Effect.gen(function* () {
      const { one, server, verdict } = yield* setUp()
      server.give(publicOf(one), { kty: "oct", kid: "two", k: Buffer.from(secretText).toString("base64url") })
      const signed = `${encode({ alg: "HS256", kid: "two" })}.${encode({ iss: issuer, aud: audience, exp: 9e9 })}`
      const mac = createHmac("sha256", createSecretKey(Buffer.from(secretText)))
        .update(signed)
        .digest("base64url")
      assert.strictEqual(yield* verdict(`${signed}.${mac}`), "algorithm")
      const keys = yield* remote(server.url)
      assert.throws(
        () => JwtVerifier.make({ ...rules, algorithms: ["HS256"], keys }),
        /whoever can read them could sign/
      )
    })
  )
})

describe("what is in a set is left out", () => {
  const weak = generateKeyPairSync("rsa", { modulusLength: 1024 })
  const jwkOf = (alg: "RS256" | "ES256", more: object) => ({
    ...pairs[alg].publicKey.export({ format: "jwk" }),
    ...more
  })
  const claims = JSON.stringify({ iss: issuer, aud: audience, exp: 9e9 })
  const cases: ReadonlyArray<readonly [string, object, KeyObject?]> = [
    ["when it is too short", { ...weak.publicKey.export({ format: "jwk" }), kid: "k" }, weak.privateKey],
    ["when it is for encryption", jwkOf("RS256", { kid: "k", use: "enc" })],
    ["when it is for another algorithm", jwkOf("RS256", { kid: "k", alg: "PS256" })],
    ["when it may not verify", jwkOf("RS256", { kid: "k", key_ops: ["encrypt"] })],
    ["when it is private", { ...pairs.RS256.privateKey.export({ format: "jwk" }), kid: "k" }],
    ["when it has another name", jwkOf("RS256", { kid: "K" })],
    ["when it has no name, and the token has", jwkOf("RS256", {})],
    ["when its kind is not known", { kty: "LMS", kid: "k", pub: "AA" }],
    ["when it lacks what makes it", { kty: "RSA", kid: "k", e: "AQAB" }]
  ]
  for (const [when, jwk, key = pairs.RS256.privateKey] of cases) {
    it.effect(when, () =>
      Effect.gen(function* () {
        // What is beside it is used all the same.
        const keys = Jwks.local({ keys: [jwk as JwtKey.Jwk, jwkOf("RS256", { kid: "good" }) as unknown as JwtKey.Jwk] })
        const verifier = JwtVerifier.make({ ...rules, keys })
        const named = (kid: string, by = pairs.RS256.privateKey) =>
          Effect.result(verifier.verify(signedBy(by, JSON.stringify({ alg: "RS256", kid }), claims)))
        assert.strictEqual((yield* named("good"))._tag, "Success")
        const refused = yield* Effect.flip(verifier.verify(signedBy(key, `{"alg":"RS256","kid":"k"}`, claims)))
        assert.include(refused.reason, { _tag: "InvalidToken", why: "key" })
      })
    )
  }

  it.effect("no token, when it names no key and two of them fit", () =>
    Effect.gen(function* () {
      const token = signedBy(pairs.RS256.privateKey, `{"alg":"RS256"}`, claims)
      const one = jwkOf("RS256", { kid: "one" }) as unknown as JwtKey.Jwk
      const other = { ...publicOf(yield* keyOf("two", "RS256")) } as unknown as JwtKey.Jwk
      const alone = JwtVerifier.make({ ...rules, keys: Jwks.local({ keys: [one] }) })
      assert.strictEqual((yield* alone.verify(token)).header.kid, undefined)
      const both = JwtVerifier.make({ ...rules, keys: Jwks.local({ keys: [one, other] }) })
      const { message } = yield* Effect.flip(both.verify(token))
      assert.include(message, "2 keys that may have signed it")
    })
  )
})

describe("an option that makes no sense is refused where the set is described", () => {
  const cases: ReadonlyArray<readonly [string, string, Jwks.Options]> = [
    ["jwks.url", "/jwks", {}],
    ["jwks.url", "http://as.example/jwks", {}],
    ["jwks.url", "https://user:planted@as.example/jwks", {}],
    ["jwks.url", "file:///etc/passwd", { allowInsecureRequests: true }],
    ["jwks.url", "https://127.0.0.1/jwks", {}],
    ["jwks.url", "https://[::ffff:10.0.0.1]/jwks", {}],
    ["jwks.url", "https://169.254.169.254/jwks", { allowInsecureRequests: true }],
    ["jwks.url", "http://10.0.0.1/jwks", { allowInsecureRequests: true }],
    ["jwks.url", "https://keys.internal/jwks", {}],
    ["jwks.timeToLive", "https://as.example/jwks", { timeToLive: 0 }],
    ["jwks.cooldown", "https://as.example/jwks", { cooldown: "11 minutes" }],
    ["jwks.staleIfError", "https://as.example/jwks", { staleIfError: -1 }],
    ["jwks.maxSize", "https://as.example/jwks", { maxSize: 0 }],
    ["jwks.maxKeys", "https://as.example/jwks", { maxKeys: 0 }],
    ["jwks.name", "https://as.example/jwks", { name: "" }]
  ]
  for (const [option, url, options] of cases) {
    it(`${option}: ${url} ${JSON.stringify(options)}`, () => {
      try {
        Jwks.make(url, options)
      } catch (error) {
        assert.instanceOf(error, InvalidOption.InvalidOption)
        assert.strictEqual(error.option, option)
        assert.notInclude(error.message, "planted")
        return
      }
      assert.fail("it was taken")
    })
  }
})
