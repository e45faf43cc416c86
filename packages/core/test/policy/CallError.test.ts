import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import { Duration, Effect, Layer, Schema } from "effect"
import { CallError, Endpoint, FailureRule, Integration } from "@causeway/core/client"
import { Policy } from "@causeway/core/policy"
import { Mock } from "@causeway/core/testing"

const info = {
  integration: "app/Payments",
  endpoint: "pay",
  method: "POST",
  url: "/payments",
  attempts: 1,
  elapsed: Duration.zero,
  requestId: undefined
} as const
const at = "app/Payments.pay (POST /payments)"

const limited = (facts: {
  readonly source?: "local" | "remote"
  readonly retryAfter?: Duration.Input
  readonly limit?: number
  readonly window?: Duration.Input
}) =>
  new CallError.RateLimited({
    ...info,
    category: "throttled",
    source: facts.source ?? "local",
    retryAfter: facts.retryAfter === undefined ? undefined : Duration.fromInputUnsafe(facts.retryAfter),
    limit: facts.limit,
    window: facts.window === undefined ? undefined : Duration.fromInputUnsafe(facts.window),
    status: undefined
  }).message

const unexpected = (facts: { readonly contentType?: string; readonly issue?: string }) =>
  new CallError.UnexpectedStatus({
    ...info,
    category: "transient",
    status: 503,
    body: "<html>",
    retryAfter: undefined,
    ...facts
  })

describe("the message of a call's error", () => {
  for (const [name, message, expected] of [
    [
      "a local limit with its window",
      limited({ limit: 2, window: "1 minute", retryAfter: "11001 millis" }),
      "exceeded the local rate limit (2 per minute); retry in 12 s"
    ],
    [
      "a local limit of another window",
      limited({ limit: 5, window: "90 seconds" }),
      "exceeded the local rate limit (5 per 1 min 30 s)"
    ],
    [
      "a local limit without its window",
      limited({ limit: 2, retryAfter: "29999 millis" }),
      "exceeded the local rate limit (2); retry in 30 s"
    ],
    ["a short wait in tenths", limited({ retryAfter: "1234 millis" }), "exceeded the local rate limit; retry in 1.3 s"],
    ["a wait in milliseconds", limited({ retryAfter: 200.4 }), "exceeded the local rate limit; retry in 201 ms"],
    [
      "a wait of hours",
      limited({ source: "remote", retryAfter: "90061 seconds" }),
      "was throttled by the provider; retry in 1 d 1 h"
    ],
    [
      "an endless wait",
      limited({ source: "remote", retryAfter: Duration.infinity }),
      "was throttled by the provider; retry in unlimited time"
    ],
    [
      "a stream that was silent",
      new CallError.Timeout({ ...info, category: "transient", scope: "idle", after: Duration.seconds(60) }).message,
      "timed out: the stream was silent for 1 min"
    ],
    [
      "an undeclared status",
      unexpected({ contentType: "text/html" }).message,
      "answered with the undeclared status 503 (text/html)"
    ],
    [
      "a declared status with another body",
      unexpected({ contentType: "text/html", issue: "expected an object" }).message,
      "answered with the declared status 503 and a body that does not match its schema (text/html): expected an object"
    ]
  ] as const) {
    it(`says ${name}`, () => assert.strictEqual(message, `${at} ${expected}`))
  }
})

class NotOk extends Schema.TaggedError<NotOk>()("NotOk", { error: Schema.String }) {}
const notOk = FailureRule.make({
  when: Schema.Struct({ ok: Schema.Literal(false) }),
  error: NotOk,
  category: (body) => (body.ok ? "transient" : "rejected")
})
const read = Endpoint.get("read", "/read", { success: Schema.String })
const ruled = Endpoint.get("ruled", "/ruled", { success: Schema.String, failures: [notOk] })
class A extends Integration.Service<A>()("test/A", { baseUrl: "https://a.example", endpoints: [read, ruled] }) {}
class B extends Integration.Service<B>()("test/B", {
  baseUrl: "https://b.example",
  endpoints: [read],
  policy: Policy.none,
  failures: [notOk]
}) {}

const mocks = Layer.mergeAll(A.layerMock({ read: Mock.status(404) }), B.layerMock({ read: Mock.status(404) }))

describe("telling errors apart", () => {
  it("every general error of a call is a CallError, and a declared or a foreign one is not", () => {
    assert.isTrue(CallError.is(unexpected({})))
    assert.isFalse(CallError.is(new NotOk({ error: "" })))
    assert.isFalse(CallError.is({ _tag: "RateLimited" }))
    assert.isFalse(CallError.is(undefined))
  })

  it.effect("isFrom tells the errors of two integrations apart, at run time and in the types", () =>
    Effect.gen(function* () {
      const ofA = yield* Effect.flip(Effect.flatMap(A, (a) => a.read()))
      const ofB = yield* Effect.flip(Effect.flatMap(B, (b) => b.read()))
      assert.deepStrictEqual([CallError.isFrom(A)(ofA), CallError.isFrom(A)(ofB)], [true, false])
      const caught = Effect.flatMap(A, (a) => a.read()).pipe(
        Effect.catchTag("UnexpectedStatus", (error) => Effect.succeed(error.integration))
      )
      expectTypeOf<Effect.Success<typeof caught>>().toEqualTypeOf<string>()
      const id = yield* Effect.flip(Effect.flatMap(A, (a) => a.read())).pipe(
        Effect.map((error) => (error._tag === "UnexpectedStatus" ? error.integration : undefined))
      )
      expectTypeOf(id).toEqualTypeOf<"test/A" | undefined>()
      assert.strictEqual(id, "test/A")
    }).pipe(Effect.provide(mocks))
  )

  it("the error of a rule is in the types of its endpoint, or of all endpoints of its integration", () => {
    type TagsOf<E> = E extends { readonly _tag: infer Tag } ? Tag : never
    const plain = Effect.flatMap(A, (a) => a.read())
    const own = Effect.flatMap(A, (a) => a.ruled())
    const all = Effect.flatMap(B, (b) => b.read())
    expectTypeOf<Extract<TagsOf<Effect.Error<typeof plain>>, "NotOk">>().toEqualTypeOf<never>()
    expectTypeOf<Extract<TagsOf<Effect.Error<typeof own>>, "NotOk">>().toEqualTypeOf<"NotOk">()
    expectTypeOf<TagsOf<Effect.Error<typeof all>>>().toEqualTypeOf<
      "Unauthorized" | "TransportFailure" | "UnexpectedStatus" | "DecodeFailure" | "NotOk"
    >()
    A.layerMock({ ruled: Mock.fail(new NotOk({ error: "x" })) })
    B.layerMock({ read: Mock.fail(new NotOk({ error: "x" })) })
    // @ts-expect-error: no rule of this endpoint declares the error
    A.layerMock({ read: Mock.fail(new NotOk({ error: "x" })) })
  })
})
