import { Inbox, InboxStore, InboxStoreSql, type WebhookEvent } from "@causeway/core/webhook"
import { assert, it } from "@effect/vitest"
import { Clock, Context, Deferred, Effect, Fiber, Layer, Queue } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { layerClient } from "../postgres/client.ts"
import { describePostgres, PostgresServer, sharedServer } from "../postgres/server.ts"
import { inboxSqlSuite } from "./inboxSqlSuite.ts"
import { inboxSuite } from "./inboxSuite.ts"
import { inboxFailureSuite } from "./inboxFailureSuite.ts"
import { inboxArrivalSuite } from "./inboxArrivalSuite.ts"
import { inboxTextSuite } from "./inboxTextSuite.ts"
import { inboxUnreadableSuite } from "./inboxUnreadableSuite.ts"
import { layerWatched } from "./quiet.ts"

describePostgres("the inbox and Postgres", () => {
  const server = sharedServer()

  /** One database, emptied at each build: a new one for each test would be half a gigabyte in the end. */
  const layerDatabase = Layer.unwrap(
    Effect.gen(function* () {
      const { port } = yield* PostgresServer
      const client = Layer.fresh(layerClient(port, "postgres"))
      const empty = Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql`DROP SCHEMA public CASCADE`
        yield* sql`CREATE SCHEMA public`
      })
      return Layer.provideMerge(Layer.effectDiscard(empty), client)
    })
  )

  const layer = Inbox.layer.pipe(
    Layer.provideMerge(layerWatched(InboxStoreSql.layer)),
    Layer.provideMerge(Layer.fresh(layerDatabase)),
    Layer.provide(server)
  )

  const waiting = { source: "github", events: {}, handle: {}, pollInterval: "1 hour", retention: null } as const

  it.effect("a worker that looks once an hour is woken by what another process stores", () =>
    Effect.gen(function* () {
      const { createDatabase, port } = yield* PostgresServer
      const database = yield* createDatabase
      const inboxOf = Layer.fresh(Layer.provide(Inbox.layerSql, layerClient(port, database)))
      const handled = yield* Deferred.make<string>()
      const otherwise = ({ id }: WebhookEvent.WebhookEvent) => Deferred.succeed(handled, id)
      yield* Effect.forkScoped(Effect.provide(Inbox.run({ ...waiting, otherwise }), inboxOf, { local: true }))
      const program = Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        const deliver = (id: string) =>
          inbox.store({ source: "github", id, headers: [], body: new TextEncoder().encode(id) })
        yield* deliver("first")
        assert.strictEqual(yield* Deferred.await(handled), "first")
      })
      yield* Effect.provide(program, inboxOf, { local: true })
    }).pipe(Effect.scoped, Effect.provide(server))
  )

  it.effect("two workers whose connection for listening breaks report it, listen again and are woken as before", () =>
    Effect.gen(function* () {
      const { createDatabase, port } = yield* PostgresServer
      const database = yield* createDatabase
      const clientOf = Layer.fresh(layerClient(port, database))
      const receiverOf = Layer.fresh(Layer.provideMerge(Inbox.layerSql, clientOf))
      const handled = yield* Queue.unbounded<string>()
      const otherwise = ({ id }: WebhookEvent.WebhookEvent) => Queue.offer(handled, id)
      const workers = yield* Layer.build(Layer.fresh(Layer.provide(Inbox.layerSql, clientOf)))
      for (const source of ["github", "stripe"]) {
        yield* Effect.forkScoped(Effect.provide(Inbox.run({ ...waiting, source, otherwise }), workers))
      }
      const program = Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const inbox = yield* Inbox.Inbox
        const deliver = (source: string, id: string) =>
          Effect.andThen(
            inbox.store({ source, id, headers: [], body: new TextEncoder().encode(id) }),
            Queue.take(handled)
          )
        assert.strictEqual(yield* deliver("github", "first"), "first")
        assert.strictEqual(yield* deliver("stripe", "second"), "second")
        yield* sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = ${database}`
        const failing = Effect.andThen(
          sql`SELECT 1`,
          Effect.map(Context.get(workers, Inbox.Inbox).health, (health) =>
            health.workers.flatMap(({ failing }) => failing)
          )
        )
        yield* Effect.repeat(failing, { until: (parts) => parts.length === 2 })
        yield* TestClock.adjust("1 second")
        yield* Effect.repeat(failing, { until: (parts) => parts.length === 0 })
        assert.strictEqual(yield* deliver("github", "third"), "third")
        assert.strictEqual(yield* deliver("stripe", "fourth"), "fourth")
      })
      yield* Effect.provide(program, receiverOf, { local: true })
    }).pipe(Effect.scoped, Effect.provide(server))
  )

  const arrival = (id: string) => ({ source: "github", id, lane: "a", headers: [], body: new TextEncoder().encode(id) })
  const claimAt = (now: number, rule: Partial<InboxStore.LaneRule>) =>
    Effect.gen(function* () {
      const store = yield* InboxStore.InboxStore
      const lanes = { limit: 1, ordered: false, stands: false, decided: false, ...rule }
      return yield* store.claim({ source: "github", limit: 5, now, leaseUntil: now + 30_000, lanes })
    })
  const handled = (now: number): InboxStore.Settlement => ({
    status: "handled",
    dueAt: now,
    attempt: { startedAt: now, endedAt: now, outcome: "handled", error: undefined }
  })

  /** An event that is being handled, and one of its lane that came after. */
  const begun = (rule: Partial<InboxStore.LaneRule>) =>
    Effect.gen(function* () {
      const inbox = yield* Inbox.Inbox
      yield* inbox.store(arrival("first"))
      const [first] = yield* claimAt(yield* Clock.currentTimeMillis, rule)
      if (first === undefined) return yield* Effect.die("the first was not claimed")
      yield* inbox.store(arrival("second"))
      return { first, now: yield* Clock.currentTimeMillis }
    })

  const idsOf = (claims: ReadonlyArray<InboxStore.Claim>) => claims.map(({ event }) => event.id)

  const someoneWaits = Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const waiting = Effect.map(sql`SELECT pid FROM pg_locks WHERE NOT granted`, (rows) => rows.length > 0)
    yield* Effect.repeat(waiting, { until: (found) => found })
  })

  for (const [lane, rule] of [
    ["an ordered lane", { ordered: true, limit: Infinity }],
    ["a bounded lane", { limit: 1 }]
  ] as const) {
    it.effect(`what is looked at in ${lane} while another process ends the one before is due when that has ended`, () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const store = yield* InboxStore.InboxStore
        const { first, now } = yield* begun(rule)
        const [settled, looked] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
        const end = Effect.andThen(store.settle(first, handled(now)), Deferred.succeed(settled, undefined))
        const ending = yield* Effect.forkChild(sql.withTransaction(Effect.andThen(end, Deferred.await(looked))))
        yield* Deferred.await(settled)
        assert.deepStrictEqual(idsOf(yield* claimAt(now, rule)), [])
        yield* Deferred.succeed(looked, undefined)
        yield* Fiber.join(ending)
        assert.deepStrictEqual(idsOf(yield* claimAt(now, rule)), ["second"])
      }).pipe(Effect.provide(layer))
    )

    it.effect(`what is put off in ${lane} while another process ends the one before is due when that has ended`, () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const store = yield* InboxStore.InboxStore
        const { first, now } = yield* begun(rule)
        const looked = yield* Deferred.make<void>()
        const ending = yield* Effect.forkChild(
          Effect.andThen(Deferred.await(looked), store.settle(first, handled(now)))
        )
        yield* sql.withTransaction(
          Effect.gen(function* () {
            assert.deepStrictEqual(idsOf(yield* claimAt(now, rule)), [])
            yield* Deferred.succeed(looked, undefined)
            yield* someoneWaits
          })
        )
        assert.isTrue(yield* Fiber.join(ending))
        assert.deepStrictEqual(idsOf(yield* claimAt(now, rule)), ["second"])
      }).pipe(Effect.provide(layer))
    )
  }

  const standing = { ordered: true, stands: true, limit: Infinity }

  /** An event that is dead, and one of its lane that came after. */
  const dead = Effect.gen(function* () {
    const store = yield* InboxStore.InboxStore
    const { first, now } = yield* begun(standing)
    yield* store.settle(first, { ...handled(now), status: "dead" })
    return { key: first.event.key, now }
  })

  for (const [change, next] of [
    ["discard", "second"],
    ["replay", "first"]
  ] as const) {
    it.effect(`what is looked at behind a dead event during its ${change} by another process is not put off`, () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const store = yield* InboxStore.InboxStore
        const { key, now } = yield* dead
        const [changed, looked] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
        const step = Effect.andThen(store[change]({ key }, now), Deferred.succeed(changed, undefined))
        const changing = yield* Effect.forkChild(sql.withTransaction(Effect.andThen(step, Deferred.await(looked))))
        yield* Deferred.await(changed)
        assert.deepStrictEqual(idsOf(yield* claimAt(now, standing)), [])
        yield* Deferred.succeed(looked, undefined)
        yield* Fiber.join(changing)
        assert.deepStrictEqual(idsOf(yield* claimAt(now, standing)), [next])
      }).pipe(Effect.provide(layer))
    )

    it.effect(`what another process is putting off behind a dead event is due after its ${change}`, () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const store = yield* InboxStore.InboxStore
        const { key, now } = yield* dead
        const looked = yield* Deferred.make<void>()
        const changing = yield* Effect.forkChild(Effect.andThen(Deferred.await(looked), store[change]({ key }, now)))
        yield* sql.withTransaction(
          Effect.gen(function* () {
            assert.deepStrictEqual(idsOf(yield* claimAt(now, standing)), [])
            yield* Deferred.succeed(looked, undefined)
            yield* Effect.raceFirst(someoneWaits, Fiber.await(changing))
          })
        )
        assert.strictEqual(yield* Fiber.join(changing), 1)
        assert.deepStrictEqual(idsOf(yield* claimAt(now, standing)), [next])
      }).pipe(Effect.provide(layer))
    )
  }

  inboxSuite("Postgres", layer)
  inboxFailureSuite("Postgres", layer)
  inboxArrivalSuite("Postgres", layer)
  inboxTextSuite("Postgres", layer)
  inboxSqlSuite("Postgres", layer)
  inboxUnreadableSuite("Postgres", layer)
})
