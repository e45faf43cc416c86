import { SignatureScheme, WebhookKeys } from "@causeway/core/webhook"
import { AddressGuard } from "@causeway/core/crypto"
import { assert, describe, expect, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Result } from "effect"
import { HttpClient, HttpClientRequest, HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"
import { generateKeyPairSync } from "node:crypto"

const docs = { url: "https://acme.example", checked: "documentation" } as const

const certified = SignatureScheme.make({
  id: "certified",
  signature: SignatureScheme.singleHeader("X-Signature", { encoding: "base64" }),
  signedContent: "{secret}{body}",
  keys: [
    SignatureScheme.certificate({
      url: SignatureScheme.header("X-Cert-Url"),
      hosts: ["keys.example.com"],
      hash: "sha256"
    })
  ],
  docs
})

const tokens = SignatureScheme.make({
  id: "tokens",
  signature: SignatureScheme.jwt("X-Token"),
  signedContent: "{token}",
  keys: [SignatureScheme.jwk({ algorithms: ["ES256"], url: "https://keys.example.com/jwks" })],
  docs
})

const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url")

const delivery = (...headers: ReadonlyArray<readonly [string, string]>) => ({
  method: "POST",
  url: "",
  body: new Uint8Array(),
  headers: [["X-Signature", "AAAA"] as const, ...headers]
})

const certificateAt = (name: string) => delivery(["X-Cert-Url", `https://keys.example.com/${name}`])

const tokenOf = (kid: string) => delivery(["X-Token", `${base64({ alg: "ES256", kid })}.${base64({})}.AAAA`])

type Respond = (request: HttpClientRequest.HttpClientRequest) => Effect.Effect<Response>

/** The service, and what was asked of the network. */
const open = (respond: Respond, options: WebhookKeys.Options = {}) =>
  Effect.gen(function* () {
    const asked: Array<string> = []
    const guarded: Array<string> = []
    const client = HttpClient.make((request, _url, _signal, fiber) => {
      asked.push(`${request.method} ${request.url}`)
      if (fiber.getRef(AddressGuard.PublicOnly)) guarded.push(request.url)
      return Effect.map(respond(request), (response) => HttpClientResponse.fromWeb(request, response))
    })
    const context = yield* Layer.build(
      WebhookKeys.layer(options).pipe(Layer.provide(Layer.succeed(HttpClient.HttpClient, client)))
    )
    return { asked, guarded, keys: yield* Effect.provide(WebhookKeys.WebhookKeys, context) }
  })

const answers =
  (body: string, status = 200): Respond =>
  () =>
    Effect.sync(() => new Response(body, { status }))

const causeOf = (result: Result.Result<unknown, { readonly reason: object; readonly category: string }>) =>
  Result.match(result, {
    onFailure: ({ category, reason }) => ({ category, ...reason }),
    onSuccess: () => undefined
  })

describe("the keys of a provider", () => {
  it.effect("are read from PEM, each at its own URL", () =>
    Effect.gen(function* () {
      const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
      const own = SignatureScheme.make({
        ...tokens,
        keys: [SignatureScheme.jwk({ algorithms: ["RS256"], url: "https://keys.example.com/{kid}" })]
      })
      const pem = publicKey.export({ format: "pem", type: "spki" }).toString()
      const { asked, keys } = yield* open((request) =>
        Effect.sync(() => new Response(request.url.endsWith("a") ? pem : pem.slice(0, 100)))
      )
      assert.deepEqual(yield* keys.fetch(own, tokenOf("a")), {
        jwks: { a: { ...publicKey.export({ format: "jwk" }) } }
      })
      assert.isTrue(Result.isFailure(yield* Effect.result(keys.fetch(own, tokenOf("b")))))
      assert.deepEqual(asked, ["GET https://keys.example.com/a", "GET https://keys.example.com/b"])
    })
  )

  it.effect("are fetched once, and again when they are an hour old", () =>
    Effect.gen(function* () {
      const { asked, keys } = yield* open(answers("a certificate"))
      const first = yield* keys.fetch(certified, certificateAt("a.pem"))
      assert.deepEqual(first, { certificates: { "https://keys.example.com/a.pem": "a certificate" } })
      yield* keys.fetch(certified, certificateAt("a.pem"))
      assert.deepEqual(asked, ["GET https://keys.example.com/a.pem"])
      yield* TestClock.adjust("1 hour")
      yield* keys.fetch(certified, certificateAt("a.pem"))
      assert.lengthOf(asked, 2)
    })
  )

  it.effect("are fetched once for deliveries that come together", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const { asked, keys } = yield* open(() => Effect.as(Deferred.await(gate), new Response("a certificate")))
      const fibers = yield* Effect.forEach([1, 2, 3], () =>
        Effect.forkChild(keys.fetch(certified, certificateAt("a.pem")), { startImmediately: true })
      )
      yield* Deferred.succeed(gate, undefined)
      yield* Effect.forEach(fibers, Fiber.join)
      assert.lengthOf(asked, 1)
    })
  )

  it.effect("are fetched from nowhere but the places that the scheme trusts", () =>
    Effect.gen(function* () {
      const { asked, keys } = yield* open(answers("a certificate"))
      const foreign = delivery(["X-Cert-Url", "https://evil.example/a.pem"])
      const result = yield* Effect.result(keys.fetch(certified, foreign))
      expect(causeOf(result)).toMatchObject({ _tag: "UntrustedKey", category: "unauthorized" })
      assert.lengthOf(asked, 0)
    })
  )

  it.effect("are not what a redirect, an error or too long a response says", () =>
    Effect.gen(function* () {
      const causeFor = (respond: Respond) =>
        Effect.gen(function* () {
          const { keys } = yield* open(respond, { maxSize: 8 })
          return causeOf(yield* Effect.result(keys.fetch(certified, certificateAt("a.pem"))))
        })
      const common = { _tag: "KeyUnavailable", category: "transient", host: "keys.example.com" }
      expect(yield* causeFor(answers("", 302))).toEqual({ ...common, cause: "the response has the status 302" })
      expect(yield* causeFor(answers("", 404))).toEqual({ ...common, cause: "the response has the status 404" })
      expect(yield* causeFor(answers("123456789"))).toEqual({ ...common, cause: "the response is larger than 8 bytes" })
      expect(yield* causeFor(answers("12345678"))).toBeUndefined()
    })
  )

  it.effect("that were found before are fetched at once again, however many invented ones are waited for", () =>
    Effect.gen(function* () {
      const { asked, keys } = yield* open(({ url }) =>
        url.endsWith("/known.pem") ? Effect.succeed(new Response("a certificate")) : Effect.never
      )
      yield* keys.fetch(certified, certificateAt("known.pem"))
      yield* TestClock.adjust("2 hours")
      const strangers = yield* Effect.forEach(Array.from({ length: 400 }).keys(), (index) =>
        Effect.forkChild(Effect.result(keys.fetch(certified, certificateAt(`${index}.pem`))), {
          startImmediately: true
        })
      )
      const found = yield* keys.fetch(certified, certificateAt("known.pem"))
      assert.deepEqual(found, { certificates: { "https://keys.example.com/known.pem": "a certificate" } })
      assert.lengthOf(asked, 1 + 8 + 1)
      const rejected = strangers.filter((fiber) => fiber.pollUnsafe() !== undefined)
      assert.lengthOf(rejected, 400 - 8 - 64)
      yield* TestClock.adjust("8 seconds")
      for (const stranger of strangers) {
        expect(causeOf(yield* Fiber.join(stranger))).toMatchObject({ _tag: "KeyUnavailable", category: "transient" })
      }
    })
  )

  it.effect("that a key set lacks are not asked for again for 30 seconds, and those in it not at all", () =>
    Effect.gen(function* () {
      const set = { keys: ["a", "b"].map((kid) => ({ kid, kty: "EC" })) }
      const { asked, keys } = yield* open(answers(JSON.stringify(set)))
      const fetch = (kid: string) => Effect.result(keys.fetch(tokens, tokenOf(kid)))
      for (let index = 0; index < 20; index += 1) {
        expect(causeOf(yield* fetch(`invented-${index}`))).toMatchObject({ _tag: "KeyUnavailable" })
      }
      assert.isTrue(Result.isSuccess(yield* fetch("a")))
      assert.isTrue(Result.isSuccess(yield* fetch("b")))
      assert.lengthOf(asked, 1)
      yield* TestClock.adjust("30 seconds")
      yield* fetch("invented-20")
      assert.lengthOf(asked, 2)
    })
  )

  it.effect("are given up when they take too long", () =>
    Effect.gen(function* () {
      const { keys } = yield* open(() => Effect.never)
      const fiber = yield* Effect.forkChild(Effect.result(keys.fetch(certified, certificateAt("a.pem"))))
      yield* TestClock.adjust("5 seconds")
      expect(causeOf(yield* Fiber.join(fiber))).toMatchObject({ _tag: "KeyUnavailable", cause: "TimeoutError" })
    })
  )

  it.effect("are not asked for again and again in vain", () =>
    Effect.gen(function* () {
      const { asked, keys } = yield* open(answers("", 500))
      const fetch = Effect.result(keys.fetch(certified, certificateAt("a.pem")))
      yield* fetch
      yield* fetch
      assert.lengthOf(asked, 1)
      yield* TestClock.adjust("30 seconds")
      yield* fetch
      assert.lengthOf(asked, 2)
    })
  )

  it.effect("stay when many others are asked for in vain", () =>
    Effect.gen(function* () {
      const { asked, keys } = yield* open(
        ({ url }) => Effect.sync(() => new Response("a", { status: url.endsWith("/good.pem") ? 200 : 404 })),
        { capacity: 2 }
      )
      yield* keys.fetch(certified, certificateAt("good.pem"))
      yield* Effect.forEach([1, 2, 3, 4], (index) =>
        Effect.result(keys.fetch(certified, certificateAt(`${index}.pem`)))
      )
      yield* keys.fetch(certified, certificateAt("good.pem"))
      assert.lengthOf(
        asked.filter((each) => each.endsWith("/good.pem")),
        1
      )
    })
  )

  it.effect("are no more than the capacity", () =>
    Effect.gen(function* () {
      const { asked, keys } = yield* open(answers("a certificate"), { capacity: 1 })
      for (const name of ["a.pem", "b.pem", "a.pem"]) yield* keys.fetch(certified, certificateAt(name))
      assert.lengthOf(asked, 3)
    })
  )

  it.effect("are found by their id in a set, in an object around one, and by themselves", () =>
    Effect.gen(function* () {
      const key = { kid: "1", kty: "EC" }
      for (const body of [{ keys: [{ kid: "0" }, key] }, { key, request_id: "r" }, key]) {
        const { keys } = yield* open(answers(JSON.stringify(body)))
        assert.deepEqual(yield* keys.fetch(tokens, tokenOf("1")), { jwks: { "1": key } })
        const other = causeOf(yield* Effect.result(keys.fetch(tokens, tokenOf("2"))))
        expect(other).toMatchObject({ _tag: "KeyUnavailable", cause: "the response holds no such key" })
      }
    })
  )

  it.effect("may want another request than a GET", () =>
    Effect.gen(function* () {
      const { asked, keys } = yield* open(answers(`{"key":{"kid":"1"}}`), {
        jwkRequest: (url, kid) => HttpClientRequest.post(`${url}?kid=${kid}`)
      })
      yield* keys.fetch(tokens, tokenOf("1"))
      assert.deepEqual(asked, ["POST https://keys.example.com/jwks?kid=1"])
    })
  )

  it.effect("are none where all keys are ours", () =>
    Effect.gen(function* () {
      const { asked, keys } = yield* open(answers(""))
      assert.deepEqual(yield* keys.fetch(SignatureScheme.standardWebhooks, delivery()), {})
      assert.lengthOf(asked, 0)
    })
  )

  it("are not made with options that make no sense", () => {
    expect(() => WebhookKeys.layer({ capacity: 0 })).toThrow(/capacity/)
    expect(() => WebhookKeys.layer({ timeout: 0 })).toThrow(/timeout/)
    expect(() => WebhookKeys.layer({ maxWaiting: -1 })).toThrow(/maxWaiting/)
    expect(() => WebhookKeys.layer({ waitTimeout: Infinity })).toThrow(/waitTimeout/)
  })
})

