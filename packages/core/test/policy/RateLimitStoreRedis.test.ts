import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Logger, type Scope } from "effect"
import * as Redis from "effect/persistence/Redis"
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { Engine, Policy, type RateLimit, RateLimitStore, RateLimitStoreRedis } from "@causeway/core/policy"
import * as redisStore from "../../src/policy/internal/rateLimit/redisStore.ts"
import { describeRedis, layer, layerClient, layerServer, RedisServer } from "../redis/server.ts"
import { Account, rateLimitSuite } from "./rateLimitSuite.ts"

/** The store as it is, but for the time, which the suite gives. */
const givenTime = Layer.effect(
  RateLimitStore.RateLimitStore,
  redisStore.make({ prefix: "given", onStoreError: "fail", timeoutMillis: 1e9, maxKeys: 1_000, time: "given" })
)

/** A client of its own, as another process has one. */
const ownClient = Effect.map(Layer.build(Layer.fresh(layerClient)), (context) => Context.get(context, Redis.Redis))

const ownStore = (options?: RateLimitStoreRedis.Options) =>
  Effect.flatMap(ownClient, (redis) => storeOver(redis, options))

const storeOver = (redis: Redis.Redis["Service"], options?: RateLimitStoreRedis.Options) =>
  Effect.provideService(RateLimitStoreRedis.make(options), Redis.Redis, redis)

/** Without the lines that the client writes when its server is gone. */
const quietly = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.provide(effect, Logger.layer([]))

const perHour = (limit: number) => ({ limit, window: "1 hour" }) as const

const tagOf = ({ _tag }: RateLimitStore.Decision) => _tag

/** Asks until the answer is as it should be. Each question is one of a later second, so that no pause holds it back. */
const eventually = (account: Account, wanted: RateLimitStore.Decision["_tag"]) =>
  Effect.gen(function* () {
    for (let turn = 1; ; turn += 1) {
      const decision = yield* account.ask(Date.now() + turn * 2_000)
      if (decision._tag === wanted) return
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
    }
  })

