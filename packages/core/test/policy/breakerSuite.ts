/** What every breaker store does, as one suite. Times are given with each question. */
import { assert, describe, layer } from "@effect/vitest"
import { Duration, Effect, Exit, type Layer, Queue, Schedule, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Breaker, BreakerStore } from "@causeway/core/policy"
import { BreakerModel } from "./breakerModel.ts"

const quick: BreakerStore.AttemptEnd = { elapsedMillis: 5, retryAfterMillis: undefined }
const slow: BreakerStore.AttemptEnd = { elapsedMillis: 2_000, retryAfterMillis: undefined }

let keys = 0

/** A circuit of its own, and an attempt under it: what the store said, and how it ended when it was admitted. */
const circuitOf = (breaker: Breaker.Breaker) =>
  Effect.map(BreakerStore.BreakerStore, (store) => {
    const key = `test/${(keys += 1)}`
    const admit = (now: number) => Effect.andThen(TestClock.setTime(now), store.admit(key, breaker, now))
    const record = (admission: BreakerStore.Admission, outcome: BreakerStore.Outcome, now: number, end = quick) =>
      admission._tag === "Admitted"
        ? Effect.andThen(TestClock.setTime(now), store.record(key, breaker, admission.generation, outcome, now, end))
        : Effect.succeed(undefined)
    const attempt = (outcome: BreakerStore.Outcome, now: number, end = quick) =>
      Effect.tap(admit(now), (admission) => record(admission, outcome, now, end))
    const snapshot = Effect.map(store.circuits, (circuits) => circuits.find((circuit) => circuit.key === key))
    const phase = Effect.map(snapshot, (circuit) => circuit?.phase)
    return { key, store, admit, record, attempt, snapshot, phase }
  })

/** s: success, f: failure, i: ignored, S: a slow success, F: a slow failure. */
const attempts = (letters: string) =>
  Array.from(letters, (letter) => {
    const outcome = letter === "i" ? "ignored" : letter === "s" || letter === "S" ? "success" : "failure"
    return { outcome, end: letter === "S" || letter === "F" ? slow : quick } as const
  })

const open = (retryAfterMillis: number | undefined): BreakerStore.Admission => ({ _tag: "Open", retryAfterMillis })