describe("a subscription", () => {
  const subscribed = SignatureScheme.make({
    ...certified,
    id: "subscribed",
    handshake: SignatureScheme.signedConfirmation({
      when: { field: SignatureScheme.body("type"), equals: "confirm" },
      url: SignatureScheme.body("url"),
      hosts: ["sns.{region}.example.com"]
    })
  })

  it.effect("is confirmed by fetching its URL each time, without what the answer says", () =>
    Effect.gen(function* () {
      const { asked, keys } = yield* open(answers("<xml/>"))
      yield* keys.confirm(subscribed, "https://sns.eu-west-1.example.com/?token=1")
      yield* keys.confirm(subscribed, "https://sns.eu-west-1.example.com/?token=1")
      assert.deepEqual(
        asked,
        Array.from({ length: 2 }, () => "GET https://sns.eu-west-1.example.com/?token=1")
      )
    })
  )

  it.effect("is confirmed at no place but the scheme's, whoever asks", () =>
    Effect.gen(function* () {
      const { asked, keys } = yield* open(answers("<xml/>"))
      for (const url of [
        "http://sns.eu-west-1.example.com/",
        "https://sns.eu-west-1.example.com:8443/",
        "https://user:pass@sns.eu-west-1.example.com/",
        "https://sns.eu-west-1.example.com.evil.example/",
        "https://127.0.0.1/",
        "not a url"
      ]) {
        const failure = causeOf(yield* Effect.result(keys.confirm(subscribed, url)))
        expect(failure).toMatchObject({ category: "transient", _tag: "ConfirmationFailed" })
      }
      assert.isTrue(
        Result.isFailure(yield* Effect.result(keys.confirm(certified, "https://sns.eu-west-1.example.com/")))
      )
      assert.deepEqual(asked, [])
    })
  )

  it.effect("is not confirmed by another status, a redirect among them, nor by an endless answer", () =>
    Effect.gen(function* () {
      for (const respond of [answers("no", 403), answers("", 302), answers("x".repeat(70_000))]) {
        const { keys } = yield* open(respond)
        const result = yield* Effect.result(keys.confirm(subscribed, "https://sns.eu-west-1.example.com/?token=1"))
        expect(causeOf(result)).toMatchObject({ _tag: "ConfirmationFailed", host: "sns.eu-west-1.example.com" })
      }
    })
  )
})

