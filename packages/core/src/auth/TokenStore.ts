/**
 * Where tokens are kept, one for each integration and tenant: in memory by default, elsewhere by swapping this Layer.
 *
 * **When to use**
 *
 * `Tokens` reads and writes it. Use it directly to store what a login has brought, or to seal anew after a key was
 * replaced.
 *
 * **Details**
 *
 * Each write gives the token a new version, and {@link TokenStore} replaces a token only by naming the version that it
 * takes the place of: who was too slow cannot overwrite a newer token, whatever became of its lease. Everything but the
 * memory store writes tokens sealed: it asks for a `Seal`.
 *
 * | store | for | lease that fits |
 * |---|---|---|
 * | `TokenStore.layerMemory` | one process, tokens that can be got anew | `TokenLease.layerMemory` |
 * | `TokenStoreKeyValue` | one process whose tokens outlive it | `TokenLease.layerMemory` |
 * | `TokenStoreSql` | many processes | `TokenLeaseSql`, `TokenLeaseRedis` |
 *
 * **Gotchas**
 *
 * In memory a refresh token is lost with the process, and with it the session: fine for client credentials, not for what
 * a person has granted.
 *
 * **Example** (What a login brought)
 *
 * ```ts
 * import { Effect, Redacted } from "effect"
 * import { Token, TokenStore } from "@causeway/core/auth"
 *
 * const owner = { integration: "app/Calendar", tenant: "acme" }
 * const token = Token.make({ accessToken: Redacted.make("t0k3n"), obtainedAt: 0 })
 *
 * const program = Effect.gen(function* () {
 *   const store = yield* TokenStore.TokenStore
 *   yield* store.set(owner, token)
 *   return yield* store.get({ integration: "app/Calendar", tenant: "other" })
 * })
 * const others = await Effect.runPromise(Effect.provide(program, TokenStore.layerMemory))
 * console.assert(others === undefined)
 * ```
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer } from "effect"
import type { AuthError } from "./AuthError.ts"
import { keyOf, nextVersion, type Owner } from "./internal/tokens/owner.ts"
import type { Token } from "./Token.ts"

export type { Owner } from "./internal/tokens/owner.ts"

/**
 * A token that is stored, and its version: another at each write.
 *
 * @since 0.1.0
 * @category models
 */
export interface Stored {
  readonly token: Token
  readonly version: string
}

/**
 * Keeps one token for each owner. Everything fails with `StoreFailure` when the store does, and reading with
 * `SealBroken` when what is stored does not open.
 *
 * @since 0.1.0
 * @category services
 */
export class TokenStore extends Context.Service<
  TokenStore,
  {
    readonly get: (owner: Owner) => Effect.Effect<Stored | undefined, AuthError>
    /** Stores a token, whatever is there. */
    readonly set: (owner: Owner, token: Token) => Effect.Effect<Stored, AuthError>
    /** Stores a token in the place of this version (undefined: of none); undefined when something else is there. */
    readonly replace: (
      owner: Owner,
      token: Token,
      version: string | undefined
    ) => Effect.Effect<Stored | undefined, AuthError>
    readonly remove: (owner: Owner) => Effect.Effect<void, AuthError>
    /** Seals anew everything that another key than the first has sealed, and says how many there were. */
    readonly reseal: Effect.Effect<number, AuthError>
  }
>()("causeway/auth/TokenStore") {}

/**
 * Makes a store in the memory of this process.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeMemory = (): TokenStore["Service"] => {
  const tokens = new Map<string, Stored>()
  const put = (key: string, token: Token): Stored => {
    const stored = { token, version: nextVersion() }
    tokens.set(key, stored)
    return stored
  }
  return {
    get: (owner) => Effect.sync(() => tokens.get(keyOf(owner))),
    set: (owner, token) => Effect.sync(() => put(keyOf(owner), token)),
    replace: (owner, token, version) =>
      Effect.sync(() => {
        const key = keyOf(owner)
        return tokens.get(key)?.version === version ? put(key, token) : undefined
      }),
    remove: (owner) => Effect.sync(() => void tokens.delete(keyOf(owner))),
    reseal: Effect.succeed(0)
  }
}

/**
 * A store in the memory of this process.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory: Layer.Layer<TokenStore> = Layer.sync(TokenStore, () => TokenStore.of(makeMemory()))
