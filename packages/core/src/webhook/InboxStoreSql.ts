/**
 * The inbox store in a database, through `effect/sql`.
 *
 * **When to use**
 *
 * For every inbox that must outlive its process. With the application's own `SqlClient`, storing an event takes part in
 * the application's transaction.
 *
 * **Details**
 *
 * Three tables, made by migrations when the layer is built: `causeway_events`, with the raw body and the headers,
 * `causeway_attempts`, and `causeway_seen`, with the ids of purged events. The same statements serve SQLite and Postgres.
 *
 * - *Group commit.* What is stored, ends or is claimed while a transaction commits shares the next one, and each caller is
 *   answered after its commit. Within a transaction of the caller, an event is stored by that transaction alone.
 * - *Fences.* An event is claimed by a statement that raises its fence; Postgres skips what others are claiming
 *   (`FOR UPDATE SKIP LOCKED`).
 * - *Told.* A transaction that stores tells the other processes, and workers on the `PgClient` of `@effect/sql-pg` listen
 *   (`NOTIFY` and `LISTEN`, on one connection per store). Other workers look every `pollInterval`.
 *
 * **Gotchas**
 *
 * Another dialect than `sqlite` and `pg` fails when the layer is built. So does a pool of one connection on Postgres, which
 * one that listens would take for good.
 *
 * **Example** (An inbox over a database)
 *
 * ```ts
 * import { Inbox, InboxStoreSql } from "@causeway/core/webhook"
 * import { Sqlite } from "@causeway/node"
 * import { Effect, Layer } from "effect"
 *
 * const layer = Inbox.layer.pipe(Layer.provide(InboxStoreSql.layer), Layer.provide(Sqlite.layerMemory))
 * const counts = await Effect.runPromise(
 *   Effect.flatMap(Inbox.Inbox, (inbox) => inbox.count()).pipe(Effect.provide(layer))
 * )
 * console.assert(counts.pending === 0)
 * ```
 *
 * @since 0.1.0
 */
import { Effect, Layer, Option, type Scope } from "effect"
import { SqlClient, SqlError } from "effect/sql"
import { InboxSeal } from "./InboxSeal.ts"
import { InboxStore, type InboxStoreError } from "./InboxStore.ts"
import type { Service } from "./InboxStore.ts"
import * as GroupCommit from "./internal/groupCommit.ts"
import {
  type Database,
  failing,
  make as makeDatabase,
  statusByKey,
  toStoreError
} from "./internal/inboxSql/database.ts"
import { checkConnections, limitOf } from "./internal/inboxSql/connections.ts"
import * as KeptAnswers from "./internal/inboxSql/answers.ts"
import * as DeadLetters from "./internal/inboxSql/deadLetters.ts"
import * as Deliveries from "./internal/inboxSql/deliveries.ts"
import * as Listening from "./internal/inboxSql/listening.ts"
import * as Looking from "./internal/inboxSql/looking.ts"
import { migrate } from "./internal/inboxSql/tables.ts"
import * as Together from "./internal/inboxSql/together.ts"
import type { Answers, Work } from "./internal/inboxSql/together.ts"
import * as Upkeep from "./internal/inboxSql/upkeep.ts"
import { plainStore } from "./internal/plainStore.ts"
import { type RawStore, sealedStore } from "./internal/sealedStore.ts"

/**
 * Makes the store, and its tables where they are missing or of an earlier release. Fails with `InboxStoreError` when the
 * dialect is neither SQLite nor Postgres, the tables can't be made, or there is no second connection beside the one that
 * listens.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<Service, InboxStoreError, SqlClient.SqlClient | Scope.Scope> = Effect.gen(
  function* () {
    const sql = (yield* SqlClient.SqlClient).withoutTransforms()
    const database = makeDatabase(sql, yield* dialectOf(sql))
    yield* Effect.mapError(migrate, (cause) => toStoreError("make its tables", cause))
    yield* checkConnections(database)
    return plainStore(sealedStore(yield* makeStore(database), yield* InboxSeal))
  }
)

/**
 * The store in the database of the `SqlClient`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<InboxStore, InboxStoreError, SqlClient.SqlClient> = Layer.effect(
  InboxStore,
  Effect.suspend(() => make)
)

const dialectOf = (sql: SqlClient.SqlClient): Effect.Effect<Database["dialect"], InboxStoreError> =>
  sql.onDialectOrElse({
    sqlite: () => Effect.succeed("sqlite" as const),
    pg: () => Effect.succeed("pg" as const),
    orElse: () => Effect.fail(toStoreError("start", new Error("The dialect of the SqlClient must be sqlite or pg")))
  })

/** How many share a transaction: enough for the disk not to matter, few enough for no one to wait long. */
const groupSize = 64

const bytesOf = (work: Work): number => {
  if (work._tag !== "Put") return 0
  const shared = new Set(work.events.flatMap(({ place }) => place?.delivery.bytes ?? []))
  return [...work.events.map(({ body }) => body), ...shared].reduce((sum, { byteLength }) => sum + byteLength, 0)
}