describe("the public internet", () => {
  const keysAt = (host: string) =>
    SignatureScheme.make({
      ...tokens,
      id: "inside",
      keys: [SignatureScheme.jwk({ algorithms: ["ES256"], url: `https://${host}/jwks` })]
    })

  it.effect("is the only place that keys and confirmations are fetched from", () =>
    Effect.gen(function* () {
      const { asked, guarded, keys } = yield* open(answers(JSON.stringify({ keys: [{ kid: "a" }] })))
      yield* keys.fetch(tokens, tokenOf("a"))
      yield* keys.fetch(certified, certificateAt("a.pem"))
      yield* keys.confirm(
        SignatureScheme.make({
          ...certified,
          id: "confirmed",
          handshake: SignatureScheme.signedConfirmation({
            when: { field: SignatureScheme.body("type"), equals: "confirm" },
            url: SignatureScheme.body("url"),
            hosts: ["sns.eu.example.com"]
          })
        }),
        "https://sns.eu.example.com/"
      )
      assert.lengthOf(guarded, 3)
      assert.lengthOf(asked, 3)
    })
  )

  it.effect("is left only with allowPrivateNetworks", () =>
    Effect.gen(function* () {
      for (const host of ["127.0.0.1", "[::ffff:a9fe:a9fe]", "keys.internal"]) {
        const closed = yield* open(answers(JSON.stringify({ keys: [{ kid: "a" }] })))
        const failure = causeOf(yield* Effect.result(closed.keys.fetch(keysAt(host), tokenOf("a"))))
        expect(failure).toMatchObject({ _tag: "KeyUnavailable", cause: expect.stringContaining("public internet") })
        assert.deepEqual(closed.asked, [])
        const opened = yield* open(answers(JSON.stringify({ keys: [{ kid: "a" }] })), { allowPrivateNetworks: true })
        yield* opened.keys.fetch(keysAt(host), tokenOf("a"))
        assert.deepEqual(opened.guarded, [])
        assert.lengthOf(opened.asked, 1)
      }
    })
  )
})
