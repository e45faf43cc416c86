import { Inbox, SignatureScheme, WebhookReceiver } from "@causeway/core/webhook"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Option, Redacted, Schema } from "effect"
import { TestClock } from "effect/testing"
import { createHmac } from "node:crypto"
import { base, now, open, request, secret, stored, test } from "./acmeDeliveries.ts"

const { body, form, header } = SignatureScheme

describe("two deliveries are the same event", () => {
  test(
    "when all fields of its identity are the same, and not when one differs",
    Effect.gen(function* () {
      const scheme = SignatureScheme.make({
        ...base,
        identity: SignatureScheme.byFields([body("id"), body("state")])
      })
      const { receive, tags } = open(scheme)
      yield* receive(request(`{"id":"a","state":"sent"}`))
      yield* receive(request(`{"id":"a","state":"sent"}`))
      yield* receive(request(`{"id":"a","state":"read"}`))
      yield* receive(request(`{"id":"a:read","state":"x"}`))
      assert.deepStrictEqual(tags(), ["Stored", "Duplicate", "Stored", "Stored"])
      assert.deepStrictEqual(
        (yield* stored).map(({ id }) => id),
        ["a:sent", "a:read", "a%3Aread:x"]
      )
    })
  )

  test(
    "although a counter in the body differs, where the scheme says so; else it conflicts",
    Effect.gen(function* () {
      for (const [varies, expected] of [
        [true, "Duplicate"],
        [false, "Conflicting"]
      ] as const) {
        const scheme = SignatureScheme.make({
          ...base,
          id: `acme-${varies}`,
          identity: SignatureScheme.byFields(body("id"), { varies })
        })
        const { receive, tags } = open(scheme)
        yield* receive(request(`{"id":"${varies}","attempt":1}`))
        yield* receive(request(`{"id":"${varies}","attempt":2}`))
        assert.deepStrictEqual(tags(), ["Stored", expected])
      }
    })
  )

  test(
    "by the next identity when a field of the first is not there, and by the body in the end",
    Effect.gen(function* () {
      const scheme = SignatureScheme.make({ ...base, identity: [SignatureScheme.byFields(header("Acme-Event-Id"))] })
      const { receive, tags } = open(scheme)
      yield* receive(request(`{"a":1}`, [["Acme-Event-Id", "1"]]))
      yield* receive(request(`{"a":1}`, [["Acme-Event-Id", "2"]]))
      yield* receive(request(`{"a":1}`))
      yield* receive(request(`{"a":1}`))
      assert.deepStrictEqual(tags(), ["Stored", "Stored", "Stored", "Duplicate"])
    })
  )

  test(
    "by the body together with a header that holds the type",
    Effect.gen(function* () {
      const scheme = SignatureScheme.make({ ...base, identity: SignatureScheme.byBody(header("Acme-Event")) })
      const { receive, tags } = open(scheme)
      for (const type of ["created", "created", "deleted"]) yield* receive(request(`{"a":1}`, [["Acme-Event", type]]))
      assert.deepStrictEqual(tags(), ["Stored", "Duplicate", "Stored"])
    })
  )
})

