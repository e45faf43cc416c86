import { assert, describe, it } from "@effect/vitest"
import { Concurrency, InFlight } from "@causeway/core/policy"
import { randomFrom } from "./randomFrom.ts"

interface Provider {
  /** How many calls it works on at once; the others wait in it. */
  readonly capacity: number
  /** How long a call takes when it doesn't wait. */
  readonly millis: number
  /** How many calls beyond its capacity it takes before it refuses. */
  readonly backlog?: number
  /** How many calls in a hundred take ten times as long. */
  readonly slowPercent?: number
}

/** Callers who always want more than the limit allows, against a provider that changes as time goes by. */
const saturate = (
  strategy: Concurrency.Concurrency,
  seconds: number,
  providerAt: (second: number) => Provider,
  callers = Infinity
) => {
  const random = randomFrom(seconds)
  const inFlight = InFlight.make(strategy)
  const limits: Array<number> = []
  const ends = new Map<number, Array<() => void>>()
  for (let now = 0; now < seconds * 1_000; now += 1) {
    const provider = providerAt(now / 1_000)
    for (const end of ends.get(now) ?? []) end()
    ends.delete(now)
    while (inFlight.size < Math.min(callers, inFlight.limit)) {
      const entered = inFlight.enter("key", 0)
      assert(entered._tag === "Entered")
      const isRefused = inFlight.size > provider.capacity + (provider.backlog ?? Infinity)
      const queueing = Math.max(1, inFlight.size / provider.capacity)
      const own = provider.millis * (random(100) < (provider.slowPercent ?? 0) ? 10 : 1)
      const millis = isRefused ? 2 : Math.max(1, Math.round(own * queueing * (0.8 + random(41) / 100)))
      const at = now + millis
      const end = () => entered.leave(isRefused ? "failure" : "success", millis, at)
      const others = ends.get(at)
      if (others === undefined) ends.set(at, [end])
      else others.push(end)
    }
    if (now % 1_000 === 999) limits.push(inFlight.limit)
  }
  return limits
}

const lowest = (limits: ReadonlyArray<number>) => Math.min(...limits)
/** All but the few seconds in which the limit is halved to see what that does. */
const usually = (limits: ReadonlyArray<number>) => limits.toSorted((a, b) => a - b)[Math.floor(limits.length / 10)] ?? 0
const highest = (limits: ReadonlyArray<number>) => Math.max(...limits)

const steady = (provider: Provider) => () => provider

describe("additive increase, multiplicative decrease", () => {
  for (const capacity of [5, 20, 60]) {
    it(`finds a provider that refuses more than ${capacity}, and stays near`, () => {
      const strategy = Concurrency.aimd({ initial: 20 })
      const limits = saturate(strategy, 60, steady({ capacity, millis: 50, backlog: 0 })).slice(20)
      assert.isAtLeast(lowest(limits), Math.floor(capacity * 0.8))
      assert.isAtMost(highest(limits), capacity + 1)
    })
  }

  it("counts one burst of failures as one", () => {
    const inFlight = InFlight.make(Concurrency.aimd({ initial: 10, backoff: 0.5 }))
    const entered = Array.from({ length: 10 }, () => inFlight.enter("key", 0))
    for (const each of entered) if (each._tag === "Entered") each.leave("failure", 1, 1)
    assert.strictEqual(inFlight.limit, 5)
  })

  it("adds one step for a round of successes, and none while less than half is in use", () => {
    const inFlight = InFlight.make(Concurrency.aimd({ initial: 10, increase: 2 }))
    const round = (size: number) => {
      const entered = Array.from({ length: size }, () => inFlight.enter("key", 0))
      for (const each of entered) if (each._tag === "Entered") each.leave("success", 1, 1)
    }
    round(4)
    assert.strictEqual(inFlight.limit, 10)
    round(10)
    assert.strictEqual(inFlight.limit, 11)
  })

  it("takes a slow success for a failure, and an ignored end for nothing", () => {
    const inFlight = InFlight.make(Concurrency.aimd({ initial: 10, backoff: 0.5, slow: "1 second" }))
    const end = (outcome: InFlight.Outcome, millis: number) => {
      const entered = inFlight.enter("key", 0)
      if (entered._tag === "Entered") entered.leave(outcome, millis, 1)
    }
    end("ignored", 5_000)
    end("success", 1_000)
    assert.strictEqual(inFlight.limit, 10)
    end("success", 1_001)
    assert.strictEqual(inFlight.limit, 5)
  })

  it("stays between its bounds", () => {
    const strategy = Concurrency.aimd({ initial: 10, min: 4, max: 12 })
    assert.strictEqual(lowest(saturate(strategy, 20, steady({ capacity: 1, millis: 20, backlog: 0 }))), 4)
    assert.strictEqual(highest(saturate(strategy, 20, steady({ capacity: 50, millis: 20 }))), 12)
  })
})

