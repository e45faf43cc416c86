import { Inbox, InboxSeal, InboxStore, type WebhookEvent } from "@causeway/core/webhook"
import { assert, describe, it } from "@effect/vitest"
import {
  Deferred,
  Duration,
  Effect,
  Fiber,
  Latch,
  Layer,
  Logger,
  Metric,
  Option,
  References,
  Schedule,
  Schema
} from "effect"
import { pass, settle } from "./quiet.ts"
import { recordedSpans } from "../recordedSpans.ts"

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))

const Opened = Schema.Struct({ number: Schema.Int })

const arrival = (id: string | undefined, number = 1, type = "opened"): Inbox.Arrival => ({
  source: "github",
  id,
  type,
  headers: [["content-type", "application/json"]],
  body: encode({ number })
})

const storeOne = (id: string, number = 1, type = "opened") =>
  Effect.flatMap(Inbox.Inbox, (inbox) => inbox.store(arrival(id, number, type)))

const eventOf = (key: number) => Effect.flatMap(Inbox.Inbox, (inbox) => Effect.map(inbox.get(key), Option.getOrThrow))

const statusOf = (key: number) => Effect.map(eventOf(key), (event) => event.status)

type Handle = (event: typeof Opened.Type, delivery: WebhookEvent.WebhookEvent) => Effect.Effect<unknown, unknown>

const work = (
  handle: Handle,
  options: Partial<Omit<Inbox.Options<{ opened: typeof Opened }, { opened: Handle }, never>, "events" | "handle">> = {}
) =>
  Inbox.run({ source: "github", events: { opened: Opened }, handle: { opened: handle }, ...options }).pipe(
    Effect.forkChild,
    Effect.tap(settle)
  )

