import { Inbox, InboxStore, SignatureScheme, WebhookReceiver } from "@causeway/core/webhook"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Layer, Redacted, Schema } from "effect"
import { TestClock } from "effect/testing"

const schemeWith = (
  delivery: SignatureScheme.DeliveryOptions,
  handshake?: SignatureScheme.Handshake
): SignatureScheme.SignatureScheme =>
  SignatureScheme.make({
    id: "acme",
    signature: SignatureScheme.singleHeader("X-Token", { encoding: "utf8" }),
    signedContent: "",
    keys: [SignatureScheme.token()],
    eventId: SignatureScheme.body("id"),
    handshake,
    delivery,
    docs: { url: "https://acme.example", checked: "documentation" }
  })

const secrets = Redacted.make("token")

const event: WebhookReceiver.Request = {
  method: "POST",
  url: "/",
  headers: [["X-Token", "token"]],
  body: new TextEncoder().encode(`{"id":"1"}`)
}

const typed = (type: string): WebhookReceiver.Request => ({
  ...event,
  headers: [...event.headers, ["Content-Type", type]]
})

const probe = (method: string, url = "/"): WebhookReceiver.Request => ({
  method,
  url,
  headers: [],
  body: new Uint8Array()
})

const statusesOf = (
  options: Omit<WebhookReceiver.OneSource, "source" | "secrets">,
  ...requests: ReadonlyArray<WebhookReceiver.Request>
) =>
  Effect.forEach(requests, WebhookReceiver.handle({ source: "acme", secrets, ...options })).pipe(
    Effect.map((answers) => answers.map(({ status }) => status)),
    Effect.provide(Inbox.layerMemory)
  )

describe("the media types of a scheme", () => {
  const scheme = schemeWith({ contentTypes: ["application/json"] })

  it.effect("are those that its receiver takes, in any case and with parameters", () =>
    Effect.gen(function* () {
      const statuses = yield* statusesOf(
        { scheme },
        typed("application/json"),
        typed("Application/JSON; charset=utf-8"),
        typed("application/x-www-form-urlencoded"),
        typed("")
      )
      assert.deepStrictEqual(statuses, [200, 200, 415, 415])
    })
  )

  it.effect("have JSON among them that is JSON of some kind", () =>
    Effect.gen(function* () {
      const statuses = yield* statusesOf({ scheme }, typed("application/cloudevents+json"), typed("application/xml"))
      assert.deepStrictEqual(statuses, [200, 415])
      assert.deepStrictEqual(
        yield* statusesOf({ scheme: schemeWith({ contentTypes: ["text/plain"] }) }, typed("application/vnd.acme+json")),
        [415]
      )
    })
  )

  it.effect("are named in the answer to another one", () =>
    Effect.gen(function* () {
      const { handle } = WebhookReceiver
      const answer = yield* handle({ source: "acme", scheme, secrets })(typed("text/html"))
      assert.strictEqual(answer.headers["accept-post"], "application/json")
    }).pipe(Effect.provide(Inbox.layerMemory))
  )

  it.effect("need not be named by a delivery, unless the receiver's own option says which ones are taken", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* statusesOf({ scheme }, event), [200])
      assert.deepStrictEqual(yield* statusesOf({ scheme, contentTypes: ["application/json"] }, event), [415])
    })
  )

  it.effect("give way to the receiver's own option", () =>
    Effect.gen(function* () {
      const options = { scheme, contentTypes: ["text/plain"] }
      assert.deepStrictEqual(yield* statusesOf(options, typed("text/plain"), typed("application/json")), [200, 415])
    })
  )
})

