import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { timeLimited } from "../../src/policy/internal/engine/timeLimit.ts"

const within = <A, E>(effect: Effect.Effect<A, E>, millis: number) =>
  timeLimited(effect, millis, () => Effect.fail("too long"))

describe("a time limit", () => {
  /** Never ends by itself, and tells when it was interrupted. */
  const endless = (told: Array<string>, name: string) =>
    Effect.onInterrupt(Effect.never, () => Effect.sync(() => told.push(name)))

  it.effect("what is late fails after it was interrupted", () =>
    Effect.gen(function* () {
      const told: Array<string> = []
      const late = yield* Effect.forkChild(Effect.flip(within(endless(told, "late"), 1500)))
      yield* TestClock.adjust(1499)
      assert.isUndefined(late.pollUnsafe())
      yield* TestClock.adjust(1)
      assert.strictEqual(yield* Fiber.join(late), "too long")
      assert.deepStrictEqual(told, ["late"])
    })
  )

  it.effect("each has its whole time, though those before it have ended or are late", () =>
    Effect.gen(function* () {
      const told: Array<string> = []
      const ends = yield* Deferred.make<string>()
      const first = yield* Effect.forkChild(within(Deferred.await(ends), 100))
      yield* TestClock.adjust(40)
      yield* Effect.forkChild(Effect.exit(within(endless(told, "second"), 100)))
      yield* TestClock.adjust(30)
      yield* Effect.forkChild(Effect.exit(within(endless(told, "third"), 100)))
      yield* Deferred.succeed(ends, "first")
      assert.strictEqual(yield* Fiber.join(first), "first")
      yield* TestClock.adjust(69)
      assert.deepStrictEqual(told, [])
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(told, ["second"])
      yield* TestClock.adjust(29)
      assert.deepStrictEqual(told, ["second"])
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(told, ["second", "third"])
    })
  )

  it.effect("who is interrupted interrupts what it waits for, and is not late afterwards", () =>
    Effect.gen(function* () {
      const told: Array<string> = []
      const waiting = yield* Effect.forkChild(within(endless(told, "given up"), 100))
      yield* TestClock.adjust(10)
      const exit = yield* Effect.andThen(Fiber.interrupt(waiting), Fiber.await(waiting))
      assert.isTrue(Exit.hasInterrupts(exit))
      assert.deepStrictEqual(told, ["given up"])
    })
  )

  it.effect("failures and what ends at once are passed on", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* Effect.flip(within(Effect.fail("no"), 100)), "no")
      assert.strictEqual(
        yield* within(
          Effect.suspend(() => Effect.succeed("at once")),
          100
        ),
        "at once"
      )
      assert.strictEqual(
        yield* Effect.flip(within(Effect.andThen(Effect.yieldNow, Effect.fail("late no")), 100)),
        "late no"
      )
    })
  )
})
