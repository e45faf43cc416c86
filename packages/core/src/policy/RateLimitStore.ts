/**
 * Where rate limits keep their state: in memory by default, elsewhere by swapping this Layer.
 *
 * **When to use**
 *
 * Provide one to share a quota between the Layers of one integration, such as one for each tenant. Without it each Layer
 * keeps its own, in memory. Use `RateLimitStoreRedis` for a quota that several processes share.
 *
 * **Details**
 *
 * `reserve` decides at once: admitted now, admitted after a wait, or refused with the time after which it may succeed.
 * What was admitted can be given back, and corrected when the call has cost something else. The memory store answers with
 * a plain success, so that the engine needs no step of the runtime for it.
 *
 * **Gotchas**
 *
 * Keys begin with the integration's id, those of a limit's `key` too: two integrations never share a quota, even when they
 * call one provider with one account. Declare one integration for it, or reserve from the store with a key of your own.
 *
 * The memory store holds at most 10,000 keys; the least recently used one is forgotten, and with it what it had used. A
 * key keeps its turns exactly up to 64 tokens a window, and in 65 runs above: 1.5 kB a limit and key at most. Limits that
 * are changed while they are used go on from what was counted, unless an algorithm or a window changes.
 *
 * **Example** (A store whose quota is shared by the Layers above it)
 *
 * ```ts
 * import { Layer } from "effect"
 * import { RateLimitStore } from "@causeway/core/policy"
 *
 * const shared: Layer.Layer<RateLimitStore.RateLimitStore> = RateLimitStore.layerMemory()
 * console.assert(Layer.isLayer(shared))
 * ```
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer } from "effect"
import { Memory } from "./internal/rateLimit/Memory.ts"
import type { Decision, Request } from "./internal/rateLimit/model.ts"
import type { Observation } from "./RateHeaders.ts"
import * as OptionCheck from "./OptionCheck.ts"

export type { Admitted, Decision, Refused, Request, Unavailable } from "./internal/rateLimit/model.ts"

/**
 * Keeps the state of rate limits by key.
 *
 * @since 0.1.0
 * @category services
 */
export class RateLimitStore extends Context.Service<
  RateLimitStore,
  {
    readonly reserve: (request: Request) => Effect.Effect<Decision>
    /** Lets nobody through before `until` (epoch milliseconds, a day at most), because the provider said so. */
    readonly pause: (key: string, until: number, now: number) => Effect.Effect<void>
    /** Holds back what the provider has said it has no more of. */
    readonly learn: (key: string, observations: ReadonlyArray<Observation>, now: number) => Effect.Effect<void>
    /** The keys held now. */
    readonly size: Effect.Effect<number>
  }
>()("causeway/policy/RateLimitStore") {}

const checkMemory = OptionCheck.record<{ readonly maxKeys?: number }>({ maxKeys: OptionCheck.integer(1) })

/**
 * Makes a store in memory.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeMemory = (options: { readonly maxKeys?: number } = {}): RateLimitStore["Service"] => {
  checkMemory("rateLimitStore", options)
  const memory = new Memory(options.maxKeys ?? 10_000)
  return {
    reserve: (request) => Effect.succeed(memory.reserve(request)),
    pause: (key, until, now) => {
      memory.pause(key, until, now)
      return Effect.void
    },
    learn: (key, observations, now) => {
      memory.learn(key, observations, now)
      return Effect.void
    },
    size: Effect.sync(() => memory.size)
  }
}

/**
 * A store in memory. `maxKeys` defaults to 10,000.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory = (options: { readonly maxKeys?: number } = {}): Layer.Layer<RateLimitStore> => {
  checkMemory("rateLimitStore", options)
  return Layer.sync(RateLimitStore, () => RateLimitStore.of(makeMemory(options)))
}