export const breakerSuite = (
  name: string,
  storeLayer: Layer.Layer<BreakerStore.BreakerStore, unknown>,
  scripts: { readonly runs: number; readonly steps: number }
): void => {
  describe(`a circuit ${name}`, () => {
    layer(storeLayer)((it) => {
      const rate = { threshold: 0.5, minimumCalls: 4, window: 4, openDuration: "10 seconds" } as const
      const cases: ReadonlyArray<readonly [Breaker.Breaker, letters: string, BreakerStore.Phase]> = [
        [Breaker.consecutive({ failures: 3 }), "ffsff", "closed"],
        [Breaker.consecutive({ failures: 3 }), "sfiff", "open"],
        [Breaker.failureRate(rate), "fff", "closed"],
        [Breaker.failureRate(rate), "ffff", "open"],
        [Breaker.failureRate(rate), "sffs", "open"],
        [Breaker.failureRate({ ...rate, minimumCalls: 5, window: 10 }), "fffss", "open"],
        [Breaker.failureRate({ ...rate, minimumCalls: 5, window: "1 minute" }), "fffss", "open"],
        [Breaker.failureRate({ ...rate, minimumCalls: 5, window: 10 }), "ffsss", "closed"],
        [Breaker.failureRate({ ...rate, minimumCalls: 5, window: 10 }), "fffsiiii", "closed"],
        [Breaker.failureRate(rate), "ssff", "open"],
        [Breaker.failureRate(rate), "fsssssf", "closed"],
        [Breaker.failureRate(rate), "ffiiiis", "closed"],
        [Breaker.failureRate(rate), "ffiiiiss", "open"],
        [Breaker.failureRate(rate), "ssssssff", "open"],
        [Breaker.failureRate({ ...rate, window: "1 minute" }), "sssssff", "closed"],
        [Breaker.failureRate({ ...rate, window: "1 minute" }), "ssff", "open"],
        [Breaker.slowCallRate({ ...rate, slowerThan: "2 seconds" }), "ffffff", "closed"],
        [Breaker.slowCallRate({ ...rate, slowerThan: "2 seconds" }), "ssSS", "open"],
        [Breaker.slowCallRate({ ...rate, slowerThan: "2 seconds" }), "ssFS", "open"],
        [Breaker.slowCallRate({ ...rate, slowerThan: "2 seconds" }), "SSss", "open"],
        [Breaker.slowCallRate({ ...rate, slowerThan: "2 seconds", window: "1 minute" }), "SFss", "open"],
        [
          Breaker.any([Breaker.consecutive({ failures: 9 }), Breaker.failureRate({ minimumCalls: 5, window: 10 })]),
          "fffss",
          "open"
        ],
        [Breaker.slowCallRate({ ...rate, slowerThan: "2001 millis" }), "SSSSSS", "closed"]
      ]
      for (const [breaker, letters, phase] of cases) {
        it.effect(`under ${breaker.strategy} is ${phase} after ${letters}`, () =>
          Effect.gen(function* () {
            const circuit = yield* circuitOf(breaker)
            yield* Effect.forEach(attempts(letters), ({ end, outcome }) => circuit.attempt(outcome, 0, end))
            assert.strictEqual(yield* circuit.phase, phase)
          })
        )
      }

      it.effect("forgets the attempts that have left its window of time", () =>
        Effect.gen(function* () {
          const circuit = yield* circuitOf(Breaker.failureRate({ ...rate, window: "10 seconds" }))
          for (const second of [0, 1, 2]) yield* circuit.attempt("failure", second * 1_000)
          yield* circuit.attempt("failure", 11_000)
          assert.strictEqual(yield* circuit.phase, "closed")
          yield* circuit.attempt("failure", 11_500)
          assert.strictEqual(yield* circuit.phase, "closed")
          yield* circuit.attempt("success", 11_900)
          assert.strictEqual(yield* circuit.phase, "open")
        })
      )

      it.effect("trips at a success that finds the share reached, because older successes have left the window", () =>
        Effect.gen(function* () {
          const circuit = yield* circuitOf(Breaker.failureRate({ ...rate, window: "10 seconds" }))
          yield* Effect.forEach(attempts("sssss"), ({ outcome }) => circuit.attempt(outcome, 0))
          yield* Effect.forEach(attempts("fff"), ({ outcome }) => circuit.attempt(outcome, 5_000))
          assert.strictEqual(yield* circuit.phase, "closed")
          yield* circuit.attempt("success", 11_000)
          assert.strictEqual(yield* circuit.phase, "open")
        })
      )

      it.effect("of several strategies trips by whichever is first", () =>
        Effect.gen(function* () {
          const any = Breaker.any([
            Breaker.consecutive({ failures: 2 }),
            Breaker.slowCallRate({ slowerThan: "1 second", minimumCalls: 3, window: 4 }),
            Breaker.failureRate({ threshold: 0.3, minimumCalls: 4, window: "1 minute" })
          ])
          for (const letters of ["sssff", "SsS", "sfssf"]) {
            const circuit = yield* circuitOf(any)
            yield* Effect.forEach(attempts(letters), ({ end, outcome }) => circuit.attempt(outcome, 0, end))
            assert.strictEqual(yield* circuit.phase, "open", letters)
          }
        })
      )

      /** Trips when slow answers or failures are two more than quick successes. */
      const weighed = (options: Breaker.CommonOptions = {}) =>
        Breaker.custom({
          ...options,
          name: "weighed",
          make: () => {
            let weight = 0
            return ({ elapsedMillis, outcome }) => {
              weight = outcome === "failure" || elapsedMillis >= 1_000 ? weight + 1 : Math.max(0, weight - 1)
              return weight >= 2 ? "trip" : undefined
            }
          }
        })

      for (const [letters, phase] of [
        ["fsf", "closed"],
        ["fsfsfsf", "closed"],
        ["ff", "open"],
        ["fiiSs", "open"]
      ] as const) {
        it.effect(`under a custom rule is ${phase} after ${letters}`, () =>
          Effect.gen(function* () {
            const circuit = yield* circuitOf(weighed())
            yield* Effect.forEach(attempts(letters), ({ end, outcome }) => circuit.attempt(outcome, 0, end))
            assert.strictEqual(yield* circuit.phase, phase)
          })
        )
      }

      it.effect("asks for a new custom rule after it has closed, and leaves probes to the breaker", () =>
        Effect.gen(function* () {
          const circuit = yield* circuitOf(weighed({ openDuration: "10 seconds" }))
          yield* circuit.attempt("failure", 0)
          yield* circuit.attempt("failure", 0)
          assert.deepStrictEqual(yield* circuit.admit(4_000), open(6_000))
          yield* circuit.attempt("failure", 10_000)
          assert.deepStrictEqual(yield* circuit.admit(10_000), open(10_000))
          yield* circuit.attempt("success", 20_000)
          yield* circuit.attempt("failure", 20_000)
          assert.strictEqual(yield* circuit.phase, "closed")
          yield* circuit.attempt("failure", 20_000)
          assert.strictEqual(yield* circuit.phase, "open")
        })
      )

      it.effect("of a custom rule and another strategy trips by whichever is first, and starts both over", () =>
        Effect.gen(function* () {
          const slowRate = Breaker.slowCallRate({ slowerThan: "5 seconds", minimumCalls: 2, window: "1 minute" })
          for (const trips of [
            [weighed(), Breaker.consecutive({ failures: 5 })],
            [Breaker.consecutive({ failures: 5 }), slowRate, weighed()],
            [Breaker.consecutive({ failures: 2 }), weighed()]
          ]) {
            const circuit = yield* circuitOf(Breaker.any(trips))
            yield* Effect.forEach(attempts("ssff"), ({ end, outcome }) => circuit.attempt(outcome, 0, end))
            assert.strictEqual(yield* circuit.phase, "open")
            yield* circuit.store.reset(circuit.key)
            yield* circuit.attempt("failure", 0)
            assert.strictEqual(yield* circuit.phase, "closed")
          }
        })
      )

      it.effect("whose custom rule throws is a defect", () =>
        Effect.gen(function* () {
          const broken = Breaker.custom({
            name: "broken",
            make: () => () => {
              throw new Error("the rule is broken")
            }
          })
          const circuit = yield* circuitOf(broken)
          const exit = yield* Effect.exit(circuit.attempt("success", 0))
          assert.isTrue(Exit.hasDies(exit))
        })
      )

      it.effect("opens, refuses for its duration, lets one probe through and closes by its success", () =>
        Effect.gen(function* () {
          const circuit = yield* circuitOf(Breaker.consecutive({ failures: 2, openDuration: "10 seconds" }))
          yield* circuit.attempt("failure", 0)
          yield* circuit.attempt("failure", 0)
          assert.deepStrictEqual(yield* circuit.attempt("success", 4_000), open(6_000))
          assert.strictEqual((yield* circuit.attempt("success", 10_000))._tag, "Admitted")
          assert.strictEqual(yield* circuit.phase, "closed")
          yield* circuit.attempt("failure", 10_000)
          assert.strictEqual(yield* circuit.phase, "closed")
        })
      )

      it.effect("lets nobody through beside the probe, and opens again when it fails", () =>
        Effect.gen(function* () {
          const circuit = yield* circuitOf(Breaker.consecutive({ failures: 1, openDuration: "10 seconds" }))
          yield* circuit.attempt("failure", 0)
          const probe = yield* circuit.admit(10_000)
          assert.deepStrictEqual(yield* circuit.admit(12_000), open(8_000))
          yield* circuit.record(probe, "failure", 13_000)
          assert.deepStrictEqual(yield* circuit.admit(14_000), open(9_000))
        })
      )

      it.effect("stays open longer each time, and begins anew after it was closed", () =>
        Effect.gen(function* () {
          const openDuration = Schedule.min([Schedule.exponential("1 second"), Schedule.spaced("3 seconds")])
          const circuit = yield* circuitOf(Breaker.consecutive({ failures: 1, openDuration }))
          let now = 0
          for (const millis of [1_000, 2_000, 3_000, 3_000]) {
            yield* circuit.attempt("failure", now)
            assert.deepStrictEqual(yield* circuit.admit(now), open(millis))
            now += millis
          }
          yield* circuit.attempt("success", now)
          yield* circuit.attempt("failure", now)
          assert.deepStrictEqual(yield* circuit.admit(now), open(1_000))
        })
      )

      for (const [asked, millis] of [
        [40_000, 40_000],
        [3_000, 10_000],
        [86_400_000, 60_000]
      ] as const) {
        it.effect(`stays open for ${millis} ms when the provider asks for ${asked} ms`, () =>
          Effect.gen(function* () {
            const breaker = Breaker.consecutive({
              failures: 1,
              openDuration: "10 seconds",
              maxRetryAfter: "1 minute"
            })
            const circuit = yield* circuitOf(breaker)
            yield* circuit.attempt("failure", 0, { elapsedMillis: 5, retryAfterMillis: asked })
            assert.deepStrictEqual(yield* circuit.admit(0), open(millis))
            yield* circuit.attempt("failure", millis, { elapsedMillis: 5, retryAfterMillis: asked })
            assert.deepStrictEqual(yield* circuit.admit(millis), open(millis))
          })
        )
      }

      for (const [letters, phase] of [
        ["sss", "closed"],
        ["ffss", "half-open"],
        ["ffsss", "closed"],
        ["fff", "open"],
        ["sfsff", "open"],
        ["iiiifisss", "closed"]
      ] as const) {
        it.effect(`with three of five probes to pass is ${phase} after the probes ${letters}`, () =>
          Effect.gen(function* () {
            const breaker = Breaker.consecutive({ failures: 1, openDuration: 1_000, probes: 5, probeSuccessRatio: 0.6 })
            const circuit = yield* circuitOf(breaker)
            yield* circuit.attempt("failure", 0)
            yield* Effect.forEach(attempts(letters), ({ end, outcome }) => circuit.attempt(outcome, 1_000, end))
            assert.strictEqual(yield* circuit.phase, phase)
          })
        )
      }

      it.effect("lets so many probes through at once, and no more", () =>
        Effect.gen(function* () {
          const circuit = yield* circuitOf(Breaker.consecutive({ failures: 1, openDuration: 1_000, probes: 3 }))
          yield* circuit.attempt("failure", 0)
          const admissions = yield* Effect.forEach([1, 2, 3, 4, 5], () => circuit.admit(1_000))
          assert.deepStrictEqual(
            admissions.map(({ _tag }) => _tag),
            ["Admitted", "Admitted", "Admitted", "Open", "Open"]
          )
        })
      )

      it.effect("takes a probe that is too slow for a failed one", () =>
        Effect.gen(function* () {
          const breaker = Breaker.slowCallRate({ slowerThan: "1 second", minimumCalls: 1, openDuration: 1_000 })
          const circuit = yield* circuitOf(breaker)
          yield* circuit.attempt("success", 0, slow)
          yield* circuit.attempt("success", 1_000, slow)
          assert.strictEqual(yield* circuit.phase, "open")
          yield* circuit.attempt("success", 2_000, quick)
          assert.strictEqual(yield* circuit.phase, "closed")
        })
      )

      it.effect("lets another probe through at once when one is ignored", () =>
        Effect.gen(function* () {
          const circuit = yield* circuitOf(Breaker.consecutive({ failures: 1, openDuration: 1_000 }))
          yield* circuit.attempt("failure", 0)
          yield* circuit.attempt("ignored", 1_000)
          assert.strictEqual((yield* circuit.admit(1_000))._tag, "Admitted")
        })
      )

      it.effect("gives a probe up that has not reported after an open duration, and still believes it later", () =>
        Effect.gen(function* () {
          const circuit = yield* circuitOf(Breaker.consecutive({ failures: 1, openDuration: "10 seconds" }))
          yield* circuit.attempt("failure", 0)
          const first = yield* circuit.admit(10_000)
          assert.strictEqual((yield* circuit.admit(19_999))._tag, "Open")
          assert.strictEqual((yield* circuit.admit(20_000))._tag, "Admitted")
          yield* circuit.record(first, "success", 21_000)
          assert.strictEqual(yield* circuit.phase, "closed")
        })
      )

      it.effect("does not count what was admitted before it changed", () =>
        Effect.gen(function* () {
          const circuit = yield* circuitOf(Breaker.consecutive({ failures: 1, openDuration: "10 seconds" }))
          const early = yield* circuit.admit(0)
          yield* circuit.attempt("failure", 1)
          yield* circuit.record(early, "success", 2)
          assert.strictEqual(yield* circuit.phase, "open")
          const probe = yield* circuit.admit(20_000)
          yield* circuit.record(early, "failure", 20_001)
          assert.strictEqual(yield* circuit.phase, "half-open")
          yield* circuit.record(probe, "success", 20_002)
          assert.strictEqual(yield* circuit.phase, "closed")
        })
      )

      it.effect("is not kept open by a clock that is set back", () =>
        Effect.gen(function* () {
          const circuit = yield* circuitOf(Breaker.consecutive({ failures: 1, openDuration: "10 seconds" }))
          yield* circuit.attempt("failure", 3_600_000)
          assert.deepStrictEqual(yield* circuit.admit(1_000), open(10_000))
          assert.strictEqual((yield* circuit.admit(11_000))._tag, "Admitted")
        })
      )

      it.effect("answers with its changes, each once", () =>
        Effect.gen(function* () {
          const { admit, key, record } = yield* circuitOf(Breaker.consecutive({ failures: 1, openDuration: 1_000 }))
          const first = yield* admit(0)
          assert.deepInclude(first, { _tag: "Admitted", transition: undefined })
          assert.deepStrictEqual(yield* record(first, "failure", 5), { key, from: "closed", to: "open", at: 5 })
          const probe = yield* admit(1_005)
          assert.deepInclude(probe, { transition: { key, from: "open", to: "half-open", at: 1_005 } })
          assert.deepStrictEqual(yield* record(probe, "success", 1_010), {
            key,
            from: "half-open",
            to: "closed",
            at: 1_010
          })
          assert.isUndefined(yield* record(yield* admit(1_011), "success", 1_012))
        })
      )

      it.effect("tells its changes to all who listen, in order", () =>
        Effect.gen(function* () {
          const circuit = yield* circuitOf(Breaker.consecutive({ failures: 1, openDuration: 1_000 }))
          const heard = yield* Queue.unbounded<BreakerStore.Transition>()
          yield* Effect.forkScoped(
            Stream.runForEach(circuit.store.transitions, (transition) => Queue.offer(heard, transition))
          )
          yield* untilHeard(circuit.store, heard)
          yield* circuit.attempt("failure", 1)
          yield* circuit.attempt("success", 1_001)
          yield* circuit.store.isolate(circuit.key)
          const told: Array<string> = []
          while (told.length < 4) {
            const { from, key, to } = yield* Queue.take(heard)
            if (key === circuit.key) told.push(`${from} > ${to}`)
          }
          assert.deepStrictEqual(told, ["closed > open", "open > half-open", "half-open > closed", "closed > isolated"])
        })
      )

      it.effect("that is isolated refuses until it is closed by hand", () =>
        Effect.gen(function* () {
          const circuit = yield* circuitOf(Breaker.consecutive({ failures: 1, openDuration: 1_000 }))
          const before = yield* circuit.admit(0)
          yield* circuit.store.isolate(circuit.key)
          assert.deepStrictEqual(yield* circuit.admit(3_600_000), open(undefined))
          yield* circuit.record(before, "failure", 3_600_000)
          assert.strictEqual(yield* circuit.phase, "isolated")
          yield* circuit.store.close(circuit.key)
          assert.strictEqual((yield* circuit.admit(3_600_001))._tag, "Admitted")
        })
      )

      it.effect("can be isolated before it was ever used", () =>
        Effect.gen(function* () {
          const circuit = yield* circuitOf(Breaker.consecutive())
          yield* circuit.store.isolate(circuit.key)
          assert.strictEqual(yield* circuit.phase, "isolated")
          assert.deepStrictEqual(yield* circuit.admit(0), open(undefined))
        })
      )

      it.effect("keeps its counts when it is closed by hand while closed, and loses them when reset", () =>
        Effect.gen(function* () {
          const circuit = yield* circuitOf(Breaker.consecutive({ failures: 2 }))
          yield* circuit.attempt("failure", 0)
          const late = yield* circuit.admit(0)
          yield* circuit.store.reset(circuit.key)
          yield* circuit.record(late, "failure", 0)
          yield* circuit.attempt("failure", 0)
          assert.strictEqual(yield* circuit.phase, "closed")
          yield* circuit.store.close(circuit.key)
          yield* circuit.attempt("failure", 0)
          assert.strictEqual(yield* circuit.phase, "open")
          yield* circuit.store.reset(circuit.key)
          assert.strictEqual((yield* circuit.admit(0))._tag, "Admitted")
        })
      )

      it.effect("shows what it has counted, since when, and when it may be tried again", () =>
        Effect.gen(function* () {
          const circuit = yield* circuitOf(
            Breaker.failureRate({ minimumCalls: 4, window: 10, openDuration: "10 seconds", probes: 2 })
          )
          const key = circuit.key
          yield* circuit.attempt("success", 1_000)
          yield* circuit.attempt("failure", 1_000)
          yield* circuit.attempt("success", 1_000)
          assert.deepInclude(yield* circuit.snapshot, { key, phase: "closed", calls: 3, failures: 1 })
          yield* circuit.attempt("failure", 2_000)
          yield* TestClock.setTime(5_000)
          assert.deepStrictEqual(yield* circuit.snapshot, {
            key,
            phase: "open",
            since: 2_000,
            calls: 4,
            failures: 2,
            retryAfter: Duration.seconds(7)
          })
          yield* circuit.attempt("success", 12_000)
          assert.deepStrictEqual(yield* circuit.snapshot, {
            key,
            phase: "half-open",
            since: 12_000,
            calls: 1,
            failures: 0,
            retryAfter: undefined
          })
        })
      )

      it.effect("is apart from the circuits of other keys", () =>
        Effect.gen(function* () {
          const breaker = Breaker.consecutive({ failures: 1 })
          const [one, other] = [yield* circuitOf(breaker), yield* circuitOf(breaker)]
          yield* one.attempt("failure", 0)
          assert.strictEqual((yield* other.admit(0))._tag, "Admitted")
        })
      )
    })

    for (const [strategy, make] of Object.entries(strategies)) {
      // A store of its own, because the circuits of all are listed after each step.
      layer(storeLayer)(`under ${strategy}`, (it) => {
        it.effect("agrees with a model that keeps everything, whatever happens", () =>
          Effect.forEach(
            Array.from({ length: scripts.runs }, (_, seed) => seed + 1),
            (seed) => runScript(make, seed, scripts.steps)
          )
        )
      })
    }
  })
}

