import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Logger, Queue, type Scope, Stream } from "effect"
import * as Redis from "effect/persistence/Redis"
import { fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { Breaker, BreakerStore, BreakerStoreRedis } from "@causeway/core/policy"
import * as redisCircuits from "../../src/policy/internal/breaker/redisCircuits.ts"
import { describeRedis, layer, layerClient, layerServer, RedisServer } from "../redis/server.ts"
import { breakerSuite } from "./breakerSuite.ts"

const end: BreakerStore.AttemptEnd = { elapsedMillis: 5, retryAfterMillis: undefined }
const tripsAtOnce = Breaker.consecutive({ failures: 1, openDuration: "1 hour" })

/** The store as it is, but for the time, which the suite gives. */
const givenTime = Layer.effect(
  BreakerStore.BreakerStore,
  Effect.map(Redis.Redis, (redis) =>
    redisCircuits.make(redis, {
      prefix: "given",
      onStoreError: "fail",
      timeoutMillis: 10_000,
      maxKeys: 10_000,
      time: "given"
    })
  )
)

/** A client of its own, as another process has one. */
const ownClient = Effect.map(Layer.build(Layer.fresh(layerClient)), (context) => Context.get(context, Redis.Redis))

const ownStore = (options?: BreakerStoreRedis.Options) =>
  Effect.map(ownClient, (redis) => BreakerStoreRedis.make(redis, options))

const attempt = (
  store: BreakerStore.BreakerStore["Service"],
  key: string,
  outcome: BreakerStore.Outcome,
  { breaker = tripsAtOnce, now = Date.now() }: { readonly breaker?: Breaker.Breaker; readonly now?: number } = {}
) =>
  Effect.tap(store.admit(key, breaker, now), (admission) =>
    admission._tag === "Admitted"
      ? store.record(key, breaker, admission.generation, outcome, now, end)
      : Effect.succeed(undefined)
  )

const tagOf = (admission: BreakerStore.Admission) => admission._tag

/** Without the lines that the client writes when its server is gone. */
const quietly = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.provide(effect, Logger.layer([]))

/** Asks until the answer is as it should be. Each question is a round trip, so that time passes without a sleep. */
const eventually = <A>(question: Effect.Effect<A>, wanted: (answer: A) => boolean) =>
  Effect.gen(function* () {
    for (;;) {
      const answer = yield* question
      if (wanted(answer)) return answer
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
    }
  })

/** What is admitted without Redis has a generation below zero. Each question comes a second after the one before. */
const untilReached = (store: BreakerStore.BreakerStore["Service"], now: number) => {
  let later = now
  return eventually(
    Effect.suspend(() => store.admit("another", tripsAtOnce, (later += 1_000))),
    (admission) => admission._tag === "Admitted" && admission.generation >= 0
  )
}

describeRedis("circuits in Redis", () => {
  breakerSuite("in Redis", Layer.provide(givenTime, layer), { runs: 6, steps: 150 })

  describe("the store in Redis", () => {
    const test = <A, E>(name: string, body: Effect.Effect<A, E, RedisServer | Scope.Scope>) =>
      it.live(name, () => quietly(Effect.provide(body, layerServer)))

    test(
      "goes by the time of the server, whatever a process takes the time for",
      Effect.gen(function* () {
        const store = yield* ownStore()
        const breaker = Breaker.consecutive({ failures: 1, openDuration: "1 hour" })
        yield* attempt(store, "key", "failure", { breaker, now: 0 })
        const refused = yield* store.admit("key", breaker, 1e15)
        assert.strictEqual(refused._tag, "Open")
        const brief = Breaker.consecutive({ failures: 1, openDuration: "1 millis" })
        yield* attempt(store, "brief", "failure", { breaker: brief, now: 0 })
        yield* eventually(store.admit("brief", brief, 0), (admission) => admission._tag === "Admitted")
      })
    )

    test(
      "is shared: what one trips refuses all, one probe goes through among them, and its success closes it for all",
      Effect.gen(function* () {
        const [one, other] = [yield* ownStore(), yield* ownStore()]
        const breaker = Breaker.consecutive({ failures: 2, openDuration: "20 millis" })
        yield* attempt(one, "key", "failure", { breaker })
        yield* attempt(other, "key", "failure", { breaker })
        const admissions = yield* eventually(
          Effect.all([one.admit("key", breaker, 0), other.admit("key", breaker, 0)], { concurrency: 2 }),
          (pair) => pair.some(({ _tag }) => _tag === "Admitted")
        )
        assert.deepStrictEqual(admissions.map(tagOf).toSorted(), ["Admitted", "Open"])
        const probe = admissions.find((admission) => admission._tag === "Admitted")
        yield* other.record("key", breaker, probe?.generation ?? -1, "success", 0, end)
        assert.strictEqual(tagOf(yield* one.admit("key", breaker, 0)), "Admitted")
      })
    )

    test(
      "is shared by processes: the circuit that another process trips refuses here, and its change is heard here",
      Effect.gen(function* () {
        const { port } = yield* RedisServer
        const store = yield* ownStore()
        const heard = yield* Queue.unbounded<BreakerStore.Transition>()
        yield* Effect.forkScoped(Stream.runForEach(store.transitions, (transition) => Queue.offer(heard, transition)))
        yield* eventually(
          Effect.orDie(Effect.andThen(store.reset("warm"), Effect.andThen(store.isolate("warm"), Queue.size(heard)))),
          (size) => size > 0
        )
        assert.strictEqual(tagOf(yield* attempt(store, "app/Payments", "success")), "Admitted")
        yield* Effect.promise(() => tripElsewhere(port, "app/Payments"))
        assert.strictEqual(tagOf(yield* attempt(store, "app/Payments", "success")), "Open")
        const told = yield* eventually(Queue.take(heard), ({ key }) => key === "app/Payments")
        assert.deepInclude(told, { from: "closed", to: "open" })
      })
    )

    test(
      "lists the circuits of all processes, and isolates for all",
      Effect.gen(function* () {
        const [one, other] = [yield* ownStore(), yield* ownStore()]
        yield* attempt(one, "a", "failure")
        yield* attempt(other, "b", "success")
        yield* one.isolate("c")
        const circuits = yield* other.circuits
        assert.deepStrictEqual(circuits.map(({ key, phase }) => `${key} ${phase}`).toSorted(), [
          "a open",
          "b closed",
          "c isolated"
        ])
        assert.deepStrictEqual(yield* other.admit("c", tripsAtOnce, 0), { _tag: "Open", retryAfterMillis: undefined })
      })
    )

    test(
      "lists at most so many circuits",
      Effect.gen(function* () {
        const store = yield* ownStore({ maxKeys: 3 })
        for (const key of ["a", "b", "c", "d", "e"]) yield* attempt(store, key, "success")
        assert.isAtMost((yield* store.circuits).length, 3)
      })
    )

    test(
      "gives every key an expiry, and the keys of a circuit one slot",
      Effect.gen(function* () {
        const redis = yield* ownClient
        const store = yield* ownStore({ prefix: "app" })
        const any = Breaker.any([
          Breaker.consecutive(),
          Breaker.failureRate({ window: 20 }),
          Breaker.slowCallRate({ slowerThan: "1 second", window: "3 hours" })
        ])
        for (const outcome of ["success", "failure", "success"] as const) {
          yield* attempt(store, "closed}{", outcome, { breaker: any })
        }
        yield* attempt(store, "open", "failure")
        const brief = Breaker.consecutive({ failures: 1, openDuration: "1 millis", probes: 2 })
        yield* attempt(store, "half-open", "failure", { breaker: brief })
        yield* eventually(store.admit("half-open", brief, 0), ({ _tag }) => _tag === "Admitted")
        yield* store.isolate("isolated")
        yield* store.reset("reset")
        const keys = yield* redis.send<ReadonlyArray<string>>("KEYS", "*")
        assert.isAtLeast(keys.length, 8)
        for (const key of keys) {
          assert.isAbove(yield* redis.send<number>("PTTL", key), 0, key)
          assert.match(key, /^app:(\{breaker:[^}]+\}|breakers$)/)
        }
      })
    )

    test(
      "goes on after the server has forgotten its scripts",
      Effect.gen(function* () {
        const redis = yield* ownClient
        const store = yield* ownStore({ onStoreError: "fail" })
        yield* attempt(store, "key", "success")
        yield* redis.send("SCRIPT", "FLUSH")
        yield* attempt(store, "key", "failure")
        assert.strictEqual(tagOf(yield* attempt(store, "key", "success")), "Open")
      })
    )

    for (const [onStoreError, tag] of [
      ["allow", "Admitted"],
      ["fail", "Unavailable"]
    ] as const) {
      test(
        `set to ${onStoreError} answers ${tag} to every call while the server is killed under load, and recovers`,
        Effect.gen(function* () {
          const server = yield* RedisServer
          const store = yield* ownStore({ onStoreError, timeout: "100 millis" })
          const breaker = Breaker.failureRate({ minimumCalls: 1_000, window: 1_000 })
          let now = 0
          const calls = (count: number) =>
            Effect.forEach(
              Array.from({ length: count }, (_, index) => index),
              (index) => attempt(store, `key ${index % 5}`, "failure", { breaker, now: (now += 10) }),
              { concurrency: 50 }
            )
          const load = yield* Effect.forkScoped(calls(3_000))
          yield* server.kill
          const during = yield* calls(500)
          assert.deepStrictEqual([...new Set(during.map(tagOf))].toSorted(), [tag])
          const answers = new Set((yield* Fiber.join(load)).map(tagOf))
          answers.delete("Admitted")
          answers.delete(tag)
          assert.strictEqual(answers.size, 0)
          yield* server.start
          yield* untilReached(store, now)
        })
      )
    }

    test(
      "lets the circuits of this process decide while the server is away",
      Effect.gen(function* () {
        const server = yield* RedisServer
        const store = yield* ownStore({ timeout: "50 millis" })
        yield* server.kill
        yield* attempt(store, "key", "failure", { now: 0 })
        assert.strictEqual(tagOf(yield* store.admit("key", tripsAtOnce, 1)), "Open")
        assert.strictEqual(tagOf(yield* store.admit("other", tripsAtOnce, 1)), "Admitted")
        yield* server.start
        yield* untilReached(store, 10_000)
      })
    )

    test(
      "keeps no call waiting for a server that does not answer, not even one that is being interrupted",
      Effect.gen(function* () {
        const server = yield* RedisServer
        const store = yield* ownStore({ timeout: "50 millis", onStoreError: "fail" })
        const admission = yield* store.admit("key", tripsAtOnce, 0)
        assert.strictEqual(admission._tag, "Admitted")
        yield* server.freeze
        yield* Effect.addFinalizer(() => server.thaw)
        const call = yield* Effect.forkScoped(
          Effect.onExit(Effect.never, () => store.record("key", tripsAtOnce, 0, "failure", 1, end)),
          { startImmediately: true }
        )
        yield* Fiber.interrupt(call)
        assert.strictEqual(tagOf(yield* store.admit("key", tripsAtOnce, 10_000)), "Unavailable")
        assert.strictEqual((yield* Effect.flip(store.isolate("key")))._tag, "BreakerStoreError")
        assert.strictEqual((yield* Effect.flip(store.circuits)).operation, "circuits")
      })
    )
  })
})

/** Another process fails once at this key, and ends. */
const tripElsewhere = async (port: number, key: string): Promise<void> => {
  const child = fork(fileURLToPath(new URL("breakerProcess.ts", import.meta.url)), [String(port), key])
  const [code] = (await once(child, "exit")) as [number | null]
  assert.strictEqual(code, 0)
}
