/** For each pair of slots one behaviour that shows which of the two stands outside. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Random, Schedule, Schema } from "effect"
import { TestClock } from "effect/testing"
import { Endpoint, Integration } from "@causeway/core/client"
import {
  Breaker,
  BreakerStore,
  Bulkhead,
  Cache,
  type CallObserver as CallObserverModule,
  CallObserver,
  Coalesce,
  Concurrency,
  Fallback,
  Hedge,
  Policy,
  Retry,
  Throttle
} from "@causeway/core/policy"
import { Mock } from "@causeway/core/testing"

const order = [
  "fallback",
  "deadline",
  "coalesce",
  "cache",
  "retry",
  "retryBudget",
  "hedge",
  "throttle",
  "circuitBreaker",
  "bulkhead",
  "concurrency",
  "rateLimit",
  "timeout"
] as const

type Slot = (typeof order)[number]

/** Slots that let one attempt through and refuse the next. */
const strict = {
  throttle: Throttle.make({ ratio: 1, minimumCalls: 1, maxRejection: 1 }),
  circuitBreaker: Breaker.consecutive({ failures: 1, openDuration: "1 hour" }),
  bulkhead: Bulkhead.make({ maxInFlight: 1 }),
  concurrency: Concurrency.aimd({ initial: 1, min: 1, max: 1 }),
  rateLimit: { limit: 1, window: "1 hour", maxWait: 0 }
} as const satisfies Policy.Policy

const gates = ["throttle", "circuitBreaker", "bulkhead", "concurrency", "rateLimit"] as const

type Gate = (typeof gates)[number]

const refusals: Readonly<Record<Gate, object>> = {
  throttle: { _tag: "RateLimited", source: "local", limit: undefined },
  circuitBreaker: { _tag: "CircuitOpen" },
  bulkhead: { _tag: "BulkheadFull" },
  concurrency: { _tag: "BulkheadFull" },
  rateLimit: { _tag: "RateLimited", source: "local", limit: 1 }
}

const Answer = Schema.Struct({ ok: Schema.Boolean })
const ok = Mock.status(200, { body: { ok: true }, headers: { "cache-control": "max-age=3600" } })

type Reply = ReturnType<typeof Mock.status>

const makeProvider = (policy: Policy.Policy) => {
  class Provider extends Integration.Service<Provider>()("test/Pairs", {
    baseUrl: "https://provider.example",
    endpoints: [
      Endpoint.get("read", "/read", { success: Answer }),
      Endpoint.get("fails", "/fails", { success: Answer, policy: { retry: null } }),
      Endpoint.get("stalls", "/stalls", { success: Answer, policy: { timeout: null, hedge: null } })
    ],
    policy: Policy.merge(Policy.none, policy)
  }) {}
  return Provider
}

/** A provider under a policy, and what a test does to it. */
interface Stage {
  readonly provider: ReturnType<typeof makeProvider>["Service"]
  /** How many attempts have reached the provider at `read`. */
  readonly attempts: Effect.Effect<number>
  /** Makes the gate refuse whatever comes next. */
  readonly close: (gate: Gate) => Effect.Effect<void>
  /** From now on chance is against whoever depends on it. */
  readonly unlucky: Effect.Effect<void>
  readonly cacheLookups: () => number
  /** What is left of the retry budget; undefined before anything has changed it. */
  readonly budgetLeft: () => number | undefined
}

