import { Inbox, InboxStore } from "@causeway/core/webhook"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, type Layer, Option, Schedule, Schema } from "effect"
import { TestClock } from "effect/testing"
import { SqlClient } from "effect/sql"
import { asking, pass, settle } from "./quiet.ts"

const arrival = (id: string): Inbox.Arrival => ({
  source: "github",
  id,
  type: "opened",
  headers: [],
  body: new TextEncoder().encode('{"number":1}')
})

const events = { opened: Schema.Struct({ number: Schema.Int }) }

const count = Effect.flatMap(Inbox.Inbox, (inbox) => inbox.count())

const numbers = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ number: number }>`SELECT number FROM issues`
  return rows.map((row) => row.number)
})

const createIssues = Effect.flatMap(SqlClient.SqlClient, (sql) => sql`CREATE TABLE issues (number INTEGER)`)

const insertIssue = (number: number) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => asking(sql`INSERT INTO issues (number) VALUES (${number})`))

type Services = Inbox.Inbox | InboxStore.InboxStore | SqlClient.SqlClient

/** What an inbox does in the transactions of a database. */
export const inboxSqlSuite = <E>(name: string, layer: Layer.Layer<Services, E>) => {
  const test = <A, E2>(fact: string, program: Effect.Effect<A, E2, Services>) =>
    it.effect(fact, () => Effect.provide(program, layer))

  describe(`Inbox in ${name}`, () => {
    test(
      "an event stored in a transaction that fails is not stored, and is not a duplicate later",
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const inbox = yield* Inbox.Inbox
        yield* Effect.flip(sql.withTransaction(Effect.andThen(inbox.store(arrival("a")), Effect.fail("no"))))
        assert.strictEqual((yield* inbox.list()).length, 0)
        assert.strictEqual((yield* inbox.store(arrival("a")))._tag, "Stored")
      })
    )

    test(
      "the body of a delivery is stored once for all its events, and goes with the last of them",
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const inbox = yield* Inbox.Inbox
        const sizes = Effect.map(sql<{ size: number }>`SELECT length(body) AS size FROM causeway_deliveries`, (rows) =>
          rows.map(({ size }) => size)
        )
        const body = new Uint8Array(1000)
        const shared = (id: string, index: number) => ({ ...arrival(id), delivery: { body, path: [index] } })
        const puts = yield* inbox.storeAll(["a", "b", "c"].map(shared))
        yield* inbox.storeAll(["a", "b"].map(shared))
        assert.deepStrictEqual(yield* sizes, [1000])
        for (const { key } of puts) {
          assert.deepStrictEqual(yield* sizes, [1000])
          yield* inbox.discard(key)
          yield* TestClock.adjust("1 minute")
          yield* inbox.purge({ olderThan: 0 })
        }
        assert.deepStrictEqual(yield* sizes, [])
      })
    )

    test(
      "where an event stood is not known when its row was changed by hand, and the event is as before",
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const inbox = yield* Inbox.Inbox
        const body = new Uint8Array([1])
        const [put] = yield* inbox.storeAll([{ ...arrival("a"), delivery: { body, path: ["events", 0] } }])
        yield* sql`UPDATE causeway_places SET path = 'no JSON'`
        assert.deepStrictEqual(yield* inbox.deliveryOf(put?.key ?? 0), Option.none())
        assert.isTrue(Option.isSome(yield* inbox.get(put?.key ?? 0)))
      })
    )

    test(
      "a worker is woken when the transaction that stored has committed, not before",
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const inbox = yield* Inbox.Inbox
        let handled = 0
        const handle = { opened: () => Effect.sync(() => (handled += 1)) }
        yield* Effect.forkChild(Inbox.run({ source: "github", events, handle, pollInterval: "1 hour" }))
        yield* settle
        yield* sql.withTransaction(
          Effect.gen(function* () {
            yield* inbox.store(arrival("a"))
            for (let turn = 0; turn < 20; turn += 1) yield* Effect.yieldNow
            assert.strictEqual(handled, 0)
          })
        )
        yield* settle
        assert.strictEqual(handled, 1)
      })
    )

    test(
      "a transactional handler's writes are rolled back with a failure, and commit once with the mark",
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
        yield* pass("1 second")
        assert.deepStrictEqual(yield* numbers, [1])
        assert.strictEqual((yield* count).handled, 1)
      })
    )

    test(
      "a transactional handler that lost its lease commits nothing",
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
        assert.deepStrictEqual(yield* numbers, [])
      })
    )

    test(
      "an interrupted worker gives up its transactional handlers and those that wait for the database",
      Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        yield* createIssues
        for (const id of ["a", "b", "c"]) yield* inbox.store(arrival(id))
        const opened = () => Effect.andThen(insertIssue(1), Effect.never)
        const worker = yield* Effect.forkChild(
          Inbox.run({ source: "github", events, handle: { opened }, transactional: true })
        )
        yield* Effect.repeat(Effect.yieldNow, { times: 200 })
        yield* Fiber.interrupt(worker)
        assert.strictEqual((yield* count).pending, 3)
        assert.deepStrictEqual(yield* numbers, [])
      })
    )

    test(
      "a database that refuses is an InboxStoreError, without what was to be stored",
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const inbox = yield* Inbox.Inbox
        yield* sql`DROP TABLE causeway_attempts`
        yield* sql`DROP TABLE causeway_notifications`
        yield* sql`DROP TABLE causeway_answers`
        yield* sql`DROP TABLE causeway_places`
        yield* sql`DROP TABLE causeway_events`
        const error = yield* Effect.flip(inbox.store({ ...arrival("planted"), headers: [["x", "planted"]] }))
        assert.strictEqual(error._tag, "InboxStoreError")
        assert.notInclude(error.message, "planted")
      })
    )

    test(
      "callers who store at the same time are each answered after a commit, and one that is refused refuses no other",
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const inbox = yield* Inbox.Inbox
        yield* sql.onDialectOrElse({
          pg: () => sql`ALTER TABLE causeway_events ADD CONSTRAINT no_poison CHECK (event_id <> 'poison')`,
          orElse: () => sql`CREATE TRIGGER no_poison BEFORE INSERT ON causeway_events
            WHEN NEW.event_id = 'poison' BEGIN SELECT RAISE(ABORT, 'poison'); END`
        })
        const ids = Array.from({ length: 30 }, (_, index) => (index === 7 ? "poison" : `e${index}`))
        const puts = yield* Effect.forEach(ids, (id) => Effect.result(inbox.store(arrival(id))), {
          concurrency: "unbounded"
        })
        assert.strictEqual(puts.filter(({ _tag }) => _tag === "Success").length, 29)
        assert.strictEqual(puts[7]?._tag, "Failure")
        assert.strictEqual((yield* count).pending, 29)
      })
    )

    test(
      "a caller whose event has no bytes fails alone, and the others who store at the same time are answered",
      Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        const store = yield* InboxStore.InboxStore
        const event = { source: "github", type: undefined, headers: [], digest: "d", now: 0 }
        // The types forbid it, and a program that was not checked does it all the same.
        const broken = { ...event, id: "broken", body: {} as Uint8Array }
        const good = ["a", "b", "c"].map((id) => store.put([{ ...event, id, body: new Uint8Array([1]) }]))
        const exits = yield* Effect.forEach([...good, store.put([broken])], Effect.exit, { concurrency: "unbounded" })
        assert.deepStrictEqual(
          exits.map(({ _tag }) => _tag),
          ["Success", "Success", "Success", "Failure"]
        )
        assert.strictEqual((yield* inbox.store(arrival("later")))._tag, "Stored")
      })
    )

    test(
      "what is stored at the same time shares transactions",
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const inbox = yield* Inbox.Inbox
        yield* sql.onDialectOrElse({
          pg: () => sql`ALTER TABLE causeway_events ADD COLUMN tx BIGINT DEFAULT txid_current()`,
          orElse: () => sql`ALTER TABLE causeway_events ADD COLUMN tx BIGINT DEFAULT 1`
        })
        yield* Effect.forEach(
          Array.from({ length: 200 }, (_, index) => `e${index}`),
          (id) => inbox.store(arrival(id)),
          { concurrency: "unbounded" }
        )
        const rows = yield* sql`SELECT DISTINCT tx FROM causeway_events`
        assert.isAtMost(rows.length, 20)
        assert.strictEqual((yield* count).pending, 200)
      })
    )
  })
}
