import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Layer, Schema } from "effect"
import { Endpoint, Integration } from "@causeway/core/client"
import { Fallback, Policy } from "@causeway/core/policy"
import { Mock } from "@causeway/core/testing"

class SoldOut extends Schema.TaggedError<SoldOut>()("SoldOut", { again: Schema.Boolean }) {}

const now = Endpoint.get("now", "/now", { success: Schema.String, errors: { 410: SoldOut } })
class A extends Integration.Service<A>()("test/FallbackA", {
  baseUrl: "https://a.example",
  endpoints: [now],
  policy: Policy.none
}) {}
class B extends Integration.Service<B>()("test/FallbackB", {
  baseUrl: "https://b.example",
  endpoints: [now],
  policy: Policy.none
}) {}

const a = Effect.flatMap(A, (service) => service.now())
const b = Effect.flatMap(B, (service) => service.now())
const fromB = Mock.ok("from B")

type Reply = Parameters<typeof Mock.delay<string, SoldOut>>[1]

const both = (ofA: Reply, ofB: Reply = fromB) => Layer.merge(A.layerMock({ now: ofA }), B.layerMock({ now: ofB }))

describe("a call with a fallback", () => {
  const call = a.pipe(Fallback.withFallback({ to: () => b }))

  for (const [name, reply, answer] of [
    ["is answered by the first provider while it can", Mock.ok("from A"), "from A"],
    ["is answered by the second when the first is down", Mock.status(503), "from B"],
    ["is answered by the second when the first throttles", Mock.status(429), "from B"]
  ] as const) {
    it.effect(name, () =>
      Effect.gen(function* () {
        assert.strictEqual(yield* call, answer)
      }).pipe(Effect.provide(both(reply)))
    )
  }

  for (const [name, reply, tag] of [
    ["has refused it", Mock.status(404), "UnexpectedStatus"],
    ["does not know us", Mock.status(401), "Unauthorized"],
    ["answers something that nobody can read", Mock.status(200, { body: { not: "text" } }), "DecodeFailure"],
    ["fails as it declares", Mock.fail(new SoldOut({ again: false })), "SoldOut"]
  ] as const) {
    it.effect(`fails when the first provider ${name}: the second would too`, () =>
      Effect.gen(function* () {
        assert.strictEqual((yield* Effect.flip(call))._tag, tag)
      }).pipe(Effect.provide(both(reply)))
    )
  }

  it.effect("goes elsewhere for the categories and declared errors that it is told to", () =>
    Effect.gen(function* () {
      const onRejected = a.pipe(Fallback.withFallback({ to: () => b, on: ["rejected"] }))
      assert.strictEqual(yield* onRejected, "from B")
      assert.strictEqual((yield* Effect.flip(onRejected))._tag, "UnexpectedStatus")
      const isAgain = (error: { readonly _tag: string }) => error._tag === "SoldOut"
      assert.strictEqual(yield* a.pipe(Fallback.withFallback({ to: () => b, when: isAgain })), "from B")
    }).pipe(
      Effect.provide(both(Mock.sequence(Mock.status(404), Mock.status(503), Mock.fail(new SoldOut({ again: true })))))
    )
  )

  it.effect("fails with the error of the last provider asked, and knows that of the one before", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const chain = a.pipe(
        Fallback.withFallback({
          to: (error) => {
            seen.push(error._tag)
            return b
          }
        })
      )
      assert.deepInclude(yield* Effect.flip(chain), {
        _tag: "UnexpectedStatus",
        integration: "test/FallbackB",
        status: 500
      })
      assert.deepStrictEqual(seen, ["UnexpectedStatus"])
    }).pipe(Effect.provide(both(Mock.status(503), Mock.status(500))))
  )

  it.effect("asks nobody else when it is interrupted or dies", () =>
    Effect.gen(function* () {
      let asked = 0
      const elsewhere = Fallback.withFallback({ to: () => Effect.sync(() => (asked += 1)) })
      const fiber = yield* Effect.forkChild(elsewhere(a), { startImmediately: true })
      yield* Fiber.interrupt(fiber)
      const exit = yield* Effect.exit(elsewhere(Effect.die("broken")))
      assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
      assert.strictEqual(asked, 0)
    }).pipe(Effect.provide(both(Mock.never)))
  )

  it("has the answers and the errors of both in its type", () => {
    const other = Effect.fail(new SoldOut({ again: true })) as Effect.Effect<number, SoldOut, "service">
    const call = Effect.succeed("text").pipe(Fallback.withFallback({ to: () => other }))
    expectTypeOf(call).toEqualTypeOf<Effect.Effect<string | number, SoldOut, "service">>()
  })
})