describe("a notification that holds nothing but the news that something changed", () => {
  const scheme = SignatureScheme.make({ ...base, identity: SignatureScheme.notification })

  test(
    "is dropped while another waits, and stored once that was claimed",
    Effect.gen(function* () {
      const { receive, tags } = open(scheme)
      const [begun, goOn] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      let handled = 0
      yield* receive(request(`{"accounts":["a"]}`))
      yield* receive(request(`{"accounts":["a"]}`))
      yield* receive(request(`{"accounts":["b"]}`))
      const handlers = Inbox.layerHandlers({
        source: "acme",
        events: {},
        handle: {},
        concurrency: 2,
        otherwise: () =>
          Effect.sync(() => (handled += 1)).pipe(
            Effect.andThen(Deferred.succeed(begun, undefined)),
            Effect.andThen(Deferred.await(goOn))
          )
      })
      yield* Effect.gen(function* () {
        yield* Deferred.await(begun)
        yield* receive(request(`{"accounts":["a"]}`))
        yield* receive(request(`{"accounts":["a"]}`))
        assert.deepStrictEqual(tags(), ["Stored", "Duplicate", "Stored", "Stored", "Duplicate"])
        yield* Deferred.succeed(goOn, undefined)
        yield* TestClock.adjust("1 second")
        assert.strictEqual(handled, 3)
      }).pipe(Effect.provide(handlers))
    })
  )

  test(
    "is handled once a second at most, so that a replayed one costs little",
    Effect.gen(function* () {
      const { receive } = open(scheme)
      const inbox = yield* Inbox.Inbox
      const handledAt: Array<number> = []
      const handlers = Inbox.layerHandlers({
        source: "acme",
        events: {},
        handle: {},
        otherwise: () => Effect.clockWith((clock) => Effect.sync(() => handledAt.push(clock.currentTimeMillisUnsafe())))
      })
      yield* Effect.gen(function* () {
        for (let index = 0; index < 30; index += 1) {
          yield* receive(request(`{"accounts":["a"]}`))
          yield* TestClock.adjust("100 millis")
        }
        assert.deepStrictEqual(
          handledAt.map((at) => at - now),
          [0, 1000, 2000, 3000]
        )
        assert.strictEqual((yield* inbox.count({ source: "acme" })).dead, 0)
      }).pipe(Effect.provide(handlers))
    })
  )
})

