/** Workers whose store fails, dies, throws, hangs or forgets to answer. */
import { Inbox, type InboxHealth, InboxStore, InboxStoreMemory, type WebhookEvent } from "@causeway/core/webhook"
import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Fiber, Latch, Layer, Logger, Metric, Option } from "effect"
import { pass, settle } from "./quiet.ts"

type Operation =
  | "claim"
  | "nextDue"
  | "undecided"
  | "decide"
  | "renew"
  | "settle"
  | "count"
  | "purge"
  | "forget"
  | "listen"

/** How an operation of a store goes wrong; undefined where it does not. */
type Fault = (times: number) => Effect.Effect<never, InboxStore.InboxStoreError> | undefined

class Faults extends Context.Service<Faults, Map<Operation, Fault>>()("test/Faults") {}

const faults: Readonly<Record<string, () => Effect.Effect<never, InboxStore.InboxStoreError>>> = {
  fails: () => Effect.fail(new InboxStore.InboxStoreError({ operation: "answer", cause: new Error("away") })),
  dies: () => Effect.die(new Error("one bad answer")),
  throws: () => {
    throw new Error("one bad answer")
  },
  "is interrupted": () => Effect.interrupt,
  "dies of an error that can't be printed": () =>
    Effect.die(
      Object.defineProperty(new Error(), "message", {
        get: () => {
          throw new Error("no")
        }
      })
    )
}

/** The store in memory, whose operations go wrong as `Faults` says. */
const layerFaulty = Layer.effect(
  InboxStore.InboxStore,
  Effect.gen(function* () {
    const store = InboxStoreMemory.make()
    const planned = yield* Faults
    const times = new Map<Operation, number>()
    const or = <A, E>(operation: Operation, effect: () => Effect.Effect<A, E>) => {
      const before = times.get(operation) ?? 0
      times.set(operation, before + 1)
      return planned.get(operation)?.(before) ?? effect()
    }
    return {
      ...store,
      claim: (options) => or("claim", () => store.claim(options)),
      nextDue: (source) => or("nextDue", () => store.nextDue(source)),
      undecided: (source, limit) => or("undecided", () => store.undecided(source, limit)),
      decide: (lanes) => or("decide", () => store.decide(lanes)),
      renew: (claim, until) => or("renew", () => store.renew(claim, until)),
      settle: (claim, settlement) => or("settle", () => store.settle(claim, settlement)),
      count: (filter) => or("count", () => store.count(filter)),
      purge: (options) => or("purge", () => store.purge(options)),
      forget: (now) => or("forget", () => store.forget(now)),
      listen: (wake) => or("listen", () => store.listen(wake))
    } satisfies InboxStore.Service
  })
)

const layerOf = (planned: ReadonlyArray<readonly [Operation, Fault]>) =>
  Inbox.layer.pipe(Layer.provideMerge(layerFaulty), Layer.provide(Layer.succeed(Faults, new Map(planned))))

const once =
  (fault: () => Effect.Effect<never, InboxStore.InboxStoreError>, turn = 0): Fault =>
  (times) =>
    times === turn ? fault() : undefined

const storeOne = (id: string, source = "github") =>
  Effect.flatMap(Inbox.Inbox, (inbox) => inbox.store({ source, id, headers: [], body: new TextEncoder().encode(id) }))

type Options = Partial<Inbox.Options<{}, {}, never>>

const optionsOf = (
  otherwise: (delivery: WebhookEvent.WebhookEvent) => Effect.Effect<unknown, unknown>,
  more: Options
) => ({
  source: "github",
  events: {},
  handle: {},
  otherwise,
  ...more
})

const work = (
  handle: (delivery: WebhookEvent.WebhookEvent) => Effect.Effect<unknown, unknown>,
  options: Options = {}
) => Inbox.run(optionsOf(handle, options)).pipe(Effect.forkChild, Effect.tap(settle))

const workersOf = Effect.flatMap(Inbox.Inbox, (inbox) => Effect.map(inbox.health, ({ workers }) => workers))

/** The only worker there is. */
const health = Effect.map(workersOf, ([worker, ...others]) => {
  assert.deepStrictEqual(others, [])
  if (worker === undefined) throw new Error("there is no worker")
  return worker
})

const restartsOf = (source: string, part: InboxHealth.Part) =>
  Effect.map(Metric.snapshot, (all) => {
    const found = all.find(
      ({ attributes, id }) =>
        id === "causeway_inbox_worker_restarts" && attributes?.["source"] === source && attributes["part"] === part
    )
    return found !== undefined && "count" in found.state ? Number(found.state.count) : 0
  })

const recordedLines = () => {
  const lines: Array<string> = []
  const logger = Logger.make(({ logLevel, message }) => {
    lines.push(`${logLevel}: ${String([message].flat()[0])}`)
  })
  return { lines, layer: Logger.layer([logger]) }
}

