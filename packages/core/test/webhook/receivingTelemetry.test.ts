import { Inbox, SignatureScheme, WebhookReceiver, WebhookSigner } from "@causeway/core/webhook"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Logger, Metric, Redacted, References, Result, Tracer } from "effect"
import { TestClock } from "effect/testing"
import { recordedSpans } from "../recordedSpans.ts"

const scheme = SignatureScheme.standardWebhooks
const secret = Redacted.make("whsec_cGxhbnRlZHBsYW50ZWRwbGFudGVkcGxhbnRlZA==")
const now = 1_764_000_000_000
const text = '{"type":"invoice.paid"}'
const body = new TextEncoder().encode(text)

const request = (id: string, content: Uint8Array = body): WebhookReceiver.Request => {
  const headers = Result.getOrThrow(WebhookSigner.sign(scheme, { body, secret, timestamp: now, id }))
  return { method: "POST", url: "/hooks", headers: [...headers, ["traceparent", "00-attacker"]], body: content }
}

const tampered = (id: string) => request(id, new TextEncoder().encode("{}"))

const base = { source: "acme", scheme, secrets: secret } as const

interface Line {
  readonly message: unknown
  readonly facts: Readonly<Record<string, unknown>>
}

/** Runs a program and gives what was logged, traced and counted by it. */
const observed = <A, E>(program: Effect.Effect<A, E, Inbox.Inbox>, level: "Info" | "Debug" = "Info") =>
  Effect.gen(function* () {
    const lines: Array<Line> = []
    const { spans, tracer } = recordedSpans()
    const logger = Logger.make(({ fiber, message }) => {
      lines.push({ message, facts: fiber.getRef(References.CurrentLogAnnotations) })
    })
    yield* TestClock.setTime(now)
    const metrics = new Map<string, Metric.Metric.Metadata<unknown, unknown>>()
    const value = yield* program.pipe(
      Effect.provide(Logger.layer([logger])),
      Effect.provideService(Tracer.Tracer, tracer),
      Effect.provideService(References.MinimumLogLevel, level),
      Effect.provideService(Metric.MetricRegistry, metrics)
    )
    const counts = [...metrics.values()].flatMap((metric) => {
      const state = metric.hooks.get(Context.empty())
      const count = typeof state === "object" && state !== null && "count" in state ? Number(state.count) : Number.NaN
      return [`${metric.id} ${JSON.stringify(metric.attributes)} ${count}`]
    })
    return { value, lines, spans, counts }
  }).pipe(Effect.provide(Inbox.layerMemory))

describe("what is told of a delivery", () => {
  it.effect("is counted by how it ended, refusals by reason, and timed", () =>
    Effect.gen(function* () {
      const receive = WebhookReceiver.handle(base)
      const { counts } = yield* observed(
        Effect.forEach(
          [request("msg_1"), request("msg_1"), tampered("msg_2"), { ...request("msg_3"), method: "PUT" }],
          receive
        )
      )
      assert.includeMembers(counts, [
        'causeway_webhooks_received {"source":"acme","outcome":"stored"} 1',
        'causeway_webhooks_received {"source":"acme","outcome":"duplicate"} 1',
        'causeway_webhooks_received {"source":"acme","outcome":"refused"} 2',
        'causeway_webhooks_refused {"source":"acme","reason":"SignatureMismatch"} 1',
        'causeway_webhooks_refused {"source":"acme","reason":"MethodNotAllowed"} 1',
        'causeway_webhook_answer_duration {"source":"acme"} 4'
      ])
    })
  )

  it.effect("is a span, to which the stored event leads back; a stranger's trace is not", () =>
    Effect.gen(function* () {
      const receive = WebhookReceiver.handle({ ...base, path: "/hooks" })
      const program = Effect.gen(function* () {
        yield* receive(request("msg_1"))
        yield* receive(tampered("msg_2"))
        const inbox = yield* Inbox.Inbox
        const [event] = yield* inbox.list()
        return yield* inbox.get(event?.key ?? 0)
      })
      const { spans, value } = yield* observed(program)
      const [stored, refused] = spans.filter(({ name }) => name === "receive acme")
      assert.isDefined(stored)
      assert.isDefined(refused)
      assert.strictEqual(stored.kind, "consumer")
      assert.isTrue(stored.parent._tag === "None")
      assert.deepInclude(Object.fromEntries(stored.attributes), {
        "causeway.webhook.source": "acme",
        "causeway.webhook.outcome": "Stored",
        "causeway.webhook.id": "msg_1",
        "causeway.webhook.type": "invoice.paid",
        "http.response.status_code": 200
      })
      assert.deepInclude(Object.fromEntries(refused.attributes), {
        "error.type": "SignatureMismatch",
        "http.response.status_code": 401
      })
      assert.strictEqual(
        value._tag === "Some" ? value.value.traceparent : undefined,
        `00-${stored.traceId}-${stored.spanId}-01`
      )
    })
  )

  it.effect("is one line a minute for each reason of a refusal, with the number of those that had none", () =>
    Effect.gen(function* () {
      const receive = WebhookReceiver.handle(base)
      const flood = Effect.forEach(Array.from({ length: 1000 }), () => receive(tampered("msg_1")))
      const program = Effect.gen(function* () {
        yield* flood
        yield* receive({ ...request("msg_2"), method: "PUT" })
        yield* TestClock.adjust("1 minute")
        yield* flood
      })
      const { counts, lines } = yield* observed(program)
      assert.deepStrictEqual(
        lines.map(({ facts }) => [facts["reason"], facts["omitted"]]),
        [
          ["SignatureMismatch", undefined],
          ["MethodNotAllowed", undefined],
          ["SignatureMismatch", 999]
        ]
      )
      assert.include(counts, 'causeway_webhooks_refused {"source":"acme","reason":"SignatureMismatch"} 2000')
    })
  )

  it.effect("is a line with source, id and type at debug level, and none above it when all went well", () =>
    Effect.gen(function* () {
      const receive = WebhookReceiver.handle(base)
      const program = Effect.forEach([request("msg_1"), request("msg_1"), tampered("msg_2")], receive)
      const facts = { source: "acme", status: 200, id: "msg_1", type: "invoice.paid" }
      const refused = { source: "acme", status: 401, reason: "SignatureMismatch" }
      const debug = yield* observed(program, "Debug")
      assert.deepStrictEqual(
        debug.lines.map((line) => line.facts),
        [{ ...facts, outcome: "Stored" }, { ...facts, outcome: "Duplicate" }, refused]
      )
      const info = yield* observed(program, "Info")
      assert.deepStrictEqual(
        info.lines.map((line) => line.facts),
        [refused]
      )
    })
  )

  it.effect("warns of an id that came again with another body", () =>
    Effect.gen(function* () {
      const receive = WebhookReceiver.handle(base)
      const other = new TextEncoder().encode('{"type":"invoice.void"}')
      const headers = Result.getOrThrow(
        WebhookSigner.sign(scheme, { body: other, secret, timestamp: now, id: "msg_1" })
      )
      const { lines, value } = yield* observed(
        Effect.forEach([request("msg_1"), { ...request("msg_1"), headers, body: other }], receive)
      )
      assert.deepStrictEqual(
        value.map(({ status }) => status),
        [200, 200]
      )
      assert.deepStrictEqual(
        lines.map((line) => line.facts),
        [{ source: "acme", status: 200, id: "msg_1", type: "invoice.void" }]
      )
    })
  )
})