describe("the gradient", () => {
  for (const capacity of [3, 10, 40, 100]) {
    it(`lets a provider of ${capacity} work to its capacity without a long queue in it`, () => {
      const limits = saturate(Concurrency.gradient(), 240, steady({ capacity, millis: 40 })).slice(120)
      assert.isAtLeast(usually(limits), capacity)
      assert.isAtMost(highest(limits), capacity * 2 + 6)
    })
  }

  for (const slowPercent of [2, 5]) {
    it(`is not misled by ${slowPercent} calls in a hundred that take ten times as long`, () => {
      const limits = saturate(Concurrency.gradient(), 240, steady({ capacity: 20, millis: 20, slowPercent })).slice(120)
      assert.isAtLeast(usually(limits), 20)
      assert.isAtMost(highest(limits), 60)
    })
  }

  it("never lets its notion of latency without load drift upwards under a load that lasts", () => {
    const limits = saturate(Concurrency.gradient({ max: 1_000 }), 600, steady({ capacity: 10, millis: 20 }))
    assert.isAtMost(highest(limits.slice(500)), highest(limits.slice(100, 200)) + 3)
  })

  it("follows a provider that loses half of its capacity, and one that gets it back", () => {
    const limits = saturate(Concurrency.gradient(), 600, (second) => ({
      capacity: second >= 200 && second < 400 ? 15 : 30,
      millis: 40
    }))
    assert.isAtLeast(usually(limits.slice(150, 200)), 30)
    assert.isAtMost(highest(limits.slice(300, 400)), 36)
    assert.isAtLeast(usually(limits.slice(550)), 30)
  })

  it("takes a provider that became slower for other reasons as it is", () => {
    const limits = saturate(Concurrency.gradient(), 400, (second) => ({
      capacity: 50,
      millis: second < 100 ? 40 : 120
    }))
    assert.isAtLeast(usually(limits.slice(350)), 50)
  })

  it("shrinks while a window fails, and comes back", () => {
    const limits = saturate(Concurrency.gradient({ initial: 30 }), 120, (second) =>
      second < 20 ? { capacity: 0.1, millis: 1, backlog: 0 } : { capacity: 20, millis: 30 }
    )
    assert.strictEqual(limits[19], 1)
    assert.isAtLeast(usually(limits.slice(100)), 20)
  })

  it("is not moved by a few failures", () => {
    const inFlight = InFlight.make(Concurrency.gradient({ initial: 20, window: 10 }))
    for (let call = 0; call < 1_000; call += 1) {
      const entered = inFlight.enter("key", 0)
      if (entered._tag === "Entered") entered.leave(call % 20 === 0 ? "failure" : "success", 5, call)
    }
    assert.strictEqual(inFlight.limit, 20)
  })

  it("does not grow while less than half of it is used", () => {
    assert.strictEqual(highest(saturate(Concurrency.gradient(), 60, steady({ capacity: 50, millis: 20 }), 9)), 20)
  })
})
