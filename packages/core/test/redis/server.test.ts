import { assert, layer as layered } from "@effect/vitest"
import { Effect } from "effect"
import * as Redis from "effect/persistence/Redis"
import * as RedisTest from "./server.ts"

RedisTest.describeRedis("the server of a suite", () => {
  layered(RedisTest.layer)((it) => {
    it.effect("answers, and comes back empty after a crash", () =>
      Effect.gen(function* () {
        const redis = yield* Redis.Redis
        const server = yield* RedisTest.RedisServer
        yield* redis.send("SET", "key", "value")
        assert.strictEqual(yield* redis.send("GET", "key"), "value")
        yield* server.kill
        yield* server.start
        assert.isNull(yield* redis.send("GET", "key"))
      })
    )
  })
})