describe("a probe", () => {
  const received = (scheme: SignatureScheme.SignatureScheme, ...requests: ReadonlyArray<WebhookReceiver.Request>) =>
    Effect.gen(function* () {
      const inbox = yield* Inbox.Inbox
      const outcomes: Array<string> = []
      const receive = WebhookReceiver.handle({
        source: "acme",
        scheme,
        secrets,
        onOutcome: ({ _tag }) => Effect.sync(() => outcomes.push(_tag))
      })
      const answers = yield* Effect.forEach(requests, receive)
      return { answers, outcomes, events: yield* inbox.list() }
    }).pipe(Effect.provide(Inbox.layerMemory))

  it.effect("is answered with 200 and no body, and nothing is stored", () =>
    Effect.gen(function* () {
      const { answers, events, outcomes } = yield* received(schemeWith({ probes: ["HEAD"] }), probe("HEAD"))
      assert.deepStrictEqual(
        answers.map(({ body, status }) => [status, body]),
        [[200, ""]]
      )
      assert.deepStrictEqual(outcomes, ["Answered"])
      assert.deepStrictEqual(events, [])
    })
  )

  it.effect("is refused where the scheme has none, and the answer names the methods there are", () =>
    Effect.gen(function* () {
      const allowed = (delivery: SignatureScheme.DeliveryOptions) =>
        Effect.map(received(schemeWith(delivery), probe("PUT"), probe("HEAD")), ({ answers }) =>
          answers.map(({ headers, status }) => [status, headers["allow"]])
        )
      assert.deepStrictEqual(yield* allowed({}), [
        [405, "POST"],
        [405, "POST"]
      ])
      assert.deepStrictEqual(yield* allowed({ probes: ["HEAD", "GET"] }), [
        [405, "GET, HEAD, POST"],
        [200, undefined]
      ])
    })
  )

  it.effect("is told from a challenge with the same method", () =>
    Effect.gen(function* () {
      const challenge = SignatureScheme.openEcho({ method: "GET", challenge: SignatureScheme.query("challenge") })
      const url = "https://example.com/?challenge=abc"
      const { answers } = yield* received(schemeWith({ probes: ["GET"] }, challenge), probe("GET", url), probe("GET"))
      assert.deepStrictEqual(
        answers.map(({ body }) => body),
        ["abc", ""]
      )
      const strict = yield* received(schemeWith({}, challenge), probe("GET"))
      assert.deepStrictEqual(
        strict.answers.map(({ status }) => status),
        [400]
      )
    })
  )
})

describe("the acknowledgement of a scheme", () => {
  const answered = (options: Omit<WebhookReceiver.OneSource, "source" | "secrets">) =>
    WebhookReceiver.handle({ source: "acme", secrets, ...options })(event).pipe(Effect.provide(Inbox.layerMemory))

  it.effect("answers its events", () =>
    Effect.gen(function* () {
      const answer = yield* answered({ scheme: schemeWith({ acknowledgement: { body: "[accepted]" } }) })
      assert.deepStrictEqual([answer.status, answer.body], [200, "[accepted]"])
      const empty = yield* answered({ scheme: schemeWith({ acknowledgement: {} }) })
      assert.deepStrictEqual([empty.status, empty.body], [200, ""])
      const none = yield* answered({ scheme: schemeWith({ acknowledgement: { status: 204 } }) })
      assert.deepStrictEqual(none, { status: 204, headers: {}, body: "" })
    })
  )

  it.effect("gives way to the receiver's own option", () =>
    Effect.gen(function* () {
      const scheme = schemeWith({ acknowledgement: { body: "[accepted]" } })
      const { body, status } = yield* answered({ scheme, acknowledgement: { status: 202, body: "thanks" } })
      assert.deepStrictEqual([status, body], [202, "thanks"])
    })
  )
})

