import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { type RateLimit, RateLimitStore } from "@causeway/core/policy"
import { type Random, randomFrom } from "./randomFrom.ts"
import { Account, brokenPromise, rateLimitSuite, refused, type Taken } from "./rateLimitSuite.ts"

rateLimitSuite("rate limits in memory", RateLimitStore.layerMemory(), { runs: 150, steps: 250 })

/** One call of a random crowd: what it did and what became of it. */
interface Told extends Taken {
  readonly waited: number
  readonly went: boolean
}

const randomLimits = (random: Random): RateLimit.Options => {
  const limits: ReadonlyArray<RateLimit.LimitOptions> = [
    { limit: 2 + random(6), window: 500 + random(1_000) },
    { limit: 5 + random(10), window: 3_000, algorithm: "gcra", burst: 3 },
    { limit: 8 + random(80), window: 4_000 + random(4_000) }
  ]
  const [first, ...others] = limits.slice(random(3))
  return { limits: [first ?? { limit: 5, window: 1_000 }, ...others] }
}

/** Sends a crowd that comes, waits, is interrupted, pauses and corrects, and tells what became of each call. */
const sendCrowd = (seed: number, maxWaiting: number, maxWaitMillis: number) =>
  Effect.gen(function* () {
    const random = randomFrom(seed)
    const account = new Account(RateLimitStore.makeMemory(), randomLimits(random))
    const told: Array<Told> = []
    let waiting = 0
    let mostWaiting = 0
    const call = Effect.gen(function* () {
      const arrived = yield* Clock.currentTimeMillis
      const tokens = 1 + random(random(3) === 0 ? 3 : 1)
      const decision = yield* account.ask(arrived, { tokens, priority: random(3), maxWaiting, maxWaitMillis })
      const tell = (at: number, went: boolean) => told.push({ at, tokens, waited: at - arrived, went })
      if (decision._tag !== "Admitted" || decision.delayMillis === 0) return tell(arrived, decision._tag === "Admitted")
      waiting += 1
      const turn = yield* Effect.ensuring(
        decision.wait,
        Effect.sync(() => {
          waiting -= 1
        })
      )
      return tell(yield* Clock.currentTimeMillis, turn._tag === "Admitted")
    })
    const fibers: Array<Fiber.Fiber<number>> = []
    for (let step = 0; step < 120; step += 1) {
      yield* TestClock.adjust(random(250))
      mostWaiting = Math.max(mostWaiting, waiting)
      fibers.push(yield* Effect.forkChild(call, { startImmediately: true }))
      if (random(8) === 0) yield* Fiber.interrupt(fibers[random(fibers.length)] ?? fibers[0]!)
      if (random(40) === 0) yield* account.pause((yield* Clock.currentTimeMillis) + random(1_500), step)
    }
    yield* TestClock.adjust(maxWaitMillis)
    const ended = fibers.filter((fiber) => fiber.pollUnsafe() !== undefined).length
    return { account, told, mostWaiting, unended: fibers.length - ended }
  })

