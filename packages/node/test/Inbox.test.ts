import { Inbox, InboxStore } from "@causeway/core/webhook"
import { Sqlite } from "@causeway/node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Schedule, Schema } from "effect"
import { TestClock } from "effect/testing"
import { SqlClient } from "effect/sql"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inboxSuite } from "../../core/test/webhook/inboxSuite.ts"

const temporaryFile = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "causeway-inbox-"))),
  (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true }))
).pipe(Effect.map((directory) => join(directory, "inbox.db")))

const layerAt = (filename: string) => Layer.provideMerge(Inbox.layerSql, Sqlite.layer({ filename }))

/** A new file for each build. */
const layer = Layer.unwrap(Effect.map(temporaryFile, layerAt))

inboxSuite("SQLite", layer)

const arrival = (id: string): Inbox.Arrival => ({
  source: "github",
  id,
  type: "opened",
  headers: [],
  body: new TextEncoder().encode('{"number":1}')
})

const settle = Effect.repeat(TestClock.adjust(0), { times: 20 })

const events = { opened: Schema.Struct({ number: Schema.Int }) }

const count = Effect.flatMap(Inbox.Inbox, (inbox) => inbox.count())

const numbers = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ number: number }>`SELECT number FROM issues`
  return rows.map((row) => row.number)
})

const createIssues = Effect.flatMap(SqlClient.SqlClient, (sql) => sql`CREATE TABLE issues (number INTEGER)`)

const insertIssue = (number: number) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql`INSERT INTO issues (number) VALUES (${number})`)

describe("Inbox in SQLite", () => {
  it.effect("an event stored in a transaction that fails is not stored, and is not a duplicate later", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const inbox = yield* Inbox.Inbox
      yield* Effect.flip(sql.withTransaction(Effect.andThen(inbox.store(arrival("a")), Effect.fail("no"))))
      assert.strictEqual((yield* inbox.list()).length, 0)
      assert.strictEqual((yield* inbox.store(arrival("a")))._tag, "Stored")
    }).pipe(Effect.provide(layer))
  )

  it.effect("a worker is woken when the transaction that stored has committed, not before", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const inbox = yield* Inbox.Inbox
      let handled = 0
      const handle = { opened: () => Effect.sync(() => (handled += 1)) }
      yield* Effect.forkChild(Inbox.run({ source: "github", events, handle, pollInterval: "1 hour" }))
      yield* settle
      yield* sql.withTransaction(Effect.andThen(inbox.store(arrival("a")), settle))
      assert.strictEqual(handled, 0)
      yield* settle
      assert.strictEqual(handled, 1)
    }).pipe(Effect.provide(layer))
  )

  it.effect("a transactional handler's writes are rolled back with a failure, and commit once with the mark", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox.Inbox
      yield* createIssues
      let attempts = 0
      const opened = ({ number }: { readonly number: number }) =>
        Effect.andThen(
          insertIssue(number),
          Effect.suspend(() => ((attempts += 1) === 1 ? Effect.fail("no") : Effect.void))
        )
      yield* inbox.store(arrival("a"))
      const retry = Schedule.spaced("1 second")
      yield* Effect.forkChild(Inbox.run({ source: "github", events, handle: { opened }, retry, transactional: true }))
      yield* settle
      assert.deepStrictEqual(yield* numbers, [])
      assert.strictEqual((yield* count).pending, 1)
      yield* TestClock.adjust("1 second")
      yield* settle
      assert.deepStrictEqual(yield* numbers, [1])
      assert.strictEqual((yield* count).handled, 1)
    }).pipe(Effect.provide(layer))
  )

  it.effect("a transactional handler that lost its lease commits nothing", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox.Inbox
      const store = yield* InboxStore.InboxStore
      yield* createIssues
      yield* inbox.store(arrival("a"))
      const steal = store.claim({ source: "github", limit: 1, now: 10 ** 12, leaseUntil: 2 * 10 ** 12 })
      const opened = () => Effect.andThen(insertIssue(1), steal)
      yield* Effect.forkChild(
        Inbox.run({ source: "github", events, handle: { opened }, transactional: true, concurrency: 1 })
      )
      yield* settle
      const rows = yield* numbers
      assert.deepStrictEqual(rows, [])
    }).pipe(Effect.provide(layer))
  )

  it.effect("an interrupted worker gives up its transactional handlers and those that wait for the database", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox.Inbox
      yield* createIssues
      for (const id of ["a", "b", "c"]) yield* inbox.store(arrival(id))
      const opened = () => Effect.andThen(insertIssue(1), Effect.never)
      const worker = yield* Effect.forkChild(
        Inbox.run({ source: "github", events, handle: { opened }, transactional: true })
      )
      yield* settle
      yield* Fiber.interrupt(worker)
      assert.strictEqual((yield* count).pending, 3)
      assert.deepStrictEqual(yield* numbers, [])
    }).pipe(Effect.provide(layer))
  )

  it.effect("what was stored is handled after the file is opened again", () =>
    Effect.gen(function* () {
      const filename = yield* temporaryFile
      yield* Effect.flatMap(Inbox.Inbox, (inbox) => inbox.store(arrival("a"))).pipe(
        Effect.provide(layerAt(filename), { local: true })
      )
      const again = Effect.gen(function* () {
        yield* Effect.forkChild(Inbox.run({ source: "github", events, handle: { opened: () => Effect.void } }))
        yield* settle
        return yield* count
      })
      const counts = yield* Effect.provide(again, layerAt(filename), { local: true })
      assert.strictEqual(counts.handled, 1)
    }).pipe(Effect.scoped)
  )

  it.effect("two clients on one file share the events, and each is handled once", () =>
    Effect.gen(function* () {
      const filename = yield* temporaryFile
      const handled: Array<string> = []
      const work = (worker: string) => {
        const opened = (_: unknown, { id }: { readonly id: string }) =>
          Effect.andThen(
            Effect.yieldNow,
            Effect.sync(() => handled.push(`${id} by ${worker}`))
          )
        return Inbox.run({ source: "github", events, handle: { opened }, concurrency: 2 }).pipe(
          Effect.provide(layerAt(filename), { local: true }),
          Effect.forkChild
        )
      }
      yield* Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        for (let id = 0; id < 20; id += 1) yield* inbox.store(arrival(String(id)))
        yield* work("one")
        yield* work("two")
        yield* TestClock.adjust("5 seconds")
        yield* settle
        assert.strictEqual((yield* inbox.count()).handled, 20)
        assert.strictEqual(new Set(handled.map((entry) => entry.split(" ")[0])).size, 20)
        assert.strictEqual(handled.length, 20)
      }).pipe(Effect.provide(layerAt(filename), { local: true }))
    }).pipe(Effect.scoped)
  )

  it.effect("a database that refuses is an InboxStoreError, without what was to be stored", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const inbox = yield* Inbox.Inbox
      yield* sql`DROP TABLE causeway_attempts`
      yield* sql`DROP TABLE causeway_events`
      const error = yield* Effect.flip(inbox.store({ ...arrival("planted"), headers: [["x", "planted"]] }))
      assert.strictEqual(error._tag, "InboxStoreError")
      assert.notInclude(error.message, "planted")
    }).pipe(Effect.provide(layer))
  )
})
