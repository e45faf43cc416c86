/**
 * Leases in Redis, by the time of its server.
 *
 * **When to use**
 *
 * Where many processes share a Redis and keep their tokens elsewhere, or where the database is far away.
 *
 * **Details**
 *
 * One key a lease, by scripts that compare the holder before they change it. A lease that was never given back is
 * remembered for an hour after its end, so that the next holder is told.
 *
 * **Gotchas**
 *
 * A Redis that forgets, by a restart or a failover, may give a lease twice. The store still refuses to let the slower one
 * overwrite the faster, but a refresh token may have been used twice.
 *
 * **Example** (A lease that all processes see)
 *
 * ```ts
 * import { NodeRedis } from "@effect/platform-node"
 * import { Layer } from "effect"
 * import { TokenLeaseRedis } from "@causeway/core/auth"
 *
 * const live = TokenLeaseRedis.layer().pipe(Layer.provide(NodeRedis.layer({ url: "redis://127.0.0.1:6379" })))
 * console.assert(Layer.isLayer(live))
 * ```
 *
 * @since 0.1.0
 */
import { Effect, Layer } from "effect"
import * as Redis from "effect/persistence/Redis"
import * as redisLeases from "./internal/tokens/redisLeases.ts"
import { TokenLease } from "./TokenLease.ts"
import * as Check from "./internal/optionChecks.ts"

/**
 * Options of {@link layer}.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** What the keys begin with. Default: `"causeway"`. */
  readonly prefix?: string
}

/**
 * Makes leases in Redis.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<TokenLease["Service"], never, Redis.Redis> => {
  Check.checkPrefix("tokenLease", options)
  return Effect.map(Redis.Redis, (redis) => redisLeases.make(redis, options.prefix ?? "causeway", "server"))
}

/**
 * Leases in Redis.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<TokenLease, never, Redis.Redis> =>
  Layer.effect(TokenLease, make(options))
