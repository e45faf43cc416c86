import { Inbox, InboxSeal, InboxStoreMemory, SignatureScheme, WebhookReceiver } from "@causeway/core/webhook"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Logger, Redacted } from "effect"
import { TestClock } from "effect/testing"

const scheme = SignatureScheme.make({
  id: "acme",
  signature: SignatureScheme.singleHeader("X-Token", { encoding: "utf8" }),
  signedContent: "",
  keys: [SignatureScheme.token()],
  eventId: SignatureScheme.body("id"),
  delivery: { acknowledgement: { body: `{"type":5}`, contentType: "application/json" }, answerWithin: "3 seconds" },
  docs: { url: "https://acme.example", checked: "documentation" }
})

const base = { source: "acme", scheme, secrets: Redacted.make("token") } as const

const event = (id: string): WebhookReceiver.Request => ({
  method: "POST",
  url: "/",
  headers: [["X-Token", "token"]],
  body: new TextEncoder().encode(`{"id":"${id}"}`)
})

const shown = ({ body, headers, status }: WebhookReceiver.Answer) => [status, headers["content-type"], body]

const acknowledged = [200, "application/json", `{"type":5}`]

const run = <A, E>(program: Effect.Effect<A, E, Inbox.Inbox>) =>
  program.pipe(Effect.provide(Inbox.layerMemory), Effect.provide(Logger.layer([])))

describe("the answer to an event", () => {
  it.effect("is computed once, and given again when the event is repeated", () =>
    Effect.gen(function* () {
      let computed = 0
      const receive = WebhookReceiver.handle({
        ...base,
        respond: ({ id }) => Effect.sync(() => ({ body: `{"type":4,"data":"${id} ${(computed += 1)}"}` }))
      })
      const first = shown(yield* receive(event("a")))
      assert.deepStrictEqual(first, [200, "application/json", `{"type":4,"data":"a 1"}`])
      assert.deepStrictEqual(shown(yield* receive(event("a"))), first)
      assert.deepStrictEqual(shown(yield* receive(event("b"))), [200, "application/json", `{"type":4,"data":"b 2"}`])
      assert.strictEqual(computed, 2)
    }).pipe(run)
  )

  it.effect("is the acknowledgement when the provider would not wait for more, for a repeated event too", () =>
    Effect.gen(function* () {
      const receive = WebhookReceiver.handle({
        ...base,
        respond: () => Effect.delay(Effect.succeed({ body: "late" }), "1 minute")
      })
      const fiber = yield* Effect.forkChild(receive(event("a")))
      yield* TestClock.adjust("2499 millis")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(shown(yield* Fiber.join(fiber)), acknowledged)
      assert.deepStrictEqual(shown(yield* receive(event("a"))), acknowledged)
    }).pipe(run)
  )

  const failures = {
    fails: Effect.fail("no"),
    dies: Effect.die(new Error("no")),
    "has an invalid status": Effect.succeed({ status: 42 }),
    "has a content type with a line break": Effect.succeed({ contentType: "a/b\r\nX: y" })
  }
  for (const [name, failure] of Object.entries(failures)) {
    it.effect(`is the acknowledgement when computing it ${name}`, () =>
      Effect.gen(function* () {
        const receive = WebhookReceiver.handle({ ...base, respond: () => failure })
        assert.deepStrictEqual(shown(yield* receive(event("a"))), acknowledged)
        const inbox = yield* Inbox.Inbox
        assert.strictEqual((yield* inbox.count()).pending, 1)
      }).pipe(run)
    )
  }

  it.effect("may be in XML, and without a body", () =>
    Effect.gen(function* () {
      const answers = [{ body: "<Response/>", contentType: "text/xml" }, { status: 204 }]
      for (const [index, answer] of answers.entries()) {
        const receive = WebhookReceiver.handle({ ...base, respond: () => Effect.succeed(answer) })
        const expected = answer.status === 204 ? [204, undefined, ""] : [200, "text/xml", "<Response/>"]
        assert.deepStrictEqual(shown(yield* receive(event(String(index)))), expected)
        assert.deepStrictEqual(shown(yield* receive(event(String(index)))), expected)
      }
    }).pipe(run)
  )

  it.effect("needs the services that computing it needs, and is sealed where events are", () =>
    Effect.gen(function* () {
      class Greeting extends Context.Service<Greeting, string>()("test/Greeting") {}
      const receive = WebhookReceiver.handle({
        ...base,
        respond: () => Effect.map(Greeting, (body) => ({ body }))
      })
      const seal = InboxSeal.layer([{ id: "k1", secret: Redacted.make(Buffer.alloc(32, 1).toString("base64")) }])
      const store = InboxStoreMemory.layer().pipe(Layer.provide(seal))
      const layer = Layer.mergeAll(Layer.provideMerge(Inbox.layer, store), Layer.succeed(Greeting, "planted"))
      yield* Effect.gen(function* () {
        yield* receive(event("a"))
        assert.strictEqual((yield* receive(event("a"))).body, "planted")
      }).pipe(Effect.provide(layer))
    })
  )

  it("has a time limit that makes sense", () => {
    assert.throws(() => WebhookReceiver.make({ ...base, answerWithin: 0 }), /answerWithin is 0/)
  })
})