type Common = Breaker.CommonOptions

const strategies: Readonly<Record<string, (options: Common) => Breaker.Breaker>> = {
  "failures in a row": (options) => Breaker.consecutive({ ...options, failures: 3 }),
  "a failure rate of calls": (options) =>
    Breaker.failureRate({ ...options, threshold: 0.4, minimumCalls: 3, window: 7 }),
  "a failure rate of time": (options) =>
    Breaker.failureRate({ ...options, threshold: 0.4, minimumCalls: 3, window: "3 seconds" }),
  "a slow-call rate of calls": (options) =>
    Breaker.slowCallRate({ ...options, slowerThan: 500, threshold: 0.6, minimumCalls: 3, window: 5 }),
  "a slow-call rate of time": (options) =>
    Breaker.slowCallRate({ ...options, slowerThan: 500, threshold: 0.6, minimumCalls: 3, window: "777 millis" }),
  "any of three": (options) =>
    Breaker.any(
      [
        Breaker.consecutive({ failures: 4 }),
        Breaker.failureRate({ threshold: 0.5, minimumCalls: 6, window: 12 }),
        Breaker.slowCallRate({ slowerThan: 700, threshold: 0.5, minimumCalls: 4, window: "2 seconds" })
      ],
      options
    ),
  "two rates, one of whole seconds": (options) =>
    Breaker.any(
      [
        Breaker.failureRate({ threshold: 0.5, minimumCalls: 6, window: 12 }),
        Breaker.slowCallRate({ slowerThan: 700, threshold: 0.5, minimumCalls: 4, window: "10 seconds" })
      ],
      options
    )
}

