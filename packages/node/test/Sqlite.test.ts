import { Sqlite } from "@causeway/node"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, type Scope, Stream } from "effect"
import { Reactivity } from "effect/reactivity"
import { SqlClient } from "effect/sql"
import type { SqlError } from "effect/sql"
import { TestClock } from "effect/testing"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"

const temporaryFile = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "causeway-sqlite-"))),
  (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true }))
).pipe(Effect.map((directory) => join(directory, "test.db")))

/** Runs a program against a new file with a table `notes`. */
const withNotes = <A, E>(program: Effect.Effect<A, E, SqlClient.SqlClient>) =>
  Effect.gen(function* () {
    const filename = yield* temporaryFile
    const sql = yield* Sqlite.make({ filename })
    yield* sql`CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE, bytes BLOB)`
    return yield* Effect.provideService(program, SqlClient.SqlClient, sql)
  }).pipe(Effect.provide(Reactivity.layer), Effect.scoped)

const insert = (text: string) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql`INSERT INTO notes (text) VALUES (${text})`)

const texts = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ text: string }>`SELECT text FROM notes ORDER BY id`
  return rows.map((row) => row.text)
})

const reasonOf = <A, R>(effect: Effect.Effect<A, SqlError.SqlError, R>) =>
  Effect.map(Effect.flip(effect), (error) => error.reason)

