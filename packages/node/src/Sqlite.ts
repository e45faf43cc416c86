/**
 * An Effect `SqlClient` over the SQLite that is built into Node.
 *
 * **When to use**
 *
 * For the embedded store of the inbox and the outbox, and for the tables of a program that runs as one process. Several
 * processes may open the same file; several machines want Postgres.
 *
 * **Details**
 *
 * One connection, lent to one fiber at a time: a transaction holds it until it ends, and statements of other fibers wait
 * for it. Nested transactions are savepoints. A file is opened in WAL mode with foreign keys on, and every commit is on
 * the disk before it returns (`synchronous = FULL`), so that an event answered with 2xx outlives a loss of power.
 * Transactions begin with `BEGIN IMMEDIATE`: a transaction that reads and then writes can't fail half-way because another
 * process wrote first. A failure is an `SqlError` whose reason is `UniqueViolation`, `ConstraintError`,
 * `LockTimeoutError`, `ConnectionError`, `SqlSyntaxError` or `UnknownError`.
 *
 * **Gotchas**
 *
 * - `node:sqlite` is synchronous: a statement blocks the event loop while it runs. Waiting for a lock of another process
 *   (`busyTimeout`) does not; only the statements of this client wait meanwhile.
 * - A handler that calls a remote API inside a transaction keeps all other fibers from the database meanwhile.
 * - Only the first statement of a string is run; write one statement per call.
 * - An integer beyond 2^53 fails to be read, unless `SqlClient.SafeIntegers` is provided as `true`: then every integer
 *   is a `bigint`.
 *
 * **Example** (A table in memory)
 *
 * ```ts
 * import { Sqlite } from "@causeway/node"
 * import { Effect } from "effect"
 * import { SqlClient } from "effect/sql"
 *
 * const program = Effect.gen(function*() {
 *   const sql = yield* SqlClient.SqlClient
 *   yield* sql`CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL)`
 *   yield* sql`INSERT INTO notes (text) VALUES (${"first"})`
 *   return yield* sql<{ id: number; text: string }>`SELECT id, text FROM notes`
 * })
 *
 * const rows = await Effect.runPromise(program.pipe(Effect.provide(Sqlite.layerMemory)))
 * console.assert(rows.length === 1 && rows[0]?.text === "first")
 * ```
 *
 * @since 0.1.0
 */
import { InvalidOption, OptionCheck } from "@causeway/core/policy"
import { Array as Arr, Cause, Effect, Layer, Semaphore, Stream } from "effect"
import type { Duration, Scope } from "effect"
import { Reactivity } from "effect/reactivity"
import { SqlClient, Statement } from "effect/sql"
import type { SqlConnection, SqlError } from "effect/sql"
import { DatabaseSync } from "node:sqlite"
import type { DatabaseSyncOptions, SQLInputValue, StatementSync } from "node:sqlite"
import { attempt, whenUnlocked } from "./internal/sqliteAttempt.ts"

/**
 * How a database is opened.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** The path of the file, created when it is missing; `":memory:"` for a database that ends with the layer. */
  readonly filename: string
  /** Refuses every write. Default: `false`. */
  readonly readOnly?: boolean | undefined
  /**
   * How long a statement waits for a lock of another process, by Effect's `Clock` and without blocking the event loop,
   * before it fails with `LockTimeoutError`. Default: 5 seconds.
   */
  readonly busyTimeout?: Duration.Input | undefined
  /**
   * `"full"`: a commit outlives a loss of power. `"normal"`: it outlives a crash of the process only, and is faster.
   * Default: `"full"`.
   */
  readonly synchronous?: "full" | "normal" | undefined
  /** Whether foreign keys are enforced. Default: `true`. */
  readonly foreignKeys?: boolean | undefined
  /** How many prepared statements are kept; the least recently used goes first. Default: 200. */
  readonly statementCacheSize?: number | undefined
}

