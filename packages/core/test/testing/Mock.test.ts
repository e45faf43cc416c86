import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Layer, Schedule, Schema, Stream } from "effect"
import { HttpApiSchema } from "effect/http-api"
import { TestClock } from "effect/testing"
import { Endpoint, FailureRule, Integration, Pagination } from "@causeway/core/client"
import { InvalidOption, Policy, Retry } from "@causeway/core/policy"
import { Mock } from "@causeway/core/testing"

class Charge extends Schema.Class<Charge>("Charge")({ id: Schema.String, at: Schema.DateFromString }) {}
class Missing extends Schema.TaggedError<Missing>()("Missing", { message: Schema.String }) {}
class Refused extends Schema.TaggedError<Refused>()("Refused", { code: Schema.Int }) {}
const Queued = Schema.Struct({ job: Schema.String }).pipe(HttpApiSchema.status(202))
const Page = Schema.Struct({ data: Schema.Array(Charge), next: Schema.NullOr(Schema.String) })

class Payments extends Integration.Service<Payments>()("test/Payments", {
  baseUrl: "https://api.pay.example/v1",
  endpoints: [
    Endpoint.get("getCharge", "/charges/:id", {
      params: { id: Schema.String },
      success: [Charge, Queued],
      errors: { 404: Missing, "4xx": Refused },
      policy: { retry: Retry.make({ schedule: Schedule.spaced("1 second"), attempts: 3 }), timeout: "5 seconds" }
    }),
    Endpoint.get("listCharges", "/charges", {
      query: { cursor: Schema.optional(Schema.String) },
      success: Page,
      pagination: Pagination.cursor(Page, { query: "cursor", next: (page) => page.next, items: (page) => page.data })
    }),
    Endpoint.post("createCharge", "/charges", { payload: { amount: Schema.Int }, success: Charge }),
    Endpoint.delete("deleteCharge", "/charges/:id", { params: { id: Schema.String } }),
    Endpoint.get("receipt", "/receipt", { success: Schema.String.pipe(HttpApiSchema.asText()) }),
    Endpoint.get("document", "/document", { success: Schema.Uint8Array.pipe(HttpApiSchema.asUint8Array()) }),
    Endpoint.get("watch", "/watch", { success: HttpApiSchema.StreamNdjson({ schema: Charge }) })
  ],
  policy: Policy.none
}) {}

const charge = (id: string) => new Charge({ id, at: new Date("2026-01-02T03:04:05.000Z") })
const get = { params: { id: "ch_1" } }

type Replies = Parameters<typeof Payments.layerMock>[0]

/** Makes calls against replies. */
const mocking = <A, E>(replies: Replies, use: (payments: Payments["Service"]) => Effect.Effect<A, E, Payments>) =>
  Effect.provide(Effect.flatMap(Payments, use), Payments.layerMock(replies))

/** What a program died of. */
const deathOf = <A, E, R>(program: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.exit(program), (exit) =>
    Exit.isFailure(exit) ? String(Cause.squash(exit.cause)) : assert.fail("it did not die")
  )

