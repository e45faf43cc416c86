import { assert, layer as layered } from "@effect/vitest"
import { Clock, Effect, Fiber, type Layer } from "effect"
import { TestClock } from "effect/testing"
import { RateLimit, RateLimitStore } from "@causeway/core/policy"
import { type Random, randomFrom } from "./randomFrom.ts"

let keys = 0

/** One key of a store, under one rate limit. The times are the test's. */
export class Account {
  readonly store: RateLimitStore.RateLimitStore["Service"]
  readonly limit: RateLimit.RateLimit
  readonly key: string

  constructor(store: RateLimitStore.RateLimitStore["Service"], options: RateLimit.Options, key = `key-${(keys += 1)}`) {
    this.store = store
    this.limit = RateLimit.make(options)
    this.key = key
  }

  /** Asks without waiting, unless the options say so. */
  ask(now: number, options: Partial<RateLimitStore.Request> = {}): Effect.Effect<RateLimitStore.Decision> {
    const { key, limit } = this
    const asked = { key, limits: limit.limits, tokens: 1, maxWaiting: 0, maxWaitMillis: 0, now }
    return this.store.reserve({ ...asked, ...options })
  }

  take(now: number, options?: Partial<RateLimitStore.Request>): Effect.Effect<RateLimitStore.Admitted> {
    return Effect.map(this.ask(now, options), admitted)
  }

  takeAll(times: ReadonlyArray<number>): Effect.Effect<ReadonlyArray<RateLimitStore.Admitted>> {
    return Effect.forEach(times, (now) => this.take(now))
  }

  /** Waits as long as it takes. */
  queue(now: number, options: Partial<RateLimitStore.Request> = {}): Effect.Effect<RateLimitStore.Admitted> {
    return this.take(now, { maxWaiting: 100, maxWaitMillis: 1e9, ...options })
  }

  retryAfter(now: number, tokens = 1): Effect.Effect<number | undefined> {
    return Effect.map(this.ask(now, { tokens }), (decision) => refused(decision).retryAfterMillis)
  }

  pause(until: number, now: number): Effect.Effect<void> {
    return this.store.pause(this.key, until, now)
  }

  learn(now: number, ...observations: Parameters<RateLimitStore.RateLimitStore["Service"]["learn"]>[1]) {
    return this.store.learn(this.key, observations, now)
  }
}

export const admitted = (decision: RateLimitStore.Decision): RateLimitStore.Admitted => {
  assert.strictEqual(decision._tag, "Admitted")
  // The assertion above has just said so.
  return decision as RateLimitStore.Admitted
}

export const refused = (decision: RateLimitStore.Decision): RateLimitStore.Refused => {
  assert.strictEqual(decision._tag, "Refused")
  // The assertion above has just said so.
  return decision as RateLimitStore.Refused
}

export interface Taken {
  readonly at: number
  readonly tokens: number
}

const total = (turns: ReadonlyArray<Taken>): number => turns.reduce((sum, { tokens }) => sum + tokens, 0)

/** What a limit promises, and undefined while it is kept. */
export const brokenPromise = (limit: RateLimit.Limit, turns: ReadonlyArray<Taken>): string | undefined => {
  const inOrder = turns.toSorted((one, other) => one.at - other.at)
  const broken = inOrder.findIndex((_, first) => !isKept(limit, inOrder.slice(first)))
  return broken === -1 ? undefined : `${limit.algorithm} ${limit.limit} in ${limit.windowMillis} from turn ${broken} on`
}

const isKept = (limits: RateLimit.Limit, from: ReadonlyArray<Taken>): boolean => {
  const { algorithm, burst, limit, windowMillis } = limits
  const began = from[0]?.at ?? 0
  const inWindow = total(from.filter(({ at }) => at < began + windowMillis))
  switch (algorithm) {
    case "sliding":
      return inWindow <= limit
    case "fixed":
      return inWindow <= 2 * limit
    case "gcra":
      return (
        inWindow <= limit + burst - 1 &&
        from.every(({ at }, last) => isEven(limits, from.slice(0, last + 1), at - began))
      )
  }
}

/** A burst, and what comes within the time, which is told in whole milliseconds. */
const isEven = (
  { burst, limit, windowMillis }: RateLimit.Limit,
  turns: ReadonlyArray<Taken>,
  millis: number
): boolean => (total(turns) - burst) * windowMillis < (millis + 1) * limit

const algorithms = ["sliding", "gcra", "fixed"] as const

