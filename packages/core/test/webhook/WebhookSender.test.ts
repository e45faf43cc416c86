import { CallObserver, type Policy } from "@causeway/core/policy"
import {
  InboxStore,
  InboxStoreMemory,
  SignatureScheme,
  WebhookReceiver,
  WebhookSender,
  WebhookVerifier
} from "@causeway/core/webhook"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer, Logger, Queue, Redacted, Result, Schedule, type Scope } from "effect"
import { FetchHttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import { createServer } from "node:http"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

const now = 1_764_000_000_000
const secret = Redacted.make("whsec_cGxhbnRlZHBsYW50ZWRwbGFudGVkcGxhbnRlZA==")
const event = { type: "invoice.paid", data: { id: "in_1" } }

type Reply = (response: ServerResponse) => void

const answer =
  (status: number, headers: Record<string, string> = {}): Reply =>
  (response) =>
    response.writeHead(status, headers).end("some body")

const silence: Reply = () => undefined

const reset: Reply = (response) => response.destroy()

interface Received {
  readonly method: string
  readonly headers: ReadonlyArray<readonly [string, string]>
  readonly body: Uint8Array
}

const readRequest = async (request: IncomingMessage): Promise<Received> => {
  const parts: Array<Buffer> = []
  for await (const part of request) parts.push(part as Buffer)
  const raw = request.rawHeaders
  const headers = raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] ?? ""] as const] : []))
  return { method: request.method ?? "", headers, body: new Uint8Array(Buffer.concat(parts)) }
}

/** A subscriber that answers as its script says, and fails the test on a request too many. */
const subscriber = (script: ReadonlyArray<Reply>) =>
  Effect.gen(function* () {
    const requests = yield* Queue.unbounded<Received>()
    const seen: Array<Received> = []
    const server = yield* Effect.acquireRelease(
      Effect.callback<ReturnType<typeof createServer>>((resume) => {
        const created = createServer((request, response) => {
          void readRequest(request).then((received) => {
            const reply = script[seen.length] ?? answer(599)
            seen.push(received)
            Queue.offerUnsafe(requests, received)
            reply(response)
          })
        })
        created.listen(0, "127.0.0.1", () => resume(Effect.succeed(created)))
      }),
      (opened) =>
        Effect.callback<void>((resume) => {
          opened.closeAllConnections()
          opened.close(() => resume(Effect.void))
        })
    )
    // An address of a server that listens on a port, and so is no text.
    const { port } = server.address() as AddressInfo
    return { url: `http://127.0.0.1:${port}/hooks?token=planted`, requests, seen }
  })

const header = (received: Received | undefined, name: string): string | undefined =>
  received?.headers.find(([key]) => key.toLowerCase() === name)?.[1]

const send = (message: Partial<WebhookSender.Message> & { readonly url: string }) =>
  Effect.flatMap(WebhookSender.WebhookSender, (sender) => sender.send({ event, secret, ...message }))

/** Waits as long as the engine says that it waits, until the program ends. */
const withWaits = <A, E, R>(program: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const waits = yield* Queue.unbounded<number>()
    const delays: Array<number> = []
    const clock = yield* Queue.take(waits).pipe(
      Effect.tap((delay) => Effect.sync(() => delays.push(delay))),
      Effect.flatMap((delay) => TestClock.adjust(delay)),
      Effect.forever,
      Effect.forkChild
    )
    const observed = CallObserver.layer((happened) => {
      if (happened._tag === "Waiting") Queue.offerUnsafe(waits, happened.delayMillis)
    })
    const result = yield* Effect.provide(program, observed)
    yield* Fiber.interrupt(clock)
    return [result, delays] as const
  })

const test = <A, E>(
  fact: string,
  program: Effect.Effect<A, E, WebhookSender.WebhookSender | InboxStore.InboxStore | Scope.Scope>,
  policy: Policy.Policy = {}
) =>
  it.effect(fact, () =>
    Effect.andThen(TestClock.setTime(now), program).pipe(
      Effect.scoped,
      Effect.provide(
        WebhookSender.layer(policy).pipe(
          Layer.provideMerge(InboxStoreMemory.layer()),
          Layer.provide(FetchHttpClient.layer)
        )
      ),
      Effect.provide(Logger.layer([]))
    )
  )

const patient = { retry: Schedule.spaced("1 second").pipe(Schedule.upTo({ times: 2 })) }

