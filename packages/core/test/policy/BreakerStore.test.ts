import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Breaker, BreakerStore } from "@causeway/core/policy"

const breaker = Breaker.failureRate({ threshold: 0.5, minimumCalls: 4, window: 4, openDuration: "10 seconds" })

const storeWith = (breaker: Breaker.Breaker) => {
  const store = BreakerStore.makeMemory()
  const attempt = (outcome: BreakerStore.Outcome, now: number) =>
    Effect.flatMap(store.admit("key", breaker, now), (admission): Effect.Effect<BreakerStore.Admission> =>
      admission._tag === "Open"
        ? Effect.succeed(admission)
        : Effect.as(store.record("key", breaker, admission.generation, outcome, now), admission)
    )
  const phase = Effect.map(store.circuits, (circuits) => circuits[0]?.phase)
  return { store, attempt, phase }
}

const attempts = (outcomes: string): ReadonlyArray<BreakerStore.Outcome> =>
  Array.from(outcomes, (letter) => (letter === "s" ? "success" : letter === "f" ? "failure" : "ignored"))

describe("a failure rate", () => {
  for (const [outcomes, phase] of [
    ["fff", "closed"],
    ["ffff", "open"],
    ["sffs", "closed"],
    ["ssff", "open"],
    ["fsssssf", "closed"],
    ["ffiiiis", "closed"],
    ["ssssssff", "open"]
  ] as const) {
    it.effect(`of a half of at least four leaves the circuit ${phase} after ${outcomes}`, () =>
      Effect.gen(function* () {
        const circuit = storeWith(breaker)
        yield* Effect.forEach(attempts(outcomes), (outcome) => circuit.attempt(outcome, 0))
        assert.strictEqual(yield* circuit.phase, phase)
      })
    )
  }
})

describe("a circuit", () => {
  it.effect("opens, refuses for its duration, lets one probe through and closes by its success", () =>
    Effect.gen(function* () {
      const circuit = storeWith(Breaker.consecutive({ failures: 2, openDuration: "10 seconds" }))
      yield* circuit.attempt("failure", 0)
      yield* circuit.attempt("failure", 0)
      assert.deepStrictEqual(yield* circuit.attempt("success", 4_000), { _tag: "Open", retryAfterMillis: 6_000 })
      assert.strictEqual((yield* circuit.attempt("success", 10_000))._tag, "Admitted")
      assert.strictEqual(yield* circuit.phase, "closed")
    })
  )

  it.effect("opens again when the probe fails", () =>
    Effect.gen(function* () {
      const circuit = storeWith(Breaker.consecutive({ failures: 1, openDuration: "10 seconds" }))
      yield* circuit.attempt("failure", 0)
      yield* circuit.attempt("failure", 10_000)
      assert.strictEqual(yield* circuit.phase, "open")
      assert.deepStrictEqual(yield* circuit.attempt("success", 12_000), { _tag: "Open", retryAfterMillis: 8_000 })
    })
  )

  it.effect("lets nobody through beside the probe", () =>
    Effect.gen(function* () {
      const one = Breaker.consecutive({ failures: 1, openDuration: "10 seconds" })
      const { attempt, store } = storeWith(one)
      yield* attempt("failure", 0)
      assert.strictEqual((yield* store.admit("key", one, 10_000))._tag, "Admitted")
      assert.strictEqual((yield* store.admit("key", one, 10_001))._tag, "Open")
    })
  )

  it.effect("lets another probe through when the first never reports", () =>
    Effect.gen(function* () {
      const one = Breaker.consecutive({ failures: 1, openDuration: "10 seconds" })
      const { attempt, store } = storeWith(one)
      yield* attempt("failure", 0)
      yield* store.admit("key", one, 10_000)
      assert.strictEqual((yield* store.admit("key", one, 20_000))._tag, "Admitted")
    })
  )

  it.effect("does not count what was admitted before it changed", () =>
    Effect.gen(function* () {
      const one = Breaker.consecutive({ failures: 1, openDuration: "10 seconds" })
      const { attempt, phase, store } = storeWith(one)
      const early = yield* store.admit("key", one, 0)
      assert.strictEqual(early._tag, "Admitted")
      yield* attempt("failure", 1)
      const generation = early._tag === "Admitted" ? early.generation : -1
      yield* store.record("key", one, generation, "success", 2)
      assert.strictEqual(yield* phase, "open")
    })
  )

  it.effect("tells each of its changes once", () =>
    Effect.gen(function* () {
      const one = Breaker.consecutive({ failures: 1, openDuration: "10 seconds" })
      const { store } = storeWith(one)
      const first = yield* store.admit("key", one, 0)
      assert.deepInclude(first, { _tag: "Admitted", transition: undefined })
      assert.deepStrictEqual(yield* store.record("key", one, 0, "failure", 0), {
        key: "key",
        from: "closed",
        to: "open"
      })
      const probe = yield* store.admit("key", one, 10_000)
      assert.deepInclude(probe, { _tag: "Admitted", transition: { key: "key", from: "open", to: "half-open" } })
      const generation = probe._tag === "Admitted" ? probe.generation : -1
      assert.deepStrictEqual(yield* store.record("key", one, generation, "success", 10_001), {
        key: "key",
        from: "half-open",
        to: "closed"
      })
    })
  )
})
