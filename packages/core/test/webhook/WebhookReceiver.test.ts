import { Inbox, InboxStore, SignatureScheme, WebhookReceiver, WebhookSigner } from "@causeway/core/webhook"
import { NodeHttpServer } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Config, ConfigProvider, Effect, Fiber, Layer, Logger, Redacted, Result } from "effect"
import type { Scope } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { TestClock } from "effect/testing"
import { createServer, request as httpRequest } from "node:http"
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http"

const scheme = SignatureScheme.standardWebhooks
const secret = Redacted.make("whsec_cGxhbnRlZHBsYW50ZWRwbGFudGVkcGxhbnRlZA==")
const otherSecret = Redacted.make("whsec_b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcm90aGVyIQ==")
const now = 1_764_000_000_000

const text = (bytes: string | Uint8Array): Uint8Array =>
  typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes

type Headers = ReadonlyArray<readonly [string, string]>

const signed = (id: string, body: string | Uint8Array, key = secret, timestamp = now): Headers =>
  Result.getOrThrow(WebhookSigner.sign(scheme, { body: text(body), secret: key, timestamp, id }))

const body = '{"type":"invoice.paid","data":{"id":"in_1"}}'

const post = (headers: Headers, content: string | Uint8Array = body): WebhookReceiver.Request => ({
  method: "POST",
  url: "https://example.com/hooks",
  headers,
  body: text(content)
})

const base = { source: "acme", scheme, secrets: secret } as const

interface Sent {
  readonly method?: string
  readonly headers?: OutgoingHttpHeaders | ReadonlyArray<string>
  readonly chunks: ReadonlyArray<string | Uint8Array>
  /** Leaves the request open after the last chunk. */
  readonly unfinished?: boolean
}

