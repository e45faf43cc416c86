/**
 * Leases in a database, through `effect/sql`: SQLite or Postgres.
 *
 * **When to use**
 *
 * Beside `TokenStoreSql`, in the same database: nothing else is needed for many processes to renew one at a time.
 *
 * **Details**
 *
 * One table, `causeway_token_leases`, with a row for each lease that is held. On Postgres the server's clock decides when
 * a lease ends; on SQLite, whose processes are on one machine, Effect's `Clock` does.
 *
 * **Gotchas**
 *
 * Do not take a lease within a transaction: others see it only after the commit.
 *
 * **Example** (Leases in SQLite)
 *
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { TokenLease, TokenLeaseSql } from "@causeway/core/auth"
 * import { Sqlite } from "@causeway/node"
 *
 * const owner = { integration: "app/Calendar", tenant: "acme" }
 * const program = Effect.flatMap(TokenLease.TokenLease, (lease) => lease.acquire(owner, "a", 10_000))
 * const acquired = await Effect.runPromise(
 *   Effect.provide(program, TokenLeaseSql.layer.pipe(Layer.provide(Sqlite.layerMemory)))
 * )
 * console.assert(acquired?.takenOver === false)
 * ```
 *
 * @since 0.1.0
 */
import { Effect, Layer } from "effect"
import type { SqlClient } from "effect/sql"
import type { AuthError } from "./AuthError.ts"
import * as sqlLeases from "./internal/tokens/sqlLeases.ts"
import { TokenLease } from "./TokenLease.ts"

/**
 * Makes leases in the database, and their table where it is missing. Fails with `StoreFailure` when the dialect is
 * neither SQLite nor Postgres, or the table can't be made.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<TokenLease["Service"], AuthError, SqlClient.SqlClient> = Effect.suspend(() =>
  sqlLeases.make("server")
)

/**
 * Leases in the database of the `SqlClient`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<TokenLease, AuthError, SqlClient.SqlClient> = Layer.effect(TokenLease, make)
