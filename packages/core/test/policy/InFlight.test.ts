import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Effect, Exit, Fiber, Scheduler } from "effect"
import { TestClock } from "effect/testing"
import { Bulkhead, Concurrency, InFlight } from "@causeway/core/policy"
import { type Random, randomFrom } from "./randomFrom.ts"

const range = (length: number): ReadonlyArray<number> => Array.from({ length }, (_, index) => index)

interface Use {
  readonly key?: string
  readonly priority?: number
  readonly maxWaitMillis?: number
}

/** Enters, does its work, and leaves whatever happens. */
const using = <A>(inFlight: InFlight.InFlight, work: Effect.Effect<A>, use: Use = {}): Effect.Effect<A | "refused"> =>
  Effect.uninterruptibleMask((restore) => {
    const answer = inFlight.enter(use.key ?? "key", use.priority ?? 0, use.maxWaitMillis)
    const settled = answer._tag === "Queued" ? restore(answer.wait) : Effect.succeed(answer)
    return Effect.flatMap(settled, (answer) =>
      answer._tag === "Full"
        ? Effect.succeed<A | "refused">("refused")
        : Effect.ensuring(
            restore(work),
            Effect.sync(() => answer.leave("success", 1, 0))
          )
    )
  })

/** Lets every fibre run until it waits for something. */
const settle = Effect.repeat(Effect.yieldNow, { times: 20 })

const bulkhead = (options: Partial<Bulkhead.Options> = {}) =>
  InFlight.make(Bulkhead.make({ maxInFlight: 1, maxWaiting: 100, maxWait: "1 minute", ...options }))

/** Fills the only place, lets the given ones wait in this order, and tells in which order they are let in. */
const orderOf = (inFlight: InFlight.InFlight, waiters: ReadonlyArray<Use & { readonly name: string }>) =>
  Effect.gen(function* () {
    const order: Array<string> = []
    const gate = yield* Deferred.make<void>()
    yield* Effect.forkChild(using(inFlight, Deferred.await(gate)))
    yield* settle
    const fibers = yield* Effect.forEach(waiters, (waiter) =>
      Effect.tap(
        Effect.forkChild(
          using(
            inFlight,
            Effect.sync(() => order.push(waiter.name)),
            waiter
          )
        ),
        () => settle
      )
    )
    yield* Deferred.succeed(gate, undefined)
    yield* Effect.forEach(fibers, Fiber.await)
    return order.join(" ")
  })

