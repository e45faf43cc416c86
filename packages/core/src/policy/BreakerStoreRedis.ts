/**
 * Circuits in Redis, shared by all processes: one of them trips it, and the others are refused.
 *
 * **When to use**
 *
 * When many processes call the same provider, and each would otherwise have to find out about an outage by itself.
 *
 * **Details**
 *
 * Each decision is one script and one round trip, under the server's time. A circuit's keys share a slot of a cluster and
 * expire: an hour after it was last used (for a window longer than that, twice the window), 30 days after it was last
 * asked for when it is isolated. `transitions` and `circuits` tell of all processes. A decision takes at most `timeout`;
 * while Redis does not answer, circuits of this process decide, or nothing is admitted, and it is asked again once a
 * second.
 *
 * **Gotchas**
 *
 * An attempt costs two round trips. A custom rule (`Breaker.custom`) counts in each process by itself; the circuit that it
 * opens is open for all. Different strategies at one key share the circuit and count apart.
 *
 * **Example** (A store that refuses while Redis is away)
 *
 * ```ts
 * import { Layer } from "effect"
 * import type { Redis } from "effect/persistence"
 * import { type BreakerStore, BreakerStoreRedis } from "@causeway/core/policy"
 *
 * const store: Layer.Layer<BreakerStore.BreakerStore, never, Redis.Redis> = BreakerStoreRedis.layer({
 *   onStoreError: "fail",
 *   timeout: "100 millis"
 * })
 *
 * console.assert(Layer.isLayer(store))
 * ```
 *
 * @since 0.1.0
 */
import { type Duration, Effect, Layer } from "effect"
import * as Redis from "effect/persistence/Redis"
import { BreakerStore } from "./BreakerStore.ts"
import * as redisCircuits from "./internal/breaker/redisCircuits.ts"
import * as InvalidOption from "./InvalidOption.ts"
import * as OptionCheck from "./OptionCheck.ts"

/**
 * Options of {@link layer}.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** What the names of all keys begin with; no braces. Default: `causeway`. */
  readonly prefix?: string
  /** Who decides while Redis does not answer: circuits of this process, or nobody, and all is refused. Default: `allow`. */
  readonly onStoreError?: "allow" | "fail"
  /** The longest that a decision takes. Default: 250 milliseconds. */
  readonly timeout?: Duration.Input
  /** How many circuits the listing holds, and how many keys this process remembers to have listed. Default: 10,000. */
  readonly maxKeys?: number
}

const checkOptions = OptionCheck.record<Options>({
  prefix: OptionCheck.anyText,
  onStoreError: OptionCheck.oneOf("allow", "fail"),
  timeout: OptionCheck.positiveDuration,
  maxKeys: OptionCheck.integer(1)
})

/**
 * Makes a store over a Redis client.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (redis: Redis.Redis["Service"], options: Options = {}): BreakerStore["Service"] => {
  checkOptions("breakerStore", options)
  return redisCircuits.make(redis, {
    prefix: prefixOf(options.prefix ?? "causeway"),
    onStoreError: options.onStoreError ?? "allow",
    timeoutMillis: InvalidOption.positiveMillis("breakerStore.timeout", options.timeout ?? 250),
    maxKeys: options.maxKeys ?? 10_000,
    time: "server"
  })
}

/**
 * A store over the `Redis` service, which a Layer such as `NodeRedis.layer` gives.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<BreakerStore, never, Redis.Redis> => {
  checkOptions("breakerStore", options)
  prefixOf(options.prefix ?? "causeway")
  return Layer.effect(
    BreakerStore,
    Effect.map(Redis.Redis, (redis) => BreakerStore.of(make(redis, options)))
  )
}

/** A brace would begin the part of a key that decides its slot. */
const prefixOf = (prefix: string): string => {
  if (!/[{}]/.test(prefix)) return prefix
  throw new InvalidOption.InvalidOption({
    option: "breakerStore.prefix",
    actual: JSON.stringify(prefix),
    accepts: "a name without braces"
  })
}
