import { assert, describe, it } from "@effect/vitest"
import { Hedge } from "@causeway/core/policy"
import { randomFrom } from "./randomFrom.ts"

const observeAll = (tracker: Hedge.Tracker, values: ReadonlyArray<number>) => {
  for (const value of values) tracker.observe(value)
}

describe("a hedge after a fixed delay", () => {
  it("begins after it, whatever was observed", () => {
    const tracker = Hedge.makeTracker(Hedge.after("50 millis"))
    observeAll(tracker, [1, 2, 3])
    assert.strictEqual(tracker.delayMillis(), 50)
  })
})

describe("a hedge after an observed percentile", () => {
  it("does not begin before there are enough samples", () => {
    const tracker = Hedge.makeTracker(Hedge.percentile({ minimumSamples: 3 }))
    observeAll(tracker, [10, 10])
    assert.isUndefined(tracker.delayMillis())
    tracker.observe(10)
    assert.strictEqual(tracker.delayMillis(), 10)
  })

  it("begins after its fallback before there are", () => {
    const tracker = Hedge.makeTracker(Hedge.percentile({ fallback: "1 second" }))
    assert.strictEqual(tracker.delayMillis(), 1_000)
  })

  for (const [percentile, seed] of [
    [0.5, 1],
    [0.9, 2],
    [0.95, 3],
    [0.99, 4],
    [1, 5]
  ] as const) {
    it(`is within a sixteenth above the true ${percentile * 100}th percentile, over any latencies`, () => {
      for (const scale of [1, 50, 3_000, 400_000]) {
        const random = randomFrom(seed * scale)
        const tracker = Hedge.makeTracker(Hedge.percentile({ percentile }))
        const values = Array.from({ length: 1_000 }, () => Math.floor(scale / (1 + random(1_000) / 50)))
        observeAll(tracker, values)
        const exact = values.toSorted((a, b) => a - b)[Math.ceil(1_000 * percentile) - 1] ?? 0
        const delay = tracker.delayMillis() ?? 0
        assert.isAtLeast(delay, Math.max(1, exact))
        assert.isAtMost(delay, Math.max(1, exact * (1 + 1 / 16)))
      }
    })
  }

  it("follows latencies that change, within 2,000 calls", () => {
    const tracker = Hedge.makeTracker(Hedge.percentile())
    observeAll(tracker, Array<number>(5_000).fill(15))
    observeAll(tracker, Array<number>(2_000).fill(150))
    assert.isAtLeast(tracker.delayMillis() ?? 0, 150)
    observeAll(tracker, Array<number>(2_000).fill(15))
    assert.strictEqual(tracker.delayMillis(), 15)
  })

  it("does not creep down because the slow ones are cut off", () => {
    const tracker = Hedge.makeTracker(Hedge.percentile({ percentile: 0.95 }))
    const random = randomFrom(7)
    for (let call = 0; call < 20_000; call += 1) {
      const [first, second] = [random(100), random(100)]
      const delay = tracker.delayMillis() ?? Infinity
      if (first <= delay) tracker.observe(first)
      else if (first <= delay + second) {
        tracker.observe(first)
        tracker.abandoned(first - delay)
      } else {
        tracker.observe(second)
        tracker.abandoned(delay + second)
      }
    }
    assert.isAtLeast(tracker.delayMillis() ?? 0, 85)
  })

  it("takes any number that a clock may give", () => {
    const tracker = Hedge.makeTracker(Hedge.percentile({ minimumSamples: 1 }))
    observeAll(tracker, [-5, 0, 0.4, 1e12, Number.MAX_SAFE_INTEGER])
    assert.strictEqual(tracker.delayMillis(), 2 ** 22 - 1)
  })

  it("is at least a millisecond", () => {
    const tracker = Hedge.makeTracker(Hedge.percentile({ minimumSamples: 1 }))
    tracker.observe(0)
    assert.strictEqual(tracker.delayMillis(), 1)
  })
})

describe("the budget of hedges", () => {
  const hedges = (tracker: Hedge.Tracker, times: number) =>
    Array.from({ length: times }, () => tracker.withdraw()).filter(Boolean).length

  it("begins with ten", () => assert.strictEqual(hedges(Hedge.makeTracker(Hedge.after(1)), 100), 10))

  it("gets a hedge for ten successes at a ratio of 0.1, and none for what was abandoned", () => {
    const tracker = Hedge.makeTracker(Hedge.after(1, { ratio: 0.1 }))
    hedges(tracker, 10)
    for (let call = 0; call < 100; call += 1) tracker.abandoned(5)
    observeAll(tracker, Array<number>(29).fill(5))
    assert.strictEqual(hedges(tracker, 100), 2)
  })

  it("saves no more than ten", () => {
    const tracker = Hedge.makeTracker(Hedge.after(1))
    observeAll(tracker, Array<number>(1_000).fill(5))
    assert.strictEqual(hedges(tracker, 100), 10)
  })

  it("adds a tenth to a provider that became slow for all", () => {
    const tracker = Hedge.makeTracker(Hedge.after(10))
    let added = 0
    for (let call = 0; call < 10_000; call += 1) {
      if (tracker.withdraw()) added += 1
      tracker.observe(1_000)
    }
    assert.isAtMost(added, 1_010)
  })
})
