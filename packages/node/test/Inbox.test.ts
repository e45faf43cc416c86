import { Inbox } from "@causeway/core/webhook"
import { Sqlite } from "@causeway/node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Schema } from "effect"
import { TestClock } from "effect/testing"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { inboxSqlSuite } from "../../core/test/webhook/inboxSqlSuite.ts"
import { inboxSuite } from "../../core/test/webhook/inboxSuite.ts"
import { inboxFailureSuite } from "../../core/test/webhook/inboxFailureSuite.ts"
import { inboxArrivalSuite } from "../../core/test/webhook/inboxArrivalSuite.ts"
import { inboxTextSuite } from "../../core/test/webhook/inboxTextSuite.ts"
import { inboxUnreadableSuite } from "../../core/test/webhook/inboxUnreadableSuite.ts"
import { settle } from "../../core/test/webhook/quiet.ts"

const temporaryFile = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "causeway-inbox-"))),
  (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true }))
).pipe(Effect.map((directory) => join(directory, "inbox.db")))

const layerAt = (filename: string) => Layer.provideMerge(Inbox.layerSql, Sqlite.layer({ filename }))

/** A new file for each build. */
const layer = Layer.unwrap(Effect.map(temporaryFile, layerAt))

inboxSuite("SQLite", layer)
inboxFailureSuite("SQLite", layer)
inboxArrivalSuite("SQLite", layer)
inboxTextSuite("SQLite", layer)
inboxSqlSuite("SQLite", layer)
inboxUnreadableSuite("SQLite", layer)

const arrival = (id: string): Inbox.Arrival => ({
  source: "github",
  id,
  type: "opened",
  headers: [],
  body: new TextEncoder().encode('{"number":1}')
})

const events = { opened: Schema.Struct({ number: Schema.Int }) }

const count = Effect.flatMap(Inbox.Inbox, (inbox) => inbox.count())

describe("Inbox in a file", () => {
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

  it.effect(
    "a worker on a file that another process has locked goes on when it is released, and reports it meanwhile",
    () =>
      Effect.gen(function* () {
        const filename = yield* temporaryFile
        const program = Effect.gen(function* () {
          const inbox = yield* Inbox.Inbox
          yield* inbox.store(arrival("a"))
          const other = new DatabaseSync(filename)
          other.exec("BEGIN IMMEDIATE")
          yield* Effect.forkChild(Inbox.run({ source: "github", events, handle: { opened: () => Effect.void } }))
          const storing = yield* Effect.forkChild(Effect.flip(inbox.store(arrival("b"))))
          for (let second = 0; second < 12; second += 1) yield* TestClock.adjust("1 second")
          assert.strictEqual((yield* Fiber.join(storing))._tag, "InboxStoreError")
          const error = yield* Effect.flip(Inbox.checkHealth())
          assert.include(error.message, "is restarting")
          other.exec("COMMIT")
          other.close()
          for (let second = 0; second < 60; second += 1) yield* TestClock.adjust("1 second")
          yield* settle
          assert.strictEqual((yield* count).handled, 1)
          assert.isTrue((yield* Inbox.checkHealth()).healthy)
        })
        yield* Effect.provide(program, layerAt(filename), { local: true })
      }).pipe(Effect.scoped)
  )

  it.effect("the tables of the first release are changed, and what is in them is handled", () =>
    Effect.gen(function* () {
      const filename = yield* temporaryFile
      const database = new DatabaseSync(filename)
      database.exec(firstRelease)
      database.close()
      const counts = yield* Effect.gen(function* () {
        yield* Effect.forkChild(Inbox.run({ source: "github", events, handle: { opened: () => Effect.void } }))
        yield* settle
        return yield* Effect.flatMap(Inbox.Inbox, (inbox) => inbox.count())
      }).pipe(Effect.provide(layerAt(filename), { local: true }))
      assert.strictEqual(counts.handled, 1)
    }).pipe(Effect.scoped)
  )
})

/** A database as the first release left it, with an event that waits. */
const firstRelease = `
  CREATE TABLE causeway_migrations (migration_id integer PRIMARY KEY NOT NULL,
    created_at datetime NOT NULL DEFAULT current_timestamp, name VARCHAR(255) NOT NULL);
  INSERT INTO causeway_migrations (migration_id, name) VALUES (1, 'create_events');
  CREATE TABLE causeway_events (event_key INTEGER PRIMARY KEY AUTOINCREMENT, direction TEXT NOT NULL,
    source TEXT NOT NULL, event_id TEXT NOT NULL, variant TEXT NOT NULL, digest TEXT NOT NULL, type TEXT, target TEXT,
    headers TEXT NOT NULL, body BLOB NOT NULL, status TEXT NOT NULL, received_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL, started_at INTEGER, settled_at INTEGER, fence INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0, attempts_before_replay INTEGER NOT NULL DEFAULT 0,
    UNIQUE (direction, source, event_id, variant));
  CREATE INDEX causeway_events_due ON causeway_events (direction, source, due_at)
    WHERE status IN ('pending', 'handling');
  CREATE INDEX causeway_events_settled ON causeway_events (status, settled_at);
  CREATE TABLE causeway_attempts (event_key INTEGER NOT NULL REFERENCES causeway_events (event_key) ON DELETE CASCADE,
    number INTEGER NOT NULL, started_at INTEGER NOT NULL, ended_at INTEGER NOT NULL, outcome TEXT NOT NULL,
    error_tag TEXT, error_message TEXT, PRIMARY KEY (event_key, number));
  INSERT INTO causeway_events (direction, source, event_id, variant, digest, type, headers, body, status, received_at,
    due_at) VALUES ('in', 'github', 'a', '', 'd', 'opened', '[]', CAST('{"number":1}' AS BLOB), 'pending', 0, 0);
`
