import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { RateLimitStore } from "@causeway/core/policy"

/** A small linear congruential generator: the same numbers in each run. */
const randomFrom = (seed: number) => {
  let state = seed
  return (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state % below
  }
}

const patient = { maxWaiting: 10_000, maxWaitMillis: 1_000_000 }

/** The most tokens that any window of the given length holds. */
const fullestWindow = (turns: ReadonlyArray<{ at: number; tokens: number }>, windowMillis: number): number =>
  Math.max(
    ...turns.map(({ at }) =>
      turns
        .filter((other) => other.at >= at && other.at < at + windowMillis)
        .reduce((sum, { tokens }) => sum + tokens, 0)
    )
  )

describe("the sliding window in memory", () => {
  for (let seed = 1; seed <= 50; seed += 1) {
    it.effect(`no window ever holds more than its limit, whatever comes, goes and is given back (seed ${seed})`, () =>
      Effect.gen(function* () {
        const random = randomFrom(seed)
        const limit = 1 + random(10)
        const windowMillis = 10 + random(1_000)
        const store = RateLimitStore.makeMemory()
        const turns: Array<{ at: number; tokens: number }> = []
        let now = 0
        for (let step = 0; step < 300; step += 1) {
          now += random(windowMillis / 4)
          const tokens = 1 + random(limit)
          const decision = yield* store.reserve({ ...patient, key: "key", limit, windowMillis, tokens, now })
          if (decision._tag === "Refused") continue
          const waits = decision.delayMillis > 0
          if (waits && random(3) === 0) yield* decision.refund
          else turns.push({ at: now + decision.delayMillis, tokens })
        }
        assert.isAtMost(fullestWindow(turns, windowMillis), limit)
      })
    )
  }

  it.effect("a full window that was waited for is used to the last token", () =>
    Effect.gen(function* () {
      const store = RateLimitStore.makeMemory()
      const delays = yield* Effect.forEach(Array.from({ length: 9 }), () =>
        store.reserve({ ...patient, key: "key", limit: 3, windowMillis: 100, tokens: 1, now: 0 })
      )
      assert.deepStrictEqual(
        delays.map((decision) => (decision._tag === "Admitted" ? decision.delayMillis : undefined)),
        [0, 0, 0, 100, 100, 100, 200, 200, 200]
      )
    })
  )

  it.effect("more tokens than the limit are refused, with no time that would help", () =>
    Effect.gen(function* () {
      const store = RateLimitStore.makeMemory()
      const decision = yield* store.reserve({ ...patient, key: "key", limit: 3, windowMillis: 100, tokens: 4, now: 0 })
      assert.deepStrictEqual(decision, { _tag: "Refused", retryAfterMillis: undefined })
    })
  )

  it.effect("a pause holds everybody back until it ends", () =>
    Effect.gen(function* () {
      const store = RateLimitStore.makeMemory()
      const ask = (now: number) => store.reserve({ ...patient, key: "key", limit: 3, windowMillis: 10, tokens: 1, now })
      yield* ask(0)
      yield* store.pause("key", 500)
      const decision = yield* ask(100)
      assert.deepInclude(decision, { _tag: "Admitted", delayMillis: 400 })
    })
  )
})
