import type { TokenLease } from "@causeway/core/auth"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"

const owner = { integration: "test/Calendar", tenant: "acme" }
const other = { integration: "test/Calendar", tenant: "other" }

type Lease = TokenLease.TokenLease["Service"]

/** What every lease does. `open` makes two over the same place, as two processes have them, by the test's clock. */
export const tokenLeaseSuite = <E, R>(
  name: string,
  open: Effect.Effect<readonly [Lease, Lease], E, R>,
  provide: <A, E2>(program: Effect.Effect<A, E2, R>) => Effect.Effect<A, E2 | E>
) => {
  const test = <A, E2>(fact: string, use: (one: Lease, another: Lease) => Effect.Effect<A, E2>) =>
    it.effect(fact, () => provide(Effect.flatMap(open, ([one, another]) => use(one, another))))

  describe(`leases in ${name}`, () => {
    test("one holds it, and the next has it when it was given back", (one, another) =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* one.acquire(owner, "a", 1_000), { takenOver: false })
        assert.isUndefined(yield* another.acquire(owner, "b", 1_000))
        yield* one.release(owner, "a")
        assert.deepStrictEqual(yield* another.acquire(owner, "b", 1_000), { takenOver: false })
      }))

    test("each integration and tenant has its own", (one, another) =>
      Effect.gen(function* () {
        yield* one.acquire(owner, "a", 1_000)
        assert.isDefined(yield* another.acquire(other, "b", 1_000))
        assert.isDefined(yield* another.acquire({ ...owner, integration: "test/Mail" }, "b", 1_000))
      }))

    test("one that was never given back is taken over at its end, and the next is told so", (one, another) =>
      Effect.gen(function* () {
        yield* one.acquire(owner, "a", 1_000)
        yield* TestClock.adjust(999)
        assert.isUndefined(yield* another.acquire(owner, "b", 1_000))
        yield* TestClock.adjust(1)
        assert.deepStrictEqual(yield* another.acquire(owner, "b", 1_000), { takenOver: true })
        yield* another.release(owner, "b")
        assert.deepStrictEqual(yield* one.acquire(owner, "a", 1_000), { takenOver: false })
      }))

    test("one that is prolonged goes on", (one, another) =>
      Effect.gen(function* () {
        yield* one.acquire(owner, "a", 1_000)
        yield* TestClock.adjust(900)
        assert.isTrue(yield* one.extend(owner, "a", 1_000))
        yield* TestClock.adjust(900)
        assert.isUndefined(yield* another.acquire(owner, "b", 1_000))
        yield* TestClock.adjust(100)
        assert.isDefined(yield* another.acquire(owner, "b", 1_000))
      }))

    test("who has lost it can neither prolong it nor give it back", (one, another) =>
      Effect.gen(function* () {
        yield* one.acquire(owner, "a", 1_000)
        yield* TestClock.adjust(1_000)
        yield* another.acquire(owner, "b", 1_000)
        assert.isFalse(yield* one.extend(owner, "a", 60_000))
        yield* one.release(owner, "a")
        assert.isUndefined(yield* one.acquire(owner, "c", 1_000))
        yield* another.release(owner, "b")
        assert.isFalse(yield* another.extend(owner, "b", 1_000))
      }))

    test("of 20 that want it at once one has it", (one, another) =>
      Effect.gen(function* () {
        const acquired = yield* Effect.all(
          Array.from({ length: 20 }, (_, index) =>
            (index % 2 ? one : another).acquire(owner, `holder ${index}`, 1_000)
          ),
          { concurrency: "unbounded" }
        )
        assert.lengthOf(
          acquired.filter((lease) => lease !== undefined),
          1
        )
      }))
  })
}