describe("a delivery that holds several events", () => {
  const scheme = SignatureScheme.make({
    ...base,
    batch: {
      lists: [
        SignatureScheme.items({ list: "entry.*.changes", id: ["value.id+value.status", "value.id"], type: "field" }),
        SignatureScheme.items({ list: "entry.*.messaging", id: "message.mid", type: ["kind+state", "kind"] })
      ],
      maxItems: 5
    }
  })

  const delivery = JSON.stringify({
    object: "page",
    entry: [
      {
        id: "1",
        changes: [
          { field: "a", value: { id: 7, status: "sent" } },
          { field: "b", value: { id: 8 } }
        ]
      },
      { id: "2", messaging: [{ kind: "m", state: "new", message: { mid: "x" } }] },
      { id: "3", changes: [{ field: "c", value: { text: '"],}' } }] }
    ]
  })

  test(
    "is stored as that many events, each with its own id, type and bytes",
    Effect.gen(function* () {
      const { outcomes, receive } = open(scheme)
      const answer = yield* receive(request(delivery))
      assert.deepStrictEqual([answer.status, answer.body], [200, "stored"])
      const inbox = yield* Inbox.Inbox
      const events = yield* Effect.forEach(yield* inbox.list(), ({ key }) =>
        Effect.map(inbox.get(key), (found) => found)
      )
      assert.deepStrictEqual(
        events.map((found) =>
          found._tag === "Some" ? [found.value.id.length > 60 ? "digest" : found.value.id, found.value.type] : []
        ),
        [
          ["7:sent", "a"],
          ["8", "b"],
          ["digest", "c"],
          ["x", "m.new"]
        ]
      )
      const texts = events.map((found) => (found._tag === "Some" ? Buffer.from(found.value.body).toString() : ""))
      assert.strictEqual(texts[2], `{"field":"c","value":{"text":"\\"],}"}}`)
      assert.deepInclude(outcomes[0], { _tag: "Stored", items: 4, id: undefined })
    })
  )

  test(
    "keeps its body beside its events, with where each of them stood",
    Effect.gen(function* () {
      yield* open(scheme).receive(request(delivery))
      const inbox = yield* Inbox.Inbox
      const found = yield* Effect.forEach(yield* inbox.list(), ({ key }) => inbox.deliveryOf(key))
      const places = found.map(Option.getOrThrow)
      assert.deepStrictEqual(new Set(places.map(({ body }) => Buffer.from(body).toString())), new Set([delivery]))
      for (const [index, { key }] of (yield* inbox.list()).entries()) {
        const { body } = Option.getOrThrow(yield* inbox.get(key))
        const item = places[index]?.path.reduce<unknown>(
          // The path leads through objects and lists.
          (value, step) => (value as Readonly<Record<string | number, unknown>>)[step],
          JSON.parse(delivery)
        )
        assert.deepStrictEqual(JSON.parse(Buffer.from(body).toString()), item)
      }
    })
  )

  test(
    "stores only the new ones when it is repeated together with others",
    Effect.gen(function* () {
      const { receive, tags } = open(scheme)
      yield* receive(request(delivery))
      const again = yield* receive(request(delivery))
      assert.deepStrictEqual([again.status, again.body], [200, "duplicate"])
      yield* receive(request(`{"entry":[{"changes":[{"field":"b","value":{"id":8}},{"field":"b","value":{"id":9}}]}]}`))
      assert.deepStrictEqual(tags(), ["Stored", "Duplicate", "Stored"])
      assert.lengthOf(yield* stored, 5)
    })
  )

  test(
    "is answered, and nothing stored, when it holds none",
    Effect.gen(function* () {
      const { receive, tags } = open(scheme)
      assert.strictEqual((yield* receive(request(`{"entry":[{"changes":[]}]}`))).status, 200)
      assert.deepStrictEqual(tags(), ["Answered"])
      assert.deepStrictEqual(yield* stored, [])
    })
  )

  test(
    "is one event when it has none of the lists, and when a source does not split",
    Effect.gen(function* () {
      const { receive } = open(scheme)
      yield* receive(request(`{"zen":"calm"}`))
      assert.lengthOf(yield* stored, 1)
      yield* open(scheme, { splitBatches: false }).receive(request(delivery))
      assert.lengthOf(yield* stored, 2)
    })
  )

  test(
    "is refused when it holds more than its provider sends",
    Effect.gen(function* () {
      const { outcomes, receive } = open(scheme)
      const changes = Array.from({ length: 6 }, (_, id) => ({ field: "a", value: { id } }))
      assert.strictEqual((yield* receive(request(JSON.stringify({ entry: [{ changes }] })))).status, 400)
      assert.deepInclude(outcomes[0], { _tag: "Refused", reason: "MalformedBody" })
      assert.deepStrictEqual(yield* stored, [])
    })
  )

  test(
    "tells equal items of two deliveries apart by what the delivery says",
    Effect.gen(function* () {
      const timed = SignatureScheme.make({
        ...base,
        batch: { lists: [SignatureScheme.items({ list: "events", type: "name", with: "time_ms" })] }
      })
      const { receive, tags } = open(timed)
      const events = [{ name: "occupied", channel: "a" }]
      yield* receive(request(JSON.stringify({ time_ms: 1, events })))
      yield* receive(request(JSON.stringify({ time_ms: 1, events })))
      yield* receive(request(JSON.stringify({ time_ms: 2, events })))
      assert.deepStrictEqual(tags(), ["Stored", "Duplicate", "Stored"])
    })
  )

  test(
    "tells equal items of one delivery, and of deliveries with another id in a header, apart",
    Effect.gen(function* () {
      const numbered = SignatureScheme.make({
        ...base,
        batch: { lists: [SignatureScheme.items({ list: "events", type: "name", with: header("Delivery") })] }
      })
      const { receive, tags } = open(numbered)
      const event = { name: "occupied", channel: "a" }
      const send = (id: string) => receive(request(JSON.stringify({ events: [event, event] }), [["Delivery", id]]))
      for (const id of ["1", "1", "2"]) yield* send(id)
      assert.deepStrictEqual(tags(), ["Stored", "Duplicate", "Stored"])
      assert.lengthOf(yield* stored, 4)
    })
  )

  test(
    "is stored for each tenant by itself",
    Effect.gen(function* () {
      const receive = WebhookReceiver.handle({
        path: "/hooks/:tenant",
        source: "acme",
        scheme,
        secrets: () => Redacted.make(secret)
      })
      for (const tenant of ["north", "south"]) yield* receive({ ...request(delivery), url: `/hooks/${tenant}` })
      assert.lengthOf(yield* stored, 8)
    })
  )
})