describe("a reply", () => {
  it.effect("of a value is decoded from what the provider would send", () =>
    mocking({ getCharge: Mock.ok(charge("ch_1")) }, (payments) =>
      Effect.map(payments.getCharge(get), (found) => {
        assert.instanceOf(found, Charge)
        assert.deepStrictEqual(found, charge("ch_1"))
      })
    )
  )

  it.effect("of a value that a second success describes has that one's status", () =>
    mocking({ getCharge: Mock.ok({ job: "j" }) }, (payments) =>
      Effect.gen(function* () {
        const [found, response] = yield* payments.getCharge({ ...get, responseMode: "decoded-and-response" })
        assert.deepStrictEqual([found, response.status], [{ job: "j" }, 202])
      })
    )
  )

  it.effect("can be nothing, text, bytes or a stream", () =>
    mocking(
      {
        deleteCharge: Mock.ok(),
        receipt: Mock.ok("thanks"),
        document: Mock.ok(new Uint8Array([1, 2])),
        watch: Mock.ok(Stream.make(charge("a"), charge("b")))
      },
      (payments) =>
        Effect.gen(function* () {
          assert.isUndefined(yield* payments.deleteCharge(get))
          assert.strictEqual(yield* payments.receipt(), "thanks")
          assert.deepStrictEqual(yield* payments.document(), new Uint8Array([1, 2]))
          assert.deepStrictEqual(yield* Stream.runCollect(yield* payments.watch()), [charge("a"), charge("b")])
        })
    )
  )

  it.effect("of a declared error fails with it, at its status", () =>
    Effect.gen(function* () {
      const missing = yield* mocking({ getCharge: Mock.fail(new Missing({ message: "none" })) }, (payments) =>
        Effect.flip(payments.getCharge(get))
      )
      assert.deepStrictEqual(missing, new Missing({ message: "none" }))
      const refused = yield* mocking({ getCharge: Mock.fail(new Refused({ code: 7 })) }, (payments) =>
        Effect.gen(function* () {
          const error = yield* Effect.flip(payments.getCharge(get))
          const { calls } = yield* Mock.journal(Payments)
          return [error, calls[0]?.attempts[0]?.outcome]
        })
      )
      assert.deepStrictEqual(refused, [new Refused({ code: 7 }), 400])
    })
  )

  it.effect("of a status is that status, with its headers and body", () =>
    mocking(
      { getCharge: Mock.status(418, { headers: { "x-request-id": "r1" }, body: { message: "tea" } }) },
      (payments) =>
        Effect.gen(function* () {
          const response = yield* payments.getCharge({ ...get, responseMode: "response-only" })
          assert.strictEqual(response.status, 418)
          assert.strictEqual(response.headers["x-request-id"], "r1")
          assert.deepStrictEqual(yield* response.json, { message: "tea" })
        })
    )
  )

  for (const [at, outcome] of [
    ["Connect", "TransportError"],
    ["Send", "TransportError"],
    ["Body", 200]
  ] as const) {
    it.effect(`that breaks at ${at} is a TransportFailure`, () =>
      mocking({ receipt: Mock.broken(at) }, (payments) =>
        Effect.gen(function* () {
          assert.deepInclude(yield* Effect.flip(payments.receipt()), { _tag: "TransportFailure", reason: at })
          const { calls } = yield* Mock.journal(Payments)
          assert.deepStrictEqual(
            calls[0]?.attempts.map((attempt) => attempt.outcome),
            [outcome]
          )
        })
      )
    )
  }

  it.effect("that never comes runs into the timeout", () =>
    mocking({ getCharge: Mock.never }, (payments) =>
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(Effect.flip(payments.getCharge(get)))
        yield* TestClock.adjust("1 minute")
        assert.deepInclude(yield* Fiber.join(fiber), { _tag: "Timeout", attempts: 3 })
      })
    )
  )

  it.effect("can come late", () =>
    mocking({ getCharge: Mock.delay("3 seconds", Mock.ok(charge("late"))) }, (payments) =>
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(payments.getCharge(get))
        yield* TestClock.adjust("2999 millis")
        assert.isUndefined(fiber.pollUnsafe())
        yield* TestClock.adjust("1 millis")
        assert.deepStrictEqual(yield* Fiber.join(fiber), charge("late"))
      })
    )
  )

  it.effect("can depend on the request, and goes on where it was", () => {
    const first = Mock.sequence(Mock.ok(charge("a1")), Mock.ok(charge("a2")))
    return mocking(
      { getCharge: Mock.by((request) => (request.url.endsWith("a") ? first : Mock.ok(charge("other")))) },
      (payments) =>
        Effect.gen(function* () {
          const found: Array<string> = []
          for (const id of ["a", "b", "a"]) {
            const one = yield* payments.getCharge({ params: { id } })
            found.push("id" in one ? one.id : one.job)
          }
          assert.deepStrictEqual(found, ["a1", "other", "a2"])
        })
    )
  })

  it.effect("that does not fit its schema dies, and says why", () =>
    Effect.gen(function* () {
      const wrong = charge("x")
      Object.assign(wrong, { at: "yesterday" })
      const death = yield* deathOf(
        mocking({ createCharge: Mock.ok(wrong) }, (payments) => payments.createCharge({ payload: { amount: 1 } }))
      )
      assert.include(death, "the mocked success of createCharge does not encode")
    })
  )

  it("with a status that is none is refused where it is made", () =>
    assert.throws(() => Mock.status(99), InvalidOption.InvalidOption))
})

