import { Effect } from "effect"
import type * as Redis from "effect/persistence/Redis"
import type { RateLimitStore } from "../../RateLimitStore.ts"
import { RedisDesk, type Settings } from "./RedisDesk.ts"

export const make = (redis: Redis.Redis["Service"], settings: Settings): RateLimitStore["Service"] => {
  const desk = new RedisDesk(redis, settings)
  return {
    reserve: (request) => desk.reserve(request),
    pause: (key, until, now) => desk.hold(key, Math.max(0, until - now), [], now),
    learn: (key, observations, now) => desk.hold(key, 0, observations, now),
    size: Effect.sync(() => desk.waitingKeys)
  }
}
