/** Clients of the PostgreSQL of a suite, also for processes that the suite starts. */
import { PgClient } from "@effect/sql-pg"
import { type Layer, Redacted } from "effect"
import type { SqlClient, SqlError } from "effect/sql"

export const user = "postgres"
export const password = "postgres"

/** A client of one database, as another process has one. */
export const layerClient = (
  port: number,
  database: string,
  maxConnections = 4
): Layer.Layer<SqlClient.SqlClient | PgClient.PgClient, SqlError.SqlError> =>
  PgClient.layer({
    host: "127.0.0.1",
    port,
    database,
    username: user,
    password: Redacted.make(password),
    maxConnections
  })

/** A client of one database with one connection, which it does not say of itself. */
export const layerSingle = (
  port: number,
  database: string
): Layer.Layer<SqlClient.SqlClient | PgClient.PgClient, SqlError.SqlError> =>
  PgClient.layerFrom(
    PgClient.makeClient({ host: "127.0.0.1", port, database, username: user, password: Redacted.make(password) })
  )