describe("a bulkhead", () => {
  it("lets so many in, and refuses the next one at once when nobody may wait", () => {
    const inFlight = bulkhead({ maxInFlight: 2, maxWaiting: 0 })
    assert.strictEqual(inFlight.enter("key", 0)._tag, "Entered")
    assert.strictEqual(inFlight.enter("key", 0)._tag, "Entered")
    assert.deepStrictEqual(inFlight.enter("key", 0), { _tag: "Full", waiting: 0 })
  })

  it("has a place again for each one that is left, once", () => {
    const inFlight = bulkhead({ maxInFlight: 2, maxWaiting: 0 })
    const first = inFlight.enter("key", 0)
    inFlight.enter("key", 0)
    assert(first._tag === "Entered")
    first.leave("success", 1, 0)
    first.leave("success", 1, 0)
    assert.strictEqual(inFlight.size, 1)
  })

  it("counts its places over all keys", () => {
    const inFlight = bulkhead({ maxWaiting: 0 })
    assert.strictEqual(inFlight.enter("a", 0)._tag, "Entered")
    assert.strictEqual(inFlight.enter("b", 0)._tag, "Full")
  })

  it("does not wait for a caller that has no time", () => {
    const inFlight = bulkhead()
    inFlight.enter("key", 0)
    assert.strictEqual(inFlight.enter("key", 0, 0)._tag, "Full")
  })

  it.effect("lets those that wait in by their order", () =>
    Effect.gen(function* () {
      const waiters = ["one", "two", "three"].map((name) => ({ name }))
      assert.strictEqual(yield* orderOf(bulkhead(), waiters), "one two three")
    })
  )

  it.effect("lets the higher priority in first, within a key", () =>
    Effect.gen(function* () {
      const waiters = [
        { name: "low", priority: -1 },
        { name: "first", priority: 0 },
        { name: "high", priority: 5 },
        { name: "second", priority: 0 }
      ]
      assert.strictEqual(yield* orderOf(bulkhead(), waiters), "high first second low")
    })
  )

  it.effect("serves keys in turns, so that one that floods it starves nobody", () =>
    Effect.gen(function* () {
      const flood = range(5).map((index) => ({ name: `a${index}`, key: "a", priority: 9 }))
      const others = [
        { name: "b0", key: "b" },
        { name: "b1", key: "b" },
        { name: "c0", key: "c" }
      ]
      assert.strictEqual(yield* orderOf(bulkhead(), [...flood, ...others]), "a0 b0 c0 a1 b1 a2 a3 a4")
    })
  )

  it.effect("makes room in a full queue for a key with fewer in it, by refusing the last of the longest line", () =>
    Effect.gen(function* () {
      const inFlight = bulkhead({ maxWaiting: 3 })
      yield* Effect.forkChild(using(inFlight, Effect.never))
      yield* settle
      const flood = yield* Effect.forEach(range(3), () =>
        Effect.forkChild(using(inFlight, Effect.succeed("done"), { key: "a" }))
      )
      yield* settle
      const other = yield* Effect.forkChild(using(inFlight, Effect.succeed("done"), { key: "b" }))
      yield* settle
      const ended = flood.map((fiber) => fiber.pollUnsafe())
      assert.deepStrictEqual(ended, [undefined, undefined, Exit.succeed("refused")])
      assert.isUndefined(other.pollUnsafe())
      assert.strictEqual(yield* using(inFlight, Effect.succeed("done"), { key: "a" }), "refused")
      assert.strictEqual(yield* using(inFlight, Effect.succeed("done"), { key: "b" }), "refused")
    })
  )

  it.effect("goes by the lines as they are, not as they were", () =>
    Effect.gen(function* () {
      const inFlight = bulkhead({ maxWaiting: 3 })
      yield* Effect.forkChild(using(inFlight, Effect.never))
      const wait = (key: string) =>
        Effect.tap(Effect.forkChild(using(inFlight, Effect.succeed("done"), { key })), () => settle)
      const first = yield* Effect.forEach(["a", "a", "a"], wait)
      yield* Fiber.interruptAll(first.slice(1))
      const second = yield* Effect.forEach(["b", "b", "c"], wait)
      assert.deepStrictEqual(
        second.map((fiber) => fiber.pollUnsafe()),
        [undefined, Exit.succeed("refused"), undefined]
      )
    })
  )

  it.effect("leaves no timer behind when a wait ends in another way", () =>
    Effect.gen(function* () {
      const inFlight = bulkhead({ maxWaiting: 3 })
      let timers = 0
      const clock: Clock.Clock = {
        ...(yield* Clock.Clock),
        sleep: () =>
          Effect.suspend(() => {
            timers += 1
            return Effect.onInterrupt(Effect.never, () => Effect.sync(() => (timers -= 1)))
          })
      }
      const holder = inFlight.enter("key", 0)
      const fibers = yield* Effect.forEach(range(3), () =>
        Effect.provideService(Effect.forkChild(using(inFlight, Effect.never)), Clock.Clock, clock)
      )
      yield* settle
      assert.strictEqual(timers, 3)
      if (holder._tag === "Entered") holder.leave("success", 1, 0)
      yield* settle
      assert.strictEqual(timers, 2)
      yield* Fiber.interruptAll(fibers)
      assert.strictEqual(timers, 0)
    })
  )

  it.effect("makes room in a full queue for a higher priority of the same key", () =>
    Effect.gen(function* () {
      const inFlight = bulkhead({ maxWaiting: 1 })
      yield* Effect.forkChild(using(inFlight, Effect.never))
      yield* settle
      const low = yield* Effect.forkChild(using(inFlight, Effect.succeed("done")))
      yield* settle
      assert.strictEqual(yield* using(inFlight, Effect.succeed("done")), "refused")
      yield* Effect.forkChild(using(inFlight, Effect.succeed("done"), { priority: 1 }))
      assert.strictEqual(yield* Fiber.join(low), "refused")
      assert.strictEqual(inFlight.waiting, 1)
    })
  )

  it.effect("refuses one that has waited for as long as it may, and holds nothing of it", () =>
    Effect.gen(function* () {
      const inFlight = bulkhead({ maxWait: "10 seconds" })
      yield* Effect.forkChild(using(inFlight, Effect.never))
      yield* settle
      const patient = yield* Effect.forkChild(using(inFlight, Effect.succeed("done")))
      const hurried = yield* Effect.forkChild(using(inFlight, Effect.succeed("done"), { maxWaitMillis: 3_000 }))
      yield* settle
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual(yield* Fiber.join(hurried), "refused")
      yield* TestClock.adjust("6999 millis")
      assert.isUndefined(patient.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* Fiber.join(patient), "refused")
      assert.deepInclude(inFlight, { size: 1 })
      assert.strictEqual(inFlight.waiting + inFlight.waitingKeys, 0)
    })
  )

  it.effect("gives the place of an interrupted one to the next", () =>
    Effect.gen(function* () {
      const inFlight = bulkhead()
      const holder = yield* Effect.forkChild(using(inFlight, Effect.never))
      yield* settle
      const first = yield* Effect.forkChild(using(inFlight, Effect.succeed("first")))
      yield* settle
      const second = yield* Effect.forkChild(using(inFlight, Effect.succeed("second")))
      yield* settle
      yield* Fiber.interrupt(first)
      assert.strictEqual(inFlight.waiting, 1)
      yield* Fiber.interrupt(holder)
      assert.strictEqual(yield* Fiber.join(second), "second")
      assert.strictEqual(inFlight.size, 0)
    })
  )

  it.effect("takes a place back from one that is interrupted between getting and taking it", () =>
    Effect.gen(function* () {
      const inFlight = bulkhead()
      const holder = inFlight.enter("key", 0)
      assert(holder._tag === "Entered")
      const waiter = yield* Effect.forkChild(using(inFlight, Effect.succeed("done")))
      yield* settle
      holder.leave("success", 1, 0)
      assert.strictEqual(inFlight.size, 1)
      waiter.interruptUnsafe()
      assert.strictEqual(inFlight.size, 0)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(waiter)))
    })
  )

  it.effect("holds nothing for a wait that never runs, and looks again when it runs late", () =>
    Effect.gen(function* () {
      const inFlight = bulkhead()
      const holder = inFlight.enter("key", 0)
      const queued = inFlight.enter("key", 0)
      assert(holder._tag === "Entered" && queued._tag === "Queued")
      assert.strictEqual(inFlight.waiting, 0)
      holder.leave("success", 1, 0)
      assert.strictEqual((yield* queued.wait)._tag, "Entered")
    })
  )

  it.effect("lets 10,000 through that wait at once, without nesting them", () =>
    Effect.gen(function* () {
      const inFlight = bulkhead({ maxInFlight: 10, maxWaiting: 10_000 })
      const answers = yield* Effect.forEach(
        range(10_000),
        (index) => using(inFlight, Effect.as(Effect.yieldNow, "done"), { key: `${index % 7}`, priority: index % 3 }),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(answers.filter((answer) => answer === "done").length, 10_000)
      assert.strictEqual(inFlight.size + inFlight.waiting + inFlight.waitingKeys, 0)
    })
  )
})

