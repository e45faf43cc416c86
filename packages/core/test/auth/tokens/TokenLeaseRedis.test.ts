import { TokenLeaseRedis } from "@causeway/core/auth"
import { assert, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import * as Redis from "effect/persistence/Redis"
import * as redisLeases from "../../../src/auth/internal/tokens/redisLeases.ts"
import { describeRedis, layerClient, layerServer } from "../../redis/server.ts"
import { tokenLeaseSuite } from "./tokenLeaseSuite.ts"
import { owner } from "./tokenStoreSuite.ts"

const ownClient = Effect.map(Layer.build(Layer.fresh(layerClient)), (context) => Context.get(context, Redis.Redis))

/** Two over one server, each with a client of its own. */
const twoLeases = Effect.gen(function* () {
  const [one, another] = [yield* ownClient, yield* ownClient]
  return [redisLeases.make(one, "test", "given"), redisLeases.make(another, "test", "given")] as const
})

describeRedis("leases of tokens in Redis", () => {
  tokenLeaseSuite("Redis", twoLeases, (program) => Effect.provide(Effect.scoped(program), layerServer))

  it.effect("end by the server's clock and forget themselves", () =>
    Effect.gen(function* () {
      const redis = yield* ownClient
      const lease = yield* Effect.provideService(TokenLeaseRedis.make({ prefix: "app" }), Redis.Redis, redis)
      assert.isDefined(yield* lease.acquire(owner, "a", 60_000))
      assert.isUndefined(yield* lease.acquire(owner, "b", 60_000))
      const key = "app:token-lease:{test%2FCalendar:acme}"
      assert.deepStrictEqual(yield* redis.send("KEYS", "*"), [key])
      assert.isAtMost(yield* redis.send<number>("PTTL", key), 3_660_000)
      yield* lease.extend(owner, "a", 0)
      assert.deepStrictEqual(yield* lease.acquire(owner, "b", 60_000), { takenOver: true })
      yield* lease.release(owner, "b")
      assert.deepStrictEqual(yield* redis.send("KEYS", "*"), [])
    }).pipe(Effect.provide(layerServer))
  )
})
