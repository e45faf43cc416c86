/**
 * Tokens in Effect's `KeyValueStore`, sealed: files, a table, or whatever else it stands for.
 *
 * **When to use**
 *
 * For a program of one process whose tokens must outlive it, such as a command-line tool that a person logs in to.
 *
 * **Details**
 *
 * Keys are digests, so that no tenant's name is to be found among them, and values are sealed.
 *
 * **Gotchas**
 *
 * A key-value store has no way to replace a value only if it is still the same: writes take turns in this process, and
 * nothing holds back another one. Several processes want `TokenStoreSql`.
 *
 * **Example** (Tokens in a key-value store)
 *
 * ```ts
 * import { Effect, Layer, Redacted } from "effect"
 * import { KeyValueStore } from "effect/persistence"
 * import { Seal, Token, TokenStore, TokenStoreKeyValue } from "@causeway/core/auth"
 *
 * const live = TokenStoreKeyValue.layer().pipe(
 *   Layer.provide(Seal.layer([Seal.generateKey("2026-11")])),
 *   Layer.provideMerge(KeyValueStore.layerMemory)
 * )
 * const program = Effect.gen(function* () {
 *   const store = yield* TokenStore.TokenStore
 *   const token = Token.make({ accessToken: Redacted.make("t0k3n"), obtainedAt: 0 })
 *   yield* store.set({ integration: "app/Calendar", tenant: "acme" }, token)
 *   const values = yield* KeyValueStore.KeyValueStore
 *   return yield* Effect.forEach(yield* values.keys, (key) => values.get(key))
 * })
 * const written = await Effect.runPromise(Effect.provide(program, live))
 * console.assert(written.length === 1 && !JSON.stringify(written).includes("t0k3n"))
 * ```
 *
 * @since 0.1.0
 */
import { Effect, Layer, Option, Schema, Semaphore } from "effect"
import * as KeyValueStore from "effect/persistence/KeyValueStore"
import { createHash } from "node:crypto"
import * as cipher from "../policy/internal/cipher.ts"
import type { AuthError } from "./AuthError.ts"
import { keyOf, type Owner } from "./internal/tokens/owner.ts"
import { failure, fromRow, resealed, type Row, toRow } from "./internal/tokens/row.ts"
import { Seal } from "./Seal.ts"
import { type Stored, TokenStore } from "./TokenStore.ts"
import * as Check from "./internal/optionChecks.ts"

/**
 * Options of {@link layer}.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** What the keys begin with. Default: `"causeway:token:"`. */
  readonly prefix?: string
}

/**
 * Makes a store over the `KeyValueStore`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options = {}
): Effect.Effect<TokenStore["Service"], never, KeyValueStore.KeyValueStore | Seal> => {
  Check.checkPrefix("tokenStore", options)
  return Effect.gen(function* () {
    const store = new Tokens(yield* KeyValueStore.KeyValueStore, yield* Seal, options.prefix ?? "causeway:token:")
    return {
      get: (owner) => store.get(owner),
      set: (owner, token) => store.inTurn(store.write(owner, toRow(store.seal, owner, token), token)),
      replace: (owner, token, version) =>
        store.inTurn(
          Effect.flatMap(store.read(owner), (row) =>
            row?.version === version
              ? store.write(owner, toRow(store.seal, owner, token), token)
              : Effect.succeed(undefined)
          )
        ),
      remove: (owner) => store.inTurn(store.remove(owner)),
      reseal: store.inTurn(store.reseal)
    }
  })
}

/**
 * A store over the `KeyValueStore`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<TokenStore, never, KeyValueStore.KeyValueStore | Seal> =>
  Layer.effect(TokenStore, make(options))

/** The owner is in it, because a key does not tell. */
const Value = Schema.fromJsonString(
  Schema.Struct({ integration: Schema.String, tenant: Schema.String, version: Schema.String, sealed: Schema.String })
)
type Value = typeof Value.Type

const decode = Schema.decodeUnknownOption(Value)

class Tokens {
  readonly seal: Seal["Service"]
  readonly #values: KeyValueStore.KeyValueStore
  readonly #prefix: string
  readonly #turns = Semaphore.makeUnsafe(1)

  constructor(values: KeyValueStore.KeyValueStore, seal: Seal["Service"], prefix: string) {
    this.#values = values
    this.seal = seal
    this.#prefix = prefix
  }

  inTurn<A>(effect: Effect.Effect<A, AuthError>): Effect.Effect<A, AuthError> {
    return this.#turns.withPermit(effect)
  }

  get(owner: Owner): Effect.Effect<Stored | undefined, AuthError> {
    return Effect.flatMap(this.read(owner), (row) =>
      row === undefined ? Effect.succeed(undefined) : fromRow(this.seal, owner, row)
    )
  }

  read(owner: Owner): Effect.Effect<Row | undefined, AuthError> {
    return this.#values.get(this.#nameOf(owner)).pipe(
      Effect.mapError(() => failure(owner, "read a token", "the key-value store failed")),
      Effect.flatMap((text) => (text === undefined ? Effect.succeed(undefined) : toValue(owner, text)))
    )
  }

  write(owner: Owner, row: Row, token: Stored["token"]): Effect.Effect<Stored, AuthError> {
    return this.#values.set(this.#nameOf(owner), JSON.stringify({ ...identityOf(owner), ...row })).pipe(
      Effect.mapError(() => failure(owner, "write a token", "the key-value store failed")),
      Effect.as({ token, version: row.version })
    )
  }

  remove(owner: Owner): Effect.Effect<void, AuthError> {
    return Effect.mapError(this.#values.remove(this.#nameOf(owner)), () =>
      failure(owner, "remove a token", "the key-value store failed")
    )
  }

  get reseal(): Effect.Effect<number, AuthError> {
    return this.#values.keys.pipe(
      Effect.mapError(() => failure(everyone, "list tokens", "the key-value store failed")),
      Effect.map((keys) => keys.filter((key) => key.startsWith(this.#prefix))),
      Effect.flatMap((keys) => Effect.forEach(keys, (key) => this.#resealAt(key))),
      Effect.map((changed) => changed.filter(Boolean).length)
    )
  }

  #resealAt(key: string): Effect.Effect<boolean, AuthError> {
    return this.#values.get(key).pipe(
      Effect.mapError(() => failure(everyone, "read a token", "the key-value store failed")),
      Effect.flatMap((text) => (text === undefined ? Effect.succeed(false) : this.#resealValue(key, text)))
    )
  }

  #resealValue(key: string, text: string): Effect.Effect<boolean, AuthError> {
    return Effect.flatMap(toValue(everyone, text), (value) => {
      if (cipher.keyIdOf(value.sealed) === this.seal.keyId) return Effect.succeed(false)
      return resealed(this.seal, value, value.sealed).pipe(
        Effect.flatMap((sealed) =>
          Effect.mapError(this.#values.set(key, JSON.stringify({ ...value, sealed })), () =>
            failure(value, "seal a token anew", "the key-value store failed")
          )
        ),
        Effect.as(true)
      )
    })
  }

  #nameOf(owner: Owner): string {
    return this.#prefix + createHash("sha256").update(keyOf(owner)).digest("hex")
  }
}

const everyone = { integration: "tokens" }

const identityOf = ({ integration, tenant }: Owner): Owner => ({ integration, tenant })

const toValue = (owner: Pick<Owner, "integration">, text: string): Effect.Effect<Value, AuthError> =>
  Option.match(decode(text), {
    onNone: () => Effect.fail(failure(owner, "read a token", "the value is none of ours")),
    onSome: (value) => Effect.succeed(value)
  })