describe("a worker of the inbox", () => {
  for (const [operation, turn] of [
    ["claim", 0],
    // The first is asked for the metrics.
    ["nextDue", 1],
    ["undecided", 0],
    ["decide", 0]
  ] as const) {
    for (const [how, fault] of Object.entries(faults)) {
      it.effect(`goes on, reports it and is healthy again after ${operation} ${how}`, () => {
        const { layer, lines } = recordedLines()
        return Effect.gen(function* () {
          const ids: Array<string> = []
          const before = yield* restartsOf("github", "claiming")
          yield* storeOne("a")
          yield* work(({ id }) => Effect.sync(() => ids.push(id)), { key: ({ id }) => id })
          assert.deepStrictEqual(ids, operation === "nextDue" ? ["a"] : [])
          const failed = yield* health
          assert.deepStrictEqual([failed.state, failed.failing, failed.restarts], ["restarting", ["claiming"], 1])
          assert.strictEqual(failed.lastError?.part, "claiming")
          assert.strictEqual((yield* restartsOf("github", "claiming")) - before, 1)
          assert.strictEqual(lines.filter((line) => line.includes("claiming restarts in 1000 ms")).length, 1)
          yield* storeOne("b")
          yield* pass("1 second")
          assert.deepStrictEqual(ids, ["a", "b"])
          assert.deepStrictEqual(yield* health, { ...(yield* health), state: "running", failing: [], restarts: 1 })
        }).pipe(Effect.provide(Layer.merge(layerOf([[operation, once(fault, turn)]]), layer)))
      })
    }
  }

  it.effect("restarts after 1, 2, 4, 8, 16 and then 30 seconds, and after 1 once it has worked", () => {
    const asked: Array<number> = []
    const always: Fault = (times) => (times === 10 ? undefined : Effect.die("away"))
    const fault: Fault = (times) =>
      Effect.flatMap(
        Effect.clockWith((clock) => clock.currentTimeMillis),
        (now) => {
          asked.push(now / 1000)
          return always(times) ?? Effect.die("never")
        }
      )
    const planned: Fault = (times) => (times === 8 ? undefined : fault(times))
    return Effect.gen(function* () {
      yield* work(() => Effect.void)
      yield* storeOne("a")
      yield* pass("5 minutes")
      assert.deepStrictEqual(asked.slice(0, 8), [0, 1, 3, 7, 15, 31, 61, 91])
      // It worked at 121 and looked again for nothing; its next failures are 1 second apart at first.
      const [next = 0, after = 0] = asked.slice(8)
      assert.strictEqual(after - next, 1)
    }).pipe(Effect.provide(layerOf([["claim", planned]])))
  })

  it.effect("looks again after pollInterval where that is shorter", () =>
    Effect.gen(function* () {
      const ids: Array<string> = []
      yield* storeOne("a")
      yield* work(({ id }) => Effect.sync(() => ids.push(id)), { pollInterval: "100 millis" })
      yield* pass("100 millis")
      assert.deepStrictEqual(ids, ["a"])
    }).pipe(Effect.provide(layerOf([["claim", once(() => Effect.die("once"))]])))
  )

  for (const [how, fault] of Object.entries(faults)) {
    if (how === "is interrupted") continue
    it.effect(`does not take an attempt for failed whose renewal ${how}`, () =>
      Effect.gen(function* () {
        const open = yield* Latch.make()
        const put = yield* storeOne("a")
        yield* work(() => open.await, { lease: "30 seconds" })
        yield* pass("10 seconds")
        yield* open.open
        yield* settle
        const inbox = yield* Inbox.Inbox
        const event = Option.getOrThrow(yield* inbox.get(put.key))
        assert.deepStrictEqual([event.status, event.attempts], ["handled", 1])
      }).pipe(Effect.provide(layerOf([["renew", once(fault)]])))
    )

    it.effect(`records an end again that ${how} the first time`, () =>
      Effect.gen(function* () {
        let handled = 0
        yield* storeOne("a")
        yield* work(() => Effect.sync(() => (handled += 1)))
        yield* pass("1 second")
        const inbox = yield* Inbox.Inbox
        assert.strictEqual((yield* inbox.count()).handled, 1)
        assert.strictEqual(handled, 1)
      }).pipe(Effect.provide(layerOf([["settle", once(fault)]])))
    )
  }

  for (const [operation, part] of [
    ["count", "measuring"],
    ["purge", "retention"],
    ["forget", "retention"]
  ] as const) {
    for (const [how, fault] of Object.entries(faults)) {
      it.effect(`goes on with its ${part}, and handles events meanwhile, after ${operation} ${how}`, () =>
        Effect.gen(function* () {
          const ids: Array<string> = []
          yield* storeOne("a")
          yield* work(({ id }) => Effect.sync(() => ids.push(id)))
          assert.deepStrictEqual(ids, ["a"])
          const failed = yield* health
          assert.deepStrictEqual([failed.state, failed.failing], ["running", [part]])
          const error = yield* Effect.flip(Inbox.checkHealth())
          assert.include(error.message, `is failing at ${part}`)
          yield* pass("5 seconds")
          assert.isTrue((yield* Inbox.checkHealth()).healthy)
        }).pipe(Effect.provide(layerOf([[operation, once(fault)]])))
      )
    }
  }

  for (const [how, fault] of Object.entries(faults)) {
    it.effect(`listens again after listening ${how}, and handles events meanwhile`, () =>
      Effect.gen(function* () {
        const ids: Array<string> = []
        yield* storeOne("a")
        yield* work(({ id }) => Effect.sync(() => ids.push(id)))
        assert.deepStrictEqual(ids, ["a"])
        assert.deepStrictEqual((yield* health).failing, ["listening"])
        yield* pass("1 second")
        assert.strictEqual((yield* health).restarts, 1)
      }).pipe(Effect.provide(layerOf([["listen", once(fault)]])))
    )
  }
})

