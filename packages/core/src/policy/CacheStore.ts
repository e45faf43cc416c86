/**
 * Where caches keep their answers: in memory by default, elsewhere by swapping this Layer.
 *
 * **When to use**
 *
 * Provide one to share a cache between integrations, to keep it over a restart (`layerKeyValueStore`), or to share it
 * between processes (`CacheStoreRedis`). Without it each integration keeps its own, in memory.
 *
 * **Details**
 *
 * A store knows keys, the variants of each, and until when they are worth keeping; what may be answered with them is
 * decided by `Cache`. The memory store drops what was least recently used when it passes its bytes, its entries or the
 * variants of one key, and answers with a plain success, so that the engine needs no step of the runtime for it.
 *
 * **Gotchas**
 *
 * Stored bodies are what the provider answered to somebody: a key-value store on a disk holds them in the clear. Several
 * processes that write the same key of a key-value store at once may lose a variant, which is then asked for again.
 *
 * **Example** (64 MiB for all integrations)
 *
 * ```ts
 * import { Layer } from "effect"
 * import { CacheStore } from "@causeway/core/policy"
 *
 * const shared: Layer.Layer<CacheStore.CacheStore> = CacheStore.layerMemory({ maxBytes: 64 * 1024 * 1024 })
 * console.assert(Layer.isLayer(shared))
 * ```
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer } from "effect"
import * as KeyValueStore from "effect/persistence/KeyValueStore"
import type { Entry, Found, OnStoreError, Unavailable } from "./internal/cache/entry.ts"
import * as Guard from "./internal/cache/Guard.ts"
import { KeyValueEntries } from "./internal/cache/KeyValueEntries.ts"
import { LeastRecentlyUsed } from "./internal/cache/LeastRecentlyUsed.ts"
import * as OptionCheck from "./OptionCheck.ts"

export type { Entry, Found, OnStoreError, Unavailable } from "./internal/cache/entry.ts"

/**
 * Keeps answers by key. `put` and `remove` say whether they were done.
 *
 * @since 0.1.0
 * @category services
 */
export class CacheStore extends Context.Service<
  CacheStore,
  {
    readonly get: (key: string, now: number) => Effect.Effect<Found | Unavailable>
    /** Takes the place of the entry with the same method that varies in the same way. */
    readonly put: (key: string, entry: Entry, now: number) => Effect.Effect<boolean>
    /** Forgets all variants of a key. */
    readonly remove: (key: string) => Effect.Effect<boolean>
    /** The keys held now. */
    readonly size: Effect.Effect<number>
  }
>()("causeway/policy/CacheStore") {}

/**
 * Bounds of a store in memory.
 *
 * @since 0.1.0
 * @category models
 */
export interface MemoryOptions {
  /** The most bytes of bodies, headers and keys, as far as they can be counted. Default: 16 MiB. */
  readonly maxBytes?: number
  /** The most entries. Default: 1,000. */
  readonly maxEntries?: number
  /** The most variants of one key. Default: 8. */
  readonly maxVariants?: number
}

const checkMemory = OptionCheck.record<MemoryOptions>({
  maxBytes: OptionCheck.integer(1),
  maxEntries: OptionCheck.integer(1),
  maxVariants: OptionCheck.integer(1)
})

/**
 * Makes a store in memory.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeMemory = (options: MemoryOptions = {}): CacheStore["Service"] => {
  checkMemory("cacheStore", options)
  const entries = new LeastRecentlyUsed({
    maxBytes: options.maxBytes ?? 16 * 1024 * 1024,
    maxEntries: options.maxEntries ?? 1_000,
    maxVariants: options.maxVariants ?? 8
  })
  return {
    get: (key, now) => Effect.succeed(entries.get(key, now)),
    put: (key, entry) => Effect.succeed(entries.put(key, entry)),
    remove: (key) => {
      entries.remove(key)
      return Effect.succeed(true)
    },
    size: Effect.sync(() => entries.keys)
  }
}

/**
 * A store in memory.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory = (options: MemoryOptions = {}): Layer.Layer<CacheStore> => {
  checkMemory("cacheStore", options)
  return Layer.sync(CacheStore, () => CacheStore.of(makeMemory(options)))
}

/**
 * Options of {@link layerKeyValueStore}.
 *
 * @since 0.1.0
 * @category models
 */
export interface KeyValueOptions {
  /** What the keys begin with. Default: `"causeway:cache:"`. */
  readonly prefix?: string
  /** The most keys; beyond, the least recently used one is removed. Default: 1,000. */
  readonly maxKeys?: number
  /** The most variants of one key. Default: 8. */
  readonly maxVariants?: number
  /** What happens when the store fails or takes longer than a second. Default: `"allow"`. */
  readonly onStoreError?: OnStoreError
}

const checkKeyValue = OptionCheck.record<KeyValueOptions>({
  prefix: OptionCheck.anyText,
  maxKeys: OptionCheck.integer(1),
  maxVariants: OptionCheck.integer(1),
  onStoreError: OptionCheck.oneOf("allow", "fail")
})

/**
 * A store over Effect's `KeyValueStore`: files, a database, a browser's storage. Keys are digests, and what was there
 * before counts towards `maxKeys`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerKeyValueStore = (
  options: KeyValueOptions = {}
): Layer.Layer<CacheStore, never, KeyValueStore.KeyValueStore> => {
  checkKeyValue("cacheStore", options)
  return Layer.effect(
    CacheStore,
    Effect.map(KeyValueStore.KeyValueStore, (store) => CacheStore.of(makeKeyValueStore(store, options)))
  )
}

const makeKeyValueStore = (store: KeyValueStore.KeyValueStore, options: KeyValueOptions): CacheStore["Service"] => {
  const guard = Guard.make({ onStoreError: options.onStoreError ?? "allow", timeoutMillis: 1_000 })
  const entries = new KeyValueEntries(store, {
    prefix: options.prefix ?? "causeway:cache:",
    maxKeys: options.maxKeys ?? 1_000,
    maxVariants: options.maxVariants ?? 8
  })
  return {
    get: (key, now) => guard.read(entries.get(key, now)),
    put: (key, entry, now) => guard.write(entries.put(key, entry, now)),
    remove: (key) => guard.write(entries.remove(key)),
    size: guard.count(entries.size)
  }
}
