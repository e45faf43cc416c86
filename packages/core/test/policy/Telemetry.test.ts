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
            ["failure", 1]
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