describe("a line in memory", () => {
  it.effect("keeps every limit and both bounds, whatever a crowd does (100 crowds)", () =>
    Effect.gen(function* () {
      for (let seed = 1; seed <= 100; seed += 1) {
        const { account, mostWaiting, told, unended } = yield* sendCrowd(seed, 12, 4_000)
        const went = told.filter((call) => call.went)
        for (const limit of account.limit.limits) assert.isUndefined(brokenPromise(limit, went), `seed ${seed}`)
        assert.isAtMost(mostWaiting, 12, `seed ${seed}`)
        assert.isAtMost(Math.max(...told.map(({ waited }) => waited)), 4_000, `seed ${seed}`)
        assert.strictEqual(unended, 0, `seed ${seed}`)
        assert.isAbove(went.length, 10)
      }
    })
  )

  for (const [second, third] of [
    [15.484061, 0.67312],
    [9.716249, 5.400105],
    [17.678685, 3.699205]
  ] as const) {
    it.effect(`ends a wait on a clock with fractions of a millisecond: ${second}, ${third}`, () =>
      Effect.gen(function* () {
        const account = new Account(RateLimitStore.makeMemory(), { limit: 2, window: 1_717 })
        const ask = Effect.flatMap(Clock.currentTimeMillis, (now) =>
          account.ask(now, { tokens: 1, maxWaiting: 5, maxWaitMillis: 2_000 })
        )
        yield* ask
        yield* TestClock.adjust(second)
        yield* ask
        yield* TestClock.adjust(1_717 - second)
        yield* ask
        yield* TestClock.adjust(third)
        const decision = yield* ask
        if (decision._tag !== "Admitted") return assert.fail(decision._tag)
        const waiting = yield* Effect.forkChild(decision.wait, { startImmediately: true })
        yield* TestClock.adjust(100)
        assert.strictEqual(waiting.pollUnsafe()?._tag, "Success")
      })
    )
  }

  const crowd = (account: Account, priorities: ReadonlyArray<number>, maxWaitMillis = 1e9) =>
    Effect.gen(function* () {
      const order: Array<number> = []
      const fibers = yield* Effect.forEach(priorities, (priority, index) =>
        Effect.gen(function* () {
          const turn = yield* account.queue(yield* Clock.currentTimeMillis, { priority, maxWaitMillis })
          const decision = yield* turn.wait
          if (decision._tag === "Admitted") order.push(index)
        }).pipe(Effect.forkChild({ startImmediately: true }))
      )
      return { order, fibers }
    })

  it.effect("lets the higher priority go first, and among equals the earlier", () =>
    Effect.gen(function* () {
      const account = new Account(RateLimitStore.makeMemory(), { limit: 1, window: 100 })
      yield* account.take(0)
      const { order } = yield* crowd(account, [0, 5, 0, 9, 5])
      yield* TestClock.adjust(100)
      assert.deepStrictEqual(order, [3])
      yield* TestClock.adjust(400)
      assert.deepStrictEqual(order, [3, 1, 4, 0, 2])
    })
  )

  it.effect("refuses at once who is overtaken so far that its wait would be too long", () =>
    Effect.gen(function* () {
      const account = new Account(RateLimitStore.makeMemory(), { limit: 1, window: 100 })
      yield* account.take(0)
      const patient = yield* account.queue(0)
      const hasty = yield* account.queue(0, { maxWaitMillis: 200 })
      yield* account.queue(0, { priority: 1 })
      assert.deepInclude(refused(yield* hasty.wait), { retryAfterMillis: 300, limit: 1 })
      assert.strictEqual(patient.delayMillis, 200)
    })
  )

  it.effect("refuses at once those who can no longer come in time after a pause", () =>
    Effect.gen(function* () {
      const account = new Account(RateLimitStore.makeMemory(), { limit: 1, window: 100 })
      yield* account.take(0)
      const waiting = yield* Effect.forEach([0, 0], () => account.queue(0, { maxWaitMillis: 1_000 }))
      yield* account.pause(5_000, 0)
      const decisions = yield* Effect.forEach(waiting, ({ wait }) => wait)
      assert.deepStrictEqual(
        decisions.map((decision) => refused(decision).retryAfterMillis),
        [5_000, 5_000]
      )
    })
  )

  it.effect("moves up when one before leaves, when one was not made, and when one cost less", () =>
    Effect.gen(function* () {
      const account = new Account(RateLimitStore.makeMemory(), { limit: 10, window: 1_000 })
      const first = yield* account.take(0, { tokens: 10 })
      const { fibers, order } = yield* crowd(
        account,
        Array.from({ length: 15 }, () => 0)
      )
      yield* TestClock.adjust(1)
      yield* first.adjust(7)
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(order, [0, 1, 2])
      yield* first.refund
      yield* Fiber.interrupt(fibers[3] ?? fibers[0]!)
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(order, [0, 1, 2, 4, 5, 6, 7, 8, 9, 10])
      yield* TestClock.adjust(1_000)
      assert.lengthOf(order, 14)
    })
  )

  it.effect("serves those that wait before one that comes, and that one with what is left", () =>
    Effect.gen(function* () {
      const account = new Account(RateLimitStore.makeMemory(), { limit: 2, window: 100 })
      yield* account.takeAll([0, 0])
      const waiting = yield* account.queue(0)
      yield* account.take(100)
      assert.strictEqual((yield* waiting.wait)._tag, "Admitted")
      assert.strictEqual(yield* account.retryAfter(100), 100)
    })
  )

  it.effect("counts on from when the one before really went", () =>
    Effect.gen(function* () {
      const account = new Account(RateLimitStore.makeMemory(), { limit: 1, window: 100 })
      yield* account.take(0)
      yield* Effect.forEach([0, 0], () => account.queue(0))
      assert.strictEqual((yield* account.queue(150)).delayMillis, 200)
    })
  )

  it.effect("gives a turn back that came when nobody was there any more", () =>
    Effect.gen(function* () {
      const account = new Account(RateLimitStore.makeMemory(), { limit: 1, window: 100 })
      yield* account.take(0)
      const gone = yield* account.queue(0)
      const fiber = yield* Effect.forkChild(gone.wait, { startImmediately: true })
      yield* account.ask(100)
      yield* Fiber.interrupt(fiber)
      yield* account.take(101)
    })
  )
})

