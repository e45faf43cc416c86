import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schedule, Schema } from "effect"
import { TestClock } from "effect/testing"
import { Endpoint, Integration } from "@causeway/core/client"
import { CallError, Policy, Retry } from "@causeway/core/policy"
import { Mock } from "@causeway/core/testing"

class Conflict extends Schema.TaggedError<Conflict>()("Conflict", { code: Schema.String }) {}

const whenLocked = Retry.whenError(Conflict, ({ code }) => code === "lock_timeout")
const schedule = Schedule.spaced("1 second")
const locked = Retry.make({ schedule, attempts: 3, when: whenLocked })

class Locks extends Integration.Service<Locks>()("test/Locks", {
  baseUrl: "https://locks.example",
  endpoints: [
    Endpoint.put("take", "/lock", { success: Schema.String, errors: { 409: Conflict }, policy: { retry: locked } })
  ],
  policy: Policy.none
}) {}

const conflict = (code: string) => Mock.fail(new Conflict({ code }))

describe("the `when` of a retry", () => {
  it.effect("sees a declared error with its type, and leaves the others to their category", () =>
    Effect.gen(function* () {
      const locks = yield* Locks
      const fiber = yield* Effect.forkChild(locks.take())
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(yield* Fiber.join(fiber), "taken")
      const error = yield* Effect.flip(locks.take())
      assert.deepStrictEqual([error._tag, CallError.infoOf(error)?.attempts], ["Conflict", 1])
    }).pipe(
      Effect.provide(
        Locks.layerMock({
          take: Mock.sequence(conflict("lock_timeout"), Mock.status(503), Mock.ok("taken"), conflict("gone"))
        })
      )
    )
  )

  it.effect("decides once for each failed attempt", () => {
    const asked: Array<number> = []
    class Counted extends Integration.Service<Counted>()("test/Counted", {
      baseUrl: "https://locks.example",
      endpoints: [Endpoint.get("read", "/read", { success: Schema.String })],
      policy: {
        ...Policy.none,
        retry: Retry.make({
          schedule,
          attempts: 5,
          when: ({ attempt }) => {
            asked.push(attempt)
            return attempt < 3
          }
        })
      }
    }) {}
    return Effect.gen(function* () {
      const counted = yield* Counted
      const fiber = yield* Effect.forkChild(Effect.flip(counted.read()))
      yield* TestClock.adjust("5 seconds")
      assert.deepInclude(yield* Fiber.join(fiber), { _tag: "UnexpectedStatus", attempts: 3, body: "busy" })
      assert.deepStrictEqual(asked, [1, 2, 3])
    }).pipe(Effect.provide(Counted.layerMock({ read: Mock.status(503, { body: "busy" }) })))
  })

  it("is refused beside a single attempt", () => {
    assert.throws(() => Retry.make({ attempts: 1, when: () => true }), "retry.when is set with `attempts: 1`")
  })

  it("is refused on an endpoint whose calls may not be repeated", () => {
    const policy = { retry: Retry.make({ when: whenLocked }) }
    const keyed = { retry: Retry.make({ when: whenLocked, idempotencyKeyHeader: "Idempotency-Key" }) }
    const refused = "policy.retry.when of endpoint x is on"
    assert.throws(() => Endpoint.post("x", "/x", { policy }), refused)
    assert.throws(() => Endpoint.patch("x", "/x", { policy }), refused)
    assert.throws(() => Endpoint.put("x", "/x", { policy, idempotent: false }), refused)
    for (const allowed of [
      () => Endpoint.put("x", "/x", { policy }),
      () => Endpoint.query("x", "/x", { policy }),
      () => Endpoint.post("x", "/x", { policy, idempotent: true }),
      () => Endpoint.post("x", "/x", { policy, unprocessed: [429] }),
      () => Endpoint.post("x", "/x", { policy: keyed }),
      () => Endpoint.post("x", "/x", { policy, headers: { "Idempotency-Key": Schema.String } }),
      () => Endpoint.post("x", "/x", { policy: { retry: Schedule.recurs(1) } })
    ]) {
      assert.strictEqual(allowed().identifier, "x")
    }
  })
})
