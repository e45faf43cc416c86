import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import * as GroupCommit from "../../src/webhook/internal/groupCommit.ts"

setFlagsFromString("--expose-gc")
// The flag makes this function available.
const collectGarbage = runInNewContext("gc") as () => void

const turn = Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))

/** A database that answers the first transaction when it is told to, and keeps a list of what came. */
const stuck = Effect.gen(function* () {
  const released = yield* Deferred.make<void>()
  const sizes: Array<number> = []
  const ask = yield* GroupCommit.make<Uint8Array, number, never>({
    run: (items) => {
      sizes.push(items.length)
      return Effect.as(
        sizes.length === 1 ? Deferred.await(released) : Effect.void,
        items.map(({ byteLength }) => byteLength)
      )
    },
    meetsAll: () => true,
    size: 64,
    bytesOf: ({ byteLength }) => byteLength
  })
  const first = yield* Effect.forkChild(ask(new Uint8Array(1)))
  while (sizes.length === 0) yield* turn
  return { ask, first, released, sizes }
})

describe("while a transaction does not end", () => {
  it.effect("the items of interrupted callers are neither kept in memory nor stored later", () =>
    Effect.gen(function* () {
      const { ask, first, released, sizes } = yield* stuck
      const bodies: Array<WeakRef<Uint8Array>> = []
      for (let index = 0; index < 20; index += 1) {
        const caller = yield* Effect.forkChild(
          Effect.suspend(() => {
            const body = new Uint8Array(1024 * 1024)
            bodies.push(new WeakRef(body))
            return ask(body)
          })
        )
        yield* turn
        yield* Fiber.interrupt(caller)
      }
      yield* turn
      collectGarbage()
      yield* turn
      collectGarbage()
      assert.isAtMost(bodies.filter((body) => body.deref() !== undefined).length, 1)
      yield* Deferred.succeed(released, undefined)
      assert.strictEqual(yield* Fiber.join(first), 1)
      assert.strictEqual(yield* ask(new Uint8Array(7)), 7)
      assert.deepStrictEqual(sizes, [1, 1])
    }).pipe(Effect.scoped)
  )

  it.effect("those that wait go together afterwards, up to 8 MiB at a time", () =>
    Effect.gen(function* () {
      const { ask, first, released, sizes } = yield* stuck
      const mebibyte = 1024 * 1024
      const callers = yield* Effect.forEach([5, 3, 1, 9, 1, 1], (size) =>
        Effect.forkChild(ask(new Uint8Array(size * mebibyte)))
      )
      yield* turn
      yield* Deferred.succeed(released, undefined)
      yield* Fiber.join(first)
      const answers = yield* Effect.forEach(callers, Fiber.join)
      assert.deepStrictEqual(
        answers.map((bytes) => bytes / mebibyte),
        [5, 3, 1, 9, 1, 1]
      )
      assert.deepStrictEqual(sizes, [1, 2, 1, 1, 2])
    }).pipe(Effect.scoped)
  )
})