const onStage = <A, E>(
  policy: Policy.Policy,
  read: ReadonlyArray<Reply>,
  act: (stage: Stage) => Effect.Effect<A, E>
): Effect.Effect<A, E> => {
  const Provider = makeProvider(policy)
  const chance = { value: 0.99 }
  const random = { nextIntUnsafe: () => 0, nextDoubleUnsafe: () => chance.value }
  let lookups = 0
  let left: number | undefined
  const observe = (event: CallObserverModule.CallEvent): void => {
    if (event._tag === "CacheAnswered") lookups += 1
    if (event._tag === "RetryBudgetChanged") left = event.retries
  }
  const stores = BreakerStore.layerMemory()
  const layer = Provider.layerMock({ read: Mock.sequence(...read), fails: Mock.status(503), stalls: Mock.never }).pipe(
    Layer.provideMerge(stores),
    Layer.merge(CallObserver.layer(observe))
  )
  return Effect.gen(function* () {
    const provider = yield* Provider
    const circuits = yield* BreakerStore.BreakerStore
    const journal = yield* Mock.journal(Provider)
    const unlucky = Effect.sync(() => {
      chance.value = 0
    })
    const close = (gate: Gate): Effect.Effect<unknown, unknown> => {
      switch (gate) {
        case "throttle":
          return Effect.andThen(Effect.exit(provider.fails()), unlucky)
        case "circuitBreaker":
          return circuits.isolate("test/Pairs")
        case "bulkhead":
        case "concurrency":
          return Effect.tap(Effect.forkChild(provider.stalls()), () => Effect.yieldNow)
        case "rateLimit":
          return Effect.exit(provider.fails())
      }
    }
    return yield* act({
      provider,
      unlucky,
      close: (gate) => Effect.asVoid(Effect.orDie(close(gate))),
      attempts: Effect.sync(
        () => journal.calls.filter(({ endpoint }) => endpoint === "read").flatMap(({ attempts }) => attempts).length
      ),
      cacheLookups: () => lookups,
      budgetLeft: () => left
    })
  }).pipe(Effect.provide(layer), Effect.provideService(Random.Random, random))
}

interface Fact {
  readonly outer: Slot
  readonly inner: Slot
  readonly shows: string
  readonly program: Effect.Effect<void, unknown>
}

const fact = <A, E>(
  outer: Slot,
  inner: Slot,
  shows: string,
  policy: Policy.Policy,
  read: ReadonlyArray<Reply>,
  act: (stage: Stage) => Effect.Effect<A, E>
): Fact => ({ outer, inner, shows, program: Effect.asVoid(onStage(policy, read, act)) })

const begun = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.tap(Effect.forkChild(effect), () => Effect.andThen(Effect.yieldNow, Effect.yieldNow))

const fails = (error: object, expected: object) => Effect.sync(() => assert.deepInclude(error, expected))

const elapse = (seconds: number) => Effect.forEach(Array.from({ length: seconds }), () => TestClock.adjust("1 second"))

const retry = Retry.make({ schedule: Schedule.spaced("10 seconds"), attempts: 3 })
const slowly = Mock.delay("3 seconds", ok)
const down = Mock.status(503)

/** Makes both refuse; what an open gate still has to let through comes before it is closed. */
const closeBoth = ({ close, provider, unlucky }: Stage, outer: Gate, inner: Gate): Effect.Effect<unknown> => {
  if (outer === "bulkhead" || outer === "concurrency") return close(outer)
  if (outer === "circuitBreaker") return Effect.andThen(close(inner), close(outer))
  const recorded = Effect.exit(provider.fails())
  return Effect.andThen(inner === "rateLimit" ? recorded : Effect.andThen(recorded, close(inner)), unlucky)
}

const refusing: ReadonlyArray<Fact> = gates.flatMap((outer, index) =>
  gates.slice(index + 1).flatMap((inner) =>
    outer === "bulkhead" && inner === "concurrency"
      ? []
      : [
          fact(
            outer,
            inner,
            "when both refuse, the outer one answers",
            { [outer]: strict[outer], [inner]: strict[inner] },
            [],
            (stage) =>
              Effect.gen(function* () {
                yield* closeBoth(stage, outer, inner)
                yield* fails(yield* Effect.flip(stage.provider.read()), refusals[outer])
              })
          )
        ]
  )
)

const isFull = (gate: Gate): gate is "bulkhead" | "concurrency" => gate === "bulkhead" || gate === "concurrency"

const retrying: ReadonlyArray<Fact> = gates.map((gate) =>
  isFull(gate)
    ? fact(
        "retry",
        gate,
        "the place is free between two attempts",
        { retry, [gate]: strict[gate] },
        [down, ok, ok],
        ({ attempts, provider }) =>
          Effect.gen(function* () {
            const first = yield* begun(provider.read())
            yield* TestClock.adjust("1 second")
            assert.deepStrictEqual(yield* provider.read(), { ok: true })
            yield* elapse(10)
            assert.deepStrictEqual(yield* Fiber.join(first), { ok: true })
            assert.strictEqual(yield* attempts, 3)
          })
      )
    : fact(
        "retry",
        gate,
        "each attempt has to pass, and a refusal ends the call",
        { retry, [gate]: strict[gate] },
        [down],
        ({ close, provider }) =>
          Effect.gen(function* () {
            const call = yield* begun(Effect.flip(provider.read()))
            if (gate === "throttle") yield* close(gate)
            yield* elapse(11)
            yield* fails(yield* Fiber.join(call), { ...refusals[gate], attempts: 1 })
          })
      )
)