describe("the health of an inbox", () => {
  it.effect("lists running workers, with when they last looked, and none that were interrupted", () =>
    Effect.gen(function* () {
      const worker = yield* work(() => Effect.void, { pollInterval: "10 seconds" })
      yield* pass("20 seconds")
      const { failing, lastError, lastPoll, source, state } = yield* health
      assert.deepStrictEqual(
        [source, state, failing, lastPoll, lastError],
        ["github", "running", [], 20_000, undefined]
      )
      assert.isTrue((yield* Inbox.checkHealth({ sources: ["github"] })).healthy)
      yield* Fiber.interrupt(worker)
      assert.deepStrictEqual(yield* workersOf, [])
    }).pipe(Effect.provide(Inbox.layerMemory))
  )

  it.effect("fails for a source without a worker", () =>
    Effect.gen(function* () {
      yield* work(() => Effect.void)
      const error = yield* Effect.flip(Inbox.checkHealth({ sources: ["github", "stripe"] }))
      assert.strictEqual(error.message, 'The inbox is unhealthy: the worker of "stripe" is stopped')
    }).pipe(Effect.provide(Inbox.layerMemory))
  )

  it.effect("fails while a worker begins again, with the failure and without its secrets", () =>
    Effect.gen(function* () {
      yield* work(() => Effect.void)
      const error = yield* Effect.flip(Inbox.checkHealth())
      assert.strictEqual(
        error.message,
        'The inbox is unhealthy: the worker of "github" is restarting (Error: no entry with Bearer <redacted>)'
      )
    }).pipe(Effect.provide(layerOf([["claim", () => Effect.die(new Error("no entry with Bearer planted.planted"))]])))
  )

  it.effect("fails while the store has not answered a worker for a minute", () =>
    Effect.gen(function* () {
      const answer = yield* Deferred.make<void>()
      const fault: Fault = (times) =>
        times === 0 ? Effect.andThen(Deferred.await(answer), Effect.die("late")) : undefined
      yield* Effect.gen(function* () {
        yield* work(() => Effect.void)
        yield* pass("59 seconds")
        assert.strictEqual((yield* health).state, "running")
        yield* pass("1 second")
        assert.strictEqual((yield* health).state, "stalled")
        yield* Deferred.succeed(answer, undefined)
        yield* pass("1 second")
        assert.strictEqual((yield* health).state, "running")
      }).pipe(Effect.provide(layerOf([["claim", fault]])))
    })
  )

  it.effect("does not fail while all places of a worker are taken", () =>
    Effect.gen(function* () {
      yield* storeOne("a")
      yield* work(() => Effect.never, { concurrency: 1 })
      yield* pass("4 minutes")
      assert.isTrue((yield* Inbox.checkHealth()).healthy)
    }).pipe(Effect.provide(Inbox.layerMemory))
  )

  it.effect("fails when a worker has ended by a defect, which is logged", () => {
    const { layer, lines } = recordedLines()
    const broken = Layer.effect(
      Inbox.Inbox,
      Effect.map(Inbox.Inbox, (inbox) => ({ ...inbox, wakeOn: () => Effect.die(new Error("no latch")) }))
    ).pipe(Layer.provideMerge(Inbox.layerMemory))
    const handlers = Inbox.layerHandlers(optionsOf(() => Effect.void, {}))
    return Effect.gen(function* () {
      yield* settle
      const error = yield* Effect.flip(Inbox.checkHealth())
      assert.strictEqual(error.message, 'The inbox is unhealthy: the worker of "github" is stopped (Error: no latch)')
      assert.include(lines, "Error: An inbox worker has stopped")
    }).pipe(Effect.provide(Layer.provideMerge(handlers, broken)), Effect.provide(layer))
  })
})