describe("WebhookSender", () => {
  test(
    "an event is delivered in the shape of Standard Webhooks, signed so that its receiver accepts it",
    Effect.gen(function* () {
      const { seen, url } = yield* subscriber([answer(204)])
      const delivered = yield* send({ url })
      assert.deepInclude(delivered, { attempts: 1, status: 204 })
      assert.match(delivered.id, /^msg_[A-Za-z0-9]{24}$/)
      const [received] = seen
      assert.isDefined(received)
      assert.deepStrictEqual(JSON.parse(new TextDecoder().decode(received.body)), {
        type: "invoice.paid",
        timestamp: "2025-11-24T16:00:00.000Z",
        data: { id: "in_1" }
      })
      assert.strictEqual(header(received, "content-type"), "application/json")
      const verified = WebhookVerifier.verify(SignatureScheme.standardWebhooks, {
        ...received,
        url,
        secrets: [secret],
        now
      })
      assert.deepInclude(Result.getOrThrow(verified), { id: delivered.id, type: "invoice.paid", timestamp: now })
    })
  )

  test(
    "a raw body is sent as it is, with the scheme, id and content type that were given",
    Effect.gen(function* () {
      const scheme = SignatureScheme.make({
        id: "acme",
        signature: SignatureScheme.singleHeader("Acme-Signature", { encoding: "hex" }),
        signedContent: "{body}",
        keys: [SignatureScheme.mac({ hash: "sha256" })],
        eventId: SignatureScheme.header("Acme-Id"),
        eventType: [SignatureScheme.header("Acme-Event")],
        docs: { url: "https://acme.example", checked: "unchecked" }
      })
      const { seen, url } = yield* subscriber([answer(200)])
      const body = Uint8Array.from([0xff, 0x00])
      yield* send({ url, scheme, event: { id: "e1", type: "bytes", body, contentType: "application/octet-stream" } })
      const [received] = seen
      assert.deepStrictEqual([...(received?.body ?? [])], [0xff, 0x00])
      assert.strictEqual(header(received, "acme-id"), "e1")
      assert.strictEqual(header(received, "acme-event"), "bytes")
      assert.strictEqual(header(received, "content-type"), "application/octet-stream")
    })
  )

  test(
    "the id and the body stay over attempts, the timestamp and the signature are fresh",
    Effect.gen(function* () {
      const { seen, url } = yield* subscriber([answer(503), reset, answer(200)])
      const [delivered, delays] = yield* withWaits(send({ url }))
      assert.deepInclude(delivered, { attempts: 3, status: 200 })
      assert.strictEqual(Duration.toMillis(delivered.elapsed), 2000)
      assert.deepStrictEqual(delays, [1000, 1000])
      const distinct = (name: string) => new Set(seen.map((received) => header(received, name))).size
      assert.strictEqual(distinct("webhook-id"), 1)
      assert.strictEqual(distinct("webhook-timestamp"), 3)
      assert.strictEqual(distinct("webhook-signature"), 3)
      assert.strictEqual(new Set(seen.map(({ body }) => Buffer.from(body).toString("hex"))).size, 1)
    }),
    patient
  )

  test(
    "an event that is refused for good is given up after one attempt",
    Effect.gen(function* () {
      for (const status of [400, 401, 404, 410, 422]) {
        const { url } = yield* subscriber([answer(status)])
        const failed = yield* Effect.flip(send({ url }))
        assert.strictEqual(failed._tag, "DeliveryFailed")
        if (failed._tag !== "DeliveryFailed") return
        assert.strictEqual(failed.attempts, 1)
        assert.deepInclude(failed.reason, { _tag: "UnexpectedStatus", status })
      }
    }),
    patient
  )

  test(
    "a redirect is not followed",
    Effect.gen(function* () {
      const elsewhere = yield* subscriber([answer(200)])
      const { url } = yield* subscriber([answer(307, { location: elsewhere.url })])
      const failed = yield* Effect.flip(send({ url }))
      assert.deepInclude(failed, { _tag: "DeliveryFailed", attempts: 1 })
      assert.strictEqual(elsewhere.seen.length, 0)
    }),
    patient
  )

  test(
    "a Retry-After is waited for, and one that is too long gives up at once",
    Effect.gen(function* () {
      const { url } = yield* subscriber([answer(429, { "retry-after": "7" }), answer(503, { "retry-after": "3600" })])
      const [failed, delays] = yield* withWaits(Effect.flip(send({ url })))
      assert.deepStrictEqual(delays, [7000])
      assert.strictEqual(failed._tag === "DeliveryFailed" && failed.reason._tag, "RateLimited")
      assert.strictEqual(failed._tag === "DeliveryFailed" && failed.attempts, 2)
    }),
    patient
  )

  test(
    "an attempt without an answer times out after 15 seconds and is made again",
    Effect.gen(function* () {
      const { requests, url } = yield* subscriber([silence, answer(200)])
      const fiber = yield* Effect.forkChild(withWaits(send({ url })))
      yield* Queue.take(requests)
      yield* TestClock.adjust("14999 millis")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      const [delivered] = yield* Fiber.join(fiber)
      assert.strictEqual(delivered.attempts, 2)
    }),
    { retry: patient.retry }
  )

  test(
    "an answer whose body never ends is a delivery",
    Effect.gen(function* () {
      const { requests, url } = yield* subscriber([(response) => void response.writeHead(200).write("endless")])
      const fiber = yield* Effect.forkChild(send({ url }))
      yield* Queue.take(requests)
      while (fiber.pollUnsafe() === undefined) {
        yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
        yield* TestClock.adjust("10 millis")
      }
      assert.strictEqual((yield* Fiber.join(fiber)).status, 200)
    })
  )

  test(
    "what is given up is a dead letter with its history, and a replay under its old id ends it",
    Effect.gen(function* () {
      const { seen, url } = yield* subscriber([answer(503), answer(500), reset, answer(410), answer(200)])
      const sender = yield* WebhookSender.WebhookSender
      const store = yield* InboxStore.InboxStore
      const [failed] = yield* withWaits(Effect.flip(send({ url })))
      assert.strictEqual(failed._tag, "DeliveryFailed")
      const [letter] = yield* sender.deadLetters()
      assert.isDefined(letter)
      assert.strictEqual(failed._tag === "DeliveryFailed" && failed.deadLetter, letter.key)
      assert.deepInclude(letter, { direction: "out", status: "dead", type: "invoice.paid", attempts: 3 })
      const buried = yield* store.get(letter.key)
      assert.deepStrictEqual(
        buried?.history.map((attempt) => attempt.error?.tag),
        ["UnexpectedStatus", "UnexpectedStatus", "TransportFailure"]
      )
      assert.strictEqual((yield* Effect.flip(sender.replay(letter.key, { secret })))._tag, "DeliveryFailed")
      assert.strictEqual((yield* sender.deadLetters()).length, 1)
      yield* sender.replay(letter.key, { secret })
      assert.deepStrictEqual(yield* sender.deadLetters(), [])
      assert.strictEqual((yield* store.get(letter.key))?.history.length, 5)
      assert.strictEqual(new Set(seen.map((received) => header(received, "webhook-id"))).size, 1)
      assert.strictEqual((yield* Effect.flip(sender.replay(letter.key, { secret })))._tag, "DeadLetterNotFound")
    }),
    patient
  )

  test(
    "no error, list or history shows the secret, the URL's path or query, or the body",
    Effect.gen(function* () {
      const { url } = yield* subscriber([answer(410)])
      const sender = yield* WebhookSender.WebhookSender
      const store = yield* InboxStore.InboxStore
      const failed = yield* Effect.flip(send({ url, event: { type: "a", data: "planted" } }))
      const letters = yield* sender.deadLetters()
      const shown = [failed.message, String(failed), failed, letters, yield* store.get(letters[0]?.key ?? 0)]
      assert.notMatch(JSON.stringify(shown), /planted|cGxhbnRlZ|\/hooks/)
    })
  )

  test(
    "two URLs of one origin are two destinations, and a name can be given",
    Effect.gen(function* () {
      const { url } = yield* subscriber([answer(410), answer(410), answer(410)])
      const sender = yield* WebhookSender.WebhookSender
      const same = { ...event, id: "msg_same" }
      yield* Effect.flip(send({ url, event: same }))
      yield* Effect.flip(send({ url: `${url}2`, event: same }))
      yield* Effect.flip(send({ url, event: same, destination: "acme" }))
      assert.strictEqual((yield* sender.deadLetters()).length, 3)
      assert.strictEqual((yield* sender.deadLetters({ destination: "acme" })).length, 1)
    })
  )

  test(
    "what can't be signed or sent is an error at once, and no dead letter",
    Effect.gen(function* () {
      const sender = yield* WebhookSender.WebhookSender
      const url = "http://127.0.0.1:1/"
      const reasons = yield* Effect.forEach(
        [
          send({ url, secret: Redacted.make("not base64!") }),
          send({ url: "ftp://example.com" }),
          send({ url: "/relative" }),
          send({ url, event: { type: "a", data: { big: 1n } } })
        ],
        (sent) =>
          Effect.map(Effect.flip(sent), (error) => (error._tag === "WebhookError" ? error.reason._tag : error._tag))
      )
      assert.deepStrictEqual(reasons, ["InvalidSecret", "InvalidInput", "InvalidInput", "InvalidInput"])
      assert.deepStrictEqual(yield* sender.deadLetters(), [])
    })
  )

  test(
    "a receiver of our own accepts what the sender sends",
    Effect.gen(function* () {
      const { seen, url } = yield* subscriber([answer(200)])
      yield* send({ url })
      const receive = WebhookReceiver.handle({
        source: "us",
        scheme: SignatureScheme.standardWebhooks,
        secrets: secret,
        onEvent: () => Effect.void
      })
      const [received] = seen
      assert.isDefined(received)
      assert.strictEqual((yield* receive({ ...received, url })).status, 200)
    })
  )

  it("a nonsense option fails where the sender is made, with its name", () => {
    assert.throws(() => WebhookSender.layer({ timeout: 0 }), /timeout/)
  })
})
