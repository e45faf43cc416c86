/**
 * Tokens in a database, sealed, through `effect/sql`: SQLite or Postgres.
 *
 * **When to use**
 *
 * Wherever several processes share tokens, or where what a person has granted must not be lost.
 *
 * **Details**
 *
 * One table, `causeway_tokens`, made by a migration when the layer is built: the integration, the tenant, the version,
 * the name of the key, and the sealed token. A token is replaced by one statement that names the version it replaces, so
 * that of two processes only one succeeds.
 *
 * **Gotchas**
 *
 * Within a transaction of your own a renewed token is lost when it is rolled back: the provider does not roll back. Give
 * `Tokens` a `SqlClient` of which no caller holds a transaction open across calls.
 *
 * **Example** (Tokens in SQLite)
 *
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { Seal, TokenLeaseSql, TokenStore, TokenStoreSql } from "@causeway/core/auth"
 * import { Sqlite } from "@causeway/node"
 *
 * const live = Layer.mergeAll(TokenStoreSql.layer, TokenLeaseSql.layer).pipe(
 *   Layer.provide([Sqlite.layerMemory, Seal.layer([Seal.generateKey("2026-11")])])
 * )
 * const program = Effect.flatMap(TokenStore.TokenStore, (store) =>
 *   store.get({ integration: "app/Calendar", tenant: "acme" })
 * )
 * const nothing = await Effect.runPromise(Effect.provide(program, live))
 * console.assert(nothing === undefined)
 * ```
 *
 * @since 0.1.0
 */
import { Effect, Layer } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import * as cipher from "../policy/internal/cipher.ts"
import type { AuthError } from "./AuthError.ts"
import type { Owner } from "./internal/tokens/owner.ts"
import { fromRow, resealed, type Row, toRow } from "./internal/tokens/row.ts"
import { failing, prepare } from "./internal/tokens/tables.ts"
import { Seal } from "./Seal.ts"
import { type Stored, TokenStore } from "./TokenStore.ts"

/**
 * Makes the store, and its table where it is missing. Fails with `StoreFailure` when the dialect is neither SQLite nor
 * Postgres, or the table can't be made.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<TokenStore["Service"], AuthError, SqlClient.SqlClient | Seal> = Effect.gen(
  function* () {
    const sql = yield* prepare
    return makeService(sql, yield* Seal)
  }
)

/**
 * The store in the database of the `SqlClient`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<TokenStore, AuthError, SqlClient.SqlClient | Seal> = Layer.effect(
  TokenStore,
  Effect.suspend(() => make)
)

type Question<A> = Effect.Effect<A, SqlError.SqlError>

interface OwnedRow extends Row, Owner {}

const resealedAtOnce = 100

const makeService = (sql: SqlClient.SqlClient, seal: Seal["Service"]): TokenStore["Service"] => {
  const columnsOf = (row: Row) => ({ ...row, key_id: cipher.keyIdOf(row.sealed) ?? "" })

  const belongs = ({ integration, tenant }: Owner) => sql`integration = ${integration} AND tenant = ${tenant}`

  const find = (owner: Owner): Question<ReadonlyArray<Row>> =>
    sql<Row>`SELECT version, sealed FROM causeway_tokens WHERE ${belongs(owner)}`

  const insert = ({ integration, tenant }: Owner, row: Row): Question<ReadonlyArray<unknown>> =>
    sql`INSERT INTO causeway_tokens ${sql.insert({ integration, tenant, ...columnsOf(row) })}
      ON CONFLICT (integration, tenant) DO NOTHING RETURNING version`

  const update = (owner: Owner, row: Row, version: string): Question<ReadonlyArray<unknown>> =>
    sql`UPDATE causeway_tokens SET ${sql.update(columnsOf(row))}
      WHERE ${belongs(owner)} AND version = ${version} RETURNING version`

  const upsert = ({ integration, tenant }: Owner, row: Row): Question<ReadonlyArray<unknown>> =>
    sql`INSERT INTO causeway_tokens ${sql.insert({ integration, tenant, ...columnsOf(row) })}
      ON CONFLICT (integration, tenant)
      DO UPDATE SET version = excluded.version, sealed = excluded.sealed, key_id = excluded.key_id RETURNING version`

  const write = (
    owner: Owner,
    token: Stored["token"],
    statement: (row: Row) => Question<ReadonlyArray<unknown>>
  ): Effect.Effect<{ readonly stored: Stored; readonly written: boolean }, AuthError> =>
    Effect.suspend(() => {
      const row = toRow(seal, owner, token)
      return Effect.map(failing(owner, "write a token", statement(row)), (rows) => ({
        stored: { token, version: row.version },
        written: rows.length > 0
      }))
    })

  const sealedByOthers: Question<ReadonlyArray<OwnedRow>> =
    sql<OwnedRow>`SELECT integration, tenant, version, sealed FROM causeway_tokens
      WHERE key_id <> ${seal.keyId} ORDER BY integration, tenant LIMIT ${resealedAtOnce}`

  /** The version stays: the token is the same. */
  const resealOne = (row: OwnedRow): Effect.Effect<void, AuthError> =>
    Effect.flatMap(resealed(seal, row, row.sealed), (sealed) =>
      failing(row, "seal a token anew", update(row, { version: row.version, sealed }, row.version))
    )

  const reseal = (before: number): Effect.Effect<number, AuthError> =>
    Effect.flatMap(failing(everyone, "list tokens", sealedByOthers), (rows) =>
      rows.length === 0
        ? Effect.succeed(before)
        : Effect.flatMap(Effect.forEach(rows, resealOne), () => reseal(before + rows.length))
    )

  return {
    get: (owner) =>
      Effect.flatMap(failing(owner, "read a token", find(owner)), ([row]) =>
        row === undefined ? Effect.succeed(undefined) : fromRow(seal, owner, row)
      ),
    set: (owner, token) =>
      Effect.map(
        write(owner, token, (row) => upsert(owner, row)),
        ({ stored }) => stored
      ),
    replace: (owner, token, version) =>
      Effect.map(
        write(owner, token, (row) => (version === undefined ? insert(owner, row) : update(owner, row, version))),
        ({ stored, written }) => (written ? stored : undefined)
      ),
    remove: (owner) =>
      Effect.asVoid(failing(owner, "remove a token", sql`DELETE FROM causeway_tokens WHERE ${belongs(owner)}`)),
    reseal: Effect.suspend(() => reseal(0))
  }
}

const everyone = { integration: "tokens" }
