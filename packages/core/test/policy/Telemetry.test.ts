import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Metric, Schedule, Schema } from "effect"
import { TestClock } from "effect/testing"
import { Endpoint, Integration } from "@causeway/core/client"
import { Breaker, Cache, Hedge, Policy, Telemetry } from "@causeway/core/policy"
import { Mock } from "@causeway/core/testing"

const ok = Mock.status(200, { body: { ok: true } })
const down = Mock.status(503)

/** Metrics are of the whole process: each test has an integration of its own. */
let integrations = 0

const observed = <A, E>(
  policy: Policy.Policy,
  replies: ReadonlyArray<typeof down>,
  act: (calls: {
    readonly read: Effect.Effect<unknown, unknown>
    readonly metric: (id: string) => Effect.Effect<Array<Reading>>
  }) => Effect.Effect<A, E>
) => {
  const id = `test/Telemetry${(integrations += 1)}`
  class Provider extends Integration.Service<Provider>()(id, {
    baseUrl: "https://provider.example",
    endpoints: [Endpoint.get("read", "/read", { success: Schema.Struct({ ok: Schema.Boolean }) })],
    policy: Policy.merge(Policy.none, policy)
  }) {}
  const layer = Provider.layerMock({ read: Mock.sequence(...replies) })
  return Effect.gen(function* () {
    const { read } = yield* Provider
    return yield* act({ read: read(), metric: (name) => readings(id, name) })
  }).pipe(Effect.provide(Layer.provideMerge(layer, Telemetry.layerMetrics)))
}

/** The attributes that are not the integration's own, and the number of a series. */
type Reading = readonly [attributes: string, value: number]

const readings = (integration: string, id: string): Effect.Effect<Array<Reading>> =>
  Effect.map(Metric.snapshot, (snapshots) =>
    snapshots.flatMap((metric): ReadonlyArray<Reading> => {
      const { attributes = {}, state } = metric
      const belongs = Object.values(attributes).includes(integration)
      if (metric.id !== id || !belongs) return []
      const rest = Object.entries(attributes).filter(([name, value]) => name !== "endpoint" && value !== integration)
      return [
        [
          rest.map(([, value]) => value).join(),
          "count" in state ? Number(state.count) : Number("value" in state && state.value)
        ]
      ]
    })
  )