/**
 * Opens a database and closes it when the scope ends. Fails with an `SqlError` (reason `ConnectionError`) when the file
 * can't be opened.
 *
 * @see https://nodejs.org/api/sqlite.html
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options
): Effect.Effect<SqlClient.SqlClient, SqlError.SqlError, Scope.Scope | Reactivity.Reactivity> => {
  const settings = validate(options)
  return Effect.gen(function* () {
    const database = yield* open(settings)
    const connection = makeConnection(database, settings)
    const acquirers = SqlClient.makeSqliteAcquirers({
      connection: Effect.succeed(connection),
      semaphore: yield* Semaphore.make(1),
      isTransaction: () => database.isTransaction
    })
    return yield* SqlClient.make({
      ...acquirers,
      compiler: Statement.makeCompilerSqlite(),
      driver: "node-sqlite",
      spanAttributes: [["db.system.name", "sqlite"]],
      beginTransaction: settings.readOnly ? "BEGIN" : "BEGIN IMMEDIATE",
      releaseSavepoint: (name) => `RELEASE SAVEPOINT ${name}`,
      prepareTransactionControls: true
    })
  })
}

/**
 * The `SqlClient` of one database, closed with the layer.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<SqlClient.SqlClient, SqlError.SqlError> =>
  Layer.effect(SqlClient.SqlClient, make(options)).pipe(Layer.provide(Reactivity.layer))

/**
 * The `SqlClient` of a database in memory, empty at each build of the layer.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory: Layer.Layer<SqlClient.SqlClient, SqlError.SqlError> = Layer.suspend(() =>
  layer({ filename: ":memory:" })
)

interface Settings extends Required<{ [Key in keyof Options]: NonNullable<Options[Key]> }> {
  readonly busyTimeout: number
}

const checkOptions = OptionCheck.record<Options>({
  filename: OptionCheck.required(OptionCheck.satisfies('a path, or ":memory:"', isPath)),
  readOnly: OptionCheck.flag,
  busyTimeout: OptionCheck.duration,
  synchronous: OptionCheck.oneOf("full", "normal"),
  foreignKeys: OptionCheck.flag,
  statementCacheSize: OptionCheck.integer(1)
})

function isPath(value: unknown): boolean {
  return typeof value === "string" && value !== ""
}

const validate = (options: Options): Settings => {
  checkOptions("", options)
  return {
    filename: options.filename,
    readOnly: options.readOnly ?? false,
    busyTimeout: InvalidOption.finiteMillis("busyTimeout", options.busyTimeout ?? "5 seconds"),
    synchronous: options.synchronous ?? "full",
    foreignKeys: options.foreignKeys ?? true,
    statementCacheSize: options.statementCacheSize ?? 200
  }
}

const open = (settings: Settings): Effect.Effect<DatabaseSync, SqlError.SqlError, Scope.Scope> =>
  Effect.gen(function* () {
    const { busyTimeout, filename, foreignKeys, readOnly, synchronous } = settings
    const database = yield* Effect.acquireRelease(
      attempt("connect", () => openFile(filename, { readOnly, enableForeignKeyConstraints: foreignKeys })),
      (opened) => Effect.sync(() => opened.close())
    )
    const set = (pragma: string) => whenUnlocked("connect", busyTimeout, () => database.exec(`PRAGMA ${pragma}`))
    if (!readOnly) yield* set("journal_mode = WAL")
    yield* set(`synchronous = ${synchronous}`)
    return database
  })

/** Never waits for a lock by itself, as SQLite would block the event loop meanwhile. */
const openFile = (filename: string, options: DatabaseSyncOptions): DatabaseSync =>
  new DatabaseSync(filename, { ...options, timeout: 0 })

type Row = Readonly<Record<string, unknown>>
type Prepare = (sql: string) => StatementSync