interface Received {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Sends a request with Node's own client, byte by byte as it is told. */
const send = (url: string, { chunks, headers = {}, method = "POST", unfinished = false }: Sent) =>
  Effect.callback<Received, Error>((resume) => {
    const request = httpRequest(url, { method, headers: headers as OutgoingHttpHeaders, agent: false }, (response) => {
      const parts: Array<Buffer> = []
      response.on("data", (part: Buffer) => parts.push(part))
      response.on("end", () => {
        const { headers: answered, statusCode = 0 } = response
        resume(Effect.succeed({ status: statusCode, headers: answered, body: Buffer.concat(parts).toString() }))
        request.destroy()
      })
    })
    request.on("error", (error) => resume(Effect.fail(error)))
    for (const chunk of chunks) request.write(chunk)
    if (!unfinished) request.end()
    return Effect.sync(() => request.destroy())
  })

/** Node adds no host to a list of headers, and then its server refuses. */
const flat = (headers: Headers): ReadonlyArray<string> => ["host", "127.0.0.1", ...headers.flat()]

/** The URL of a server with a route `/hooks`, and the inbox behind it. */
const serve = (options: Partial<WebhookReceiver.Options<never, never, Inbox.Inbox>> = {}) =>
  Effect.gen(function* () {
    const route = WebhookReceiver.route({ ...base, ...options, path: "/hooks" })
    const server = HttpRouter.serve(route, { disableLogger: true, disableListenLog: true }).pipe(
      Layer.provideMerge(NodeHttpServer.layerServer(() => createServer(), { port: 0, host: "127.0.0.1" }))
    )
    const context = yield* Layer.build(server)
    const { address } = yield* Effect.provide(HttpServer.HttpServer, context)
    return `${HttpServer.formatAddress(address)}/hooks`
  })

const stored = Effect.flatMap(Inbox.Inbox, (inbox) => inbox.list())

/** Runs a program at a fixed time, with an inbox in memory and without log lines. */
const test = <A, E>(fact: string, program: Effect.Effect<A, E, Inbox.Inbox | Scope.Scope>) =>
  it.effect(fact, () =>
    Effect.andThen(TestClock.setTime(now), program).pipe(
      Effect.scoped,
      Effect.provide(Inbox.layerMemory),
      Effect.provide(Logger.layer([]))
    )
  )

describe("WebhookReceiver.handle", () => {
  test(
    "a signed event is stored with its id, type and raw bytes, and again it is a duplicate",
    Effect.gen(function* () {
      const receive = WebhookReceiver.handle(base)
      const first = yield* receive(post(signed("msg_1", body)))
      const second = yield* receive(post(signed("msg_1", body)))
      assert.deepStrictEqual([first.status, first.body], [200, "stored"])
      assert.deepStrictEqual([second.status, second.body], [200, "duplicate"])
      const [event] = yield* stored
      assert.deepInclude(event, { source: "acme", id: "msg_1", type: "invoice.paid", status: "pending" })
    })
  )

  test(
    "bytes that are no valid UTF-8 are verified and stored as they came",
    Effect.gen(function* () {
      const receive = WebhookReceiver.handle(base)
      const bytes = Uint8Array.from([0xff, 0x00, 0xfe])
      assert.strictEqual((yield* receive(post(signed("msg_1", bytes), bytes))).status, 200)
      const inbox = yield* Inbox.Inbox
      const [event] = yield* stored
      const full = yield* inbox.get(event?.key ?? 0)
      assert.deepStrictEqual(full._tag === "Some" && [...full.value.body], [0xff, 0x00, 0xfe])
    })
  )

  test(
    "what is forged, tampered with, stale or early is unauthorized, and what is unsigned or malformed a bad request",
    Effect.gen(function* () {
      const reasons: Array<string> = []
      const receive = WebhookReceiver.handle({
        ...base,
        onOutcome: (outcome) =>
          Effect.sync(() => reasons.push(outcome._tag === "Refused" ? outcome.reason : outcome._tag))
      })
      const cases: ReadonlyArray<readonly [Headers, number]> = [
        [signed("msg_1", body, otherSecret), 401],
        [signed("msg_1", `${body} `), 401],
        [signed("msg_1", body, secret, now - 301_000), 401],
        [signed("msg_1", body, secret, now + 301_000), 401],
        [[], 400],
        [[...signed("msg_1", body), ["Webhook-Id", "msg_2"]], 400],
        [
          signed("msg_1", body).map(([name, value]) => [name, name === "webhook-timestamp" ? `${value}abc` : value]),
          400
        ]
      ]
      for (const [headers, status] of cases) {
        const answer = yield* receive(post(headers))
        assert.deepStrictEqual([answer.status, answer.body], [status, status === 401 ? "unauthorized" : "bad request"])
      }
      assert.deepStrictEqual(reasons, [
        "SignatureMismatch",
        "SignatureMismatch",
        "TimestampTooOld",
        "TimestampInFuture",
        "MissingHeader",
        "DuplicateHeader",
        "MalformedTimestamp"
      ])
      assert.deepStrictEqual(yield* stored, [])
    })
  )

  test(
    "the previous secret is accepted beside the current one",
    Effect.gen(function* () {
      const receive = WebhookReceiver.handle({ ...base, secrets: [otherSecret, secret] })
      assert.strictEqual((yield* receive(post(signed("msg_1", body)))).status, 200)
      assert.strictEqual((yield* receive(post(signed("msg_2", body, otherSecret)))).status, 200)
    })
  )

  test(
    "a secret that was rotated while the receiver runs is seen",
    Effect.gen(function* () {
      let current = secret
      const receive = WebhookReceiver.handle({ ...base, secrets: Effect.sync(() => current) })
      current = otherSecret
      assert.strictEqual((yield* receive(post(signed("msg_1", body)))).status, 401)
      assert.strictEqual((yield* receive(post(signed("msg_1", body, otherSecret)))).status, 200)
    })
  )

  test(
    "a signed challenge is answered and not stored, an unsigned one is refused",
    Effect.gen(function* () {
      const slackLike = SignatureScheme.make({
        ...scheme,
        id: "challenged",
        handshake: SignatureScheme.signedEcho({
          when: { field: SignatureScheme.body("type"), equals: "url_verification" },
          echo: SignatureScheme.body("challenge"),
          jsonKey: "challenge"
        })
      })
      const challenge = '{"type":"url_verification","challenge":"abc"}'
      const receive = WebhookReceiver.handle({ ...base, scheme: slackLike })
      const answer = yield* receive(post(signed("msg_1", challenge), challenge))
      assert.deepStrictEqual([answer.status, answer.body], [200, '{"challenge":"abc"}'])
      assert.strictEqual((yield* receive(post([], challenge))).status, 400)
      assert.deepStrictEqual(yield* stored, [])
    })
  )

  test(
    "an event that can't be stored is answered with 503 and Retry-After, and reported without its body",
    Effect.gen(function* () {
      const outcomes: Array<WebhookReceiver.Outcome> = []
      const receive = WebhookReceiver.handle({
        ...base,
        onEvent: () => Effect.fail(new InboxStore.InboxStoreError({ operation: "store an event", cause: "disk full" })),
        onOutcome: (outcome) => Effect.sync(() => outcomes.push(outcome))
      })
      const answer = yield* receive(post(signed("msg_1", body)))
      assert.strictEqual(answer.status, 503)
      assert.isDefined(answer.headers["retry-after"])
      assert.deepInclude(outcomes[0], { _tag: "Failed", status: 503 })
    })
  )

  test(
    "storing that hangs is answered with 503 after its timeout",
    Effect.gen(function* () {
      const receive = WebhookReceiver.handle({ ...base, onEvent: () => Effect.never, storeTimeout: "5 seconds" })
      const fiber = yield* Effect.forkChild(receive(post(signed("msg_1", body))))
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual((yield* Fiber.join(fiber)).status, 503)
    })
  )

  test(
    "an observer that dies changes nothing",
    Effect.gen(function* () {
      const receive = WebhookReceiver.handle({
        ...base,
        onOutcome: () => {
          throw new Error("broken")
        }
      })
      assert.strictEqual((yield* receive(post(signed("msg_1", body)))).status, 200)
    })
  )

  test(
    "no answer and no outcome shows a secret, a signature or a body",
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const receive = WebhookReceiver.handle({
        ...base,
        onOutcome: (outcome) => Effect.sync(() => seen.push(outcome))
      })
      const headers = signed("msg_1", body)
      const signature = headers.find(([name]) => name === "webhook-signature")?.[1].slice(3) ?? "missing"
      for (const attempt of [
        post(headers),
        post(headers),
        post(headers, `${body} `),
        post(signed("a", body, otherSecret))
      ]) {
        seen.push(yield* receive(attempt))
      }
      for (const planted of [signature, "in_1", Redacted.value(secret).slice(6)]) {
        assert.notInclude(JSON.stringify(seen), planted)
      }
    })
  )

