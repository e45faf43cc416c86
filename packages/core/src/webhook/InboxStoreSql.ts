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
 * Two tables, made by a migration when the layer is built: `causeway_events`, with the raw body and the headers, and
 * `causeway_attempts`. An event is claimed by a transaction that raises its fence.
 *
 * **Gotchas**
 *
 * The dialect must be SQLite; another one fails when the layer is built.
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
import { Effect, Layer } from "effect"
import { Migrator, SqlClient } from "effect/sql"
import type { SqlError, Statement } from "effect/sql"
import type { Attempt } from "./Attempt.ts"
import { InboxStore, InboxStoreError } from "./InboxStore.ts"
import type { Buried, Claim, Filter, NewEvent, Put, Selection, Service, Settlement } from "./InboxStore.ts"
import { WebhookEvent } from "./WebhookEvent.ts"
import type { Header, Status, Summary } from "./WebhookEvent.ts"

/**
 * Makes the store, and its tables where they are missing. Fails with `InboxStoreError` when the dialect is not SQLite or
 * the tables can't be made.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<Service, InboxStoreError, SqlClient.SqlClient> = Effect.gen(function* () {
  const sql = (yield* SqlClient.SqlClient).withoutTransforms()
  yield* requireSqlite(sql)
  yield* Effect.mapError(migrate, (cause) => toStoreError("make its tables", cause))
  return makeService(sql)
})

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

const requireSqlite = (sql: SqlClient.SqlClient): Effect.Effect<void, InboxStoreError> =>
  sql.onDialectOrElse({
    sqlite: () => Effect.void,
    orElse: () => Effect.fail(toStoreError("start", new Error("The dialect of the SqlClient must be sqlite")))
  })

const createTables = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE causeway_events (
    event_key INTEGER PRIMARY KEY AUTOINCREMENT,
    direction TEXT NOT NULL CHECK (direction IN ('in', 'out')),
    source TEXT NOT NULL,
    event_id TEXT NOT NULL,
    variant TEXT NOT NULL,
    digest TEXT NOT NULL,
    type TEXT,
    target TEXT,
    headers TEXT NOT NULL,
    body BLOB NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'handling', 'handled', 'dead', 'kept', 'discarded')),
    received_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    started_at INTEGER,
    settled_at INTEGER,
    fence INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    attempts_before_replay INTEGER NOT NULL DEFAULT 0,
    UNIQUE (direction, source, event_id, variant)
  )`
  yield* sql`CREATE INDEX causeway_events_due ON causeway_events (direction, source, due_at)
    WHERE status IN ('pending', 'handling')`
  yield* sql`CREATE INDEX causeway_events_settled ON causeway_events (status, settled_at)`
  yield* sql`CREATE TABLE causeway_attempts (
    event_key INTEGER NOT NULL REFERENCES causeway_events (event_key) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('handled', 'failed', 'lost')),
    error_tag TEXT,
    error_message TEXT,
    PRIMARY KEY (event_key, number)
  )`
})

const migrate = Migrator.make({})({
  table: "causeway_migrations",
  loader: Migrator.fromRecord({ "0001_create_events": createTables })
})

const longestHistory = 200

interface SummaryRow {
  readonly event_key: number
  readonly direction: "in" | "out"
  readonly source: string
  readonly event_id: string
  readonly variant: string
  readonly type: string | null
  readonly status: Status
  readonly received_at: number
  readonly due_at: number
  readonly attempts: number
}

interface EventRow extends SummaryRow {
  readonly target: string | null
  readonly headers: string
  readonly body: Uint8Array
}

interface ClaimRow extends EventRow {
  readonly started_at: number | null
  readonly fence: number
  readonly attempts_before_replay: number
}

interface AttemptRow {
  readonly number: number
  readonly started_at: number
  readonly ended_at: number
  readonly outcome: Attempt["outcome"]
  readonly error_tag: string | null
  readonly error_message: string | null
}

const makeService = (sql: SqlClient.SqlClient): Service => {
  const transactional = <A>(operation: string, effect: Effect.Effect<A, SqlError.SqlError>) =>
    failing(operation)(sql.withTransaction(effect))

  const attemptsOf = (key: number, after: number) =>
    Effect.map(
      sql<AttemptRow>`SELECT number, started_at, ended_at, outcome, error_tag, error_message FROM causeway_attempts
        WHERE event_key = ${key} AND number > ${after} ORDER BY number`,
      (rows) => rows.map(toAttempt)
    )

  const insert = (event: NewEvent, variant: string) =>
    sql<{ event_key: number }>`INSERT INTO causeway_events ${sql.insert({
      ...toColumns(event, variant),
      direction: "in",
      status: variant === "" ? "pending" : "kept",
      settled_at: variant === "" ? null : event.now
    })} ON CONFLICT DO NOTHING RETURNING event_key`

  const find = (event: NewEvent, variant: string) =>
    sql<{ event_key: number; digest: string }>`SELECT event_key, digest FROM causeway_events
      WHERE direction = 'in' AND source = ${event.source} AND event_id = ${event.id} AND variant = ${variant}`

  const put = Effect.fnUntraced(function* (event: NewEvent): Effect.fn.Return<Put, SqlError.SqlError> {
    const [stored] = yield* insert(event, "")
    if (stored !== undefined) return { _tag: "Stored", key: stored.event_key }
    const [first] = yield* find(event, "")
    if (first?.digest === event.digest) return { _tag: "Duplicate", key: first.event_key }
    const [kept] = yield* insert(event, event.digest)
    const [known] = kept === undefined ? yield* find(event, event.digest) : [kept]
    return { _tag: "Conflicting", key: known?.event_key ?? 0 }
  })

  const recordAttempt = (key: number, attempt: Attempt) =>
    sql`INSERT INTO causeway_attempts ${sql.insert({ event_key: key, ...fromAttempt(attempt) })} ON CONFLICT DO NOTHING`.pipe(
      Effect.andThen(
        sql`DELETE FROM causeway_attempts WHERE event_key = ${key} AND number <= ${attempt.number - longestHistory}`
      )
    )

  const take = Effect.fnUntraced(function* (row: ClaimRow, now: number, leaseUntil: number) {
    const takenOver = row.status === "handling"
    if (takenOver) yield* recordAttempt(row.event_key, lostAttempt(row, now))
    yield* sql`UPDATE causeway_events SET status = 'handling', due_at = ${leaseUntil}, started_at = ${now},
      fence = ${row.fence + 1}, attempts = ${row.attempts + 1} WHERE event_key = ${row.event_key}`
    const failures =
      row.attempts === row.attempts_before_replay ? [] : yield* attemptsOf(row.event_key, row.attempts_before_replay)
    const event = toEvent({ ...row, status: "handling", due_at: leaseUntil, attempts: row.attempts + 1 }, failures)
    return { event, fence: row.fence + 1, attempt: event.attempts - row.attempts_before_replay, failures, takenOver }
  })

  const due = (source: string, now: number, limit: number) => sql<ClaimRow>`SELECT * FROM causeway_events
    WHERE direction = 'in' AND source = ${source} AND status IN ('pending', 'handling') AND due_at <= ${now}
    ORDER BY due_at, event_key LIMIT ${limit}`

  const settle = Effect.fnUntraced(function* (claim: Claim, settlement: Settlement) {
    const uncounted = settlement.attempt === undefined ? 1 : 0
    const [settled] = yield* sql<{ attempts: number }>`UPDATE causeway_events SET status = ${settlement.status},
      due_at = ${settlement.dueAt}, settled_at = ${settlement.attempt?.endedAt ?? settlement.dueAt},
      attempts = attempts - ${uncounted}
      WHERE event_key = ${claim.event.key} AND fence = ${claim.fence} AND status = 'handling' RETURNING attempts`
    if (settled === undefined) return false
    if (settlement.attempt !== undefined) {
      yield* recordAttempt(claim.event.key, { ...settlement.attempt, number: settled.attempts })
    }
    return true
  })

  const get = Effect.fnUntraced(function* (key: number) {
    const [row] = yield* sql<EventRow>`SELECT * FROM causeway_events WHERE event_key = ${key}`
    return row === undefined ? undefined : toEvent(row, yield* attemptsOf(key, 0))
  })

  const matching = (filter: Filter): Statement.Fragment => {
    const statuses = statusesOf(filter)
    return sql.and([
      sql`direction = ${filter.direction ?? "in"}`,
      ...(filter.source === undefined ? [] : [sql`source = ${filter.source}`]),
      ...(filter.type === undefined ? [] : [sql`type = ${filter.type}`]),
      ...(statuses === undefined ? [] : [sql.in("status", statuses)])
    ])
  }

  const selected = (selection: Selection): Statement.Fragment =>
    "key" in selection ? sql`event_key = ${selection.key} AND direction = 'in'` : matching(selection.filter)

  const count = (filter: Filter) =>
    Effect.map(
      sql<{ status: Status; events: number }>`SELECT status, COUNT(*) AS events FROM causeway_events
        WHERE ${matching(filter)} GROUP BY status`,
      (rows) => ({ ...noEvents, ...Object.fromEntries(rows.map((row) => [row.status, row.events])) })
    )

  /** Adds attempts that are numbered from 1 to those there are. */
  const recordHistory = Effect.fnUntraced(function* (key: number, history: ReadonlyArray<Attempt>) {
    const [row] = yield* sql<{ attempts: number }>`UPDATE causeway_events SET attempts = attempts + ${history.length}
      WHERE event_key = ${key} RETURNING attempts`
    const before = (row?.attempts ?? 0) - history.length
    yield* Effect.forEach(history, (attempt) => recordAttempt(key, { ...attempt, number: before + attempt.number }))
  })

  const bury = Effect.fnUntraced(function* (event: Buried) {
    const [row] = yield* sql<{ event_key: number }>`INSERT INTO causeway_events ${sql.insert({
      ...toColumns(event, ""),
      direction: "out",
      status: "dead",
      target: event.target,
      settled_at: event.now
    })} ON CONFLICT (direction, source, event_id, variant)
      DO UPDATE SET status = 'dead', settled_at = excluded.settled_at RETURNING event_key`
    const key = row?.event_key ?? 0
    yield* recordHistory(key, event.history)
    return key
  })

  const exhume = Effect.fnUntraced(function* (key: number, history: ReadonlyArray<Attempt>) {
    const rows = yield* sql`UPDATE causeway_events SET status = 'handled', settled_at = ${history.at(-1)?.endedAt ?? 0}
      WHERE event_key = ${key} AND direction = 'out' RETURNING event_key`
    if (rows.length > 0) yield* recordHistory(key, history)
  })

  return {
    put: (event) => transactional("store an event", put(event)),
    claim: ({ limit, leaseUntil, now, source }) =>
      transactional(
        "claim events",
        Effect.flatMap(due(source, now, limit), (rows) => Effect.forEach(rows, (row) => take(row, now, leaseUntil)))
      ),
    renew: (claim, leaseUntil) =>
      sql`UPDATE causeway_events SET due_at = ${leaseUntil}
        WHERE event_key = ${claim.event.key} AND fence = ${claim.fence} AND status = 'handling' RETURNING event_key`.pipe(
        Effect.map((rows) => rows.length === 1),
        failing("renew a lease")
      ),
    settle: (claim, settlement) => transactional("settle an event", settle(claim, settlement)),
    nextDue: (source) =>
      sql<{ due_at: number | null }>`SELECT MIN(due_at) AS due_at FROM causeway_events
        WHERE direction = 'in' AND source = ${source} AND status IN ('pending', 'handling')`.pipe(
        Effect.map(([row]) => row?.due_at ?? undefined),
        failing("find the next event")
      ),
    get: (key) => failing("read an event")(get(key)),
    list: ({ after, limit, ...filter }) =>
      sql<SummaryRow>`SELECT event_key, direction, source, event_id, variant, type, status, received_at, due_at, attempts
        FROM causeway_events WHERE ${matching(filter)} AND event_key > ${after ?? 0}
        ORDER BY event_key LIMIT ${limit ?? 100}`.pipe(
        Effect.map((rows) => rows.map(toSummary)),
        failing("list events")
      ),
    count: (filter) => failing("count events")(count(filter)),
    replay: (selection, now) =>
      sql`UPDATE causeway_events SET status = 'pending', due_at = ${now}, settled_at = NULL,
        attempts_before_replay = attempts, fence = fence + 1
        WHERE ${selected(selection)} AND direction = 'in' AND status IN ('handled', 'dead', 'kept', 'discarded')
        RETURNING event_key`.pipe(
        Effect.map((rows) => rows.length),
        failing("replay events")
      ),
    discard: (selection, now) =>
      sql`UPDATE causeway_events SET status = 'discarded', settled_at = ${now}
        WHERE ${selected(selection)} AND status IN ('pending', 'dead', 'kept') RETURNING event_key`.pipe(
        Effect.map((rows) => rows.length),
        failing("discard events")
      ),
    purge: ({ before, statuses }) =>
      sql`DELETE FROM causeway_events WHERE ${sql.in("status", statuses)} AND settled_at < ${before} RETURNING event_key`.pipe(
        Effect.map((rows) => rows.length),
        failing("purge events")
      ),
    bury: (event) => transactional("store a dead letter", bury(event)),
    exhume: (key, history) => transactional("end a dead letter", exhume(key, history)),
    transaction: (effect) => separateErrors(sql, effect),
    afterCommit: sql.afterCommit
  }
}