describe("a sequence", () => {
  it.effect("answers one attempt with each of its replies, over several calls", () =>
    mocking(
      { getCharge: Mock.sequence(Mock.status(503), Mock.ok(charge("a")), Mock.fail(new Missing({ message: "gone" }))) },
      (payments) =>
        Effect.gen(function* () {
          const fiber = yield* Effect.forkChild(payments.getCharge(get))
          yield* TestClock.adjust("1 second")
          assert.deepStrictEqual(yield* Fiber.join(fiber), charge("a"))
          assert.strictEqual((yield* Effect.flip(payments.getCharge(get)))._tag, "Missing")
        })
    )
  )

  it.effect("dies on one attempt more than it holds, naming the request", () =>
    Effect.gen(function* () {
      const death = yield* deathOf(
        mocking({ receipt: Mock.sequence(Mock.ok("one"), Mock.ok("two")) }, (payments) =>
          Effect.andThen(payments.receipt(), Effect.andThen(payments.receipt(), payments.receipt()))
        )
      )
      assert.include(death, "receipt was asked for GET http://mock.invalid/receipt once more than its 2 replies")
    })
  )

  it.effect("begins anew in each Layer that is built from it", () => {
    const replies = { receipt: Mock.sequence(Mock.ok("one")) }
    const once = mocking(replies, (payments) => payments.receipt())
    return Effect.gen(function* () {
      assert.deepStrictEqual([yield* once, yield* once], ["one", "one"])
    })
  })
})

describe("an endpoint without a reply", () => {
  it.effect("dies, naming the request and the nearest endpoints that have one", () =>
    Effect.gen(function* () {
      const death = yield* deathOf(
        mocking({ getCharge: Mock.ok(charge("a")), listCharges: Mock.status(500), receipt: Mock.ok("") }, (payments) =>
          payments.createCharge({ payload: { amount: 1 } })
        )
      )
      assert.include(death, "test/Payments.createCharge was asked for POST http://mock.invalid/charges")
      assert.include(death, "The nearest of its replies: getCharge, listCharges, receipt.")
      const bare = yield* deathOf(mocking({}, (payments) => payments.receipt()))
      assert.include(bare, "It has no replies at all.")
    })
  )
})

describe("the journal", () => {
  it.effect("holds each call as it was made, and each of its attempts", () =>
    mocking({ getCharge: Mock.sequence(Mock.status(503), Mock.broken("Send"), Mock.status(500)) }, (payments) =>
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(Effect.exit(payments.getCharge({ params: { id: "a b" } })))
        yield* TestClock.adjust("1 minute")
        yield* Fiber.join(fiber)
        const { calls } = yield* Mock.journal(Payments)
        assert.strictEqual(calls.length, 1)
        const [call] = calls
        assert.deepStrictEqual(call?.endpoint, "getCharge")
        assert.deepStrictEqual(call?.request, { params: { id: "a b" } })
        assert.strictEqual(call?.failure, "UnexpectedStatus")
        assert.deepStrictEqual(
          call?.attempts.map(({ method, number, outcome, url }) => [number, method, url, outcome]),
          [
            [1, "GET", "http://mock.invalid/charges/a%20b", 503],
            [2, "GET", "http://mock.invalid/charges/a%20b", "TransportError"],
            [3, "GET", "http://mock.invalid/charges/a%20b", 500]
          ]
        )
      })
    )
  )

  it.effect("of an integration that is not mocked dies", () =>
    Effect.gen(function* () {
      const death = yield* deathOf(Effect.provide(Mock.journal(Payments), Payments.layerStub({})))
      assert.include(death, "test/Payments keeps no journal")
    })
  )

  it.effect("says which calls were interrupted", () =>
    mocking({ receipt: Mock.never }, (payments) =>
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(payments.receipt())
        yield* Effect.yieldNow
        yield* Fiber.interrupt(fiber)
        const { calls } = yield* Mock.journal(Payments)
        assert.deepStrictEqual(
          calls.map(({ attempts, failure }) => [attempts[0]?.outcome, failure]),
          [["interrupted", undefined]]
        )
      })
    )
  )
})