const hedging: ReadonlyArray<Fact> = gates.map((gate) =>
  fact(
    "hedge",
    gate,
    "a hedge has to pass for itself, and one that is refused leaves the first its time",
    { hedge: Hedge.after("1 second", { ratio: 1 }), [gate]: strict[gate] },
    [slowly],
    ({ attempts, close, provider }) =>
      Effect.gen(function* () {
        const call = yield* begun(provider.read())
        if (gate === "throttle" || gate === "circuitBreaker") yield* close(gate)
        yield* elapse(3)
        assert.deepStrictEqual(yield* Fiber.join(call), { ok: true })
        assert.strictEqual(yield* attempts, 1)
      })
  )
)

const timing: ReadonlyArray<Fact> = [
  ...(["throttle", "circuitBreaker"] as const).map((gate) =>
    fact(
      gate,
      "timeout",
      "an attempt that took too long counts as a failure",
      { timeout: "1 second", [gate]: strict[gate] },
      [Mock.never],
      ({ close, provider }) =>
        Effect.gen(function* () {
          const call = yield* begun(Effect.flip(provider.read()))
          yield* elapse(1)
          yield* fails(yield* Fiber.join(call), { _tag: "Timeout", scope: "attempt" })
          if (gate === "throttle") yield* close(gate)
          yield* fails(yield* Effect.flip(provider.read()), refusals[gate])
        })
    )
  ),
  ...(["bulkhead", "concurrency"] as const).map((gate) =>
    fact(
      gate,
      "timeout",
      "the wait for a place is not part of the attempt",
      {
        timeout: "1 second",
        [gate]:
          gate === "bulkhead"
            ? Bulkhead.make({ maxInFlight: 1, maxWaiting: 5 })
            : Concurrency.aimd({ initial: 1, max: 1, maxWaiting: 5 })
      },
      [Mock.never, Mock.never, Mock.never, ok],
      ({ provider }) =>
        Effect.gen(function* () {
          const before = yield* Effect.forEach([1, 2, 3], () => begun(Effect.flip(provider.read())))
          const last = yield* begun(provider.read())
          yield* elapse(3)
          for (const fiber of before) yield* fails(yield* Fiber.join(fiber), { _tag: "Timeout" })
          assert.deepStrictEqual(yield* Fiber.join(last), { ok: true })
        })
    )
  ),
  fact(
    "rateLimit",
    "timeout",
    "the wait for a turn is not part of the attempt",
    { timeout: "1 second", rateLimit: { limit: 1, window: "5 seconds" } },
    [ok, ok],
    ({ provider }) =>
      Effect.gen(function* () {
        yield* provider.read()
        const second = yield* begun(provider.read())
        yield* elapse(5)
        assert.deepStrictEqual(yield* Fiber.join(second), { ok: true })
      })
  ),
  fact(
    "retry",
    "timeout",
    "each attempt has the whole timeout",
    { retry: Retry.make({ schedule: Schedule.spaced("1 millis"), attempts: 3 }), timeout: "1 second" },
    [Mock.never, Mock.never, Mock.delay("900 millis", ok)],
    ({ attempts, provider }) =>
      Effect.gen(function* () {
        const call = yield* begun(provider.read())
        yield* elapse(4)
        assert.deepStrictEqual(yield* Fiber.join(call), { ok: true })
        assert.strictEqual(yield* attempts, 3)
      })
  ),
  fact(
    "hedge",
    "timeout",
    "a hedge has a timeout of its own",
    { hedge: Hedge.after("900 millis", { ratio: 1 }), timeout: "1 second" },
    [Mock.never, Mock.delay("900 millis", ok)],
    ({ provider }) =>
      Effect.gen(function* () {
        const call = yield* begun(provider.read())
        yield* elapse(2)
        assert.deepStrictEqual(yield* Fiber.join(call), { ok: true })
      })
  ),
  fact(
    "retry",
    "hedge",
    "a retried attempt is hedged as the first one",
    {
      retry: Retry.make({ schedule: Schedule.spaced("1 second"), attempts: 3 }),
      hedge: Hedge.after("1 second", { ratio: 1 })
    },
    [down, Mock.never, ok],
    ({ attempts, provider }) =>
      Effect.gen(function* () {
        const call = yield* begun(provider.read())
        yield* elapse(3)
        assert.deepStrictEqual(yield* Fiber.join(call), { ok: true })
        assert.strictEqual(yield* attempts, 3)
      })
  ),
  fact(
    "bulkhead",
    "concurrency",
    "who has no place in the bulkhead waits, and is not refused by the limit that is inside",
    { bulkhead: Bulkhead.make({ maxInFlight: 1, maxWaiting: 1 }), concurrency: strict.concurrency },
    [slowly, ok],
    ({ provider }) =>
      Effect.gen(function* () {
        const both = yield* Effect.forEach([1, 2], () => begun(provider.read()))
        yield* elapse(4)
        for (const fiber of both) assert.deepStrictEqual(yield* Fiber.join(fiber), { ok: true })
      })
  )
]

