import { Effect, Predicate } from "effect"
import type { SqlClient } from "effect/sql"
import { InvalidOption } from "../../../policy/InvalidOption.ts"
import type { InboxStoreError } from "../../InboxStore.ts"
import { type Database, toStoreError } from "./database.ts"
import { canListen, channel } from "./listening.ts"

/** One that listens, and one for everything else. */
const fewest = 2

/** As long as a pool that is only busy may take to lend a connection. */
const patience = "10 seconds"

/** How many connections a client that listens has at most, where it says so. */
export const limitOf = ({ dialect, sql }: Database): number | undefined =>
  dialect === "pg" && canListen(sql) ? maxConnectionsOf(sql) : undefined

const maxConnectionsOf = (sql: SqlClient.SqlClient): number | undefined => {
  const config = Predicate.hasProperty(sql, "config") ? sql.config : undefined
  const limit = Predicate.hasProperty(config, "maxConnections") ? config.maxConnections : undefined
  return typeof limit === "number" ? limit : undefined
}

/**
 * Fails when there is no second connection while one listens: all that a worker asks for would wait for ever, and say
 * nothing.
 */
export const checkConnections = (database: Database): Effect.Effect<void, InboxStoreError> => {
  const { dialect, sql } = database
  if (dialect !== "pg" || !canListen(sql)) return Effect.void
  const limit = limitOf(database)
  if (limit !== undefined && limit < fewest) return Effect.fail(toStoreError("start", tooFew(limit)))
  return Effect.scoped(Effect.andThen(sql.listen(channel), sql`SELECT 1`)).pipe(
    // A database that does not let it listen is polled: the worker reports that.
    Effect.ignore,
    Effect.timeoutOrElse({ duration: patience, orElse: () => Effect.fail(toStoreError("start", noSecond)) })
  )
}

const tooFew = (limit: number): InvalidOption =>
  new InvalidOption({
    option: "maxConnections",
    actual: String(limit),
    accepts: `at least ${fewest}: a store holds one connection to listen for events of other processes`
  })

const noSecond = new Error(
  `The SqlClient provided no second connection within ${patience} while one listens for events of other processes; ` +
    "use a pool of at least 2 connections"
)
