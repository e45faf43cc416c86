import { Effect } from "effect"
import { Migrator, SqlClient, type SqlError } from "effect/sql"
import type { AuthError } from "../../AuthError.ts"
import type { Owner } from "./owner.ts"
import { failure } from "./row.ts"

const createTables = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE causeway_tokens (
    integration TEXT NOT NULL,
    tenant TEXT NOT NULL,
    version TEXT NOT NULL,
    key_id TEXT NOT NULL,
    sealed TEXT NOT NULL,
    PRIMARY KEY (integration, tenant)
  )`
  yield* sql`CREATE TABLE causeway_token_leases (
    integration TEXT NOT NULL,
    tenant TEXT NOT NULL,
    holder TEXT NOT NULL,
    ends_at BIGINT NOT NULL,
    takeovers INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (integration, tenant)
  )`
})

/** A table of its own: a migrator goes by the highest number, and other tables of Causeway have numbers too. */
const migrate = Migrator.make({})({
  table: "causeway_token_migrations",
  loader: Migrator.fromRecord({ "0001_create_tokens": createTables })
})

const everyone = { integration: "tokens" }

const requireDialect = (sql: SqlClient.SqlClient): Effect.Effect<void, AuthError> =>
  sql.onDialectOrElse({
    sqlite: () => Effect.void,
    pg: () => Effect.void,
    orElse: () => Effect.fail(failure(everyone, "start", "the dialect of the SqlClient must be sqlite or pg"))
  })

/** The client, with the tables made where they were missing. */
export const prepare: Effect.Effect<SqlClient.SqlClient, AuthError, SqlClient.SqlClient> = Effect.gen(function* () {
  const sql = (yield* SqlClient.SqlClient).withoutTransforms()
  yield* requireDialect(sql)
  yield* Effect.mapError(migrate, (error) =>
    failure(everyone, "make its tables", error._tag === "SqlError" ? detailOf(error) : error.message)
  )
  return sql
})

const detailOf = (error: SqlError.SqlError): string => `${error.reason._tag}: ${error.message}`

/** A question to the database, with the error of this room. */
export const failing = <A>(
  owner: Pick<Owner, "integration">,
  operation: string,
  question: Effect.Effect<A, SqlError.SqlError>
): Effect.Effect<A, AuthError> => Effect.mapError(question, (error) => failure(owner, operation, detailOf(error)))