describe("rate limits in memory", () => {
  it.effect("a limit of 5,000 an hour keeps no 5,000 numbers, and is kept", () =>
    Effect.gen(function* () {
      const account = new Account(RateLimitStore.makeMemory(), { limit: 5_000, window: "1 hour" })
      const random = randomFrom(1)
      const turns: Array<Taken> = []
      let now = 0
      while (turns.length < 12_000) {
        const decision = yield* account.ask((now += random(1_300)))
        if (decision._tag === "Admitted") turns.push({ at: now, tokens: 1 })
        else now += refused(decision).retryAfterMillis ?? 0
      }
      const [limit] = account.limit.limits
      const fullest = turns.filter((_, index) => index % 7 === 0).map(({ at }) => countIn(turns, at, 3_600_000))
      assert.isAtMost(Math.max(...fullest), limit?.limit ?? 0)
      // What leaves a 64th of the window late is all that is lost.
      assert.isAbove(turns.length / now, (5_000 / 3_600_000) * 0.97)
    })
  )

  for (const limit of [7, 60, 600]) {
    it.effect(`${limit} a second let the first call of a key go at once, whatever time it is`, () =>
      Effect.gen(function* () {
        for (let millis = 0; millis < 1_000; millis += 7) {
          const account = new Account(RateLimitStore.makeMemory(), { limit, window: "1 second", algorithm: "gcra" })
          assert.strictEqual((yield* account.take(Date.UTC(2026, 9, 9) + millis)).delayMillis, 0)
        }
      })
    )
  }

  it.effect("idle keys make room, also those that a provider has spoken of", () =>
    Effect.gen(function* () {
      const store = RateLimitStore.makeMemory({ maxKeys: 100 })
      for (let tenant = 0; tenant < 5_000; tenant += 1) {
        const account = new Account(store, { limit: 5, window: 50 }, `tenant-${tenant}`)
        yield* account.take(tenant * 100)
        yield* account.learn(tenant * 100, { remaining: 3, resetAfterMillis: 50 })
      }
      assert.strictEqual(yield* store.size, 1)
    })
  )
})

const countIn = (turns: ReadonlyArray<Taken>, from: number, windowMillis: number): number =>
  turns.filter(({ at }) => at >= from && at < from + windowMillis).length