describe("a provider that repeats events with their first timestamp", () => {
  const timestamp = { at: body("sentAt"), unit: "milliseconds", tolerance: "1 minute" } as const
  const repeating = { ...timestamp, retryTolerance: "8 hours" } as const
  const delivery = { retriedFor: "8 hours" } as const
  const scheme = SignatureScheme.make({ ...base, timestamp: repeating, delivery })
  const event = request(`{"sentAt":${now}}`)

  test(
    "is received for as long as it repeats them, where events are deduplicated",
    Effect.gen(function* () {
      const { receive, tags } = open(scheme)
      yield* receive(event)
      for (const wait of ["1 minute", "1 hour", "6 hours"] as const) {
        yield* TestClock.adjust(wait)
        assert.strictEqual((yield* receive(event)).status, 200)
      }
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* receive(event)).status, 401)
      assert.deepStrictEqual(tags(), ["Stored", "Duplicate", "Duplicate", "Duplicate", "Refused"])
    })
  )

  test(
    "is received within the tolerance only by a handler that may not deduplicate",
    Effect.gen(function* () {
      const receive = WebhookReceiver.handle({
        source: "acme",
        scheme,
        secrets: Redacted.make(secret),
        onEvent: () => Effect.void
      })
      yield* TestClock.adjust("2 minutes")
      assert.strictEqual((yield* receive(event)).status, 401)
    })
  )

  it("must have an identity that is signed, and not forget it sooner", () => {
    const make = (options: Partial<SignatureScheme.Options>) => () =>
      SignatureScheme.make({ ...base, timestamp: repeating, delivery, ...options })
    assert.throws(make({ eventId: header("Acme-Delivery") }), /timestamp.retryTolerance.*not signed/)
    assert.throws(make({ identity: SignatureScheme.notification }), /timestamp.retryTolerance.*not signed/)
    assert.throws(make({ delivery: { retriedFor: "9 hours" } }), /timestamp.retryTolerance/)
    assert.throws(make({ timestamp: { ...timestamp, retryTolerance: "30 seconds" } }), /timestamp.retryTolerance/)
    assert.doesNotThrow(make({ eventId: body("id") }))
    const listed = (...names: ReadonlyArray<string>) =>
      SignatureScheme.listedFields({
        by: body("kind"),
        names: { a: ["text", "sentAt", ...names], b: ["id", "sentAt"] }
      })
    assert.doesNotThrow(make({ eventId: body("id"), signedContent: listed("id*") }))
    assert.throws(make({ eventId: body("id"), signedContent: listed() }), /timestamp.retryTolerance.*not signed/)
    assert.throws(make({ eventId: body("id"), signedContent: listed("id?") }), /timestamp.retryTolerance.*not signed/)
    const handlers = (rememberIds: "1 hour" | "8 hours") => () =>
      Inbox.layerHandlers({ source: "acme", scheme, events: {}, handle: {}, retention: { rememberIds } })
    assert.throws(handlers("1 hour"), /rememberIds/)
    assert.doesNotThrow(handlers("8 hours"))
  })
})