const bounding: ReadonlyArray<Fact> = [
  ...(["throttle", "circuitBreaker"] as const).map((gate) =>
    fact(
      "deadline",
      gate,
      "an attempt that the deadline cuts off counts as a failure",
      { deadline: "1 second", [gate]: strict[gate] },
      [Mock.never],
      ({ close, provider }) =>
        Effect.gen(function* () {
          const call = yield* begun(Effect.flip(provider.read()))
          yield* elapse(1)
          yield* fails(yield* Fiber.join(call), { _tag: "Timeout", scope: "deadline" })
          if (gate === "throttle") yield* close(gate)
          yield* fails(yield* Effect.flip(provider.read()), refusals[gate])
        })
    )
  ),
  ...(["bulkhead", "concurrency"] as const).map((gate) =>
    fact(
      "deadline",
      gate,
      "nobody waits for a place beyond the deadline",
      {
        [gate]:
          gate === "bulkhead"
            ? Bulkhead.make({ maxInFlight: 1, maxWaiting: 5, maxWait: "1 hour" })
            : Concurrency.aimd({ initial: 1, max: 1, maxWaiting: 5, maxWait: "1 hour" })
      },
      [],
      ({ close, provider }) =>
        Effect.gen(function* () {
          yield* close(gate)
          const call = yield* begun(Effect.flip(provider.read({}, { deadline: "2 seconds" })))
          yield* elapse(2)
          assert.isDefined(call.pollUnsafe())
        })
    )
  ),
  fact(
    "deadline",
    "rateLimit",
    "nobody waits for a turn that comes after the deadline",
    { deadline: "2 seconds", rateLimit: { limit: 1, window: "5 seconds" } },
    [ok],
    ({ provider }) =>
      Effect.gen(function* () {
        yield* provider.read()
        yield* fails(yield* Effect.flip(provider.read()), { _tag: "RateLimited", source: "local" })
      })
  ),
  fact(
    "deadline",
    "timeout",
    "the last attempt has what is left of the deadline",
    { deadline: "1500 millis", timeout: "1 second", retry: Retry.make({ schedule: Schedule.spaced("1 millis") }) },
    [Mock.never, Mock.never],
    ({ provider }) =>
      Effect.gen(function* () {
        const call = yield* begun(Effect.flip(provider.read()))
        yield* elapse(2)
        yield* fails(yield* Fiber.join(call), { _tag: "Timeout", scope: "deadline", attempts: 2 })
      })
  ),
  fact(
    "deadline",
    "retry",
    "no delay is begun that ends after the deadline",
    { deadline: "5 seconds", retry },
    [down],
    ({ provider }) =>
      Effect.gen(function* () {
        yield* fails(yield* Effect.flip(provider.read()), { _tag: "UnexpectedStatus", attempts: 1 })
      })
  ),
  fact(
    "deadline",
    "hedge",
    "the deadline holds for the first attempt and its hedge together",
    { deadline: "2 seconds", hedge: Hedge.after("1 second", { ratio: 1 }) },
    [Mock.never, Mock.never],
    ({ provider }) =>
      Effect.gen(function* () {
        const call = yield* begun(Effect.flip(provider.read()))
        yield* elapse(2)
        yield* fails(yield* Fiber.join(call), { _tag: "Timeout", scope: "deadline" })
      })
  ),
  fact(
    "deadline",
    "coalesce",
    "who joins a call in flight keeps a deadline of its own",
    { coalesce: Coalesce.make() },
    [slowly],
    ({ provider }) =>
      Effect.gen(function* () {
        const first = yield* begun(provider.read())
        const second = yield* begun(Effect.flip(provider.read({}, { deadline: "1 second" })))
        yield* elapse(1)
        yield* fails(yield* Fiber.join(second), { _tag: "Timeout", scope: "deadline" })
        yield* elapse(2)
        assert.deepStrictEqual(yield* Fiber.join(first), { ok: true })
      })
  ),
  fact(
    "deadline",
    "cache",
    "a miss has the deadline of its call",
    { deadline: "1 second", cache: Cache.make() },
    [Mock.never],
    ({ provider }) =>
      Effect.gen(function* () {
        const call = yield* begun(Effect.flip(provider.read()))
        yield* elapse(1)
        yield* fails(yield* Fiber.join(call), { _tag: "Timeout", scope: "deadline" })
      })
  )
]