describe("the refusal of a scheme", () => {
  const token: ReadonlyArray<readonly [string, string]> = [["X-Token", "token"]]
  const wrong: WebhookReceiver.Request = { ...event, headers: [["X-Token", "another"]] }
  const unsigned: WebhookReceiver.Request = { ...event, headers: [] }
  const asText: WebhookReceiver.Request = { ...event, headers: [...token, ["Content-Type", "text/plain"]] }

  const answersOf = (
    delivery: SignatureScheme.DeliveryOptions,
    options: Partial<WebhookReceiver.OneSource> = {},
    requests: ReadonlyArray<WebhookReceiver.Request> = [wrong, unsigned, asText, { ...event, method: "PUT" }]
  ) =>
    Effect.forEach(
      requests,
      WebhookReceiver.handle({
        source: "acme",
        secrets,
        scheme: schemeWith({ contentTypes: ["application/json"], ...delivery }),
        ...options
      })
    ).pipe(
      Effect.map((answers) => answers.map(({ body, status }) => [status, body])),
      Effect.provide(Inbox.layerMemory)
    )

  it.effect("is a word for the status by default", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* answersOf({}), [
        [401, "unauthorized"],
        [400, "bad request"],
        [415, "unsupported content"],
        [405, "method not allowed"]
      ])
    })
  )

  it.effect("has no body where the provider wants none, and the status and headers that it would have anyway", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* answersOf({ refusal: {} }), [
        [401, ""],
        [400, ""],
        [415, ""],
        [405, ""]
      ])
      const scheme = schemeWith({ refusal: {} })
      const put = yield* WebhookReceiver.handle({ source: "acme", secrets, scheme })({ ...event, method: "PUT" }).pipe(
        Effect.provide(Inbox.layerMemory)
      )
      assert.deepStrictEqual(put.headers, { "content-type": "text/plain; charset=utf-8", allow: "POST" })
    })
  )

  it.effect("may be a text of the provider's", () =>
    Effect.gen(function* () {
      const refusal = { contentType: "application/json", body: `{"ok":false}` }
      const scheme = schemeWith({ refusal })
      const answer = yield* WebhookReceiver.handle({ source: "acme", secrets, scheme })(wrong).pipe(
        Effect.provide(Inbox.layerMemory)
      )
      assert.deepStrictEqual(answer, {
        status: 401,
        headers: { "content-type": refusal.contentType },
        body: refusal.body
      })
    })
  )

  it.effect("answers a delivery that could not be stored too, and no event", () =>
    Effect.gen(function* () {
      const onEvent = () => Effect.fail("the store is away")
      assert.deepStrictEqual(yield* answersOf({ refusal: {} }, { onEvent }, [event]), [[503, ""]])
      assert.deepStrictEqual(yield* answersOf({ refusal: {} }, {}, [event]), [[200, "stored"]])
    })
  )
})

describe("what a scheme says of its deliveries", () => {
  it.effect("is the status for every signature that is missing, malformed or wrong", () =>
    Effect.gen(function* () {
      const statuses = (scheme: SignatureScheme.SignatureScheme) =>
        Effect.forEach([[], [["X-Token", ""]], [["X-Token", "another token"]]] as const, (headers) =>
          Effect.map(
            WebhookReceiver.handle({ source: "acme", scheme, secrets })({
              method: "POST",
              url: "/",
              headers,
              body: new Uint8Array()
            }),
            ({ status }) => status
          )
        )
      assert.deepStrictEqual(yield* statuses(schemeWith({ refusal: { status: 401 } })), [401, 401, 401])
      assert.deepStrictEqual(yield* statuses(schemeWith({})), [400, 400, 401])
      assert.throws(() => schemeWith({ refusal: { status: 200 } }), /delivery\.refusal\.status is 200/)
    }).pipe(Effect.provide(Inbox.layerMemory))
  )

  it.effect("is the header that each answer repeats, and that no refusal does", () =>
    Effect.gen(function* () {
      const echoed = (options: Partial<WebhookReceiver.OneSource>, requests: ReadonlyArray<WebhookReceiver.Request>) =>
        Effect.forEach(
          requests,
          WebhookReceiver.handle({
            source: "acme",
            secrets,
            scheme: schemeWith({ acknowledgement: { echo: "X-Token" } }),
            ...options
          })
        ).pipe(
          Effect.map((answers) => answers.map(({ headers, status }) => [status, headers["x-token"]])),
          Effect.provide(Inbox.layerMemory)
        )
      const forged: WebhookReceiver.Request = { ...event, headers: [["x-token", "another token"]] }
      const lowerCase: WebhookReceiver.Request = { ...event, headers: [["x-token", "token"]] }
      assert.deepStrictEqual(yield* echoed({}, [event, lowerCase, forged]), [
        [200, "token"],
        [200, "token"],
        [401, undefined]
      ])
      assert.deepStrictEqual(yield* echoed({ acknowledgement: { status: 204 } }, [event]), [[204, "token"]])
      assert.deepStrictEqual(yield* echoed({ respond: () => Effect.succeed({ status: 202 }) }, [event]), [
        [202, "token"]
      ])
      assert.throws(() => schemeWith({ acknowledgement: { echo: "X Token" } }), /acknowledgement\.echo is "X Token"/)
    })
  )

  it("is checked where the scheme is made", () => {
    assert.throws(() => schemeWith({ contentTypes: ["json"] }), /delivery\.contentTypes\[0\] is "json"/)
    assert.throws(() => schemeWith({ acknowledgement: { status: 500 } }), /delivery\.acknowledgement\.status is 500/)
    assert.throws(() => schemeWith({ retriedFor: -1 }), /delivery\.retriedFor is -1/)
  })

  it("is nothing by default, and is taken as it is when the scheme is made again", () => {
    const scheme = schemeWith({})
    assert.deepStrictEqual(scheme.delivery, {
      contentTypes: undefined,
      methods: ["POST"],
      probes: [],
      acknowledgement: undefined,
      refusal: undefined,
      retriedForMillis: undefined,
      resigns: undefined,
      maxBytes: undefined,
      answerWithinMillis: undefined,
      payloadField: undefined
    })
    const other = schemeWith({
      retriedFor: "3 days",
      acknowledgement: { body: "ok" },
      refusal: {},
      probes: ["HEAD"]
    })
    assert.deepStrictEqual(SignatureScheme.make(other), other)
  })
})