// The caller's own SqlErrors must stay what they are: only those of BEGIN and COMMIT are the store's.
const separateErrors = <A, E, R>(
  sql: SqlClient.SqlClient,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E | InboxStoreError, R> =>
  sql
    .withTransaction(Effect.mapError(effect, (error) => ({ inner: error })))
    .pipe(Effect.mapError((error) => ("inner" in error ? error.inner : toStoreError("commit", error))))

const toStoreError = (operation: string, cause: unknown): InboxStoreError => new InboxStoreError({ operation, cause })

const failing =
  (operation: string) =>
  <A>(effect: Effect.Effect<A, SqlError.SqlError>): Effect.Effect<A, InboxStoreError> =>
    effect.pipe(
      Effect.mapError((cause) => toStoreError(operation, cause)),
      Effect.provideService(SqlClient.SafeIntegers, false)
    )

const noEvents: Readonly<Record<Status, number>> = {
  pending: 0,
  handling: 0,
  handled: 0,
  dead: 0,
  kept: 0,
  discarded: 0
}

const statusesOf = ({ status }: Filter): ReadonlyArray<Status> | undefined =>
  typeof status === "string" ? [status] : status

const toColumns = (event: NewEvent, variant: string) => ({
  source: event.source,
  event_id: event.id,
  variant,
  digest: event.digest,
  type: event.type ?? null,
  headers: JSON.stringify(event.headers),
  body: event.body,
  received_at: event.now,
  due_at: event.now
})

const toSummary = (row: SummaryRow): Summary => ({
  key: row.event_key,
  direction: row.direction,
  source: row.source,
  id: row.event_id,
  type: row.type ?? undefined,
  status: row.status,
  conflicting: row.variant !== "",
  receivedAt: row.received_at,
  dueAt: row.due_at,
  attempts: row.attempts
})

const toEvent = (row: EventRow, history: ReadonlyArray<Attempt>): WebhookEvent =>
  new WebhookEvent({
    ...toSummary(row),
    target: row.target ?? undefined,
    headers: parseHeaders(row.headers),
    body: row.body,
    history
  })

// The column holds what toColumns wrote from an array of headers.
const parseHeaders = (headers: string): ReadonlyArray<Header> => JSON.parse(headers) as ReadonlyArray<Header>

const lostAttempt = (row: ClaimRow, now: number): Attempt => ({
  number: row.attempts,
  startedAt: row.started_at ?? now,
  endedAt: now,
  outcome: "lost",
  error: { tag: "LeaseExpired", message: "The worker vanished and its lease ran out" }
})

const fromAttempt = (attempt: Attempt) => ({
  number: attempt.number,
  started_at: attempt.startedAt,
  ended_at: attempt.endedAt,
  outcome: attempt.outcome,
  error_tag: attempt.error?.tag ?? null,
  error_message: attempt.error?.message ?? null
})

const toAttempt = (row: AttemptRow): Attempt => ({
  number: row.number,
  startedAt: row.started_at,
  endedAt: row.ended_at,
  outcome: row.outcome,
  error: row.error_tag === null ? undefined : { tag: row.error_tag, message: row.error_message ?? "" }
})