describe("Sqlite", () => {
  it.effect("a transaction that fails leaves nothing behind", () =>
    withNotes(
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* Effect.flip(sql.withTransaction(Effect.andThen(insert("lost"), Effect.fail("no"))))
        assert.deepStrictEqual(yield* texts, [])
      })
    )
  )

  it.effect("a nested transaction that fails is rolled back to its savepoint, and the outer one commits", () =>
    withNotes(
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql.withTransaction(
          Effect.gen(function* () {
            yield* insert("outer")
            yield* Effect.flip(sql.withTransaction(Effect.andThen(insert("inner"), Effect.fail("no"))))
            yield* insert("after")
          })
        )
        assert.deepStrictEqual(yield* texts, ["outer", "after"])
      })
    )
  )

  it.effect("a statement of another fiber waits until the transaction ends", () =>
    withNotes(
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const begun = yield* Deferred.make<void>()
        const proceed = yield* Deferred.make<void>()
        const transaction = sql.withTransaction(
          Effect.gen(function* () {
            yield* insert("first")
            yield* Deferred.succeed(begun, undefined)
            yield* Deferred.await(proceed)
            return yield* Effect.fail("no")
          })
        )
        const first = yield* Effect.forkChild(Effect.flip(transaction))
        yield* Deferred.await(begun)
        const second = yield* Effect.forkChild(insert("second"))
        yield* Effect.yieldNow
        assert.isUndefined(second.pollUnsafe())
        yield* Deferred.succeed(proceed, undefined)
        yield* Fiber.joinAll([first, second])
        assert.deepStrictEqual(yield* texts, ["second"])
      })
    )
  )

  it.effect("an interrupted transaction is rolled back and gives the connection back", () =>
    withNotes(
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const begun = yield* Deferred.make<void>()
        const fiber = yield* Effect.forkChild(
          sql.withTransaction(
            insert("lost").pipe(Effect.andThen(Deferred.succeed(begun, undefined)), Effect.andThen(Effect.never))
          )
        )
        yield* Deferred.await(begun)
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual(yield* texts, [])
      })
    )
  )

  it.effect("a unique violation and a missing value are typed", () =>
    withNotes(
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql`INSERT INTO notes (id, text) VALUES (1, 'a')`
        const unique = yield* reasonOf(insert("a"))
        assert.strictEqual(unique._tag, "UniqueViolation")
        assert.strictEqual(unique._tag === "UniqueViolation" && unique.constraint, "notes.text")
        const primary = yield* reasonOf(sql`INSERT INTO notes (id, text) VALUES (1, 'b')`)
        assert.strictEqual(primary._tag, "UniqueViolation")
        const missing = yield* reasonOf(sql`INSERT INTO notes (text) VALUES (${null})`)
        assert.strictEqual(missing._tag, "ConstraintError")
      })
    )
  )

  it.effect("a syntax error is typed", () =>
    withNotes(
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        assert.strictEqual((yield* reasonOf(sql`SELEC 1`))._tag, "SqlSyntaxError")
      })
    )
  )

  it.effect("a foreign key without its row is refused", () =>
    withNotes(
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql`CREATE TABLE tags (note INTEGER NOT NULL REFERENCES notes (id))`
        assert.strictEqual((yield* reasonOf(sql`INSERT INTO tags (note) VALUES (7)`))._tag, "ConstraintError")
      })
    )
  )

  it.effect("bytes come back as they were", () =>
    withNotes(
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)
        yield* sql`INSERT INTO notes (text, bytes) VALUES ('all', ${bytes}), ('none', ${new Uint8Array()})`
        const rows = yield* sql<{ bytes: Uint8Array }>`SELECT bytes FROM notes ORDER BY id`
        assert.deepStrictEqual(
          rows.map((row) => [...row.bytes]),
          [[...bytes], []]
        )
      })
    )
  )

  it.effect("a stream yields every row, and one that stops early lets the table be dropped", () =>
    withNotes(
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) INSERT INTO notes (text) SELECT i FROM n`
        const rows = sql<{ id: number }>`SELECT id FROM notes ORDER BY id`.stream
        const ids = yield* Stream.runCollect(Stream.map(rows, (row) => row.id))
        assert.deepStrictEqual(
          ids,
          Array.from({ length: 1000 }, (_, index) => index + 1)
        )
        yield* Stream.runDrain(Stream.take(rows, 1))
        yield* sql`DROP TABLE notes`
      })
    )
  )

  it.effect("an integer beyond 2^53 is refused as a number and exact as a bigint", () =>
    withNotes(
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const select = sql<{ big: bigint }>`SELECT 9007199254740993 AS big`
        assert.strictEqual((yield* reasonOf(select))._tag, "UnknownError")
        const rows = yield* Effect.provideService(select, SqlClient.SafeIntegers, true)
        assert.strictEqual(rows[0]?.big, 9007199254740993n)
      })
    )
  )

  it.effect("more distinct statements than the cache holds still run", () =>
    Effect.gen(function* () {
      const sql = yield* Sqlite.make({ filename: ":memory:", statementCacheSize: 2 })
      for (const value of [1, 2, 3, 1, 2, 3]) {
        const rows = yield* sql.unsafe<{ value: number }>(`SELECT ${value} AS value`)
        assert.strictEqual(rows[0]?.value, value)
      }
    }).pipe(Effect.provide(Reactivity.layer), Effect.scoped)
  )

  it.effect("what was committed is there after the file is opened again, and a closed client refuses", () =>
    Effect.gen(function* () {
      const filename = yield* temporaryFile
      const closed = yield* Effect.scoped(
        Effect.gen(function* () {
          const sql = yield* Sqlite.make({ filename })
          yield* sql`CREATE TABLE kept (value INTEGER)`
          yield* sql`INSERT INTO kept VALUES (42)`
          return sql
        })
      )
      yield* Effect.flip(closed`SELECT 1`)
      const sql = yield* Sqlite.make({ filename, readOnly: true })
      assert.deepStrictEqual(yield* sql`SELECT value FROM kept`.values, [[42]])
      yield* Effect.flip(sql`INSERT INTO kept VALUES (43)`)
    }).pipe(Effect.provide(Reactivity.layer), Effect.scoped)
  )

  it.effect("a file is opened in WAL mode, with full synchronisation", () =>
    withNotes(
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        assert.deepStrictEqual(yield* sql`PRAGMA journal_mode`.values, [["wal"]])
        assert.deepStrictEqual(yield* sql`PRAGMA synchronous`.values, [[2]])
      })
    )
  )

  it.effect("a folder that does not exist is a connection error", () =>
    Effect.gen(function* () {
      const filename = join(yield* temporaryFile, "missing", "test.db")
      assert.strictEqual((yield* reasonOf(Effect.scoped(Sqlite.make({ filename }))))._tag, "ConnectionError")
    }).pipe(Effect.provide(Reactivity.layer), Effect.scoped)
  )

  describe("while another connection holds the lock", () => {
    /** A file with a table, locked by another connection until `release`. */
    const locked = Effect.gen(function* () {
      const filename = yield* temporaryFile
      const other = yield* Effect.acquireRelease(
        Effect.sync(() => new DatabaseSync(filename)),
        (database) => Effect.sync(() => database.close())
      )
      const release = Effect.sync(() => other.exec("COMMIT"))
      const lock = Effect.sync(() => other.exec("BEGIN EXCLUSIVE"))
      return { filename, lock, release }
    })

    const lockedNotes = Effect.gen(function* () {
      const { filename, lock, release } = yield* locked
      const sql = yield* Sqlite.make({ filename })
      yield* sql`CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL)`
      yield* lock
      return { sql, release }
    })

    const test = <A, E>(fact: string, program: Effect.Effect<A, E, Reactivity.Reactivity | Scope.Scope>) =>
      it.effect(fact, () => program.pipe(Effect.provide(Reactivity.layer), Effect.scoped))

    const writes: Readonly<Record<string, (sql: SqlClient.SqlClient) => Effect.Effect<unknown, SqlError.SqlError>>> = {
      "a statement": (sql) => sql`INSERT INTO notes (text) VALUES ('late')`,
      "a raw statement": (sql) => sql`INSERT INTO notes (text) VALUES ('late')`.raw,
      "a transaction": (sql) => sql.withTransaction(sql`INSERT INTO notes (text) VALUES ('late')`),
      "a stream": (sql) => Stream.runDrain(sql`INSERT INTO notes (text) VALUES ('late') RETURNING id`.stream)
    }

    for (const [name, write] of Object.entries(writes)) {
      test(
        `${name} waits for it and leaves the event loop free`,
        Effect.gen(function* () {
          const { release, sql } = yield* lockedNotes
          const writing = yield* Effect.forkChild(write(sql))
          yield* TestClock.adjust("4 seconds")
          assert.isUndefined(writing.pollUnsafe())
          yield* release
          yield* TestClock.adjust("1 second")
          yield* Fiber.join(writing)
          assert.deepStrictEqual(yield* sql`SELECT text FROM notes`.values, [["late"]])
        })
      )

      test(
        `${name} fails with LockTimeoutError when busyTimeout is over`,
        Effect.gen(function* () {
          const { sql } = yield* lockedNotes
          const writing = yield* Effect.forkChild(reasonOf(write(sql)))
          yield* TestClock.adjust("4999 millis")
          assert.isUndefined(writing.pollUnsafe())
          yield* TestClock.adjust("1 millis")
          assert.strictEqual((yield* Fiber.join(writing))._tag, "LockTimeoutError")
        })
      )
    }

    test(
      "a file is opened when the lock is released",
      Effect.gen(function* () {
        const { filename, lock, release } = yield* locked
        yield* lock
        const opening = yield* Effect.forkChild(Effect.scoped(Effect.asVoid(Sqlite.make({ filename }))))
        yield* TestClock.adjust("4 seconds")
        assert.isUndefined(opening.pollUnsafe())
        yield* release
        yield* TestClock.adjust("1 second")
        yield* Fiber.join(opening)
      })
    )

    test(
      "a file that stays locked is not opened, and is closed again",
      Effect.gen(function* () {
        const { filename, lock, release } = yield* locked
        yield* lock
        const opening = yield* Effect.forkChild(reasonOf(Effect.scoped(Sqlite.make({ filename }))))
        yield* TestClock.adjust("5 seconds")
        assert.strictEqual((yield* Fiber.join(opening))._tag, "LockTimeoutError")
        yield* release
      })
    )

    test(
      "a statement fails at once with a busyTimeout of 0",
      Effect.gen(function* () {
        const { filename, lock } = yield* locked
        const sql = yield* Sqlite.make({ filename, busyTimeout: 0 })
        yield* sql`CREATE TABLE notes (text TEXT NOT NULL)`
        yield* lock
        assert.strictEqual((yield* reasonOf(sql`INSERT INTO notes VALUES ('a')`))._tag, "LockTimeoutError")
      })
    )

    test(
      "a statement that is interrupted while it waits is not run later",
      Effect.gen(function* () {
        const { release, sql } = yield* lockedNotes
        const writing = yield* Effect.forkChild(sql`INSERT INTO notes (text) VALUES ('late')`)
        yield* TestClock.adjust("1 second")
        yield* Fiber.interrupt(writing)
        yield* release
        yield* TestClock.adjust("5 seconds")
        assert.deepStrictEqual(yield* sql`SELECT text FROM notes`.values, [])
      })
    )

    test(
      "a read in WAL mode does not wait for a writer",
      Effect.gen(function* () {
        const { release, sql } = yield* lockedNotes
        assert.deepStrictEqual(yield* sql`SELECT text FROM notes`.values, [])
        yield* release
      })
    )
  })

  it("a nonsense option fails where the client is made, with its name", () => {
    assert.throws(() => Sqlite.make({ filename: "" }), /filename/)
    assert.throws(() => Sqlite.make({ filename: ":memory:", statementCacheSize: 0 }), /statementCacheSize/)
    assert.throws(() => Sqlite.make({ filename: ":memory:", busyTimeout: -1 }), /busyTimeout/)
  })
})