describe("the metrics of calls", () => {
  it.effect("count calls and attempts by how they ended, retries, and what they waited for", () =>
    observed(
      { retry: Schedule.spaced("1 second").pipe(Schedule.upTo({ times: 1 })) },
      [down, ok, down, down],
      ({ metric, read }) =>
        Effect.gen(function* () {
          for (let call = 0; call < 2; call += 1) {
            const fiber = yield* Effect.forkChild(Effect.exit(read), { startImmediately: true })
            assert.deepStrictEqual(yield* metric("causeway_calls_in_flight"), [["", 1]])
            yield* TestClock.adjust("1 second")
            yield* Fiber.await(fiber)
          }
          assert.sameDeepMembers(yield* metric("causeway_calls"), [
            ["success", 1],
            ["failure,UnexpectedStatus", 1]
          ])
          assert.sameDeepMembers(yield* metric("causeway_attempts"), [
            ["success", 1],
            ["transient", 3]
          ])
          assert.deepStrictEqual(yield* metric("causeway_retries"), [["", 2]])
          assert.deepStrictEqual(yield* metric("causeway_waits"), [["retry", 2]])
          assert.deepStrictEqual(yield* metric("causeway_call_duration"), [["", 2]])
          assert.deepStrictEqual(yield* metric("causeway_calls_in_flight"), [["", 0]])
        })
    )
  )

  it.effect("tell declared errors, failures and interruptions apart, with the tag of the error", () => {
    class Missing extends Schema.TaggedError<Missing>()("Missing", { message: Schema.String }) {}
    const id = `test/Telemetry${(integrations += 1)}`
    class Provider extends Integration.Service<Provider>()(id, {
      baseUrl: "https://provider.example",
      endpoints: [Endpoint.get("read", "/read", { success: Schema.String, errors: { 404: Missing } })],
      policy: { ...Policy.none, timeout: "1 second" }
    }) {}
    const missing = Mock.status(404, { body: { _tag: "Missing", message: "no such item" } })
    const replies = Mock.sequence(missing, down, Mock.never, Mock.ok("up"), Mock.never)
    return Effect.gen(function* () {
      const { read } = yield* Provider
      assert.strictEqual((yield* Effect.flip(read()))._tag, "Missing")
      yield* Effect.flip(read())
      const late = yield* Effect.forkChild(Effect.flip(read()))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(late)
      yield* read()
      yield* Fiber.interrupt(yield* Effect.forkChild(read(), { startImmediately: true }))
      assert.sameDeepMembers(yield* readings(id, "causeway_calls"), [
        ["declared,Missing", 1],
        ["failure,UnexpectedStatus", 1],
        ["failure,Timeout", 1],
        ["success", 1],
        ["interrupted", 1]
      ])
    }).pipe(Effect.provide(Layer.provideMerge(Provider.layerMock({ read: replies }), Telemetry.layerMetrics)))
  })

  it.effect("have at most 50 tags of errors for an endpoint, of at most 64 characters", () => {
    const id = `test/Telemetry${(integrations += 1)}`
    class Provider extends Integration.Service<Provider>()(id, {
      baseUrl: "https://provider.example",
      endpoints: [
        Endpoint.get("read", "/read", {
          success: Schema.String,
          errors: { 404: Schema.Struct({ _tag: Schema.String }) }
        })
      ],
      policy: Policy.none
    }) {}
    const tags = Array.from({ length: 60 }, (_, index) => `${index}`.padEnd(80, "x"))
    const replies = tags.map((_tag) => Mock.status(404, { body: { _tag } }))
    return Effect.gen(function* () {
      const { read } = yield* Provider
      for (const _ of replies) yield* Effect.flip(read())
      const counted = yield* readings(id, "causeway_calls")
      assert.lengthOf(counted, 51)
      assert.deepInclude(counted, ["declared,_OTHER", 10])
      assert.deepInclude(counted, [`declared,${"0".padEnd(64, "x")}`, 1])
    }).pipe(
      Effect.provide(
        Layer.provideMerge(Provider.layerMock({ read: Mock.sequence(...replies) }), Telemetry.layerMetrics)
      )
    )
  })

  it.effect("show what is left of the retry budget, and count the retries that it did not pay for", () =>
    observed(
      { retry: Schedule.recurs(9), retryBudget: { ratio: 0.5, minimum: 0, capacity: 2 } },
      [ok, ok, ok, down, down],
      ({ metric, read }) =>
        Effect.gen(function* () {
          assert.deepStrictEqual(yield* metric("causeway_retry_budget_left"), [])
          for (const left of [0.5, 1, 1.5]) {
            yield* read
            assert.deepStrictEqual(yield* metric("causeway_retry_budget_left"), [["", left]])
          }
          yield* Effect.flip(read)
          assert.deepStrictEqual(yield* metric("causeway_retry_budget_left"), [["", 0.5]])
          assert.deepStrictEqual(yield* metric("causeway_retry_budget_empty"), [["", 1]])
        })
    )
  )

  it.effect("show the state of a circuit as a number", () =>
    observed(
      { circuitBreaker: Breaker.consecutive({ failures: 1, openDuration: "1 second" }) },
      [down, ok],
      ({ metric, read }) =>
        Effect.gen(function* () {
          yield* Effect.flip(read)
          assert.deepStrictEqual(yield* metric("causeway_circuit_state"), [["", 2]])
          yield* TestClock.adjust("1 second")
          yield* read
          assert.deepStrictEqual(yield* metric("causeway_circuit_state"), [["", 0]])
        })
    )
  )

  it.effect("count hedges, and lookups in the cache by what they found", () => {
    const answer = Mock.status(200, { body: { ok: true }, headers: { "cache-control": "max-age=60" } })
    return observed(
      { hedge: Hedge.after("1 second", { ratio: 1 }), cache: Cache.make() },
      [Mock.never, answer],
      ({ metric, read }) =>
        Effect.gen(function* () {
          const fiber = yield* Effect.forkChild(Effect.exit(read), { startImmediately: true })
          yield* TestClock.adjust("1 second")
          yield* Fiber.await(fiber)
          yield* Effect.exit(read)
          assert.deepStrictEqual(yield* metric("causeway_hedges"), [["", 1]])
          assert.sameDeepMembers(yield* metric("causeway_cache"), [
            ["miss", 1],
            ["hit", 1]
          ])
        })
    )
  })

  it.effect("count the attempts of calls that are interrupted", () =>
    observed({}, [Mock.never], ({ metric, read }) =>
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(Effect.exit(read), { startImmediately: true })
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual(yield* metric("causeway_attempts"), [["interrupted", 1]])
      })
    )
  )
})
