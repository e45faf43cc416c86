/** Texts that a database refuses, or cuts, in everything that goes into a store. */
import { Inbox, InboxSeal, InboxStore, type WebhookEvent } from "@causeway/core/webhook"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Option, Schedule } from "effect"
import { pass, settle } from "./quiet.ts"

/** U+0000, either half of a surrogate pair, and a character of two halves that is fine. */
const odd = "a\0\ud800b\udc00\u{1f600}"
const plain = "a\uFFFD\uFFFDb\uFFFD\u{1f600}"

const arrival = (id: string, lane?: string): Inbox.Arrival => ({
  source: "github",
  id,
  type: "opened",
  lane,
  headers: [],
  body: new TextEncoder().encode("{}")
})

const eventOf = (key: number) => Effect.flatMap(Inbox.Inbox, (inbox) => Effect.map(inbox.get(key), Option.getOrThrow))

type Options = Partial<Inbox.Options<{}, {}, never>>

const work = (
  handle: (delivery: WebhookEvent.WebhookEvent) => Effect.Effect<unknown, unknown>,
  options: Options = {}
) =>
  Inbox.run({ source: "github", events: {}, handle: {}, otherwise: handle, ...options }).pipe(
    Effect.forkChild,
    Effect.tap(settle)
  )

/** What every store makes of texts that some databases refuse. */
export const inboxTextSuite = <E>(name: string, layer: Layer.Layer<Inbox.Inbox | InboxStore.InboxStore, E>) => {
  const test = <A, E2>(fact: string, program: Effect.Effect<A, E2, Inbox.Inbox | InboxStore.InboxStore>) =>
    it.effect(fact, () => Effect.provide(program, layer))

  describe(`Texts in ${name}`, () => {
    const everywhere: Inbox.Arrival = {
      source: odd,
      id: odd,
      type: odd,
      lane: odd,
      traceparent: odd,
      headers: [[odd, odd]],
      body: new TextEncoder().encode(odd)
    }

    test(
      "U+0000 and half characters in any text of an event are stored as U+FFFD, and its body as it is",
      Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        const put = yield* inbox.store(everywhere)
        assert.deepStrictEqual(yield* inbox.store(everywhere), { _tag: "Duplicate", key: put.key })
        const event = yield* eventOf(put.key)
        assert.deepStrictEqual(
          [event.source, event.id, event.type, event.lane, event.traceparent, event.headers],
          [plain, plain, plain, plain, plain, [[plain, plain]]]
        )
        assert.deepStrictEqual([...event.body], [...everywhere.body])
      })
    )

    test(
      "what was stored under an odd name is found, counted, handled, replayed, discarded and purged by that name",
      Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        const put = yield* inbox.store(everywhere)
        const filter = { source: odd, type: odd, lane: odd }
        const failing = yield* work(() => Effect.fail(Inbox.permanent({ _tag: odd, message: odd })), { source: odd })
        assert.strictEqual((yield* inbox.count(filter)).dead, 1)
        assert.strictEqual((yield* inbox.list(filter)).length, 1)
        assert.deepStrictEqual((yield* eventOf(put.key)).history[0]?.error, { tag: plain, message: plain })
        yield* Fiber.interrupt(failing)
        assert.strictEqual(yield* inbox.replayWhere(filter), 1)
        const store = yield* InboxStore.InboxStore
        assert.strictEqual(yield* store.discard({ filter }, 0), 1)
        yield* pass("1 second")
        assert.strictEqual(yield* inbox.purge({ olderThan: 0, source: odd }), 1)
      })
    )

    test(
      "a worker of a source with an odd name is woken by what is stored later",
      Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        const ids: Array<string> = []
        yield* work(({ id }) => Effect.sync(() => ids.push(id)), { source: odd, pollInterval: "1 hour" })
        yield* inbox.store({ ...arrival("late"), source: odd })
        yield* settle
        assert.deepStrictEqual(ids, ["late"])
      })
    )

    test(
      "an event whose key says an odd or very long lane holds up no other, and its lane is kept in order",
      Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        const long = "\u{1f600}".repeat(5000)
        for (const id of ["odd 1", "odd 2", "long", "fine"]) yield* inbox.store(arrival(id))
        const key = ({ id }: WebhookEvent.WebhookEvent) => (id.startsWith("odd") ? odd : id === "long" ? long : "fine")
        const ids: Array<string> = []
        const handle = ({ id }: WebhookEvent.WebhookEvent) => Effect.sync(() => ids.push(id))
        yield* work(handle, { key, ordered: true, concurrency: 1 })
        assert.deepStrictEqual(ids, ["odd 1", "odd 2", "long", "fine"])
        assert.strictEqual((yield* inbox.list({ lane: odd })).length, 2)
        assert.strictEqual((yield* inbox.list({ lane: long })).length, 1)
      })
    )

    test(
      "an odd tag and message of a failure are recorded, and the event is tried again",
      Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        const put = yield* inbox.store(arrival("a"))
        yield* work(() => Effect.fail({ _tag: odd, message: odd }), { retry: Schedule.spaced("1 hour") })
        const event = yield* eventOf(put.key)
        assert.deepStrictEqual([event.status, event.history[0]?.error], ["pending", { tag: plain, message: plain }])
      })
    )

    test(
      "a dead letter that is odd in every text is stored, found and ended",
      Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        const store = yield* InboxStore.InboxStore
        const attempt = { number: 1, startedAt: 1, endedAt: 1, outcome: "failed" } as const
        const history = [{ ...attempt, error: { tag: odd, message: odd } }]
        const letter = { source: odd, id: odd, type: odd, headers: [[odd, odd]] as const, digest: odd }
        const key = yield* store.bury({ ...letter, body: new Uint8Array(), now: 5, target: odd, history })
        assert.strictEqual((yield* inbox.list({ direction: "out", source: odd })).length, 1)
        yield* store.exhume(key, history)
        const event = yield* eventOf(key)
        assert.deepStrictEqual(
          [event.status, event.target, event.history.map(({ error }) => error?.message)],
          ["handled", plain, [plain, plain]]
        )
      })
    )

    it.effect("a sealed event with odd and long names opens again", () =>
      Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        const put = yield* inbox.store({ ...everywhere, id: odd.repeat(500) })
        const event = yield* eventOf(put.key)
        assert.deepStrictEqual(event.headers, [[plain, plain]])
        assert.match(event.id, /^sha256:[0-9a-f]{64}$/)
      }).pipe(
        Effect.provide(
          Layer.provide(layer, Layer.succeed(InboxSeal.InboxSeal, InboxSeal.make([InboxSeal.generateKey("k")])))
        )
      )
    )

    test(
      "a very long id is an id like any other",
      Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        const id = "x".repeat(100_000)
        const put = yield* inbox.store(arrival(id))
        assert.strictEqual((yield* inbox.store(arrival(id)))._tag, "Duplicate")
        assert.strictEqual((yield* inbox.store(arrival(`${id}y`)))._tag, "Stored")
        assert.isBelow((yield* eventOf(put.key)).id.length, 100)
      })
    )
  })
}