const randomLimit = (random: Random): RateLimit.LimitOptions => {
  const limit = 1 + random(random(4) === 0 ? 300 : 12)
  const algorithm = algorithms[random(3)] ?? "sliding"
  const window = 60_000 + random(600_000)
  return { limit, window, algorithm, ...(algorithm === "gcra" ? { burst: 1 + random(limit) } : {}) }
}

const randomOptions = (random: Random): RateLimit.Options => ({
  limits: [randomLimit(random), ...Array.from({ length: random(3) }, () => randomLimit(random))]
})

/** What every store of rate limits does. */
export const rateLimitSuite = <E>(
  name: string,
  layer: Layer.Layer<RateLimitStore.RateLimitStore, E>,
  { runs, steps }: { readonly runs: number; readonly steps: number }
): void => {
  layered(layer)(name, (it) => {
    const test = (name: string, options: RateLimit.Options, body: (account: Account) => Effect.Effect<void>) =>
      it.effect(name, () => Effect.flatMap(RateLimitStore.RateLimitStore, (store) => body(new Account(store, options))))

    test(
      "a window that slides is used to the last token, and has the first back when it leaves",
      perMinute(3),
      (account) =>
        Effect.gen(function* () {
          yield* account.takeAll([0, 10_000, 20_000])
          assert.strictEqual(yield* account.retryAfter(30_000), 30_000)
          assert.strictEqual(yield* account.retryAfter(30_000, 2), 40_000)
          yield* account.takeAll([60_000, 70_000])
          assert.strictEqual(yield* account.retryAfter(70_001), 9_999)
        })
    )

    test("ten in a minute are no nineteen around its end", perMinute(10), (account) =>
      Effect.gen(function* () {
        yield* account.takeAll(Array.from({ length: 10 }, (_, index) => 55_000 + index))
        assert.strictEqual(yield* account.retryAfter(61_000), 54_000)
      })
    )

    test("calls that come evenly come one interval apart, and not a moment later", evenly(7), (account) =>
      Effect.gen(function* () {
        const began = Date.UTC(2026, 0, 1)
        for (let turn = 0; turn < 50; turn += 1) {
          const due = began + Math.ceil((turn * 60_000) / 7)
          if (turn > 0) assert.strictEqual(yield* account.retryAfter(due - 1), 1)
          yield* account.take(due)
        }
      })
    )

    test("a call that comes late moves the next one back", evenly(6), (account) =>
      Effect.gen(function* () {
        yield* account.takeAll([0, 10_001])
        assert.strictEqual(yield* account.retryAfter(10_001), 10_000)
      })
    )

    test("calls that come evenly can't be given back when others were timed with them", evenly(6), (account) =>
      Effect.gen(function* () {
        const [first] = yield* account.takeAll([0, 10_000])
        yield* first?.refund ?? Effect.die("there were two")
        assert.strictEqual(yield* account.retryAfter(10_000), 10_000)
      })
    )

    test("a burst is saved up and spent at once", { ...evenly(6), burst: 3 }, (account) =>
      Effect.gen(function* () {
        yield* account.takeAll([0, 0, 0])
        assert.strictEqual(yield* account.retryAfter(0), 10_000)
        yield* account.take(20_000, { tokens: 2 })
        assert.strictEqual(yield* account.retryAfter(20_000), 10_000)
      })
    )

    test(
      "fixed windows follow one another, from the first call on",
      { ...perMinute(2), algorithm: "fixed" },
      (account) =>
        Effect.gen(function* () {
          yield* account.takeAll([5_000, 64_000])
          assert.strictEqual(yield* account.retryAfter(64_999), 1)
          yield* account.takeAll([65_000, 65_000])
          assert.strictEqual(yield* account.retryAfter(65_000), 60_000)
        })
    )

    test(
      "what is given back too late is of a window that is over",
      { ...perMinute(1), algorithm: "fixed" },
      (account) =>
        Effect.gen(function* () {
          const [first] = yield* account.takeAll([0, 60_000])
          yield* first?.refund ?? Effect.die("there were two")
          assert.strictEqual(yield* account.retryAfter(60_000), 60_000)
        })
    )

    test("several limits are taken together or not at all, and the slowest says when", several, (account) =>
      Effect.gen(function* () {
        yield* account.take(0)
        for (let turn = 0; turn < 5; turn += 1) {
          const decision = refused(yield* account.ask(0, { tokens: 2 }))
          assert.deepInclude(decision, { limit: 2, retryAfterMillis: 3_600_000 })
        }
        yield* account.take(0)
        assert.strictEqual(yield* account.retryAfter(0), 3_600_000)
      })
    )

    for (const algorithm of algorithms) {
      const options: RateLimit.Options =
        algorithm === "gcra" ? { ...evenly(6), burst: 3 } : { ...perMinute(3), algorithm }

      test(
        `more than there ever is at once is refused, with no time that would help (${algorithm})`,
        options,
        (account) => Effect.map(account.retryAfter(0, 4), (millis) => assert.isUndefined(millis))
      )

      test(`what is given back can be taken again (${algorithm})`, options, (account) =>
        Effect.gen(function* () {
          const turn = yield* account.take(0, { tokens: 3 })
          assert.strictEqual((yield* account.ask(1))._tag, "Refused")
          yield* turn.refund
          yield* turn.refund
          yield* account.take(2, { tokens: 3 })
          assert.strictEqual((yield* account.ask(2))._tag, "Refused")
        })
      )

      test(
        `a call that cost less gives the rest back, and one that cost more owes it (${algorithm})`,
        options,
        (account) =>
          Effect.gen(function* () {
            const turn = yield* account.take(0, { tokens: 3 })
            yield* turn.adjust(1)
            const next = yield* account.take(0, { tokens: 2 })
            yield* next.adjust(4)
            assert.isAtLeast((yield* account.retryAfter(0)) ?? 0, 30_000)
          })
      )
    }

    test("keys do not know of each other", perMinute(1), (account) =>
      Effect.gen(function* () {
        yield* account.take(0)
        yield* new Account(account.store, perMinute(1)).take(0)
        assert.strictEqual(yield* account.retryAfter(0), 60_000)
      })
    )

    test("a limit that is changed goes on from what was used", perMinute(5), (account) =>
      Effect.gen(function* () {
        yield* account.takeAll([0, 0, 0])
        const tighter = new Account(account.store, perMinute(2), account.key)
        assert.strictEqual(yield* tighter.retryAfter(1_000), 59_000)
        yield* new Account(account.store, perMinute(4), account.key).take(1_000)
      })
    )

    test("a pause holds everybody back until it ends, also a key that was not known", perMinute(3), (account) =>
      Effect.gen(function* () {
        yield* account.pause(50_000, 0)
        yield* account.pause(20_000, 0)
        assert.strictEqual(yield* account.retryAfter(10_000), 40_000)
        yield* account.take(50_000)
      })
    )

    test("a pause lasts a day at most, whatever a header says", perMinute(3), (account) =>
      Effect.gen(function* () {
        yield* account.pause(1e15, 0)
        assert.strictEqual(yield* account.retryAfter(0), 86_400_000)
      })
    )

    test("what the provider has no more of is held back until it has", perMinute(100), (account) =>
      Effect.gen(function* () {
        yield* account.learn(0, { limit: 100, remaining: 0, resetAfterMillis: 45_000 })
        assert.strictEqual(yield* account.retryAfter(5_000), 40_000)
        yield* account.take(45_000)
      })
    )

    test("where the provider says that less is left, less is taken", perMinute(100), (account) =>
      Effect.gen(function* () {
        yield* account.learn(0, { remaining: 2, resetAfterMillis: 45_000 })
        yield* account.takeAll([0, 1])
        // Said before the provider had seen the second one.
        yield* account.learn(2, { remaining: 1, resetAfterMillis: 45_000 })
        assert.strictEqual(yield* account.retryAfter(5_000), 40_000)
      })
    )

    test("a new window of the provider counts anew", perMinute(100), (account) =>
      Effect.gen(function* () {
        yield* account.learn(0, { remaining: 0, resetAfterMillis: 45_000 })
        yield* account.learn(10_000, { remaining: 1, resetAfterMillis: 60_000 })
        yield* account.take(10_000)
        assert.strictEqual(yield* account.retryAfter(10_000), 60_000)
      })
    )

    test("the provider never raises a limit", perMinute(1), (account) =>
      Effect.gen(function* () {
        yield* account.learn(0, { limit: 1_000, remaining: 1_000, resetAfterMillis: 60_000 })
        yield* account.take(0)
        assert.strictEqual(yield* account.retryAfter(0), 60_000)
      })
    )

    test("a quota of calls is not paid in tokens, and each quota holds by itself", perMinute(1_000), (account) =>
      Effect.gen(function* () {
        yield* account.learn(
          0,
          { scope: "requests", counts: "calls", remaining: 2, resetAfterMillis: 10_000 },
          { scope: "tokens", counts: "tokens", remaining: 500, windowMillis: 30_000 }
        )
        yield* account.take(0, { tokens: 400 })
        assert.strictEqual(yield* account.retryAfter(0, 400), 30_000)
        yield* account.take(0, { tokens: 100 })
        assert.strictEqual(yield* account.retryAfter(0, 400), 30_000)
        assert.strictEqual(yield* account.retryAfter(10_000), 20_000)
      })
    )

    test("a provider that makes up quotas fills no store", perMinute(100), (account) =>
      Effect.gen(function* () {
        for (let scope = 0; scope < 40; scope += 1) {
          yield* account.learn(0, { scope: `${scope}`, remaining: 0, resetAfterMillis: 1_000 + scope })
        }
        assert.strictEqual(yield* account.retryAfter(0), 1_039)
      })
    )

    test("a turn that is waited for comes when there is room", perMinute(1), (account) =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        yield* account.take(now)
        const waiting = yield* account.queue(now)
        assert.strictEqual(waiting.delayMillis, 60_000)
        const fiber = yield* Effect.forkChild(waiting.wait, { startImmediately: true })
        yield* TestClock.adjust(60_000)
        assert.strictEqual((yield* Fiber.join(fiber))._tag, "Admitted")
        assert.strictEqual(yield* account.retryAfter(now + 60_000), 60_000)
      })
    )

    test("fifty that leave the queue make no difference to the next", perMinute(1), (account) =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        yield* account.take(now)
        const waiting = yield* Effect.forEach(Array.from({ length: 50 }), () =>
          Effect.flatMap(account.queue(now), ({ wait }) => Effect.forkChild(wait, { startImmediately: true }))
        )
        yield* Fiber.interruptAll(waiting)
        assert.strictEqual((yield* account.queue(now)).delayMillis, 60_000)
      })
    )

    test("who can't come in time is refused when its time is over, or before", perMinute(1), (account) =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        yield* account.take(now)
        const waiting = yield* account.queue(now, { maxWaitMillis: 60_000 })
        const fiber = yield* Effect.forkChild(waiting.wait, { startImmediately: true })
        yield* account.pause(now + 200_000, now)
        yield* TestClock.adjust(60_000)
        assert.strictEqual((yield* Fiber.join(fiber))._tag, "Refused")
      })
    )

    test("the queue is bounded, and a higher priority has the place of the last", perMinute(1), (account) =>
      Effect.gen(function* () {
        yield* account.take(0)
        const two = { maxWaiting: 2 }
        const [first, second] = yield* Effect.forEach([0, 0], (priority) => account.queue(0, { ...two, priority }))
        assert.deepInclude(refused(yield* account.ask(0, { ...two, maxWaitMillis: 1e9 })), {
          retryAfterMillis: 180_000
        })
        const urgent = yield* account.queue(0, { ...two, priority: 1 })
        assert.strictEqual(urgent.delayMillis, 60_000)
        assert.strictEqual(first?.delayMillis, 120_000)
        assert.strictEqual((yield* second?.wait ?? Effect.die("there were two"))._tag, "Refused")
      })
    )

    it.effect(`no limit is ever exceeded, whatever comes, fits, costs less or is given back (${runs} runs)`, () =>
      Effect.gen(function* () {
        const store = yield* RateLimitStore.RateLimitStore
        for (let seed = 1; seed <= runs; seed += 1) {
          const turns: Array<Taken & { readonly turn: RateLimitStore.Admitted }> = []
          const random = randomFrom(seed)
          const account = new Account(store, randomOptions(random))
          const shortest = Math.min(...account.limit.limits.map(({ limit, windowMillis }) => windowMillis / limit))
          let now = Date.UTC(2026, 0, 1)
          for (let step = 0; step < steps; step += 1) {
            now += random(3) === 0 ? random(Math.ceil(shortest * 3)) : 0
            const tokens = 1 + random(random(4) === 0 ? 5 : 1)
            const decision = yield* account.ask(now, { tokens })
            if (decision._tag === "Admitted") turns.push({ at: now, tokens, turn: decision })
            const corrected = random(4) === 0 ? turns.length - 1 - random(Math.min(5, turns.length)) : -1
            const { at, tokens: before, turn } = turns[corrected] ?? { at: 0, tokens: 0, turn: undefined }
            if (turn === undefined) continue
            const cost = random(before + 1)
            yield* turn.adjust(cost)
            turns[corrected] = { at, tokens: cost, turn }
          }
          assert.isNotEmpty(turns)
          for (const limit of account.limit.limits) assert.isUndefined(brokenPromise(limit, turns), `seed ${seed}`)
        }
      })
    )
  })
}

const perMinute = (limit: number) => ({ limit, window: "1 minute" }) as const satisfies RateLimit.Options

const evenly = (limit: number) =>
  ({ limit, window: "1 minute", algorithm: "gcra" }) as const satisfies RateLimit.Options

const several: RateLimit.Options = {
  limits: [
    { limit: 3, window: "1 minute" },
    { limit: 2, window: "1 hour" }
  ]
}