describeRedis("rate limits in Redis", () => {
  rateLimitSuite("rate limits in Redis, at the times of the suite", Layer.provide(givenTime, layer), {
    runs: 12,
    steps: 150
  })

  describe("the store in Redis", () => {
    const test = <A, E>(name: string, body: Effect.Effect<A, E, RedisServer | Scope.Scope>, timeout = 30_000) =>
      it.live(name, () => quietly(Effect.provide(body, layerServer)), timeout)

    test(
      "shares what is used, by the time of the server, whatever a process takes the time for",
      Effect.gen(function* () {
        const one = new Account(yield* ownStore(), perHour(2), "shared")
        const other = new Account(yield* ownStore(), perHour(2), "shared")
        yield* one.take(0)
        yield* other.take(1e12)
        assert.isAbove((yield* one.retryAfter(5e11)) ?? 0, 3_590_000)
      })
    )

    test(
      "shares a pause, and what the provider says is left",
      Effect.gen(function* () {
        const one = new Account(yield* ownStore(), perHour(100), "held")
        const other = new Account(yield* ownStore(), perHour(100), "held")
        yield* one.learn(0, { remaining: 0, resetAfterMillis: 50_000 })
        assert.isAbove((yield* other.retryAfter(1e12)) ?? 0, 45_000)
        yield* other.pause(1e12 + 90_000, 1e12)
        assert.isAbove((yield* one.retryAfter(0)) ?? 0, 85_000)
      })
    )

    test(
      "keeps a key in one place, with an expiry and within a kilobyte",
      Effect.gen(function* () {
        const redis = yield* ownClient
        const account = new Account(yield* storeOver(redis, { prefix: "shop" }), perHour(5_000), "tenant")
        for (let call = 0; call < 300; call += 1) yield* account.take(0)
        assert.deepStrictEqual(yield* redis.send("KEYS", "*"), ["shop:rate-limit:{tenant}"])
        assert.isAtMost(yield* redis.send<number>("PTTL", "shop:rate-limit:{tenant}"), 3_600_000)
        assert.isAbove(yield* redis.send<number>("PTTL", "shop:rate-limit:{tenant}"), 3_590_000)
        assert.isAtMost(yield* redis.send<number>("STRLEN", "shop:rate-limit:{tenant}"), 1_000)
      })
    )

    test(
      "asks once for each decision",
      Effect.gen(function* () {
        const redis = yield* ownClient
        let asked = 0
        const counting: Redis.Redis["Service"] = {
          ...redis,
          eval: (script) => {
            const evaluate = redis.eval(script)
            return (...parameters) => Effect.suspend(() => ((asked += 1), evaluate(...parameters)))
          }
        }
        const account = new Account(yield* storeOver(counting), { limits: [perHour(3), perHour(5)] }, "once")
        yield* account.takeAll([0, 0, 0])
        yield* account.ask(0)
        assert.strictEqual(asked, 4)
        yield* account.queue(0)
        yield* Effect.forEach([1, 2, 3], () => account.queue(0))
        assert.strictEqual(asked, 5)
      })
    )

    test(
      "corrects by its answer what a call of one process has cost, for the calls of another",
      Effect.gen(function* () {
        const site = { integration: "app/Models", endpoint: "ask", method: "GET", url: "/ask" }
        const costOf = ({ headers }: RateLimit.Answered) => Number(headers["x-cost"])
        const policy = Policy.compile({ rateLimit: { ...perHour(10), maxWait: 0, costOf } })
        const process = Effect.map(ownStore({ prefix: "cost" }), (rateLimits) =>
          Engine.make({ call: site, policy, state: Engine.makeState({ rateLimits }) })
        )
        const [one, other] = [yield* process, yield* process]
        const ask = (engine: Engine.Engine, tokens: number, cost: string) =>
          Engine.run(engine, {
            idempotent: true,
            replayable: true,
            request: undefined,
            options: { tokens },
            attempt: ({ received }) => Effect.sync(() => received({ status: 200, headers: { "x-cost": cost } }))
          })
        yield* ask(one, 10, "3")
        yield* ask(other, 2, "7")
        assert.deepInclude(yield* Effect.flip(ask(one, 1, "1")), { _tag: "RateLimited", source: "local" })
      })
    )

    test(
      "gives a turn back whose asker was interrupted before the answer came",
      Effect.gen(function* () {
        const server = yield* RedisServer
        const store = yield* ownStore({ timeout: "10 seconds" })
        const account = new Account(store, perHour(1), "interrupted")
        yield* new Account(store, perHour(1)).take(0)
        yield* server.freeze
        const asking = yield* Effect.forkChild(account.ask(0), { startImmediately: true })
        yield* Fiber.interrupt(asking)
        yield* server.thaw
        yield* Effect.repeat(account.ask(0), { until: ({ _tag }) => _tag === "Admitted" })
      })
    )

    test(
      "lets each process keep the limit for itself while Redis is away, and is shared again when it is back",
      Effect.gen(function* () {
        const server = yield* RedisServer
        const store = yield* ownStore({ timeout: "500 millis" })
        const account = new Account(store, perHour(2), "away")
        yield* account.takeAll([0, 0])
        yield* server.kill
        const now = Date.now()
        yield* account.takeAll([now, now])
        assert.isAbove((yield* account.retryAfter(now)) ?? 0, 3_590_000)
        yield* server.start
        yield* eventually(account, "Admitted")
      })
    )

    test(
      "decides nothing while Redis is away when it is made to fail, and tells those that wait",
      Effect.gen(function* () {
        const server = yield* RedisServer
        const store = yield* ownStore({ timeout: "500 millis", onStoreError: "fail" })
        const account = new Account(store, { limit: 1, window: 300 }, "fails")
        yield* account.take(Date.now())
        const waiting = yield* Effect.forEach([1, 2, 3], () =>
          Effect.flatMap(account.queue(Date.now()), ({ wait }) => Effect.forkChild(wait, { startImmediately: true }))
        )
        yield* server.kill
        const decisions = yield* Effect.forEach(waiting, (fiber) => Fiber.join(fiber))
        assert.deepStrictEqual(decisions.map(tagOf), ["Unavailable", "Unavailable", "Unavailable"])
        assert.strictEqual((yield* account.ask(Date.now()))._tag, "Unavailable")
        yield* server.start
        yield* eventually(account, "Admitted")
      })
    )

    test(
      "hangs no call when Redis stops answering under load",
      Effect.gen(function* () {
        const server = yield* RedisServer
        const store = yield* ownStore({ timeout: "500 millis" })
        const account = new Account(store, { limit: 40, window: 200 }, "frozen")
        const calls = yield* Effect.forEach(Array.from({ length: 200 }), () =>
          Effect.forkChild(
            Effect.flatMap(account.ask(Date.now(), { maxWaiting: 1_000, maxWaitMillis: 1_500 }), (decision) =>
              decision._tag === "Admitted" ? decision.wait : Effect.succeed(decision)
            ),
            { startImmediately: true }
          )
        )
        yield* server.freeze
        const decisions = yield* Effect.forEach(calls, (call) => Fiber.join(call))
        yield* server.thaw
        assert.lengthOf(decisions, 200)
        assert.notInclude(decisions.map(tagOf), "Unavailable")
      })
    )

    const seconds = process.env["CAUSEWAY_LONG"] === undefined ? 2 : 10
    const limit = 100

    const shared = Effect.gen(function* () {
      const { port } = yield* RedisServer
      const path = fileURLToPath(new URL("rateLimitProcess.ts", import.meta.url))
      const processes = Array.from({ length: 4 }, () => fork(path, [`${port}`, `${limit}`]))
      yield* Effect.addFinalizer(() => Effect.sync(() => processes.forEach((process) => process.kill())))
      const told = (process: ChildProcess) => Effect.promise(async () => (await once(process, "message"))[0])
      yield* Effect.all(processes.map(told), { concurrency: "unbounded" })
      const counts = Effect.all(processes.map(told), { concurrency: "unbounded" })
      const counting = yield* Effect.forkChild(counts, { startImmediately: true })
      const begins = Date.now() + 250
      for (const process of processes) process.send({ begins, ends: begins + seconds * 1_000 })
      return (yield* Fiber.join(counting)).map(Number)
    }).pipe(Effect.scoped, Effect.provide(layerServer))

    const isTooMany = (calls: ReadonlyArray<number>) => total(calls) > limit * seconds * 1.02
    const isTooFew = (calls: ReadonlyArray<number>) => total(calls) < limit * seconds * 0.98

    // A machine that is busy with something else keeps the callers from asking for a while, but hardly three times.
    it.live(
      `four processes that share ${limit} a second make 2 % more or less of it in ${seconds} seconds`,
      () =>
        Effect.gen(function* () {
          const calls = yield* Effect.repeat(shared, {
            while: (calls) => isTooFew(calls) && !isTooMany(calls),
            times: 2
          })
          assert.isFalse(isTooFew(calls), calls.join(" + "))
          assert.isFalse(isTooMany(calls), calls.join(" + "))
        }),
      180_000
    )
  })
})

const total = (counts: ReadonlyArray<number>): number => counts.reduce((sum, count) => sum + count, 0)