describe("an inbox", () => {
  const day = 86_400_000

  /** Whether an event that was purged is found to be a duplicate after so many days. */
  const isKnownAfter = (days: number, scheme: SignatureScheme.SignatureScheme | undefined) =>
    Effect.gen(function* () {
      const inbox = yield* Inbox.Inbox
      const store = yield* InboxStore.InboxStore
      const put = yield* inbox.store({ source: "acme", id: "1", headers: [], body: new Uint8Array(1) })
      yield* inbox.discard(put.key)
      yield* TestClock.adjust(1000)
      assert.strictEqual(yield* inbox.purge({ olderThan: 0, scheme }), 1)
      yield* TestClock.adjust(days * day)
      yield* store.forget(yield* Clock.currentTimeMillis)
      const again = yield* inbox.store({ source: "acme", id: "1", headers: [], body: new Uint8Array(1) })
      return again._tag === "Duplicate"
    }).pipe(Effect.provide(Inbox.layerMemory))

  it.effect.each([
    ["no scheme", undefined, 29, 31],
    ["a provider that does not say", schemeWith({}), 29, 31],
    ["a provider that never does", schemeWith({ retriedFor: 0 }), 29, 31],
    ["one that does so for 3 days", schemeWith({ retriedFor: "3 days" }), 29, 31],
    ["one that does so for 30 days", schemeWith({ retriedFor: "30 days" }), 58, 61]
  ] as const)(
    "remembers ids for twice as long as a provider repeats, and at least 30 days: %s",
    ([_, scheme, known, forgotten]) =>
      Effect.gen(function* () {
        assert.isTrue(yield* isKnownAfter(known, scheme))
        assert.isFalse(yield* isKnownAfter(forgotten, scheme))
      })
  )

  const scheme = schemeWith({ retriedFor: "3 days" })

  it("refuses to forget ids sooner than the provider stops repeating", () => {
    const handlers = (rememberIds: Inbox.Retention["rememberIds"], own?: SignatureScheme.SignatureScheme) => () =>
      Inbox.layerHandlers({
        source: "acme",
        scheme: own,
        events: { paid: Schema.Unknown },
        handle: { paid: () => Effect.void },
        retention: { rememberIds }
      })
    assert.throws(handlers("2 days", scheme), /retention\.rememberIds is 2d, but must be at least 3d, for which acme/)
    assert.doesNotThrow(handlers("3 days", scheme))
    assert.doesNotThrow(handlers("1 minute"))
  })

  it.effect("refuses the same of a purge by hand", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox.Inbox
      assert.throws(
        () => inbox.purge({ olderThan: 0, rememberIds: "2 days", scheme }),
        /rememberIds is 2d, but must be at least 3d/
      )
    }).pipe(Effect.provide(Layer.fresh(Inbox.layerMemory)))
  )
})
