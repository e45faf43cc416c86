/**
 * Rate limits in Redis: the processes of a service share one quota.
 *
 * **When to use**
 *
 * When several processes call one provider with one account.
 *
 * **Details**
 *
 * Each decision is one script and one round trip, by the clock of the server, over all limits of a key at once. A key is
 * one string with an expiry, and nothing is taken ahead of its time: a process that dies leaves nothing behind. Calls
 * that wait stand in a line of their process, of which only the first one asks.
 *
 * Without an answer within `timeout`, or with an error, the store decides by itself for the next second and then asks
 * again: with `onStoreError: "allow"` each process keeps the limits for itself, with `"fail"` nothing is let through and
 * decisions are `Unavailable`.
 *
 * **Gotchas**
 *
 * Priority and `maxWaiting` hold within a process. How long a wait will be is not known when other processes wait too:
 * what is refused at once is what could not come in time even without them, everything else is refused when `maxWait` is
 * over. `size` counts the keys for which this process waits.
 *
 * **Example** (A store that refuses while Redis is away)
 *
 * ```ts
 * import { Layer } from "effect"
 * import type { Redis } from "effect/persistence"
 * import { type RateLimitStore, RateLimitStoreRedis } from "@causeway/core/policy"
 *
 * const store: Layer.Layer<RateLimitStore.RateLimitStore, never, Redis.Redis> = RateLimitStoreRedis.layer({
 *   onStoreError: "fail"
 * })
 *
 * console.assert(Layer.isLayer(store))
 * ```
 *
 * @since 0.1.0
 */
import { type Duration, type Effect, Layer, type Scope } from "effect"
import type * as Redis from "effect/persistence/Redis"
import * as redisStore from "./internal/rateLimit/redisStore.ts"
import * as InvalidOption from "./InvalidOption.ts"
import { RateLimitStore } from "./RateLimitStore.ts"
import * as OptionCheck from "./OptionCheck.ts"

/**
 * Options of {@link make} and {@link layer}.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** What the names of all keys begin with; no braces. Default: `causeway`. */
  readonly prefix?: string
  /** While Redis does not answer: each process keeps the limits for itself, or nothing goes. Default: `allow`. */
  readonly onStoreError?: "allow" | "fail"
  /** The longest that a decision takes. Default: 250 milliseconds. */
  readonly timeout?: Duration.Input
  /** How many keys a process keeps for itself while Redis does not answer. Default: 10,000. */
  readonly maxKeys?: number
}

const checkOptions = OptionCheck.record<Options>({
  prefix: OptionCheck.anyText,
  onStoreError: OptionCheck.oneOf("allow", "fail"),
  timeout: OptionCheck.positiveDuration,
  maxKeys: OptionCheck.integer(1)
})

/**
 * Makes a store over the `Redis` service. When its scope ends, it waits for what is under way.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options = {}
): Effect.Effect<RateLimitStore["Service"], never, Redis.Redis | Scope.Scope> => {
  checkOptions("rateLimitStore", options)
  return redisStore.make({
    prefix: prefixOf(options.prefix ?? "causeway"),
    onStoreError: options.onStoreError ?? "allow",
    timeoutMillis: InvalidOption.positiveMillis("rateLimitStore.timeout", options.timeout ?? 250),
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
export const layer = (options?: Options): Layer.Layer<RateLimitStore, never, Redis.Redis> =>
  Layer.effect(RateLimitStore, make(options))

/** A brace would begin the part of a key that decides its slot. */
const prefixOf = (prefix: string): string => {
  if (!/[{}]/.test(prefix)) return prefix
  throw new InvalidOption.InvalidOption({
    option: "rateLimitStore.prefix",
    actual: JSON.stringify(prefix),
    accepts: "a name without braces"
  })
}
