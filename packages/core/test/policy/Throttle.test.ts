import { assert, describe, it } from "@effect/vitest"
import { Throttle } from "@causeway/core/policy"
import { randomFrom } from "./randomFrom.ts"

const stateOf = (options: Throttle.Options = {}) => Throttle.makeState(Throttle.make(options))

const record = (state: Throttle.State, accepted: boolean, times: number, now = 0) => {
  for (let call = 0; call < times; call += 1) state.record("key", accepted, now)
}

/** The share of 1,000 attempts that are sent, evenly over a time, to a provider that accepts some of them. */
const sentShare = (state: Throttle.State, accepts: (sent: number) => boolean, from = 0, until = from) => {
  const random = randomFrom(1)
  let sent = 0
  for (let call = 0; call < 1_000; call += 1) {
    const now = from + Math.floor(((until - from) * call) / 1_000)
    if (!state.admit("key", now, random(1_000) / 1_000)) continue
    sent += 1
    state.record("key", accepts(sent), now)
  }
  return sent / 1_000
}

describe("adaptive throttling", () => {
  it("lets everything through while the provider accepts half of it", () => {
    const state = stateOf({ ratio: 2 })
    const share = sentShare(state, (sent) => sent % 2 === 1)
    assert.strictEqual(share, 1)
  })

  it("refuses with the probability of the formula", () => {
    const state = stateOf({ ratio: 2, minimumCalls: 1 })
    record(state, true, 10)
    record(state, false, 69)
    // (79 - 2 * 10) / (79 + 1)
    assert.isTrue(state.admit("key", 0, 0.7375))
    assert.isFalse(state.admit("key", 0, 0.7374))
  })

  it("refuses nothing before the minimum of calls", () => {
    const state = stateOf({ minimumCalls: 10 })
    record(state, false, 9)
    assert.isTrue(state.admit("key", 0, 0))
    record(state, false, 1)
    assert.isFalse(state.admit("key", 0, 0))
  })

  it("counts what it refuses as requests: the more is asked in vain, the less is sent", () => {
    const state = stateOf({ ratio: 2, maxRejection: 1 })
    record(state, false, 20)
    const first = sentShare(state, () => false)
    const second = sentShare(state, () => false)
    assert.isBelow(first, 0.01)
    assert.isAtMost(second, first)
  })

  it("always lets a share through, by which it learns that the provider is back", () => {
    const state = stateOf({ window: "1 minute", maxRejection: 0.9 })
    const shareOfMinute = (minute: number, accepted: boolean) =>
      sentShare(state, () => accepted, minute * 60_000, (minute + 1) * 60_000)
    assert.closeTo(shareOfMinute(0, false), 0.1, 0.05)
    assert.closeTo(shareOfMinute(1, false), 0.1, 0.05)
    assert.isAbove(shareOfMinute(2, true), 0.1)
    assert.isAbove(shareOfMinute(3, true), 0.4)
    assert.isAbove(shareOfMinute(4, true), 0.99)
    assert.strictEqual(shareOfMinute(5, true), 1)
  })

  it("forgets gradually: a window and a half later half of it weighs, two windows later none", () => {
    const options = { window: "1 minute", minimumCalls: 1, maxRejection: 1 } as const
    const admitsAt = (now: number, random: number) => {
      const state = stateOf(options)
      record(state, false, 100, 0)
      return state.admit("key", now, random)
    }
    assert.isTrue(admitsAt(90_000, 50 / 51))
    assert.isFalse(admitsAt(90_000, 50 / 51 - 0.001))
    assert.isTrue(admitsAt(120_000, 0))
  })

  it("keeps keys apart", () => {
    const state = stateOf()
    record(state, false, 100)
    assert.isFalse(state.admit("key", 0, 0))
    assert.isTrue(state.admit("other", 0, 0))
  })

  it("holds a bounded number of keys, and drops idle ones", () => {
    const state = Throttle.makeState(Throttle.make({ window: "1 second" }), { maxKeys: 3 })
    for (let key = 0; key < 100; key += 1) state.record(`${key}`, true, 0)
    assert.strictEqual(state.size, 3)
    state.record("later", true, 2_000)
    assert.strictEqual(state.size, 1)
  })

  it("is not confused by a clock that goes back", () => {
    const state = stateOf({ window: "1 second", minimumCalls: 1 })
    record(state, false, 10, 10_000)
    assert.isFalse(state.admit("key", 5_000, 0))
  })
})