const others = { retry, hedge: Hedge.after("1 second", { ratio: 1 }), timeout: "5 seconds" } as const

const coalescing: ReadonlyArray<Fact> = [
  ...gates.map((gate) =>
    fact(
      "coalesce",
      gate,
      "who joins a call in flight does not have to pass",
      { coalesce: Coalesce.make(), [gate]: strict[gate] },
      [slowly],
      ({ attempts, close, provider }) =>
        Effect.gen(function* () {
          const first = yield* begun(provider.read())
          if (gate === "throttle" || gate === "circuitBreaker") yield* close(gate)
          const second = yield* begun(provider.read())
          yield* elapse(3)
          for (const fiber of [first, second]) assert.deepStrictEqual(yield* Fiber.join(fiber), { ok: true })
          assert.strictEqual(yield* attempts, 1)
        })
    )
  ),
  ...(
    [
      ["retry", [down, ok], 2],
      ["hedge", [Mock.never, ok], 2],
      ["timeout", [slowly], 1]
    ] as const
  ).map(([slot, read, expected]) =>
    fact(
      "coalesce",
      slot,
      "two callers share what it does, and it does it once",
      { coalesce: Coalesce.make(), [slot]: others[slot] },
      read,
      ({ attempts, provider }) =>
        Effect.gen(function* () {
          const both = yield* Effect.forEach([1, 2], () => begun(provider.read()))
          yield* elapse(11)
          for (const fiber of both) assert.deepStrictEqual(yield* Fiber.join(fiber), { ok: true })
          assert.strictEqual(yield* attempts, expected)
        })
    )
  ),
  fact(
    "coalesce",
    "cache",
    "two callers share one lookup",
    { coalesce: Coalesce.make(), cache: Cache.make() },
    [slowly],
    ({ cacheLookups, provider }) =>
      Effect.gen(function* () {
        const both = yield* Effect.forEach([1, 2], () => begun(provider.read()))
        yield* elapse(3)
        for (const fiber of both) assert.deepStrictEqual(yield* Fiber.join(fiber), { ok: true })
        assert.strictEqual(cacheLookups(), 1)
      })
  )
]

const caching: ReadonlyArray<Fact> = [
  ...gates.map((gate) =>
    fact(
      "cache",
      gate,
      "what the cache holds is given while everything is refused",
      { cache: Cache.make(), [gate]: strict[gate] },
      [ok],
      ({ attempts, close, provider }) =>
        Effect.gen(function* () {
          yield* provider.read()
          yield* close(gate)
          assert.deepStrictEqual(yield* provider.read(), { ok: true })
          assert.strictEqual(yield* attempts, 1)
        })
    )
  ),
  ...(["retry", "hedge", "timeout"] as const).map((slot) =>
    fact(
      "cache",
      slot,
      "what the cache holds takes no attempt",
      { cache: Cache.make(), [slot]: others[slot] },
      [ok],
      ({ attempts, provider }) =>
        Effect.gen(function* () {
          yield* provider.read()
          assert.deepStrictEqual(yield* provider.read(), { ok: true })
          assert.strictEqual(yield* attempts, 1)
        })
    )
  )
]