const makeStore = (database: Database): Effect.Effect<RawStore, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { sql } = database
    const transactional = <A>(operation: string, effect: Effect.Effect<A, SqlError.SqlError>) =>
      failing(operation)(sql.withTransaction(effect))

    const perform = (works: ReadonlyArray<Work>) =>
      transactional(operations[works[0]?._tag ?? "Claim"], Together.perform(database, works))
    /** A worker gives its whole transaction up when the event can't be ended in it: there is nothing to save in between. */
    const performWithin = (work: Work) =>
      work._tag === "Settle" ? failing(operations.Settle)(Together.perform(database, [work])) : perform([work])
    const group = GroupCommit.make({ run: perform, meetsAll, size: groupSize, bytesOf })
    const handling = yield* group
    // Postgres commits side by side; SQLite has one connection, and all that it writes at a time may share a commit.
    const storing = database.dialect === "pg" ? yield* group : handling

    const listen = yield* Listening.makeListener(database)

    /** What stands in a transaction of the caller belongs to it. */
    const ask = <Tag extends Work["_tag"]>(
      work: Extract<Work, { readonly _tag: Tag }>
    ): Effect.Effect<Answers[Tag], InboxStoreError> =>
      Effect.flatMap(Effect.serviceOption(sql.transactionService), (transaction) => {
        const together = work._tag === "Put" ? storing : handling
        const answer = Option.isSome(transaction)
          ? Effect.map(performWithin(work), (answers) => answers[0])
          : together(work)
        // Each kind of work has its kind of answer.
        return answer as Effect.Effect<Answers[Tag], InboxStoreError>
      })

    return {
      connections: limitOf(database),
      put: (events) => ask<"Put">({ _tag: "Put", events }),
      claim: (options) => ask<"Claim">({ _tag: "Claim", options }),
      renew: (claim, leaseUntil) =>
        sql`UPDATE causeway_events SET due_at = ${Math.round(leaseUntil)}
          WHERE event_key = ${claim.event.key} AND fence = ${claim.fence} AND ${sql.literal(statusByKey)} = 'handling'
          RETURNING event_key`.pipe(
          Effect.map((rows) => rows.length === 1),
          failing("renew a lease")
        ),
      settle: (claim, settlement) => ask<"Settle">({ _tag: "Settle", ending: { claim, settlement } }),
      nextDue: (source) => failing("find the next event")(Looking.nextDue(database, source)),
      undecided: (source, limit) => failing("list events")(Looking.undecided(database, source, limit)),
      decide: (lanes) => failing("decide lanes")(Looking.decide(database, lanes)),
      get: (key) => failing("read an event")(Looking.get(database, key)),
      list: (page) => failing("list events")(Looking.list(database, page)),
      count: (filter) => failing("count events")(Looking.count(database, filter)),
      replay: (selection, now) => transactional("replay events", Looking.replay(database, selection, now)),
      discard: (selection, now) => transactional("discard events", Looking.discard(database, selection, now)),
      purge: (options) => transactional("purge events", Upkeep.purge(database, options)),
      forget: (now) => failing("forget ids")(Upkeep.forget(database, now)),
      keepAnswer: (key, answer) => failing("keep an answer")(KeptAnswers.keep(database, key, answer)),
      answerTo: (key) => failing("find an answer")(KeptAnswers.find(database, key)),
      placeOf: (key) => failing("find a delivery")(Deliveries.find(database, key)),
      bury: (event) => transactional("store a dead letter", DeadLetters.bury(database, event)),
      exhume: (key, history) => transactional("end a dead letter", DeadLetters.exhume(database, key, history)),
      listen,
      transaction: (effect) => separateErrors(sql, effect),
      afterCommit: sql.afterCommit,
      sealedOtherwise: (keyId, after, limit) =>
        failing("list events")(Upkeep.sealedOtherwise(database, keyId, after, limit)),
      rewrite: (event, content) => failing("seal an event anew")(Upkeep.rewrite(database, event, content)),
      deliveriesSealedOtherwise: (keyId, after, limit) =>
        failing("list deliveries")(Deliveries.sealedOtherwise(database, keyId, after, limit)),
      rewriteDelivery: (before, after) => failing("seal a delivery again")(Deliveries.rewrite(database, before, after))
    }
  })

const operations: Readonly<Record<Work["_tag"], string>> = {
  Put: "store an event",
  Settle: "settle an event",
  Claim: "claim events"
}

/** Each of a group alone would meet a database that is away or busy too. */
const meetsAll = ({ cause }: InboxStoreError): boolean =>
  SqlError.isSqlError(cause) &&
  [
    "ConnectionError",
    "AuthenticationError",
    "AuthorizationError",
    "LockTimeoutError",
    "StatementTimeoutError"
  ].includes(cause.reason._tag)

// The caller's own SqlErrors must stay what they are: only those of BEGIN and COMMIT are the store's.
const separateErrors = <A, E, R>(
  sql: SqlClient.SqlClient,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E | InboxStoreError, R> =>
  sql
    .withTransaction(Effect.mapError(effect, (error) => ({ inner: error })))
    .pipe(Effect.mapError((error) => ("inner" in error ? error.inner : toStoreError("commit", error))))
