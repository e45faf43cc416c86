import { assert, describe, it } from "@effect/vitest"
import { Clock, type Context, Effect, Exit, Fiber, Scheduler } from "effect"
import { TestClock } from "effect/testing"
import { Breaker, BreakerStore, Bulkhead, Engine, Policy } from "@causeway/core/policy"
import { type Random, randomFrom } from "./randomFrom.ts"

const slowBreakers = (): BreakerStore.BreakerStore["Service"] => {
  const memory = BreakerStore.makeMemory()
  return { ...memory, admit: (...asked) => Effect.delay(memory.admit(...asked), 5) }
}

/** An attempt that waits without its own fibre. */
const waiting =
  (random: Random, context: Context.Context<never>) =>
  (attempt: Engine.Attempt): Effect.Effect<void, Engine.AttemptFailure<never>> =>
    random(4) === 0
      ? Effect.sleep(random(30))
      : Effect.mapError(
          attempt.wait<void, never, never>((resume) => {
            const sleeper = Effect.runForkWith(context)(Effect.sleep(1 + random(30)))
            sleeper.addObserver((exit) => {
              if (Exit.isSuccess(exit)) resume(random(2) === 0 ? Effect.void : Effect.sleep(random(30)))
            })
            return () => sleeper.interruptUnsafe()
          }),
          // Nothing here has a time limit.
          (failure) => failure as Engine.AttemptFailure<never>
        )

/** Callers come, wait, are served and are interrupted at random; at the end nobody may hold a place. */
const flood = (seed: number, breakers: BreakerStore.BreakerStore["Service"]) =>
  Effect.gen(function* () {
    const random = randomFrom(seed)
    const context = yield* Effect.context<never>()
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
      attempt: seed % 2 === 0 ? waiting(random, context) : () => Effect.suspend(() => Effect.sleep(random(30))),
      timed: seed % 2 === 0
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

describe("an attempt that dies before it has begun", () => {
  const call = {
    idempotent: true,
    replayable: true,
    request: undefined,
    options: {},
    attempt: (): Effect.Effect<never> => {
      throw new Error("a defect")
    }
  }

  const places = (policy: Policy.Policy, dying: Engine.Call<never, never, never>) =>
    Effect.gen(function* () {
      const state = Engine.makeState()
      const bulkhead = Bulkhead.make({ maxInFlight: 1, maxWaiting: 0 })
      const engine = Engine.make({
        call: { integration: "test", endpoint: "read", method: "GET", url: "/" },
        policy: Policy.compile({ ...policy, bulkhead }),
        state
      })
      const exit = yield* Effect.exit(Engine.run(engine, dying))
      assert.isTrue(Exit.isFailure(exit) && Exit.hasDies(exit))
      return state.inFlight(bulkhead).size
    })

  it.effect("gives its place back", () => Effect.map(places({}, call), (held) => assert.strictEqual(held, 0)))

  it.effect("gives it back when a later strategy dies", () =>
    Effect.map(places({ rateLimit: { limit: 1, window: "1 second" } }, { ...call, options: { tokens: -1 } }), (held) =>
      assert.strictEqual(held, 0)
    )
  )
})

describe("the timer that time limits share", () => {
  it.effect("is let go 20 milliseconds after the last of them", () =>
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      let sleeping = 0
      const counting: Clock.Clock = {
        ...clock,
        sleep: (duration) => {
          sleeping += 1
          return Effect.onExit(clock.sleep(duration), () => Effect.sync(() => (sleeping -= 1)))
        }
      }
      const engine = Engine.make({
        call: { integration: "test", endpoint: "read", method: "GET", url: "/" },
        policy: Policy.compile({ timeout: "1 minute" })
      })
      const call = Engine.run(engine, {
        idempotent: true,
        replayable: true,
        request: undefined,
        options: {},
        attempt: () => Effect.yieldNow
      })
      yield* Effect.provideService(Effect.andThen(call, call), Clock.Clock, counting)
      assert.isAbove(sleeping, 0)
      yield* TestClock.adjust(20)
      assert.strictEqual(sleeping, 0)
    })
  )
})
