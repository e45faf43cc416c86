/**
 * Who renews: one at a time for each integration and tenant, by a lease that ends by itself.
 *
 * **When to use**
 *
 * `Tokens` takes it before it asks a provider, so that of many processes only one uses a refresh token. Choose the one
 * that all processes see: `TokenLeaseSql` or `TokenLeaseRedis`; the one in memory is for one process.
 *
 * **Details**
 *
 * A lease is held by a name, for some time, and prolonged while its holder is at work. When a process ends without giving
 * it back, another takes it over after that time and is told so. A lease alone cannot hold back a process that stood
 * still while its lease ended: that the store replaces a token only by its version does.
 *
 * **Gotchas**
 *
 * With `layerMemory` in several processes each would renew by itself: a provider that detects the reuse of refresh tokens
 * then ends the session.
 *
 * **Example** (Only one holds it)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { TokenLease } from "@causeway/core/auth"
 *
 * const owner = { integration: "app/Calendar", tenant: "acme" }
 * const program = Effect.gen(function* () {
 *   const lease = yield* TokenLease.TokenLease
 *   const first = yield* lease.acquire(owner, "a", 10_000)
 *   const second = yield* lease.acquire(owner, "b", 10_000)
 *   return first !== undefined && second === undefined
 * })
 * console.assert(await Effect.runPromise(Effect.provide(program, TokenLease.layerMemory)))
 * ```
 *
 * @since 0.1.0
 */
import { Clock, Context, Effect, Layer } from "effect"
import type { AuthError } from "./AuthError.ts"
import { keyOf, type Owner } from "./internal/tokens/owner.ts"

/**
 * A lease that was given.
 *
 * @since 0.1.0
 * @category models
 */
export interface Acquired {
  /** Whether the holder before never gave it back: it may have ended in the middle of a renewal. */
  readonly takenOver: boolean
}

/**
 * Gives leases. Everything fails with `StoreFailure` when what keeps them does.
 *
 * @since 0.1.0
 * @category services
 */
export class TokenLease extends Context.Service<
  TokenLease,
  {
    /** Takes the lease for so many milliseconds; undefined while somebody else holds it. */
    readonly acquire: (owner: Owner, holder: string, millis: number) => Effect.Effect<Acquired | undefined, AuthError>
    /** Prolongs it to so many milliseconds from now; false when it is another's. */
    readonly extend: (owner: Owner, holder: string, millis: number) => Effect.Effect<boolean, AuthError>
    /** Gives it back, if it is still this holder's. */
    readonly release: (owner: Owner, holder: string) => Effect.Effect<void, AuthError>
  }
>()("causeway/auth/TokenLease") {}

interface Held {
  readonly holder: string
  readonly endsAt: number
}

/**
 * Makes leases in the memory of this process.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeMemory = (): TokenLease["Service"] => {
  const leases = new Map<string, Held>()
  return {
    acquire: (owner, holder, millis) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const held = leases.get(keyOf(owner))
        if (held !== undefined && held.endsAt > now) return undefined
        leases.set(keyOf(owner), { holder, endsAt: now + millis })
        return { takenOver: held !== undefined }
      }),
    extend: (owner, holder, millis) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        if (leases.get(keyOf(owner))?.holder !== holder) return false
        leases.set(keyOf(owner), { holder, endsAt: now + millis })
        return true
      }),
    release: (owner, holder) =>
      Effect.sync(() => {
        if (leases.get(keyOf(owner))?.holder === holder) leases.delete(keyOf(owner))
      })
  }
}

/**
 * Leases in the memory of this process: for one process.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory: Layer.Layer<TokenLease> = Layer.sync(TokenLease, () => TokenLease.of(makeMemory()))