/** Every success pays for one retry, and nothing else does. */
const retryBudget = { minimum: 0, ratio: 1, capacity: 1 } as const

const budgeting: ReadonlyArray<Fact> = [
  fact(
    "deadline",
    "retryBudget",
    "a retry that the deadline does not allow takes nothing from the budget",
    { deadline: "5 seconds", retry, retryBudget },
    [ok, down],
    ({ budgetLeft, provider }) =>
      Effect.gen(function* () {
        yield* provider.read()
        yield* fails(yield* Effect.flip(provider.read()), { _tag: "UnexpectedStatus", attempts: 1 })
        assert.strictEqual(budgetLeft(), 1)
      })
  ),
  fact(
    "coalesce",
    "retryBudget",
    "callers who share a call pay for its retry once",
    { coalesce: Coalesce.make(), retry, retryBudget },
    [ok, down, ok],
    ({ attempts, provider }) =>
      Effect.gen(function* () {
        yield* provider.read()
        const both = yield* Effect.forEach([1, 2], () => begun(provider.read()))
        yield* elapse(11)
        for (const fiber of both) assert.deepStrictEqual(yield* Fiber.join(fiber), { ok: true })
        assert.strictEqual(yield* attempts, 3)
      })
  ),
  fact(
    "cache",
    "retryBudget",
    "what the cache holds pays nothing in",
    { cache: Cache.make(), retryBudget: { ...retryBudget, ratio: 0.5 } },
    [ok],
    ({ budgetLeft, provider }) =>
      Effect.gen(function* () {
        for (let call = 0; call < 3; call += 1) yield* provider.read()
        assert.strictEqual(budgetLeft(), 0.5)
      })
  ),
  fact(
    "retry",
    "retryBudget",
    "a retry that is not paid for is not made",
    { retry, retryBudget },
    [ok, down, down],
    ({ provider }) =>
      Effect.gen(function* () {
        yield* provider.read()
        const call = yield* begun(Effect.flip(provider.read()))
        yield* elapse(11)
        yield* fails(yield* Fiber.join(call), { _tag: "UnexpectedStatus", attempts: 2 })
      })
  ),
  fact(
    "retryBudget",
    "hedge",
    "a hedge is not paid for by the budget of retries",
    { retryBudget, hedge: Hedge.after("1 second", { ratio: 1 }) },
    [Mock.never, ok],
    ({ budgetLeft, provider }) =>
      Effect.gen(function* () {
        const call = yield* begun(provider.read())
        yield* elapse(1)
        assert.deepStrictEqual(yield* Fiber.join(call), { ok: true })
        assert.strictEqual(budgetLeft(), 1)
      })
  ),
  ...gates.map((gate) =>
    fact(
      "retryBudget",
      gate,
      "who is refused takes nothing out and pays nothing in",
      { retry, retryBudget, [gate]: strict[gate] },
      [ok],
      ({ attempts, budgetLeft, close, provider }) =>
        Effect.gen(function* () {
          yield* provider.read()
          yield* close(gate)
          yield* fails(yield* Effect.flip(provider.read()), refusals[gate])
          assert.strictEqual(budgetLeft(), 1)
          assert.strictEqual(yield* attempts, 1)
        })
    )
  ),
  fact(
    "retryBudget",
    "timeout",
    "an attempt that took too long is made again where that is paid for",
    { retry, retryBudget, timeout: "1 second" },
    [ok, Mock.never, ok],
    ({ attempts, provider }) =>
      Effect.gen(function* () {
        yield* provider.read()
        const call = yield* begun(provider.read())
        yield* elapse(12)
        assert.deepStrictEqual(yield* Fiber.join(call), { ok: true })
        assert.strictEqual(yield* attempts, 3)
      })
  )
]

const orElsewhere = <A, E>(call: Effect.Effect<A, E>): Effect.Effect<A | "elsewhere", E> =>
  Fallback.withFallback<E, "elsewhere", never, never>({ to: () => Effect.succeed("elsewhere") })(call)