const strategyFrom = (random: Random): InFlight.Strategy => {
  const waiting = { maxWaiting: random(20), maxWait: 1 + random(200) }
  const initial = 1 + random(5)
  if (random(2) === 0) return Bulkhead.make({ maxInFlight: initial, ...waiting })
  return random(2) === 0
    ? Concurrency.aimd({ initial, backoff: 0.5, slow: 20, ...waiting })
    : Concurrency.gradient({ initial, window: 5, minimumSamples: 3, ...waiting })
}

/** Comes at any time, stays for any time, ends in any way, and is interrupted at any point. */
const visit = (inFlight: InFlight.InFlight, random: Random, onEnd: () => void) =>
  Effect.uninterruptibleMask((restore) => {
    const answer = inFlight.enter(`${random(4)}`, random(3), random(4) === 0 ? random(100) : undefined)
    const settled = answer._tag === "Queued" ? restore(answer.wait) : Effect.succeed(answer)
    const elapsed = random(40)
    const outcome = (["success", "failure", "ignored"] as const)[random(3)] ?? "ignored"
    return Effect.flatMap(settled, (answer) => {
      if (answer._tag === "Full") return Effect.void
      const work = random(3) === 0 ? Effect.yieldNow : Effect.sleep(elapsed)
      return Effect.onExit(restore(work), (exit) =>
        Effect.sync(() => {
          answer.leave(Exit.isSuccess(exit) ? outcome : "ignored", elapsed, elapsed)
          onEnd()
        })
      )
    })
  })

