import { Effect } from "effect"
import type { KeyValueStore, KeyValueStoreError } from "effect/persistence/KeyValueStore"
import type { Entry } from "./entry.ts"
import { fromTexts, toTexts } from "./entryText.ts"
import { sha256 } from "./sha256.ts"
import { withVariant } from "./variants.ts"

interface Options {
  readonly prefix: string
  readonly maxKeys: number
  readonly maxVariants: number
}

type Step<A> = Effect.Effect<A, KeyValueStoreError>

/** The variants of a key as one value of a key-value store, and the keys in the order of their use. */
export class KeyValueEntries {
  readonly #store: KeyValueStore
  readonly #options: Options
  /** Undefined until the store has told which keys it holds already. */
  #used: Set<string> | undefined

  constructor(store: KeyValueStore, options: Options) {
    this.#store = store
    this.#options = options
  }

  get size(): Step<number> {
    return Effect.map(this.#keys(), (keys) => keys.size)
  }

  get(key: string, now: number): Step<ReadonlyArray<Entry>> {
    const name = this.#nameOf(key)
    return Effect.flatMap(this.#read(name), (entries) => {
      const kept = entries.filter((entry) => entry.keepUntil > now)
      if (kept.length === 0) return entries.length === 0 ? Effect.succeed(kept) : Effect.as(this.#forget(name), kept)
      return Effect.as(this.#touch(name), kept)
    })
  }

  put(key: string, entry: Entry, now: number): Step<void> {
    const name = this.#nameOf(key)
    return Effect.flatMap(this.#read(name), (entries) =>
      Effect.andThen(
        this.#store.set(name, toTexts(withVariant(entries, entry, now, this.#options.maxVariants))),
        Effect.andThen(this.#touch(name), this.#makeRoom())
      )
    )
  }

  remove(key: string): Step<void> {
    return this.#forget(this.#nameOf(key))
  }

  #nameOf(key: string): string {
    return this.#options.prefix + sha256(key)
  }

  #read(name: string): Step<ReadonlyArray<Entry>> {
    return Effect.map(this.#store.get(name), (text) => (text === undefined ? [] : fromTexts(text)))
  }

  #forget(name: string): Step<void> {
    return Effect.andThen(
      this.#store.remove(name),
      Effect.sync(() => this.#used?.delete(name))
    )
  }

  #touch(name: string): Step<void> {
    return Effect.map(this.#keys(), (keys) => {
      keys.delete(name)
      keys.add(name)
    })
  }

  #makeRoom(): Step<void> {
    return Effect.flatMap(this.#keys(), (keys) =>
      Effect.forEach([...keys].slice(0, Math.max(0, keys.size - this.#options.maxKeys)), (name) => this.#forget(name), {
        discard: true
      })
    )
  }

  #keys(): Step<Set<string>> {
    if (this.#used !== undefined) return Effect.succeed(this.#used)
    return Effect.map(this.#store.keys, (keys) => {
      this.#used ??= new Set(keys.filter((key) => key.startsWith(this.#options.prefix)))
      return this.#used
    })
  }
}