const fallingBack: ReadonlyArray<Fact> = [
  ...gates.map((gate) =>
    fact(
      "fallback",
      gate,
      "who is refused is answered elsewhere",
      { [gate]: strict[gate] },
      [ok],
      ({ attempts, close, provider }) =>
        Effect.gen(function* () {
          yield* provider.read()
          yield* close(gate)
          assert.strictEqual(yield* orElsewhere(provider.read()), "elsewhere")
          assert.strictEqual(yield* attempts, 1)
        })
    )
  ),
  ...(["deadline", "timeout"] as const).map((slot) =>
    fact(
      "fallback",
      slot,
      "who has waited long enough is answered elsewhere, whose time is its own",
      { [slot]: "1 second" },
      [Mock.never],
      ({ provider }) =>
        Effect.gen(function* () {
          const call = yield* begun(orElsewhere(provider.read()))
          yield* elapse(1)
          assert.strictEqual(yield* Fiber.join(call), "elsewhere")
        })
    )
  ),
  fact(
    "fallback",
    "retry",
    "nobody is asked elsewhere while there is an attempt left",
    { retry },
    [down, ok],
    ({ attempts, provider }) =>
      Effect.gen(function* () {
        const call = yield* begun(orElsewhere(provider.read()))
        yield* elapse(11)
        assert.deepStrictEqual(yield* Fiber.join(call), { ok: true })
        assert.strictEqual(yield* attempts, 2)
      })
  ),
  fact(
    "fallback",
    "retryBudget",
    "whose retry is not paid for is answered elsewhere at once",
    { retry, retryBudget },
    [down],
    ({ attempts, provider }) =>
      Effect.gen(function* () {
        assert.strictEqual(yield* orElsewhere(provider.read()), "elsewhere")
        assert.strictEqual(yield* attempts, 1)
      })
  ),
  fact(
    "fallback",
    "hedge",
    "nobody is asked elsewhere before the hedge has failed too",
    { hedge: Hedge.after("1 second", { ratio: 1 }) },
    [Mock.delay("3 seconds", down), down],
    ({ attempts, provider }) =>
      Effect.gen(function* () {
        const call = yield* begun(orElsewhere(provider.read()))
        yield* elapse(2)
        assert.isUndefined(call.pollUnsafe())
        yield* elapse(1)
        assert.strictEqual(yield* Fiber.join(call), "elsewhere")
        assert.strictEqual(yield* attempts, 2)
      })
  ),
  fact(
    "fallback",
    "coalesce",
    "each of those who share a call that fails is answered elsewhere",
    { coalesce: Coalesce.make() },
    [Mock.delay("1 second", down)],
    ({ attempts, provider }) =>
      Effect.gen(function* () {
        const both = yield* Effect.forEach([1, 2], () => begun(orElsewhere(provider.read())))
        yield* elapse(1)
        for (const fiber of both) assert.strictEqual(yield* Fiber.join(fiber), "elsewhere")
        assert.strictEqual(yield* attempts, 1)
      })
  ),
  fact(
    "fallback",
    "cache",
    "nobody is asked elsewhere for what the cache holds",
    { cache: Cache.make() },
    [ok, down],
    ({ attempts, provider }) =>
      Effect.gen(function* () {
        yield* provider.read()
        assert.deepStrictEqual(yield* orElsewhere(provider.read()), { ok: true })
        assert.strictEqual(yield* attempts, 1)
      })
  )
]

const facts = [
  ...fallingBack,
  ...budgeting,
  ...bounding,
  ...coalescing,
  ...caching,
  ...retrying,
  ...hedging,
  ...refusing,
  ...timing
]

describe("of two strategies, the outer one is outside", () => {
  for (const { inner, outer, program, shows } of facts) it.effect(`${outer} > ${inner}: ${shows}`, () => program)

  it("every pair has a test", () => {
    const pairs = order.flatMap((outer, index) => order.slice(index + 1).map((inner) => `${outer} > ${inner}`))
    const tested = new Set(facts.map(({ inner, outer }) => `${outer} > ${inner}`))
    assert.deepStrictEqual(
      pairs.filter((pair) => !tested.has(pair)),
      []
    )
    assert.strictEqual(tested.size, pairs.length)
  })
})