/** The generator Mulberry32: the same seed gives the same script. */
const randomOf = (seed: number) => {
  let state = seed
  return (below: number): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * below)
  }
}

const runScript = (make: (options: Common) => Breaker.Breaker, seed: number, steps: number) =>
  Effect.gen(function* () {
    const random = randomOf(seed)
    const breaker = make({
      openDuration: random(2) === 0 ? 400 : Schedule.exponential("100 millis"),
      maxRetryAfter: "1 second",
      probes: 1 + random(4),
      probeSuccessRatio: (1 + random(4)) / 4
    })
    const { admit, key, phase, record, store } = yield* circuitOf(breaker)
    const model = new BreakerModel(breaker)
    const running: Array<{ admission: BreakerStore.Admission; generation: number }> = []
    const failing = 1 + random(9)
    let now = 1_000_000
    for (let step = 0; step < steps; step += 1) {
      now += random(8) === 0 ? random(1_500) : random(60)
      const at = `seed ${seed}, step ${step}`
      const kind = random(100)
      if (kind < 50) {
        const admission = yield* admit(now)
        assert.strictEqual(admission._tag, model.admit(now) ? "Admitted" : "Open", at)
        if (admission._tag === "Admitted") running.push({ admission, generation: model.generation })
      } else if (kind < 98) {
        const [attempt] = running.splice(random(running.length), 1)
        if (attempt === undefined) continue
        const outcome = random(12) === 0 ? "ignored" : random(10) < failing ? "failure" : "success"
        const end = { elapsedMillis: random(1_000), retryAfterMillis: random(4) === 0 ? random(3_000) : undefined }
        yield* record(attempt.admission, outcome, now, end)
        model.record(attempt.generation, outcome, now, end)
      } else {
        const change = (["isolate", "close", "reset"] as const)[random(3)] ?? "close"
        yield* store[change](key)
        model.byHand(change)
      }
      if (running.length > 8) running.shift()
      assert.strictEqual((yield* phase) ?? "closed", model.phase, at)
    }
  })

/** A subscription takes a while over a network: another circuit changes until it is heard of. */
const untilHeard = (store: BreakerStore.BreakerStore["Service"], heard: Queue.Queue<BreakerStore.Transition>) =>
  Effect.gen(function* () {
    const key = `test/${(keys += 1)}`
    while ((yield* Queue.size(heard)) === 0) {
      yield* store.isolate(key)
      yield* store.close(key)
      yield* Effect.yieldNow
    }
  })