describe("an event that comes by GET", () => {
  const scheme = SignatureScheme.make({
    ...base,
    signedContent: "{url}{body}",
    eventType: [form("Status")],
    delivery: { methods: ["POST", "GET"], contentTypes: ["application/x-www-form-urlencoded"] }
  })
  const get = (query: string): WebhookReceiver.Request => {
    const signed = createHmac("sha256", secret).update(`https://hooks.example.com/hooks?${query}`).digest("hex")
    return {
      method: "GET",
      url: `/hooks?${query}`,
      headers: [["Acme-Signature", signed]],
      body: new Uint8Array()
    }
  }

  test(
    "is verified, and stored as the form that a POST would have",
    Effect.gen(function* () {
      const { receive, tags } = open(scheme)
      const seen: Array<unknown> = []
      const done = yield* Deferred.make<void>()
      assert.strictEqual((yield* receive(get("Sid=SM1&Status=sent&To=%2B49"))).status, 200)
      yield* receive(get("Sid=SM1&Status=sent&To=%2B49"))
      yield* receive(get("Sid=SM1&Status=read&To=%2B49"))
      const forged = get("Sid=SM1&Status=sent")
      assert.strictEqual((yield* receive({ ...forged, url: `${forged.url}&To=1` })).status, 401)
      assert.strictEqual((yield* receive({ ...forged, headers: [] })).status, 400)
      assert.deepStrictEqual(tags(), ["Stored", "Duplicate", "Stored", "Refused", "Refused"])
      const message = Schema.Struct({ Sid: Schema.String, Status: Schema.String, To: Schema.String })
      const handlers = Inbox.layerHandlers({
        source: "acme",
        scheme,
        events: { sent: message, read: message },
        handle: {
          sent: (event) => Effect.sync(() => seen.push(event)),
          read: (event) =>
            Effect.andThen(
              Effect.sync(() => seen.push(event)),
              Deferred.succeed(done, undefined)
            )
        },
        concurrency: 1
      })
      yield* Effect.provide(Deferred.await(done), handlers)
      assert.deepStrictEqual(seen, [
        { Sid: "SM1", Status: "sent", To: "+49" },
        { Sid: "SM1", Status: "read", To: "+49" }
      ])
    })
  )
})

describe("a form that holds the JSON of an event in a field", () => {
  const scheme = SignatureScheme.make({
    ...base,
    eventType: [header("Acme-Event")],
    delivery: { contentTypes: ["application/json", "application/x-www-form-urlencoded"], payloadField: "payload" }
  })

  test(
    "is read by a handler as the JSON would be",
    Effect.gen(function* () {
      const { receive } = open(scheme)
      const seen: Array<number> = []
      const done = yield* Deferred.make<void>()
      const events = [
        request(`{"n":1}`, [["Acme-Event", "push"]]),
        request(`payload=%7B%22n%22%3A2%7D`, [["Acme-Event", "push"]], "application/x-www-form-urlencoded")
      ]
      for (const event of events) assert.strictEqual((yield* receive(event)).status, 200)
      const handlers = Inbox.layerHandlers({
        source: "acme",
        scheme,
        events: { push: Schema.Struct({ n: Schema.Number }) },
        handle: {
          push: ({ n }) => Effect.suspend(() => (seen.push(n) === 2 ? Deferred.succeed(done, undefined) : Effect.void))
        },
        concurrency: 1
      })
      yield* Effect.provide(Deferred.await(done), handlers)
      assert.deepStrictEqual(seen, [1, 2])
    })
  )

  test(
    "is another body with a question mark in front",
    Effect.gen(function* () {
      const signed = SignatureScheme.make({ ...base, signedContent: "{form}" })
      const { receive } = open(signed)
      const type = "application/x-www-form-urlencoded"
      const signature = createHmac("sha256", secret).update("Sid1").digest("hex")
      const send = (content: string) =>
        receive({
          ...request("", [], type),
          headers: [
            ["Acme-Signature", signature],
            ["Content-Type", type]
          ],
          body: Buffer.from(content)
        })
      assert.strictEqual((yield* send("Sid=1")).status, 200)
      assert.strictEqual((yield* send("?Sid=1")).status, 401)
    })
  )
})
