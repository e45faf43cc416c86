import { AuthError, HmacSignature } from "@causeway/core/auth"
import { Endpoint, Integration } from "@causeway/core/client"
import { InvalidOption, Policy } from "@causeway/core/policy"
import { SignatureScheme, WebhookVerifier } from "@causeway/core/webhook"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Result, Schema, Stream } from "effect"
import { HttpBody, HttpClient, HttpClientRequest, HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"
import { createHash, createHmac } from "node:crypto"
import { inspect } from "node:util"
import suite from "./vectors/hmac.json" with { type: "json" }

const signed = (
  options: HmacSignature.Options,
  request: HttpClientRequest.HttpClientRequest,
  secret: string,
  at: { readonly now?: number; readonly id?: string } = {}
) => HmacSignature.sign(HmacSignature.make(options), request, { secret: Redacted.make(secret), now: 0, ...at })

const sha256 = HmacSignature.mac({ hash: "sha256" })

describe("the published vectors", () => {
  for (const { expect, id, payload, secret } of suite.vectors) {
    it(id, () => {
      const prefix = expect.startsWith("sha256=") ? "sha256=" : ""
      const request = HttpClientRequest.post("https://h.example/").pipe(HttpClientRequest.bodyText(payload))
      const options = {
        signature: HmacSignature.singleHeader("x-signature", { encoding: "hex", prefix }),
        signedContent: "{body}",
        keys: [sha256]
      } as const
      assert.strictEqual(Result.getOrThrow(signed(options, request, secret)).headers["x-signature"], expect)
    })
  }
})

// -----------------------------------------------------------------------------------------------------------------
// what each slot stands for

describe("what is signed", () => {
  const request = HttpClientRequest.post("https://api.example:8443/v1/orders", {
    urlParams: { q: "a b", z: "é" },
    headers: { "x-api-version": "2" }
  }).pipe(HttpClientRequest.bodyText("two of them"))
  const search = "q=a+b&z=%C3%A9"
  const slots: Readonly<Record<string, string>> = {
    "{path}{body}": `/v1/orders?${search}two of them`,
    "{path}{sha256}": `/v1/orders?${search}${createHash("sha256").update("two of them").digest("hex")}`,
    "{timestamp}\n{method}\n{pathname}": "1764000000\nPOST\n/v1/orders",
    "{query}|{id}": `${search}|id-1`,
    "{url}": `https://api.example:8443/v1/orders?${search}`,
    "{host}{pathname}{keyId}": "api.example:8443/v1/orderskey-1",
    "{path}{header:X-Api-Version}{header:host}{header:x-none?}": `/v1/orders?${search}2api.example:8443`,
    "{path} {not a slot": `/v1/orders?${search} {not a slot`,
    "{method}{header:content-type}{body}": "POSTtext/plaintwo of them"
  }
  for (const [template, content] of Object.entries(slots)) {
    it(`${JSON.stringify(template)} is ${JSON.stringify(content)}`, () => {
      const made = Result.getOrThrow(
        signed(
          {
            signature: HmacSignature.singleHeader("x-signature", { encoding: "base64" }),
            signedContent: template,
            keys: [sha256],
            ...(template.includes("{timestamp}") && {
              timestamp: { at: HmacSignature.header("x-time"), unit: "seconds" }
            }),
            eventId: HmacSignature.header("x-id"),
            keyId: { at: HmacSignature.header("x-key"), value: "key-1" }
          },
          request,
          "s3cret",
          { now: 1_764_000_000_500, id: "id-1" }
        )
      )
      assert.strictEqual(made.headers["x-signature"], createHmac("sha256", "s3cret").update(content).digest("base64"))
      assert.include(made.headers, { "x-id": "id-1", "x-key": "key-1" })
    })
  }

  it("is what is sent: the URL of the slots is the URL of the request", () => {
    const url = HttpClientRequest.toUrl(request)
    assert.strictEqual(url._tag === "Some" && url.value.search, `?${search}`)
  })

  const times: ReadonlyArray<[HmacSignature.TimestampUnit, string]> = [
    ["seconds", "1764000000"],
    ["milliseconds", "1764000000500"],
    ["rfc3339", "2025-11-24T16:00:00.500Z"],
    ["http-date", "Mon, 24 Nov 2025 16:00:00 GMT"]
  ]
  for (const [unit, text] of times) {
    it(`has its time in ${unit}`, () => {
      const made = signed(
        {
          signature: HmacSignature.singleHeader("x-signature", { encoding: "hex" }),
          signedContent: "{timestamp}{path}",
          keys: [sha256],
          timestamp: { at: HmacSignature.header("x-time"), unit }
        },
        request,
        "s",
        { now: 1_764_000_000_500 }
      )
      assert.strictEqual(Result.getOrThrow(made).headers["x-time"], text)
    })
  }
})

describe("the signature is placed", () => {
  const request = HttpClientRequest.get("https://api.example/v3/order?symbol=LTC", { urlParams: { side: "BUY" } })

  it("behind all other parameters of the query, over which it is made", () => {
    const options = {
      signature: HmacSignature.inField(HmacSignature.query("signature"), { encoding: "hex" }),
      signedContent: "{query}{body}",
      keys: [sha256]
    } as const
    const url = HttpClientRequest.toUrl(Result.getOrThrow(signed(options, request, "s")))
    const signature = createHmac("sha256", "s").update("symbol=LTC&side=BUY").digest("hex")
    assert.strictEqual(url._tag === "Some" && url.value.search, `?symbol=LTC&side=BUY&signature=${signature}`)
  })

  it("in a list, beside its time", () => {
    const options = {
      signature: HmacSignature.headerList("x-signature", { separator: ",", assignment: "=", encoding: "hex" }),
      signedContent: "{timestamp}.{path}",
      keys: [HmacSignature.mac({ hash: "sha512", label: "v1" })],
      timestamp: { at: HmacSignature.listItem("t"), unit: "seconds" }
    } as const
    const signature = createHmac("sha512", "s").update("7./v3/order?symbol=LTC&side=BUY").digest("hex")
    assert.strictEqual(
      Result.getOrThrow(signed(options, request, "s", { now: 7_000 })).headers["x-signature"],
      `t=7,v1=${signature}`
    )
  })
})

// -----------------------------------------------------------------------------------------------------------------
// the record of webhooks

describe("the scheme of a webhook signs requests that its verifier accepts", () => {
  const docs = { url: "https://acme.example", checked: "unchecked" } as const
  const at = { url: "https://acme.example/hooks?a=b", method: "POST", body: '{"id":"1"}', now: 1_764_000_000_000 }
  const schemes = {
    "time, method, path and body": SignatureScheme.make({
      id: "acme",
      signature: SignatureScheme.singleHeader("Acme-Signature", { encoding: "hex", prefix: "v1=" }),
      signedContent: "{timestamp}.{method}.{path}.{body}",
      keys: [SignatureScheme.mac({ hash: "sha256" })],
      timestamp: { at: SignatureScheme.header("Acme-Timestamp"), unit: "seconds" },
      docs
    }),
    "a list, and a secret in base64 behind its prefix": SignatureScheme.make({
      id: "listed",
      signature: SignatureScheme.headerList("Listed-Signature", {
        separator: ",",
        assignment: "=",
        encoding: "base64"
      }),
      signedContent: "{timestamp}.{body}",
      keys: [SignatureScheme.mac({ hash: "sha512", label: "s0", encoding: "base64", prefix: "whsec_", minBytes: 16 })],
      timestamp: { at: SignatureScheme.listItem("t"), unit: "milliseconds" },
      docs
    }),
    "Standard Webhooks": SignatureScheme.standardWebhooks
  }
  const secrets: Readonly<Record<keyof typeof schemes, string>> = {
    "time, method, path and body": "a plain secret",
    "a list, and a secret in base64 behind its prefix": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "Standard Webhooks": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
  }
  const names = [
    "time, method, path and body",
    "a list, and a secret in base64 behind its prefix",
    "Standard Webhooks"
  ] as const

  for (const name of names) {
    const scheme = schemes[name]
    const secret = Redacted.make(secrets[name])
    const sent = (url = at.url) =>
      Result.getOrThrow(
        HmacSignature.sign(
          HmacSignature.fromScheme(scheme),
          HttpClientRequest.post(url).pipe(HttpClientRequest.bodyText(at.body, "application/json")),
          { secret, now: at.now, id: "msg_1" }
        )
      )
    const verified = (body = at.body) =>
      WebhookVerifier.verify(scheme, {
        method: "POST",
        url: at.url,
        headers: Object.entries(sent().headers),
        body: new TextEncoder().encode(body),
        secrets: [secret],
        now: at.now
      })

    it(`${name}`, () => {
      assert.isTrue(Result.isSuccess(verified()))
      assert.isTrue(Result.isFailure(verified('{"id":"2"}')))
    })
  }

  it("but not one that is no HMAC", () => {
    const token = SignatureScheme.make({
      id: "token",
      signature: SignatureScheme.singleHeader("X-Token", { encoding: "utf8" }),
      signedContent: "",
      keys: [SignatureScheme.token()],
      docs
    })
    assert.throws(() => HmacSignature.fromScheme(token), "hmacSignature.signature")
    const pair = { ...SignatureScheme.standardWebhooks, keys: [SignatureScheme.ecdsa()] }
    assert.throws(() => HmacSignature.fromScheme(pair), "hmacSignature.keys")
  })
})

// -----------------------------------------------------------------------------------------------------------------
// bad input

describe("a record that makes no sense throws", () => {
  const options: HmacSignature.Options = {
    signature: HmacSignature.singleHeader("x-signature", { encoding: "hex" }),
    signedContent: "{path}",
    keys: [sha256]
  }
  const timestamp = { at: HmacSignature.header("x-time"), unit: "seconds" } as const
  const cases: ReadonlyArray<[string, () => unknown, string]> = [
    ["a slot that is none", () => HmacSignature.make({ ...options, signedContent: "{pth}" }), "{path}"],
    [
      "a template without the request",
      () => HmacSignature.make({ ...options, signedContent: "x" }),
      "a part of the request"
    ],
    ["a time that is not signed", () => HmacSignature.make({ ...options, timestamp }), "{timestamp}"],
    [
      "a signed time that is not sent",
      () => HmacSignature.make({ ...options, signedContent: "{timestamp}{path}" }),
      "hmacSignature.timestamp"
    ],
    [
      "a signed id that is not sent",
      () => HmacSignature.make({ ...options, signedContent: "{id}{path}" }),
      "hmacSignature.eventId"
    ],
    [
      "a signed key id that is not known",
      () => HmacSignature.make({ ...options, signedContent: "{keyId}{path}" }),
      "hmacSignature.keyId"
    ],
    ["no key", () => HmacSignature.make({ ...options, keys: [] }), "hmacSignature.keys"],
    [
      "a list without a label",
      () =>
        HmacSignature.make({
          ...options,
          signature: HmacSignature.headerList("a", { separator: ",", assignment: "=", encoding: "hex" })
        }),
      "keys.label"
    ],
    [
      "a header that cannot be",
      () => HmacSignature.singleHeader("x signature", { encoding: "hex" }),
      "hmacSignature.signature"
    ]
  ]
  for (const [what, act, says] of cases) {
    it(what, () => {
      assert.throws(act, says)
      assert.throws(act, InvalidOption.InvalidOption)
    })
  }

  const secrets: ReadonlyArray<[string, Partial<HmacSignature.MacKey>, string]> = [
    ["planted\n", {}, "white space"],
    ["", {}, "is empty"],
    ["planted", { prefix: "whsec_" }, 'does not begin with "whsec_"'],
    ["pl@nted", { encoding: "base64" }, "is no base64"],
    ["PLANTED", { encoding: "hex" }, "is no hexadecimal"],
    ["planted", { minBytes: 16 }, "less than 16 bytes"],
    ["planted", { idSeparator: ":" }, 'has no ":"']
  ]
  for (const [secret, form, says] of secrets) {
    it(`a secret that ${says}, in words that do not show it`, () => {
      const act = () =>
        signed(
          { ...options, keys: [HmacSignature.mac({ hash: "sha256", ...form })] },
          HttpClientRequest.get("https://h.example/"),
          secret
        )
      assert.throws(act, says)
      assert.throws(act, /^(?!.*(?:planted|pl@nted|PLANTED))/)
    })
  }

  it("and a streamed body cannot be signed, which is said", () => {
    const streamed = HttpClientRequest.post("https://h.example/", {
      body: HttpBody.stream(Stream.make(new Uint8Array(1)))
    })
    const problem = Result.getOrThrow(Result.flip(signed({ ...options, signedContent: "{body}" }, streamed, "s")))
    assert.include(problem.issue, "leave {body} and {sha256} out")
    assert.isTrue(Result.isSuccess(signed(options, streamed, "s")))
  })
})

// -----------------------------------------------------------------------------------------------------------------
// within an integration

class Exchange extends Integration.Service<Exchange>()("test/Exchange", {
  baseUrl: "https://exchange.example",
  endpoints: [
    Endpoint.post("order", "/orders", { payload: Schema.Struct({ side: Schema.String }), success: Schema.Json })
  ],
  policy: Policy.none
}) {}

const record: HmacSignature.Options = {
  signature: HmacSignature.singleHeader("x-signature", { encoding: "hex" }),
  signedContent: "{timestamp}{id}{keyId}{method}{path}{body}",
  keys: [HmacSignature.mac({ hash: "sha256", idSeparator: ":" })],
  timestamp: { at: HmacSignature.header("x-time"), unit: "seconds" },
  eventId: HmacSignature.header("x-id"),
  keyId: { at: HmacSignature.header("x-key"), value: "unused where the secret has an id" }
}

const exchange = (
  answer: (request: HttpClientRequest.HttpClientRequest) => Response,
  secret: Effect.Effect<Redacted.Redacted<string>>
) => {
  const sent: Array<HttpClientRequest.HttpClientRequest> = []
  const client = HttpClient.make((request) => {
    sent.push(request)
    return Effect.succeed(HttpClientResponse.fromWeb(request, answer(request)))
  })
  const live = Exchange.layer.pipe(
    Layer.provide([HmacSignature.layer(Exchange, record, secret), Layer.succeed(HttpClient.HttpClient, client)])
  )
  const order = Effect.flatMap(Exchange, (all) => all.order({ payload: { side: "BUY" } }))
  return { sent, live, order }
}

const isSigned = ({ body, headers }: HttpClientRequest.HttpClientRequest, secret: string): boolean => {
  const content = `${headers["x-time"]}${headers["x-id"]}${headers["x-key"]}POST/orders`
  const mac = createHmac("sha256", secret).update(content)
  return headers["x-signature"] === mac.update(body._tag === "Uint8Array" ? body.body : "").digest("hex")
}

describe("an integration whose requests are signed", () => {
  it.effect("sends each attempt with its own time and id, and the id of its key", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(1_764_000_000_000)
      const { live, order, sent } = exchange(
        () => Response.json(null),
        Effect.succeed(Redacted.make("key-7:s3cret-of-7"))
      )
      yield* Effect.gen(function* () {
        yield* order
        yield* TestClock.adjust("5 seconds")
        yield* order
      }).pipe(Effect.provide(live))
      assert.deepStrictEqual(
        sent.map(({ headers }) => headers["x-time"]),
        ["1764000000", "1764000005"]
      )
      assert.strictEqual(new Set(sent.map(({ headers }) => headers["x-id"])).size, 2)
      assert.deepStrictEqual(
        sent.map((request) => isSigned(request, "s3cret-of-7")),
        [true, true]
      )
      assert.strictEqual(sent[0]?.headers["x-key"], "key-7")
    })
  )

  it.effect("is signed once more when it is refused, with the secret that was rotated", () =>
    Effect.gen(function* () {
      let reads = 0
      const rotating = Effect.sync(() => Redacted.make(reads++ === 0 ? "k:previous" : "k:current"))
      const { live, order, sent } = exchange(
        (request) => (isSigned(request, "current") ? Response.json(null) : new Response(null, { status: 401 })),
        rotating
      )
      yield* Effect.provide(order, live)
      assert.strictEqual(sent.length, 2)
    })
  )

  it.effect("shows neither secret nor signature in the error of a refusal that repeats them", () =>
    Effect.gen(function* () {
      const { live, order, sent } = exchange(
        ({ headers }) => new Response(`${headers["x-signature"]} k:pl4nted-s3cret`, { status: 403 }),
        Effect.succeed(Redacted.make("k:pl4nted-s3cret"))
      )
      const error = yield* Effect.flip(Effect.provide(order, live))
      const shown = [error.message, inspect(error, { depth: 9 }), JSON.stringify(error)].join()
      assert.notInclude(shown, "pl4nted")
      assert.notInclude(shown, sent[0]?.headers["x-signature"] ?? "none")
      assert.include(shown, "<redacted>")
    })
  )

  it.effect("is Unauthorized before anything is sent when its secret is of another form", () =>
    Effect.gen(function* () {
      const { live, order, sent } = exchange(() => Response.json(null), Effect.succeed(Redacted.make("planted")))
      const error = yield* Effect.flip(Effect.provide(order, live))
      assert.strictEqual(error._tag, "Unauthorized")
      assert.include(error.message, 'the secret has no ":" behind the id of its key')
      assert.isUndefined(AuthError.of(error))
      assert.strictEqual(sent.length, 0)
    })
  )
})
