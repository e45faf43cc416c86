import { Effect, type Scope } from "effect"
import * as Redis from "effect/persistence/Redis"
import type { RateLimitStore } from "../../RateLimitStore.ts"
import { RedisDesk, type Settings } from "./RedisDesk.ts"

type Store = Effect.Effect<RateLimitStore["Service"], never, Redis.Redis | Scope.Scope>

export const make = (settings: Settings): Store =>
  Effect.gen(function* () {
    const desk = new RedisDesk(yield* Redis.Redis, settings)
    yield* Effect.addFinalizer(() => desk.end)
    return {
      reserve: (request) => desk.reserve(request),
      pause: (key, until, now) => desk.hold(key, Math.max(0, until - now), [], now),
      learn: (key, observations, now) => desk.hold(key, 0, observations, now),
      size: Effect.sync(() => desk.waitingKeys)
    }
  })
