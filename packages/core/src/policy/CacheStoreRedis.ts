/**
 * A cache store in Redis: several processes share what one of them was answered.
 *
 * **When to use**
 *
 * When many processes ask a provider the same, or when answers should outlive a deployment.
 *
 * **Details**
 *
 * A key of the cache is one hash of Redis with a field for each variant; it is read by one script in one round trip and
 * written by another. Ages are reckoned by the server's clock, so that clocks that differ do not make an answer look
 * younger. Every key expires when its last variant is of no use any more. Names are digests in braces: no URL is to be
 * read in them, and they work on a cluster.
 *
 * **Gotchas**
 *
 * Bodies lie in Redis in the clear, as long as an answer is kept. All variants of a key travel together: keep
 * `maxVariants` and `maxBodyBytes` low where `Vary` has many values. A Redis that fails is left alone for a second after
 * each failure; invalidations in that time are lost, so let freshness end soon where that matters.
 *
 * **Example** (Shared with all that use the same Redis)
 *
 * ```ts
 * import { Layer } from "effect"
 * import type { Redis } from "effect/persistence"
 * import { type CacheStore, CacheStoreRedis } from "@causeway/core/policy"
 *
 * const shared: Layer.Layer<CacheStore.CacheStore, never, Redis.Redis> = CacheStoreRedis.layer({
 *   prefix: "shop:cache:",
 *   timeout: "50 millis"
 * })
 * console.assert(Layer.isLayer(shared))
 * ```
 *
 * @since 0.1.0
 */
import { type Duration, Effect, Layer } from "effect"
import * as Redis from "effect/persistence/Redis"
import * as CacheStore from "./CacheStore.ts"
import type { Entry } from "./internal/cache/entry.ts"
import { fromText, toText } from "./internal/cache/entryText.ts"
import * as Guard from "./internal/cache/Guard.ts"
import * as scripts from "./internal/cache/redisScripts.ts"
import { sha256 } from "./internal/cache/sha256.ts"
import { identityOf } from "./internal/cache/variants.ts"
import * as InvalidOption from "./InvalidOption.ts"
import * as OptionCheck from "./OptionCheck.ts"

/**
 * Options of {@link layer}.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** What the names of keys begin with. Default: `"causeway:cache:"`. */
  readonly prefix?: string
  /** The most variants of one key; the oldest goes first. Default: 8. */
  readonly maxVariants?: number
  /** The longest that Redis is waited for. Default: 250 milliseconds. */
  readonly timeout?: Duration.Input
  /** What happens when Redis fails or does not answer in time. Default: `"allow"`. */
  readonly onStoreError?: CacheStore.OnStoreError
}

const checkOptions = OptionCheck.record<Options>({
  prefix: OptionCheck.anyText,
  maxVariants: OptionCheck.integer(1),
  timeout: OptionCheck.positiveDuration,
  onStoreError: OptionCheck.oneOf("allow", "fail")
})

/**
 * Makes a store over a `Redis`; throws `InvalidOption` for numbers that make no sense.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (redis: Redis.Redis["Service"], options: Options = {}): CacheStore.CacheStore["Service"] => {
  checkOptions("cacheStore", options)
  const prefix = options.prefix ?? "causeway:cache:"
  const maxVariants = options.maxVariants ?? 8
  const guard = Guard.make({
    onStoreError: options.onStoreError ?? "allow",
    timeoutMillis: InvalidOption.positiveMillis("cacheStore.timeout", options.timeout ?? 250)
  })
  const nameOf = (key: string) => `${prefix}{${sha256(key)}}`
  const read = redis.eval(scripts.read)
  const write = redis.eval(scripts.write)
  return {
    get: (key, now) => guard.read(Effect.map(read(nameOf(key)), (found) => entriesIn(found, now))),
    put: (key, entry, now) => {
      const keepMillis = Math.ceil(entry.keepUntil - now)
      return keepMillis <= 0
        ? Effect.succeed(false)
        : guard.write(write(nameOf(key), sha256(identityOf(entry)), toText(entry), keepMillis, maxVariants))
    },
    remove: (key) => guard.write(redis.send("UNLINK", nameOf(key))),
    size: guard.count(countKeys(redis, prefix))
  }
}

/**
 * A store in the `Redis` of the context, such as `NodeRedis.layer` of `@effect/platform-node` gives.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<CacheStore.CacheStore, never, Redis.Redis> => {
  checkOptions("cacheStore", options)
  return Layer.effect(
    CacheStore.CacheStore,
    Effect.map(Redis.Redis, (redis) => CacheStore.CacheStore.of(make(redis, options)))
  )
}

/** By the time that has passed on the server, whatever the clocks of writer and reader say. */
const entriesIn = (found: ReadonlyArray<unknown>, now: number): ReadonlyArray<Entry> => {
  const entries: Array<Entry> = []
  for (let index = 0; index + 1 < found.length; index += 2) {
    const entry = fromText(String(found[index + 1]))
    if (entry !== undefined) entries.push(rebased(entry, now - Number(found[index])))
  }
  return entries.filter((entry) => entry.keepUntil > now)
}

const rebased = (entry: Entry, storedAt: number): Entry => ({
  ...entry,
  storedAt,
  keepUntil: entry.keepUntil - entry.storedAt + storedAt
})

/** Page by page: `KEYS` would hold up everybody else. */
const countKeys = (redis: Redis.Redis["Service"], prefix: string): Effect.Effect<number, Redis.RedisError> => {
  const pattern = `${prefix.replace(/[\\*?[\]]/g, "\\$&")}{*}`
  const from = (cursor: string, sum: number): Effect.Effect<number, Redis.RedisError> =>
    Effect.flatMap(
      redis.send<[string, ReadonlyArray<string>]>("SCAN", cursor, "MATCH", pattern, "COUNT", "1000"),
      ([next, names]) =>
        String(next) === "0" ? Effect.succeed(sum + names.length) : from(String(next), sum + names.length)
    )
  return from("0", 0)
}