  it("a nonsense option fails where the receiver is made, with its name", () => {
    assert.throws(() => WebhookReceiver.handle({ ...base, maxBodySize: 0 }), /maxBodySize/)
    assert.throws(() => WebhookReceiver.route({ ...base, path: "/hooks", bodyTimeout: 0 }), /bodyTimeout/)
  })
})

describe("WebhookReceiver.route", () => {
  test(
    "a signed event over HTTP is stored once",
    Effect.gen(function* () {
      const url = yield* serve()
      const headers = flat(signed("msg_1", body))
      const first = yield* send(url, { headers, chunks: [body] })
      const second = yield* send(url, { headers, chunks: [body] })
      assert.deepStrictEqual([first.status, first.body], [200, "stored"])
      assert.deepStrictEqual([second.status, second.body], [200, "duplicate"])
      assert.strictEqual((yield* stored).length, 1)
    })
  )

  test(
    "another method is answered with 405 and the one that is allowed",
    Effect.gen(function* () {
      const url = yield* serve()
      const answer = yield* send(url, { method: "GET", chunks: [] })
      assert.deepStrictEqual([answer.status, answer.headers.allow], [405, "POST"])
      assert.strictEqual((yield* send(url, { method: "PUT", chunks: [body] })).status, 405)
    })
  )

  test(
    "a signature header sent twice is refused, because both are seen",
    Effect.gen(function* () {
      const reasons: Array<string> = []
      const url = yield* serve({
        onOutcome: (outcome) => Effect.sync(() => outcome._tag === "Refused" && reasons.push(outcome.reason))
      })
      const headers = signed("msg_1", body)
      const repeated = headers.filter(([name]) => name === "webhook-signature")
      const answer = yield* send(url, { headers: flat([...headers, ...repeated]), chunks: [body] })
      assert.strictEqual(answer.status, 400)
      assert.deepStrictEqual(reasons, ["DuplicateHeader"])
    })
  )

  test(
    "a compressed body is refused before it is read",
    Effect.gen(function* () {
      const url = yield* serve()
      const answer = yield* send(url, { headers: { "content-encoding": "gzip" }, chunks: ["x"], unfinished: true })
      assert.strictEqual(answer.status, 415)
    })
  )

  test(
    "a body that says it is too large is refused before it is read",
    Effect.gen(function* () {
      const url = yield* serve({ maxBodySize: 100 })
      const answer = yield* send(url, { headers: { "content-length": 101 }, chunks: ["x"], unfinished: true })
      assert.strictEqual(answer.status, 413)
    })
  )

  test(
    "a body without a length is refused as soon as it is too large, and one of exactly the limit is read",
    Effect.gen(function* () {
      const url = yield* serve({ maxBodySize: 100 })
      const chunked = { "transfer-encoding": "chunked" }
      const chunks = ["x".repeat(60), "y".repeat(60)]
      assert.strictEqual((yield* send(url, { headers: chunked, chunks, unfinished: true })).status, 413)
      assert.strictEqual((yield* send(url, { headers: chunked, chunks: ["x".repeat(100)] })).status, 400)
    })
  )

  test(
    "a body of several megabytes is refused with an answer, not with a reset",
    Effect.gen(function* () {
      const url = yield* serve()
      const chunks = Array.from({ length: 50 }, () => new Uint8Array(100_000))
      const answer = yield* send(url, { headers: { "transfer-encoding": "chunked" }, chunks })
      assert.strictEqual(answer.status, 413)
    })
  )

  test(
    "a body that does not end is answered with 408 after its timeout",
    Effect.gen(function* () {
      const url = yield* serve({ bodyTimeout: "10 seconds" })
      const headers = flat(signed("msg_1", body))
      let answer: Received | undefined
      yield* send(url, { headers: [...headers, "transfer-encoding", "chunked"], chunks: ["{"], unfinished: true }).pipe(
        Effect.tap((received) => Effect.sync(() => (answer = received))),
        Effect.forkChild
      )
      while (answer === undefined) {
        yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
        yield* TestClock.adjust("1 second")
      }
      assert.strictEqual(answer.status, 408)
      assert.deepStrictEqual(yield* stored, [])
    })
  )

  it.effect("a route whose secret is missing, or does not fit the scheme, is not built", () =>
    Effect.gen(function* () {
      const build = <E = never>(secrets: WebhookReceiver.Secrets<E, never>) =>
        Effect.flip(
          Layer.build(
            WebhookReceiver.route({ ...base, secrets, path: "/hooks" }).pipe(
              Layer.provide([HttpRouter.layer, Inbox.layerMemory])
            )
          )
        )
      const missing = yield* build(Config.Redacted("SECRET")).pipe(
        Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromUnknown({}))
      )
      assert.strictEqual(missing._tag, "ConfigError")
      assert.strictEqual((yield* build([]))._tag, "WebhookError")
      assert.strictEqual((yield* build(Redacted.make("not base64!")))._tag, "WebhookError")
    }).pipe(Effect.scoped)
  )
})
