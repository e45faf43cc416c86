/** Rows that can't be read, as after a change by hand, an aborted migration or a damaged file. */
import { Inbox, InboxSeal, type InboxStore, type WebhookEvent } from "@causeway/core/webhook"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"
import { pass, settle } from "./quiet.ts"

const arrival = (id: string): Inbox.Arrival => ({
  source: "github",
  id,
  type: "opened",
  headers: [["x-kept", "1"]],
  body: new TextEncoder().encode("planted")
})

const storeOne = (id: string) => Effect.flatMap(Inbox.Inbox, (inbox) => inbox.store(arrival(id)))

const eventOf = (key: number) => Effect.flatMap(Inbox.Inbox, (inbox) => Effect.map(inbox.get(key), Option.getOrThrow))

const work = (
  ids: Array<string>,
  options: Partial<Inbox.Options<{}, {}, never>> = {}
): Effect.Effect<void, never, Inbox.Inbox | InboxStore.InboxStore> =>
  Inbox.run({
    source: "github",
    events: {},
    handle: {},
    otherwise: ({ id }) => Effect.sync(() => ids.push(id)),
    ...options
  }).pipe(Effect.forkChild, Effect.andThen(settle))

const shapes = ["{}", "null", '"text"', "17", '[["a"]]', '[["a", 1]]', '[["a", "b", "c"]]', "[null]"]

/** What a column may hold that the inbox never wrote, as an assignment. */
const changes: ReadonlyArray<string> = shapes.map((shape) => `headers = '${shape}'`)

/** SQLite holds in a column whatever was written to it. */
const sqliteChanges: ReadonlyArray<string> = [
  "headers = 'not JSON'",
  "headers = x'ff'",
  "headers = 7",
  "body = 'a text'",
  "body = 7",
  "type = x'ff'",
  "lane = x'ff'",
  "traceparent = x'ff'",
  "sealed_by = x'ff'",
  "received_at = 'yesterday'",
  "received_at = 1.5",
  "received_at = 4611686018427387904",
  "attempts = 4611686018427387904",
  "attempts = 9007199254740991"
]

type Services = Inbox.Inbox | InboxStore.InboxStore | SqlClient.SqlClient

/** What an inbox does with rows that can't be read, in a database. */
export const inboxUnreadableSuite = <E>(name: string, layer: Layer.Layer<Services, E>) => {
  const test = <A, E2>(fact: string, program: Effect.Effect<A, E2, Services>) =>
    it.effect(fact, () => Effect.provide(program, layer))

  const damageAll = Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const all = sql.onDialectOrElse({ sqlite: () => [...changes, ...sqliteChanges], orElse: () => changes })
    const damaged: Array<number> = []
    for (const [index, change] of all.entries()) {
      const { key } = yield* storeOne(`damaged ${index}`)
      yield* sql`UPDATE causeway_events SET ${sql.literal(change)} WHERE event_key = ${key}`
      damaged.push(key)
    }
    return damaged
  })

  describe(`Rows in ${name} that can't be read`, () => {
    for (const [how, options] of [
      ["", {}],
      [", in lanes", { key: ({ id }: WebhookEvent.WebhookEvent) => id.slice(0, 7), ordered: true }]
    ] as const) {
      test(
        `are dead with their reason, stay as they are, and keep no other event from being handled${how}`,
        Effect.gen(function* () {
          const sql = yield* SqlClient.SqlClient
          yield* storeOne("before")
          const damaged = yield* damageAll
          yield* storeOne("after")
          const rows = sql`SELECT headers, body FROM causeway_events ORDER BY event_key`
          const before = yield* rows
          const ids: Array<string> = []
          yield* work(ids, { concurrency: 40, ...options })
          assert.deepStrictEqual(ids.toSorted(), ["after", "before"])
          for (const key of damaged) {
            const event = yield* eventOf(key)
            assert.strictEqual(event.status, "dead")
            assert.match(
              event.unreadable ?? "",
              /(headers|body|type|lane|traceparent|sealed_by|received_at|attempts) is/
            )
            assert.strictEqual(event.history[0]?.error?.tag, "UnreadableEvent")
            assert.notInclude(event.history[0]?.error?.message, "planted")
          }
          assert.deepStrictEqual(yield* rows, before)
        })
      )
    }

    test(
      "are listed, and handled by a replay when they were repaired",
      Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        const sql = yield* SqlClient.SqlClient
        const { key } = yield* storeOne("a")
        yield* sql`UPDATE causeway_events SET headers = '{}' WHERE event_key = ${key}`
        assert.include((yield* eventOf(key)).unreadable, "headers")
        const ids: Array<string> = []
        yield* work(ids)
        assert.deepStrictEqual(
          (yield* inbox.list({ status: "dead" })).map(({ id }) => id),
          ["a"]
        )
        yield* sql`UPDATE causeway_events SET headers = '[]' WHERE event_key = ${key}`
        assert.isTrue(yield* inbox.replay(key))
        yield* settle
        assert.deepStrictEqual(ids, ["a"])
        assert.isUndefined((yield* eventOf(key)).unreadable)
      })
    )

    test(
      "keep no event of a vanished worker from being taken over",
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        for (const id of ["a", "b"]) yield* storeOne(id)
        const odd = sql.onDialectOrElse({ sqlite: () => "'yesterday'", orElse: () => "-9223372036854775808" })
        yield* sql`UPDATE causeway_events SET status = 'handling', attempts = 1, started_at = ${sql.literal(odd)}
          WHERE event_id = 'a'`
        const ids: Array<string> = []
        yield* work(ids)
        yield* pass("1 second")
        assert.deepStrictEqual(ids.toSorted(), ["a", "b"])
      })
    )

    it.effect("are not resealed, so that what they hold stays", () => {
      const seal = InboxSeal.make([InboxSeal.generateKey("k")])
      return Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        const sql = yield* SqlClient.SqlClient
        const { key } = yield* storeOne("a")
        yield* sql`UPDATE causeway_events SET sealed_by = NULL, headers = '{}' WHERE event_key = ${key}`
        const row = sql`SELECT headers, body FROM causeway_events`
        const before = yield* row
        assert.strictEqual(yield* inbox.reseal, 0)
        assert.deepStrictEqual(yield* row, before)
      }).pipe(Effect.provide(Layer.provide(layer, Layer.succeed(InboxSeal.InboxSeal, seal))))
    })

    it.effect("with a seal that throws fail, hold up no other, and are tried again", () => {
      const seal = InboxSeal.make([InboxSeal.generateKey("k")])
      let opened = 0
      const throwing: InboxSeal.Service = {
        ...seal,
        open: (...given) => {
          if ((opened += 1) === 1) throw new Error("planted")
          return seal.open(...given)
        }
      }
      return Effect.gen(function* () {
        yield* storeOne("a")
        yield* storeOne("b")
        const ids: Array<string> = []
        yield* work(ids)
        assert.deepStrictEqual(ids, ["b"])
        yield* pass("1 second")
        assert.deepStrictEqual(ids, ["b", "a"])
      }).pipe(Effect.provide(Layer.provide(layer, Layer.succeed(InboxSeal.InboxSeal, throwing))))
    })
  })
}