/** What every inbox does, whatever its store. */
export const inboxSuite = <E>(name: string, layer: Layer.Layer<Inbox.Inbox | InboxStore.InboxStore, E>) => {
  const test = <A, E2>(fact: string, program: Effect.Effect<A, E2, Inbox.Inbox | InboxStore.InboxStore>) =>
    it.effect(fact, () => Effect.provide(program, layer))

  describe(`Inbox in ${name}`, () => {
    describe("storing", () => {
      test(
        "a second delivery with the same id is stored once",
        Effect.gen(function* () {
          const first = yield* storeOne("a")
          const second = yield* storeOne("a")
          assert.deepStrictEqual([first._tag, second._tag], ["Stored", "Duplicate"])
          assert.strictEqual(second.key, first.key)
          const inbox = yield* Inbox.Inbox
          assert.strictEqual((yield* inbox.list()).length, 1)
        })
      )

      test(
        "100 parallel deliveries of one id are stored once",
        Effect.gen(function* () {
          const puts = yield* Effect.forEach(Array.from({ length: 100 }), () => storeOne("a"), {
            concurrency: "unbounded"
          })
          assert.strictEqual(puts.filter((put) => put._tag === "Stored").length, 1)
          assert.strictEqual(puts.filter((put) => put._tag === "Duplicate").length, 99)
        })
      )

      test(
        "the same id from another source is another event",
        Effect.gen(function* () {
          const inbox = yield* Inbox.Inbox
          yield* storeOne("a")
          const other = yield* inbox.store({ ...arrival("a"), source: "stripe" })
          assert.strictEqual(other._tag, "Stored")
        })
      )

      test(
        "the same id with another body is kept aside, flagged, and not handled",
        Effect.gen(function* () {
          const inbox = yield* Inbox.Inbox
          yield* storeOne("a", 1)
          const conflicting = yield* storeOne("a", 2)
          assert.strictEqual(conflicting._tag, "Conflicting")
          assert.deepStrictEqual(yield* storeOne("a", 2), conflicting)
          const numbers: Array<number> = []
          yield* work(({ number }) => Effect.sync(() => numbers.push(number)))
          assert.deepStrictEqual(numbers, [1])
          const event = yield* eventOf(conflicting.key)
          assert.strictEqual(event.status, "kept")
          assert.isTrue(event.conflicting)
          assert.strictEqual((yield* inbox.count()).handled, 1)
        })
      )

      test(
        "an event without an id goes by the digest of its body",
        Effect.gen(function* () {
          const inbox = yield* Inbox.Inbox
          const first = yield* inbox.store(arrival(undefined, 1))
          assert.strictEqual((yield* inbox.store(arrival(undefined, 1)))._tag, "Duplicate")
          assert.strictEqual((yield* inbox.store(arrival("", 2)))._tag, "Stored")
          assert.match((yield* eventOf(first.key)).id, /^[0-9a-f]{64}$/)
        })
      )

      test(
        "the bytes come back as they were, and headers with credentials or signatures are gone",
        Effect.gen(function* () {
          const inbox = yield* Inbox.Inbox
          const body = Uint8Array.from({ length: 256 }, (_, index) => index)
          const put = yield* inbox.store({
            ...arrival("a"),
            body,
            headers: [
              ["X-GitHub-Event", "opened"],
              ["x-repeated", "1"],
              ["x-repeated", "2"],
              ["X-Hub-Signature-256", "sha256=planted"],
              ["Authorization", "Bearer planted"],
              ["X-Gitlab-Token", "planted"],
              ["Cookie", "planted"]
            ]
          })
          const event = yield* eventOf(put.key)
          assert.deepStrictEqual([...event.body], [...body])
          assert.deepStrictEqual(event.headers, [
            ["X-GitHub-Event", "opened"],
            ["x-repeated", "1"],
            ["x-repeated", "2"]
          ])
        })
      )
    })

    describe("handling", () => {
      test(
        "an event stored before the worker started, and one stored after, are both handled",
        Effect.gen(function* () {
          const numbers: Array<number> = []
          yield* storeOne("a", 1)
          yield* work(({ number }) => Effect.sync(() => numbers.push(number)))
          const put = yield* storeOne("b", 2)
          yield* settle
          assert.deepStrictEqual(numbers, [1, 2])
          const event = yield* eventOf(put.key)
          assert.strictEqual(event.status, "handled")
          assert.deepStrictEqual(
            event.history.map((attempt) => [attempt.number, attempt.outcome]),
            [[1, "handled"]]
          )
        })
      )

      test(
        "a failed event is tried again when its schedule says, and what it failed with is in its history",
        Effect.gen(function* () {
          const attempts: Array<number> = []
          const put = yield* storeOne("a")
          const handle: Handle = (_, delivery) => {
            attempts.push(delivery.attempts)
            return attempts.length < 3 ? Effect.fail(new Error("not yet")) : Effect.void
          }
          yield* work(handle, { retry: Schedule.exponential("1 second") })
          assert.deepStrictEqual(attempts, [1])
          yield* pass("999 millis")
          assert.deepStrictEqual(attempts, [1])
          yield* pass("1 millis")
          assert.deepStrictEqual(attempts, [1, 2])
          yield* pass("2 seconds")
          assert.deepStrictEqual(attempts, [1, 2, 3])
          const event = yield* eventOf(put.key)
          assert.strictEqual(event.status, "handled")
          assert.deepStrictEqual(
            event.history.map(({ error, outcome, startedAt }) => [startedAt, outcome, error?.message]),
            [
              [0, "failed", "not yet"],
              [1000, "failed", "not yet"],
              [3000, "handled", undefined]
            ]
          )
        })
      )

      test(
        "an event whose schedule ends is dead, and the schedule sees the attempt and its error",
        Effect.gen(function* () {
          const put = yield* storeOne("a")
          const seen: Array<unknown> = []
          const retry = Schedule.spaced("1 second").pipe(
            Schedule.upTo({ times: 1 }),
            Schedule.setInputType<{ readonly attempt: number; readonly error: { readonly tag: string } }>(),
            Schedule.tap(({ input }) => Effect.sync(() => seen.push([input.attempt, input.error.tag])))
          )
          yield* work(() => Effect.fail({ _tag: "Refused", message: "no" }), { retry })
          yield* pass("1 second")
          const event = yield* eventOf(put.key)
          assert.strictEqual(event.status, "dead")
          assert.deepStrictEqual(
            event.history.map(({ error }) => error),
            [
              { tag: "Refused", message: "no" },
              { tag: "Refused", message: "no" }
            ]
          )
          assert.deepStrictEqual(seen[0], [1, "Refused"])
        })
      )

      test(
        "the schedule goes on after a restart where it was",
        Effect.gen(function* () {
          const put = yield* storeOne("a")
          const retry = Schedule.spaced("1 second").pipe(Schedule.upTo({ times: 2 }))
          for (const expected of ["pending", "pending", "dead"]) {
            const worker = yield* work(() => Effect.fail("no"), { retry })
            assert.strictEqual(yield* statusOf(put.key), expected)
            yield* Fiber.interrupt(worker)
            yield* pass("1 second")
          }
        })
      )

      test(
        "a schedule without an end stops at maxAttempts",
        Effect.gen(function* () {
          const put = yield* storeOne("a")
          yield* work(() => Effect.fail("no"), { retry: Schedule.spaced("1 second"), maxAttempts: 3 })
          yield* pass("10 seconds")
          const event = yield* eventOf(put.key)
          assert.deepStrictEqual([event.status, event.attempts], ["dead", 3])
        })
      )

      test(
        "a permanent failure is dead at once",
        Effect.gen(function* () {
          const put = yield* storeOne("a")
          yield* work(() => Effect.fail(Inbox.permanent({ _tag: "UnknownAccount", message: "acct 7" })))
          const event = yield* eventOf(put.key)
          assert.strictEqual(event.status, "dead")
          assert.deepStrictEqual(event.history[0]?.error, { tag: "UnknownAccount", message: "acct 7" })
        })
      )

      test(
        "a handler that dies, throws or interrupts itself has failed, and the worker goes on",
        Effect.gen(function* () {
          const retry = Schedule.recurs(0)
          yield* storeOne("a", 1)
          yield* storeOne("b", 2)
          yield* storeOne("c", 3)
          const last = yield* storeOne("d", 4)
          const handle: Handle = ({ number }) => {
            if (number === 1) return Effect.die("broken")
            if (number === 2) return Effect.interrupt
            if (number === 3) throw new Error("thrown")
            return Effect.void
          }
          yield* work(handle, { retry, concurrency: 1 })
          const inbox = yield* Inbox.Inbox
          assert.strictEqual((yield* inbox.count()).dead, 3)
          assert.strictEqual(yield* statusOf(last.key), "handled")
        })
      )

      test(
        "a poison event does not hold up the others",
        Effect.gen(function* () {
          yield* storeOne("poison", 0)
          const puts = yield* Effect.forEach([1, 2, 3], (number) => storeOne(`e${number}`, number))
          yield* work(({ number }) => (number === 0 ? Effect.fail("no") : Effect.void), { concurrency: 1 })
          for (const put of puts) assert.strictEqual(yield* statusOf(put.key), "handled")
        })
      )

      test(
        "no more events are handled at the same time than the concurrency allows, and all of them in the end",
        Effect.gen(function* () {
          const open = yield* Latch.make()
          let running = 0
          let most = 0
          for (let number = 0; number < 10; number += 1) yield* storeOne(`e${number}`, number)
          yield* work(
            () =>
              Effect.gen(function* () {
                running += 1
                most = Math.max(most, running)
                yield* open.await
                running -= 1
              }),
            { concurrency: 3 }
          )
          assert.deepStrictEqual([running, most], [3, 3])
          yield* open.open
          yield* settle
          const inbox = yield* Inbox.Inbox
          assert.strictEqual((yield* inbox.count()).handled, 10)
          assert.strictEqual(most, 3)
        })
      )

      test(
        "a handler that takes too long has failed",
        Effect.gen(function* () {
          const put = yield* storeOne("a")
          yield* work(() => Effect.never, { timeout: "1 minute", lease: "10 seconds", retry: Schedule.recurs(0) })
          yield* pass("1 minute")
          const event = yield* eventOf(put.key)
          assert.deepStrictEqual([event.status, event.history[0]?.error?.tag], ["dead", "HandlerTimeout"])
        })
      )

      test(
        "an interrupted worker releases its events, and the attempt does not count",
        Effect.gen(function* () {
          const put = yield* storeOne("a")
          const worker = yield* work(() => Effect.never)
          assert.strictEqual(yield* statusOf(put.key), "handling")
          yield* Fiber.interrupt(worker)
          const event = yield* eventOf(put.key)
          assert.deepStrictEqual([event.status, event.attempts, event.history.length], ["pending", 0, 0])
        })
      )

      test(
        "an event of an unknown type is kept",
        Effect.gen(function* () {
          const put = yield* storeOne("a", 1, "closed")
          yield* work(() => Effect.void)
          const event = yield* eventOf(put.key)
          assert.deepStrictEqual([event.status, event.attempts], ["kept", 0])
        })
      )

      test(
        "an event of an unknown type goes to otherwise, undecoded",
        Effect.gen(function* () {
          const inbox = yield* Inbox.Inbox
          const put = yield* inbox.store({ ...arrival("a"), type: undefined, body: new Uint8Array([0xff]) })
          const seen: Array<number | undefined> = []
          yield* work(() => Effect.void, { otherwise: ({ body }) => Effect.sync(() => seen.push(body[0])) })
          assert.deepStrictEqual(seen, [0xff])
          assert.strictEqual(yield* statusOf(put.key), "handled")
        })
      )

      test(
        "a handler is not called for events of another source",
        Effect.gen(function* () {
          const inbox = yield* Inbox.Inbox
          const put = yield* inbox.store({ ...arrival("a"), source: "stripe" })
          yield* work(() => Effect.void)
          assert.strictEqual(yield* statusOf(put.key), "pending")
        })
      )
    })

    describe("bodies that do not fit", () => {
      test(
        "a body that does not fit its schema is dead at once, and its history does not quote it",
        Effect.gen(function* () {
          const inbox = yield* Inbox.Inbox
          const put = yield* inbox.store({ ...arrival("a"), body: encode({ number: "planted-secret" }) })
          yield* work(() => Effect.void)
          const event = yield* eventOf(put.key)
          const error = event.history[0]?.error
          assert.deepStrictEqual([event.status, error?.tag], ["dead", "DecodeFailure"])
          assert.include(error?.message, "number")
          assert.notInclude(error?.message, "planted-secret")
        })
      )

      test(
        "a body that is not JSON is dead at once, and its history does not quote it",
        Effect.gen(function* () {
          const inbox = yield* Inbox.Inbox
          const put = yield* inbox.store({ ...arrival("a"), body: new TextEncoder().encode("planted-secret") })
          yield* work(() => Effect.void)
          const event = yield* eventOf(put.key)
          assert.strictEqual(event.status, "dead")
          assert.notInclude(event.history[0]?.error?.message, "planted")
        })
      )

      test(
        "a dead letter is handled by a replay after its schema was mended",
        Effect.gen(function* () {
          const inbox = yield* Inbox.Inbox
          const put = yield* inbox.store({ ...arrival("a"), body: encode({ number: "7" }) })
          const broken = yield* work(() => Effect.void)
          assert.strictEqual(yield* statusOf(put.key), "dead")
          yield* Fiber.interrupt(broken)

          const handled: Array<number> = []
          yield* Effect.forkChild(
            Inbox.run({
              source: "github",
              events: { opened: Schema.Struct({ number: Schema.NumberFromString }) },
              handle: { opened: ({ number }) => Effect.sync(() => handled.push(number)) }
            })
          )
          assert.isTrue(yield* inbox.replay(put.key))
          yield* settle
          assert.deepStrictEqual(handled, [7])
          const event = yield* eventOf(put.key)
          assert.deepStrictEqual(
            event.history.map((attempt) => [attempt.number, attempt.outcome]),
            [
              [1, "failed"],
              [2, "handled"]
            ]
          )
        })
      )
    })

    describe("leases", () => {
      /** Claims as a worker does that then crashes. */
      const crash = (leaseUntil: number) =>
        Effect.gen(function* () {
          const store = yield* InboxStore.InboxStore
          const now = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
          const [claim] = yield* store.claim({ source: "github", limit: 1, now, leaseUntil })
          assert.isDefined(claim)
          return claim
        })

      test(
        "the event of a crashed worker is taken over when its lease ends, and the loss is in its history",
        Effect.gen(function* () {
          const put = yield* storeOne("a")
          yield* crash(30_000)
          let handled = 0
          yield* work(() => Effect.sync(() => (handled += 1)))
          yield* pass("29 seconds")
          assert.strictEqual(handled, 0)
          yield* pass("1 second")
          assert.strictEqual(handled, 1)
          const event = yield* eventOf(put.key)
          assert.deepStrictEqual(
            event.history.map((attempt) => [attempt.number, attempt.outcome]),
            [
              [1, "lost"],
              [2, "handled"]
            ]
          )
        })
      )

      test(
        "a slow worker keeps its event, because it renews the lease",
        Effect.gen(function* () {
          yield* storeOne("a")
          const open = yield* Latch.make()
          const started: Array<string> = []
          yield* work(
            () =>
              Effect.andThen(
                Effect.sync(() => started.push("first")),
                open.await
              ),
            { lease: "3 seconds" }
          )
          yield* work(() => Effect.sync(() => started.push("second")), { lease: "3 seconds" })
          yield* pass("1 minute")
          assert.deepStrictEqual(started, ["first"])
          yield* open.open
          yield* settle
          const inbox = yield* Inbox.Inbox
          assert.strictEqual((yield* inbox.count()).handled, 1)
        })
      )

      test(
        "a worker that lost its lease can neither renew it nor settle the event",
        Effect.gen(function* () {
          yield* storeOne("a")
          const store = yield* InboxStore.InboxStore
          const first = yield* crash(1000)
          yield* pass("1 second")
          const second = yield* crash(2000)
          const settlement = { status: "handled", dueAt: 1000, attempt: undefined } as const
          assert.isFalse(yield* store.renew(first, 9000))
          assert.isFalse(yield* store.settle(first, settlement))
          assert.isTrue(yield* store.settle(second, settlement))
        })
      )

      test(
        "an event that crashes every worker is dead in the end",
        Effect.gen(function* () {
          const put = yield* storeOne("a")
          for (let crashes = 1; crashes <= 3; crashes += 1) {
            yield* crash(crashes * 1000)
            yield* pass("1 second")
          }
          let handled = 0
          yield* work(() => Effect.sync(() => (handled += 1)), { maxAttempts: 3 })
          assert.strictEqual(handled, 0)
          assert.strictEqual(yield* statusOf(put.key), "dead")
        })
      )
    })

    describe("looking and mending", () => {
      test(
        "events are listed page by page, by source, type and status",
        Effect.gen(function* () {
          const inbox = yield* Inbox.Inbox
          for (const id of ["a", "b", "c"]) yield* storeOne(id)
          yield* storeOne("d", 1, "closed")
          yield* inbox.store({ ...arrival("a"), source: "stripe" })
          const first = yield* inbox.list({ source: "github", type: "opened", limit: 2 })
          const second = yield* inbox.list({ source: "github", type: "opened", limit: 2, after: first[1]?.key })
          assert.deepStrictEqual(
            [...first, ...second].map((event) => event.id),
            ["a", "b", "c"]
          )
          assert.strictEqual((yield* inbox.list({ status: "dead" })).length, 0)
          assert.strictEqual((yield* inbox.list({ status: ["dead", "pending"] })).length, 5)
          assert.strictEqual((yield* inbox.count({ source: "github" })).pending, 4)
        })
      )

      test(
        "all dead letters of a type are replayed together, each with a fresh schedule",
        Effect.gen(function* () {
          const inbox = yield* Inbox.Inbox
          const puts = yield* Effect.forEach(["a", "b"], (id) => storeOne(id))
          const worker = yield* work(() => Effect.fail("no"), { retry: Schedule.recurs(0) })
          assert.strictEqual((yield* inbox.count()).dead, 2)
          yield* Fiber.interrupt(worker)
          assert.strictEqual(yield* inbox.replayWhere({ status: "dead", type: "opened" }), 2)
          const attempts: Array<number> = []
          yield* work(
            (_, delivery) => {
              attempts.push(delivery.attempts)
              return attempts.length <= 2 ? Effect.fail("no") : Effect.void
            },
            { retry: Schedule.recurs(1) }
          )
          assert.deepStrictEqual(attempts, [2, 2, 3, 3])
          for (const put of puts) assert.strictEqual(yield* statusOf(put.key), "handled")
        })
      )

      test(
        "an event that waits or is being handled is not replayed, and one that is missing is not either",
        Effect.gen(function* () {
          const inbox = yield* Inbox.Inbox
          const put = yield* storeOne("a")
          assert.isFalse(yield* inbox.replay(put.key))
          yield* work(() => Effect.never)
          assert.isFalse(yield* inbox.replay(put.key))
          assert.isFalse(yield* inbox.discard(put.key))
          assert.isFalse(yield* inbox.replay(999))
        })
      )

      test(
        "a discarded event is not handled",
        Effect.gen(function* () {
          const inbox = yield* Inbox.Inbox
          const put = yield* storeOne("a")
          assert.isTrue(yield* inbox.discard(put.key))
          yield* work(() => Effect.die("handled"))
          assert.strictEqual(yield* statusOf(put.key), "discarded")
        })
      )

      test(
        "purging deletes what was handled long enough ago, and nothing that waits or is dead",
        Effect.gen(function* () {
          const inbox = yield* Inbox.Inbox
          yield* storeOne("old", 1)
          yield* storeOne("dead", 2)
          yield* work(({ number }) => (number === 2 ? Effect.fail(Inbox.permanent("no")) : Effect.void), {
            pollInterval: "1 hour"
          })
          yield* pass("2 minutes")
          yield* storeOne("young", 3)
          yield* settle
          assert.strictEqual(yield* inbox.purge({ olderThan: "1 minute" }), 1)
          assert.deepStrictEqual(
            (yield* inbox.list()).map((event) => event.id),
            ["dead", "young"]
          )
        })
      )
    })

    describe("keys", () => {
      /** Stores an event about something, such as a tenant. */
      const about = (id: string, lane: string) =>
        Effect.flatMap(Inbox.Inbox, (inbox) =>
          inbox.store({ ...arrival(id), headers: [["x-tenant", lane]], body: encode({ number: 1 }) })
        )

      const key = ({ headers }: WebhookEvent.WebhookEvent) => headers.find(([name]) => name === "x-tenant")?.[1]

      /** Handles each event until its own latch is opened. */
      const gated = () => {
        const started: Array<string> = []
        const gates = new Map<string, Latch.Latch>()
        const gateOf = (id: string) => gates.get(id) ?? gates.set(id, Latch.makeUnsafe()).get(id)!
        const handle: Handle = (_, { id }) =>
          Effect.suspend(() => {
            started.push(id)
            return gateOf(id).await
          })
        return { started, handle, open: (id: string) => Effect.andThen(gateOf(id).open, settle) }
      }

      test(
        "events of one key are handled one after the other as they came, and those of other keys meanwhile",
        Effect.gen(function* () {
          for (const [id, lane] of [
            ["a1", "a"],
            ["a2", "a"],
            ["b1", "b"],
            ["a3", "a"],
            ["none", ""]
          ] as const) {
            yield* about(id, lane)
          }
          const { handle, open, started } = gated()
          yield* work(handle, { key, ordered: true, concurrency: 10 })
          assert.deepStrictEqual(started.toSorted(), ["a1", "b1", "none"])
          yield* open("a1")
          assert.deepStrictEqual(started.slice(3), ["a2"])
          yield* open("b1")
          yield* open("a2")
          assert.deepStrictEqual(started.slice(4), ["a3"])
          yield* open("a3")
          const inbox = yield* Inbox.Inbox
          assert.strictEqual((yield* inbox.count()).handled, 4)
          assert.strictEqual((yield* inbox.list({ lane: "a" })).length, 3)
        })
      )

      test(
        "an event that fails holds up its own key until it succeeds, and no other",
        Effect.gen(function* () {
          for (const [id, lane] of [
            ["a1", "a"],
            ["a2", "a"],
            ["b1", "b"]
          ] as const) {
            yield* about(id, lane)
          }
          const handled: Array<string> = []
          let failures = 0
          const handle: Handle = (_, { id }) => {
            if (id === "a1" && (failures += 1) <= 2) return Effect.fail("not yet")
            return Effect.sync(() => handled.push(id))
          }
          yield* work(handle, { key, ordered: true, retry: Schedule.spaced("20 seconds") })
          assert.deepStrictEqual(handled, ["b1"])
          yield* pass("39 seconds")
          assert.deepStrictEqual(handled, ["b1"])
          yield* pass("1 second")
          assert.deepStrictEqual(handled, ["b1", "a1", "a2"])
        })
      )

      test(
        "a key goes on when one of its events is dead",
        Effect.gen(function* () {
          yield* about("a1", "a")
          const second = yield* about("a2", "a")
          yield* work((_, { id }) => (id === "a1" ? Effect.fail(Inbox.permanent("no")) : Effect.void), {
            key,
            ordered: true
          })
          assert.strictEqual(yield* statusOf(second.key), "handled")
        })
      )

      test(
        "what was put off behind a dead event is due as soon as that is discarded or replayed",
        Effect.gen(function* () {
          const store = yield* InboxStore.InboxStore
          const inbox = yield* Inbox.Inbox
          const lanes = { limit: Infinity, ordered: true, stands: true, decided: false }
          const claim = store.claim({ source: "github", limit: 5, now: 0, leaseUntil: 30_000, lanes })
          const end = (claimed: InboxStore.Claim | undefined, status: "dead" | "handled") =>
            claimed === undefined
              ? Effect.die("nothing was claimed")
              : store.settle(claimed, {
                  status,
                  dueAt: 0,
                  attempt: { startedAt: 0, endedAt: 0, outcome: "failed", error: undefined }
                })
          for (const id of ["a", "b", "c"]) yield* inbox.store({ ...arrival(id), lane: "lane" })
          const claimed: Array<string> = []
          for (const change of [store.replay, store.discard]) {
            const [first] = yield* claim
            yield* end(first, "dead")
            assert.deepStrictEqual(yield* claim, [])
            yield* change({ key: first?.event.key ?? 0 }, 0)
            const [next] = yield* claim
            yield* end(next, "handled")
            claimed.push(next?.event.id ?? "none")
          }
          assert.deepStrictEqual(claimed, ["a", "c"])
        })
      )

      test(
        "a key that stands when one of its events is dead goes on when that is discarded, and after it is replayed",
        Effect.gen(function* () {
          const inbox = yield* Inbox.Inbox
          const puts = yield* Effect.forEach(["a1", "a2", "a3"], (id) => about(id, "a"))
          let broken = ["a1", "a2"]
          const handle: Handle = (_, { id }) => (broken.includes(id) ? Effect.fail(Inbox.permanent("no")) : Effect.void)
          yield* work(handle, { key, ordered: true, whenDead: "stand" })
          const statuses = Effect.forEach(puts, (put) => statusOf(put.key))
          yield* pass("2 minutes")
          assert.deepStrictEqual(yield* statuses, ["dead", "pending", "pending"])
          yield* inbox.discard(puts[0]!.key)
          yield* settle
          assert.deepStrictEqual(yield* statuses, ["discarded", "dead", "pending"])
          broken = []
          yield* inbox.replay(puts[1]!.key)
          yield* settle
          assert.deepStrictEqual(yield* statuses, ["discarded", "handled", "handled"])
        })
      )

      test(
        "no more events of a key are handled at the same time than maxPerKey, by two workers together",
        Effect.gen(function* () {
          for (let index = 0; index < 6; index += 1) yield* about(`a${index}`, "a")
          yield* about("b0", "b")
          const { handle, open, started } = gated()
          yield* work(handle, { key, maxPerKey: 2, concurrency: 5 })
          yield* work(handle, { key, maxPerKey: 2, concurrency: 5 })
          assert.strictEqual(started.filter((id) => id.startsWith("a")).length, 2)
          assert.isTrue(started.includes("b0"))
          yield* open(started.find((id) => id.startsWith("a"))!)
          yield* pass("1 second")
          assert.strictEqual(started.filter((id) => id.startsWith("a")).length, 3)
        })
      )

      test(
        "many events that wait for one of their key do not hold up another key",
        Effect.gen(function* () {
          for (let index = 0; index < 250; index += 1) yield* about(`a${index}`, "a")
          const last = yield* about("b", "b")
          const { handle, open, started } = gated()
          yield* work(handle, { key, ordered: true, concurrency: 2 })
          assert.deepStrictEqual(started.toSorted(), ["a0", "b"])
          yield* open("b")
          assert.strictEqual(yield* statusOf(last.key), "handled")
        })
      )

      test(
        "many events of many keys are all handled, those of each key in their order",
        Effect.gen(function* () {
          const lanes = Array.from({ length: 45 }, (_, index) => `lane ${index}`)
          const steps = [1, 2, 3, 4]
          for (const step of steps) for (const lane of lanes) yield* about(`${step} of ${lane}`, lane)
          const handled = new Map(lanes.map((lane) => [lane, Array<string>()]))
          const handle: Handle = (_, delivery) => Effect.sync(() => handled.get(key(delivery) ?? "")?.push(delivery.id))
          yield* work(handle, { key, ordered: true, concurrency: 40 })
          yield* pass("1 second")
          for (const [lane, ids] of handled)
            assert.deepStrictEqual(
              ids,
              steps.map((step) => `${step} of ${lane}`)
            )
        })
      )

      test(
        "an event whose key can't be told is handled",
        Effect.gen(function* () {
          const put = yield* about("a", "a")
          const key = (): string => {
            throw new Error("no key")
          }
          yield* work(() => Effect.void, { key, ordered: true })
          assert.strictEqual(yield* statusOf(put.key), "handled")
        })
      )

      test(
        "a lane that is known when an event is stored needs no key",
        Effect.gen(function* () {
          const inbox = yield* Inbox.Inbox
          for (const id of ["a1", "a2"]) yield* inbox.store({ ...arrival(id), lane: "a" })
          const { handle, started } = gated()
          yield* work(handle, { ordered: true })
          assert.deepStrictEqual(started, ["a1"])
        })
      )
    })

    describe("errors that say when to come back", () => {
      const limited = (millis: number) => ({ _tag: "RateLimited", message: "", retryAfter: Duration.millis(millis) })

      test(
        "an event is tried again when its error says, and not before its schedule does",
        Effect.gen(function* () {
          yield* storeOne("long", 60_000)
          yield* storeOne("short", 10)
          const attempts: Array<string> = []
          const handle: Handle = ({ number }, { id }) => {
            attempts.push(id)
            return Effect.fail(limited(number))
          }
          yield* work(handle, { retry: Schedule.spaced("30 seconds"), retention: null })
          yield* pass("29 seconds")
          assert.deepStrictEqual(attempts.toSorted(), ["long", "short"])
          yield* pass("1 second")
          assert.deepStrictEqual(attempts.slice(2), ["short"])
          yield* pass("30 seconds")
          assert.deepStrictEqual(attempts.slice(3).toSorted(), ["long", "short"])
        })
      )

      test(
        "an error that asks for too long is given maxRetryAfter",
        Effect.gen(function* () {
          const put = yield* storeOne("a")
          yield* work(() => Effect.fail({ reason: limited(86_400_000) }), {
            retry: Schedule.spaced("1 second"),
            maxRetryAfter: "90 seconds"
          })
          assert.strictEqual((yield* eventOf(put.key)).dueAt, 90_000)
        })
      )

      test(
        "the schedule sees what the handler failed with, as long as it is at hand",
        Effect.gen(function* () {
          const put = yield* storeOne("a")
          const seen: Array<unknown> = []
          const retry = Schedule.spaced("1 second").pipe(
            Schedule.setInputType<{ readonly failure?: unknown }>(),
            Schedule.tap(({ input }) => Effect.sync(() => seen.push(input.failure)))
          )
          const failure = { _tag: "Refused", message: "", account: 7 }
          yield* work(() => Effect.fail(failure), { retry, maxAttempts: 3 })
          yield* pass("1 second")
          assert.deepStrictEqual(seen, [failure, undefined, failure])
          assert.strictEqual(yield* statusOf(put.key), "pending")
        })
      )
    })

    describe("ids that outlive their events", () => {
      const handleOne = Effect.gen(function* () {
        const put = yield* storeOne("a")
        const worker = yield* work(() => Effect.void, { retention: null })
        yield* Fiber.interrupt(worker)
        yield* pass("10 seconds")
        return put
      })

      test(
        "an event that comes again after it was purged is a duplicate, until its id is forgotten",
        Effect.gen(function* () {
          const inbox = yield* Inbox.Inbox
          const put = yield* handleOne
          assert.strictEqual(yield* inbox.purge({ olderThan: 0, rememberIds: "1 minute" }), 1)
          assert.deepStrictEqual(yield* storeOne("a"), { _tag: "Duplicate", key: put.key })
          assert.deepStrictEqual(yield* inbox.list(), [])
          yield* pass("50 seconds")
          assert.strictEqual((yield* storeOne("a"))._tag, "Stored")
        })
      )

      test(
        "one that comes again with another body is kept and flagged",
        Effect.gen(function* () {
          const inbox = yield* Inbox.Inbox
          yield* handleOne
          yield* inbox.purge({ olderThan: 0, rememberIds: "1 minute" })
          const put = yield* storeOne("a", 2)
          assert.strictEqual(put._tag, "Conflicting")
          assert.deepStrictEqual(
            (yield* inbox.list()).map(({ conflicting, status }) => [conflicting, status]),
            [[true, "kept"]]
          )
        })
      )

      test(
        "among events stored at the same time, those that were purged are found",
        Effect.gen(function* () {
          const inbox = yield* Inbox.Inbox
          yield* handleOne
          yield* inbox.purge({ olderThan: 0 })
          const puts = yield* Effect.forEach(["b", "a", "c", "b"], (id) => storeOne(id), { concurrency: "unbounded" })
          assert.deepStrictEqual(
            puts.map(({ _tag }) => _tag),
            ["Stored", "Duplicate", "Stored", "Duplicate"]
          )
          assert.deepStrictEqual(
            (yield* inbox.list()).map(({ id }) => id),
            ["b", "c"]
          )
        })
      )
    })

    describe("retention", () => {
      test(
        "a worker purges what ended long enough ago, by how it ended, and forgets ids in the end",
        Effect.gen(function* () {
          const inbox = yield* Inbox.Inbox
          yield* storeOne("handled", 1)
          yield* storeOne("dead", 2)
          yield* storeOne("kept", 3, "closed")
          const retention = {
            handled: "10 seconds",
            dead: null,
            rememberIds: "40 seconds",
            every: "5 seconds"
          } as const
          yield* work(({ number }) => (number === 2 ? Effect.fail(Inbox.permanent("no")) : Effect.void), { retention })
          assert.strictEqual((yield* inbox.list()).length, 3)
          yield* pass("20 seconds")
          assert.deepStrictEqual(
            (yield* inbox.list()).map(({ id }) => id),
            ["dead", "kept"]
          )
          assert.strictEqual((yield* storeOne("handled", 1))._tag, "Duplicate")
          yield* pass("30 seconds")
          assert.strictEqual((yield* storeOne("handled", 1))._tag, "Stored")
        })
      )

      test(
        "a worker keeps the newest finished events, and all that wait",
        Effect.gen(function* () {
          const inbox = yield* Inbox.Inbox
          for (const number of [1, 2, 3, 4, 5]) yield* storeOne(`e${number}`, number)
          yield* inbox.store({ ...arrival("a"), source: "stripe" })
          yield* work(({ number }) => (number === 1 ? Effect.fail("no") : Effect.void), {
            retry: Schedule.spaced("1 hour"),
            retention: { newest: 2, every: "5 seconds" }
          })
          yield* pass("5 seconds")
          assert.deepStrictEqual(
            (yield* inbox.list()).map(({ id }) => id),
            ["e1", "e4", "e5", "a"]
          )
        })
      )
    })

    describe("sealed", () => {
      const first = InboxSeal.generateKey("first")
      const second = InboxSeal.generateKey("second")

      /** A seal whose keys are replaced, as a deployment replaces them. */
      const makeSeal = () => {
        let current = InboxSeal.make([first])
        const seal: InboxSeal.Service = {
          get keyId() {
            return current.keyId
          },
          seal: (...given) => current.seal(...given),
          open: (...given) => current.open(...given)
        }
        return {
          layer: Layer.provide(layer, Layer.succeed(InboxSeal.InboxSeal, seal)),
          keep: (...keys: readonly [InboxSeal.Key, ...ReadonlyArray<InboxSeal.Key>]) =>
            Effect.sync(() => {
              current = InboxSeal.make(keys)
            })
        }
      }

      it.effect("an event is opened for its handler and for a person, and says which key sealed it", () => {
        const seal = makeSeal()
        return Effect.gen(function* () {
          const inbox = yield* Inbox.Inbox
          const put = yield* inbox.store({ ...arrival("a", 7), headers: [["x-custom", "1"]] })
          const numbers: Array<number> = []
          yield* work(({ number }) => Effect.sync(() => numbers.push(number)))
          assert.deepStrictEqual(numbers, [7])
          const event = yield* eventOf(put.key)
          assert.deepStrictEqual([...event.body], [...encode({ number: 7 })])
          assert.deepStrictEqual(event.headers, [["x-custom", "1"]])
          assert.strictEqual(event.sealedBy, "first")
          assert.strictEqual((yield* inbox.store(arrival("a", 7)))._tag, "Duplicate")
        }).pipe(Effect.provide(seal.layer))
      })

      it.effect("an event whose key is missing fails, holds up no other, and is handled when the key is back", () => {
        const seal = makeSeal()
        return Effect.gen(function* () {
          const inbox = yield* Inbox.Inbox
          const lost = yield* inbox.store(arrival("lost"))
          yield* seal.keep(second)
          const readable = yield* inbox.store(arrival("readable"))
          yield* work(() => Effect.void, { retry: Schedule.spaced("10 seconds"), concurrency: 1 })
          assert.strictEqual(yield* statusOf(readable.key), "handled")
          assert.strictEqual((yield* Effect.flip(inbox.get(lost.key)))._tag, "InboxStoreError")
          yield* seal.keep(second, first)
          const event = yield* eventOf(lost.key)
          assert.deepStrictEqual([event.status, event.history[0]?.error?.tag], ["pending", "SealBroken"])
          yield* pass("10 seconds")
          assert.strictEqual(yield* statusOf(lost.key), "handled")
        }).pipe(Effect.provide(seal.layer))
      })

      it.effect("the body of a delivery is sealed too, and is opened, and resealed with the events", () => {
        const seal = makeSeal()
        return Effect.gen(function* () {
          const inbox = yield* Inbox.Inbox
          const body = encode([1, 2])
          const [put] = yield* inbox.storeAll(
            ["a", "b"].map((id, index) => ({ ...arrival(id), delivery: { body, path: [index] } }))
          )
          const key = put?.key ?? 0
          const store = yield* InboxStore.InboxStore
          const bodyOf = Effect.map(inbox.deliveryOf(key), (found) => [...Option.getOrThrow(found).body])
          assert.deepStrictEqual(yield* bodyOf, [...body])
          yield* seal.keep(second)
          const broken = yield* Effect.flip(inbox.deliveryOf(key))
          assert.strictEqual(broken.message, "The inbox store failed to open an event")
          yield* seal.keep(second, first)
          assert.strictEqual(yield* store.reseal, 2)
          yield* seal.keep(second)
          assert.deepStrictEqual(yield* bodyOf, [...body])
        }).pipe(Effect.provide(seal.layer))
      })

      it.effect("everything is sealed with the new key by resealing, and opens without the old one", () => {
        const seal = makeSeal()
        return Effect.gen(function* () {
          const inbox = yield* Inbox.Inbox
          const puts = yield* Effect.forEach(["a", "b"], (id) => inbox.store(arrival(id)))
          yield* seal.keep(second, first)
          yield* inbox.store(arrival("c"))
          assert.strictEqual(yield* inbox.reseal, 2)
          assert.strictEqual(yield* inbox.reseal, 0)
          yield* seal.keep(second)
          const event = yield* eventOf(puts[0]!.key)
          assert.strictEqual(event.sealedBy, "second")
          assert.deepStrictEqual([...event.body], [...encode({ number: 1 })])
        }).pipe(Effect.provide(seal.layer))
      })
    })

    describe("telemetry", () => {
      test(
        "metrics count what came in, how attempts ended and what waits, by source",
        Effect.gen(function* () {
          const inbox = yield* Inbox.Inbox
          const source = `metrics of ${name}`
          for (const [id, number] of [
            ["a", 1],
            ["b", 2],
            ["b", 2],
            ["b", 3]
          ] as const) {
            yield* inbox.store({ ...arrival(id, number), source })
          }
          yield* work(({ number }) => (number === 1 ? Effect.fail(Inbox.permanent("no")) : Effect.void), { source })
          const found = (yield* Metric.snapshot)
            .filter(({ attributes }) => attributes?.["source"] === source)
            .filter(({ type }) => type === "Counter" || type === "Gauge")
            .map(({ attributes, id, state }) => {
              const { source: _, ...rest } = attributes ?? {}
              const value = "count" in state ? state.count : "value" in state ? state.value : undefined
              return [id, ...Object.values(rest), Number(value)].join(" ")
            })
          for (const expected of [
            "causeway_inbox_stored stored 2",
            "causeway_inbox_stored duplicate 1",
            "causeway_inbox_stored conflicting 1",
            "causeway_inbox_attempts handled 1",
            "causeway_inbox_attempts failed 1",
            "causeway_inbox_dead 1",
            "causeway_inbox_in_flight 0"
          ]) {
            assert.include(found, expected)
          }
        })
      )

      test(
        "the span of the handling is linked to the delivery",
        Effect.gen(function* () {
          const inbox = yield* Inbox.Inbox
          const { spans, tracer } = recordedSpans()
          const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
          yield* inbox.store({ ...arrival("given"), traceparent })
          yield* Effect.withSpan(inbox.store(arrival("current")), "delivery")
          yield* work(() => Effect.void).pipe(Effect.withTracer(tracer))
          const handling = spans.filter((span) => span.name === "causeway.inbox.handle")
          const [given, current] = handling.map((span) => span.links[0]?.span)
          assert.deepStrictEqual([given?.traceId, given?.spanId], [traceparent.slice(3, 35), traceparent.slice(36, 52)])
          assert.match(current?.traceId ?? "", /^[0-9a-f]{32}$/)
          assert.isTrue(handling.every((span) => Option.isNone(span.parent)))
        })
      )

      test(
        "lines of a handler's log say what they are about",
        Effect.gen(function* () {
          yield* storeOne("a")
          const lines: Array<Readonly<Record<string, unknown>>> = []
          const logger = Logger.make(({ fiber }) => {
            lines.push(fiber.getRef(References.CurrentLogAnnotations))
          })
          yield* work(() => Effect.logInfo("seen")).pipe(Effect.provide(Logger.layer([logger])))
          assert.deepInclude(lines[0], { source: "github", id: "a", type: "opened", attempt: 1 })
        })
      )
    })

    describe("outgoing dead letters", () => {
      const letter: InboxStore.Buried = {
        source: "https://example.com#1",
        id: "msg_1",
        type: "invoice.paid",
        headers: [],
        body: encode({}),
        digest: "d",
        now: 5,
        target: "https://example.com/hooks?token=planted",
        history: [1, 2].map((number) => ({
          number,
          startedAt: number,
          endedAt: number,
          outcome: "failed",
          error: { tag: "Refused", message: "" }
        }))
      }

      test(
        "are listed apart from what came in, and are neither handled nor replayed by the inbox",
        Effect.gen(function* () {
          const store = yield* InboxStore.InboxStore
          const inbox = yield* Inbox.Inbox
          const key = yield* store.bury(letter)
          assert.deepStrictEqual(yield* inbox.list(), [])
          assert.isFalse(yield* inbox.replay(key))
          assert.strictEqual(yield* inbox.replayWhere({ direction: "out" }), 0)
          const [listed] = yield* inbox.list({ direction: "out" })
          assert.deepInclude(listed, { key, id: "msg_1", status: "dead", attempts: 2 })
          assert.notInclude(JSON.stringify([listed, yield* eventOf(key)]), "planted")
          assert.strictEqual((yield* eventOf(key)).target, letter.target)
        })
      )

      test(
        "grow in history when they are given up again, and end when they are delivered",
        Effect.gen(function* () {
          const store = yield* InboxStore.InboxStore
          const key = yield* store.bury(letter)
          assert.strictEqual(yield* store.bury(letter), key)
          yield* store.exhume(key, [{ number: 1, startedAt: 9, endedAt: 9, outcome: "handled", error: undefined }])
          const event = yield* eventOf(key)
          assert.deepStrictEqual(
            event.history.map((attempt) => [attempt.number, attempt.outcome]),
            [
              [1, "failed"],
              [2, "failed"],
              [3, "failed"],
              [4, "failed"],
              [5, "handled"]
            ]
          )
          assert.deepStrictEqual([event.status, event.attempts], ["handled", 5])
        })
      )
    })

    describe("secrets", () => {
      test(
        "what looks like a secret in an error is not in the history",
        Effect.gen(function* () {
          const put = yield* storeOne("a")
          const message =
            "401 for Bearer planted.secret at https://user:planted@host/?api_key=planted with whsec_plantedplanted"
          yield* work(() => Effect.fail(new Error(message)), { retry: Schedule.recurs(0) })
          const event = yield* eventOf(put.key)
          assert.notInclude(event.history[0]?.error?.message, "planted")
          assert.include(event.history[0]?.error?.message, "401")
        })
      )

      test(
        "a long message is cut",
        Effect.gen(function* () {
          const put = yield* storeOne("a")
          yield* work(() => Effect.fail(new Error("x".repeat(10_000))), { retry: Schedule.recurs(0) })
          assert.strictEqual((yield* eventOf(put.key)).history[0]?.error?.message.length, 500)
        })
      )
    })

    test(
      "a worker whose scope ends while it waits for events ends too",
      Effect.gen(function* () {
        const done = yield* Deferred.make<void>()
        const worker = yield* work(() => Deferred.succeed(done, undefined))
        yield* storeOne("a")
        yield* Deferred.await(done)
        yield* Fiber.interrupt(worker)
      })
    )
  })
}