const makeConnection = (database: DatabaseSync, settings: Settings): SqlConnection.Connection => {
  const prepare = (sql: string) => database.prepare(sql)
  const cached = cacheStatements(prepare, settings.statementCacheSize)

  const withStatement = <A>(from: Prepare, sql: string, returnArrays: boolean, use: (statement: StatementSync) => A) =>
    Effect.withFiber<A, SqlError.SqlError>((fiber) =>
      whenUnlocked("execute", settings.busyTimeout, () => {
        const statement = from(sql)
        statement.setReadBigInts(fiber.getRef(SqlClient.SafeIntegers))
        statement.setReturnArrays(returnArrays)
        return use(statement)
      })
    )
  const rows =
    (from: Prepare): SqlConnection.Connection["execute"] =>
    (sql, parameters, transformRows) =>
      withStatement(from, sql, false, (statement) => {
        const all: ReadonlyArray<Row> = statement.all(...parameters.map(toInput))
        return transformRows === undefined ? all : transformRows(all)
      })
  const values =
    (from: Prepare): SqlConnection.Connection["executeValues"] =>
    (sql, parameters) =>
      withStatement(from, sql, true, (statement) => statement.all(...parameters.map(toInput)).map(toValues))

  return {
    execute: rows(cached),
    executeUnprepared: rows(prepare),
    executeValues: values(cached),
    executeValuesUnprepared: values(prepare),
    executeRaw: (sql, parameters) => withStatement(cached, sql, false, (statement) => runRaw(statement, parameters)),
    // A separate statement: running a cached one again would end the iteration. The first rows are taken with it, as
    // it meets a lock when it takes its first step.
    executeStream: (sql, parameters, transformRows) =>
      Stream.unwrap(
        Effect.map(
          Effect.acquireRelease(
            withStatement(prepare, sql, false, (statement) => begin(statement.iterate(...parameters.map(toInput)))),
            ({ iterator }) => Effect.sync(() => iterator.return?.())
          ),
          (begun) => Stream.fromPull(Effect.succeed(pullBatch(begun, transformRows)))
        )
      )
  }
}

interface Iteration {
  readonly iterator: Iterator<Row>
  first: ReadonlyArray<Row> | undefined
}

const begin = (iterator: Iterator<Row>): Iteration => {
  try {
    return { iterator, first: takeBatch(iterator) }
  } catch (error) {
    iterator.return?.()
    throw error
  }
}

// With `setReturnArrays(true)` a row is an array of its values, which the types of node:sqlite don't say.
const toValues = (row: unknown): ReadonlyArray<unknown> => row as ReadonlyArray<unknown>

const runRaw = (statement: StatementSync, parameters: ReadonlyArray<unknown>): unknown =>
  statement.columns().length === 0
    ? statement.run(...parameters.map(toInput))
    : statement.all(...parameters.map(toInput))

const batchSize = 128

const pullBatch = (
  iteration: Iteration,
  transformRows: Parameters<SqlConnection.Connection["executeStream"]>[2]
): Effect.Effect<Arr.NonEmptyReadonlyArray<unknown>, SqlError.SqlError | Cause.Done> =>
  Effect.flatMap(
    attempt("executeStream", () => nextBatch(iteration)),
    (rows) => {
      const batch: ReadonlyArray<unknown> = transformRows === undefined ? rows : transformRows(rows)
      return Arr.isReadonlyArrayNonEmpty(batch) ? Effect.succeed(batch) : Cause.done()
    }
  )

const nextBatch = (iteration: Iteration): ReadonlyArray<Row> => {
  const { first, iterator } = iteration
  iteration.first = undefined
  return first ?? takeBatch(iterator)
}

const takeBatch = (iterator: Iterator<Row>): ReadonlyArray<Row> => {
  const batch: Array<Row> = []
  while (batch.length < batchSize) {
    const next = iterator.next()
    if (next.done === true) break
    batch.push(next.value)
  }
  return batch
}

const cacheStatements = (prepare: Prepare, capacity: number): Prepare => {
  const statements = new Map<string, StatementSync>()
  return (sql) => {
    const statement = statements.get(sql) ?? prepare(sql)
    statements.delete(sql)
    statements.set(sql, statement)
    if (statements.size > capacity) statements.delete(leastRecentlyUsed(statements))
    return statement
  }
}

// A Map iterates in the order of insertion, and each use inserts again.
const leastRecentlyUsed = (statements: ReadonlyMap<string, StatementSync>): string => {
  for (const sql of statements.keys()) return sql
  return ""
}

const toInput = (value: unknown): SQLInputValue => {
  if (value === undefined || value === null) return null
  if (typeof value === "boolean") return value ? 1 : 0
  if (value instanceof Date) return value.toISOString()
  if (typeof value === "string" || typeof value === "number" || typeof value === "bigint") return value
  if (value instanceof Uint8Array) return value
  throw new TypeError(`SQLite has no type for a parameter of type ${typeof value}`)
}
