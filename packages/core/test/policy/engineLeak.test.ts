import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Scheduler } from "effect"
import { TestClock } from "effect/testing"
import { Breaker, BreakerStore, Bulkhead, Engine, Policy } from "@causeway/core/policy"
import { randomFrom } from "./randomFrom.ts"

const slowBreakers = (): BreakerStore.BreakerStore["Service"] => {
  const memory = BreakerStore.makeMemory()
  return { ...memory, admit: (...asked) => Effect.delay(memory.admit(...asked), 5) }
}

/** Callers come, wait, are served and are interrupted at random; at the end nobody may hold a place. */
const flood = (seed: number, breakers: BreakerStore.BreakerStore["Service"]) =>
  Effect.gen(function* () {
    const random = randomFrom(seed)
    const state = Engine.makeState({ breakers })
    const bulkhead = Bulkhead.make({ maxInFlight: 2, maxWaiting: 20, maxWait: 200 })
    const engine = Engine.make({
      call: { integration: "test", endpoint: "read", method: "GET", url: "/" },
      policy: Policy.compile({ bulkhead, circuitBreaker: Breaker.consecutive({ failures: 1_000 }) }),
      state
    })
    const call = Engine.run(engine, {
      idempotent: true,
      replayable: true,
      request: undefined,
      options: {},
      attempt: () => Effect.suspend(() => Effect.sleep(random(30)))
    })
    const fibers: Array<Fiber.Fiber<unknown, unknown>> = []
    for (let step = 0; step < 150; step += 1) {
      for (let arriving = random(3); arriving > 0; arriving -= 1) fibers.push(yield* Effect.forkChild(call))
      if (random(2) === 0) fibers[random(fibers.length)]?.interruptUnsafe()
      yield* random(2) === 0 ? TestClock.adjust(random(20)) : Effect.yieldNow
    }
    yield* TestClock.adjust("1 minute")
    yield* Effect.forEach(fibers, Fiber.await)
    assert.strictEqual(state.inFlight(bulkhead).size, 0)
  })

describe("no place of a bulkhead is lost to an interruption", () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    it.effect(`with stores that answer at once (seed ${seed})`, () => flood(seed, BreakerStore.makeMemory()))
    it.effect(`with a breaker store that takes its time (seed ${seed})`, () => flood(seed, slowBreakers()))
    it.effect(`with a scheduler that yields often (seed ${seed})`, () =>
      Effect.provideService(flood(seed, BreakerStore.makeMemory()), Scheduler.MaxOpsBeforeYield, 3 + (seed % 5))
    )
  }
})