const flood = (seed: number) =>
  Effect.gen(function* () {
    const random = randomFrom(seed)
    const strategy = strategyFrom(random)
    const inFlight = InFlight.make(strategy)
    const violations: Array<string> = []
    const fibers: Array<Fiber.Fiber<void>> = []
    let highest = inFlight.limit
    // A limit changes when a call ends.
    const onEnd = () => (highest = Math.max(highest, inFlight.limit))
    for (let step = 0; step < 200; step += 1) {
      for (let newcomer = random(4); newcomer > 0; newcomer -= 1) {
        fibers.push(yield* Effect.forkChild(visit(inFlight, random, onEnd), { startImmediately: random(2) === 0 }))
      }
      if (random(2) === 0) fibers[random(fibers.length)]?.interruptUnsafe()
      if (random(3) === 0) yield* TestClock.adjust(random(30))
      else yield* Effect.yieldNow
      if (inFlight.size < inFlight.limit && inFlight.waiting > 0) violations.push("a place is free, and somebody waits")
      if (inFlight.size > highest) violations.push(`${inFlight.size} in flight of ${highest}`)
      if (inFlight.waiting > strategy.maxWaiting) violations.push(`${inFlight.waiting} wait`)
      if (inFlight.waitingKeys > inFlight.waiting) violations.push("a key is held that nobody waits for")
    }
    yield* TestClock.adjust("1 minute")
    yield* Effect.forEach(fibers, Fiber.await)
    assert.deepStrictEqual(violations, [])
    assert.strictEqual(inFlight.size, 0, "in flight at the end")
    assert.strictEqual(inFlight.waiting + inFlight.waitingKeys, 0, "waiting at the end")
  })

describe("whoever comes, waits, leaves and is interrupted", () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    it.effect(`nobody is forgotten, no place is lost, and none is given twice (seed ${seed})`, () => flood(seed))
  }

  for (let seed = 101; seed <= 140; seed += 1) {
    it.effect(`the same when every step of a fibre may be its last (seed ${seed})`, () =>
      Effect.provideService(flood(seed), Scheduler.MaxOpsBeforeYield, 3 + (seed % 5))
    )
  }
})

interface Waiting {
  readonly name: number
  readonly key: string
  readonly priority: number
}

/** The same queue in the most obvious way: an array, and the keys in the order of their turns. */
const obviousQueue = () => {
  let waiting: ReadonlyArray<Waiting> = []
  let turns: ReadonlyArray<string> = []
  const linesOf = (key: string) => waiting.filter((each) => each.key === key)
  const drop = (gone: Waiting | undefined) => {
    waiting = waiting.filter((each) => each !== gone)
    turns = turns.filter((key) => linesOf(key).length > 0)
  }
  return {
    add: (newcomer: Waiting) => {
      waiting = [...waiting, newcomer]
      if (!turns.includes(newcomer.key)) turns = [...turns, newcomer.key]
    },
    leave: (name: number) => drop(waiting.find((each) => each.name === name)),
    next: (): number | undefined => {
      const [key] = turns
      if (key === undefined) return undefined
      const line = linesOf(key).toSorted((a, b) => b.priority - a.priority)
      turns = [...turns.slice(1), key]
      drop(line[0])
      return line[0]?.name
    }
  }
}

describe("the queue", () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    it.effect(`serves as the obvious queue does, whoever comes and goes (seed ${seed})`, () =>
      Effect.gen(function* () {
        const random = randomFrom(seed)
        const inFlight = bulkhead({ maxWaiting: 1_000 })
        const obvious = obviousQueue()
        const served: Array<number> = []
        const expected: Array<number> = []
        const fibers: Array<Fiber.Fiber<unknown>> = []
        const interrupt = (name: number | undefined) =>
          Effect.forEach(fibers.slice(name, (name ?? 0) + 1), Fiber.interrupt)
        const work = (name: number) =>
          Effect.andThen(
            Effect.sync(() => served.push(name)),
            Effect.never
          )
        fibers.push(yield* Effect.forkChild(using(inFlight, work(0))))
        yield* settle
        for (let name = 1; name < 150; name += 1) {
          const waiting = { name, key: `${random(5)}`, priority: random(3) }
          obvious.add(waiting)
          fibers.push(yield* Effect.forkChild(using(inFlight, work(name), waiting)))
          yield* settle
          const impatient = random(name + 1)
          if (random(3) === 0 && !served.includes(impatient)) {
            obvious.leave(impatient)
            yield* interrupt(impatient)
          }
          if (random(2) === 0 && inFlight.waiting > 0) {
            expected.push(obvious.next() ?? -1)
            yield* interrupt(served.at(-1))
            yield* settle
          }
        }
        assert.deepStrictEqual(served, [0, ...expected])
        yield* Fiber.interruptAll(fibers)
        assert.strictEqual(inFlight.size + inFlight.waiting + inFlight.waitingKeys, 0)
      })
    )
  }
})