describe("a stubbed service", () => {
  const stubbed = <A, E>(
    stubs: Parameters<typeof Payments.layerStub>[0],
    use: (payments: Payments["Service"]) => Effect.Effect<A, E>
  ) => Effect.provide(Effect.flatMap(Payments, use), Payments.layerStub(stubs))

  it.effect("answers with what its stubs give, without policies and encoding", () =>
    Effect.gen(function* () {
      let asked = 0
      const result = yield* stubbed(
        {
          getCharge: ({ params }) => Effect.sync(() => charge(`${params.id}-${(asked += 1)}`)),
          createCharge: () => Effect.never
        },
        (payments) => payments.getCharge(get)
      )
      assert.deepStrictEqual(result, charge("ch_1-1"))
      const failure = yield* stubbed({ getCharge: () => Effect.fail(new Missing({ message: "no" })) }, (payments) =>
        Effect.flip(payments.getCharge(get))
      )
      assert.instanceOf(failure, Missing)
    })
  )

  it.effect("gives the items of a stubbed page", () =>
    Effect.gen(function* () {
      const items = yield* stubbed(
        { listCharges: () => Effect.succeed({ data: [charge("a"), charge("b")], next: null }) },
        (payments) => Stream.runCollect(payments.listCharges.items({ query: {} }))
      )
      assert.deepStrictEqual(items, [charge("a"), charge("b")])
    })
  )

  it.effect("dies where it has no stub, naming the method", () =>
    Effect.gen(function* () {
      assert.include(
        yield* deathOf(stubbed({}, (payments) => payments.receipt())),
        "test/Payments.receipt was called, but layerStub has no stub for it"
      )
      assert.include(
        yield* deathOf(stubbed({}, (payments) => Stream.runDrain(payments.listCharges.items({ query: {} })))),
        "test/Payments.listCharges"
      )
    })
  )
})

describe("a mocked integration", () => {
  it.effect("needs neither credentials nor a network, nor a baseUrl from Config", () => {
    const layer: Layer.Layer<Payments> = Payments.layerMock({ receipt: Mock.ok("alone") })
    return Effect.gen(function* () {
      const payments = yield* Payments
      assert.strictEqual(yield* payments.receipt(), "alone")
    }).pipe(Effect.provide(Layer.fresh(layer)))
  })

  it.effect("encodes the request as it would be sent", () =>
    mocking(
      {
        createCharge: Mock.by((request) =>
          request.body._tag === "Uint8Array"
            ? Mock.ok(charge(new TextDecoder().decode(request.body.body)))
            : Mock.status(500)
        )
      },
      (payments) =>
        Effect.gen(function* () {
          assert.deepStrictEqual(yield* payments.createCharge({ payload: { amount: 5 } }), charge('{"amount":5}'))
          assert.strictEqual(
            (yield* Effect.flip(payments.createCharge({ payload: { amount: 0.5 } })))._tag,
            "EncodeFailure"
          )
        })
    )
  )
})

class Denied extends Schema.TaggedError<Denied>()("Denied", { ok: Schema.Literal(false), error: Schema.String }) {}
class Silent extends Schema.TaggedError<Silent>()("Silent", { error: Schema.String }) {}
const notOk = Schema.Struct({ ok: Schema.Literal(false) })
const denied = FailureRule.make({ when: notOk, error: Denied, category: "rejected" })
const silent = FailureRule.make({ when: notOk, error: Silent, category: "rejected" })

describe("the error of a failure rule", () => {
  class Ruled extends Integration.Service<Ruled>()("test/Ruled", {
    baseUrl: "https://ruled.example",
    endpoints: [
      Endpoint.get("own", "/own", { success: Schema.String, failures: [denied] }),
      Endpoint.get("plain", "/plain", { success: Schema.String })
    ],
    policy: Policy.none,
    failures: [FailureRule.make({ ...denied, status: "4xx" }), silent]
  }) {}
  const raw = (name: "own" | "plain", layer: Layer.Layer<Ruled, unknown, never>) =>
    Effect.flatMap(Ruled, (ruled) => ruled[name]({ responseMode: "response-only" })).pipe(Effect.provide(layer))
  const error = new Denied({ ok: false, error: "no" })

  it.effect("is sent as a body that the rule matches, with a status that it looks at", () =>
    Effect.gen(function* () {
      const own = yield* raw("own", Ruled.layerMock({ own: Mock.fail(error) }))
      assert.deepStrictEqual([own.status, yield* own.json], [200, { _tag: "Denied", ok: false, error: "no" }])
      const plain = yield* raw("plain", Ruled.layerMock({ plain: Mock.fail(error) }))
      assert.strictEqual(plain.status, 400)
    })
  )

  it.effect("that says nothing of what the rule matches is a defect that names the way out", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(raw("plain", Ruled.layerMock({ plain: Mock.fail(new Silent({ error: "no" })) })))
      assert.include(String(exit), "reply with Mock.status")
    })
  )
})
