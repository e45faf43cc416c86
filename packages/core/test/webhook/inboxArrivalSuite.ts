import { Inbox, type InboxStore } from "@causeway/core/webhook"
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Layer, Option } from "effect"
import { TestClock } from "effect/testing"

const text = (content: string): Uint8Array => new TextEncoder().encode(content)

const arrival = (id: string | undefined, body: string, more: Partial<Inbox.Arrival> = {}): Inbox.Arrival => ({
  source: "github",
  id,
  headers: [],
  body: text(body),
  ...more
})

/** Events of one delivery, by its id: where each stood, and its own body. */
const delivery = (body: string, ids: ReadonlyArray<string>): ReadonlyArray<Inbox.Arrival> => {
  const shared = text(body)
  return ids.map((id, index) => arrival(id, id, { delivery: { body: shared, path: ["events", index] } }))
}

const notification = (body: string) => arrival(undefined, body, { isNotification: true })

/** What every inbox does with what comes in, whatever its store. */
export const inboxArrivalSuite = <E>(name: string, layer: Layer.Layer<Inbox.Inbox | InboxStore.InboxStore, E>) => {
  const test = <A, E2>(fact: string, program: Effect.Effect<A, E2, Inbox.Inbox | InboxStore.InboxStore>) =>
    it.effect(fact, () => Effect.provide(program, layer))

  describe(`what comes into an inbox in ${name}`, () => {
    test(
      "several events are stored together, and each is told what became of it",
      Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        yield* inbox.store(arrival("b", "2"))
        const puts = yield* inbox.storeAll([
          arrival("a", "1"),
          arrival("b", "2"),
          arrival("b", "other"),
          arrival("c", "3"),
          notification("n"),
          arrival("c", "3"),
          notification("n")
        ])
        assert.deepStrictEqual(
          puts.map(({ _tag }) => _tag),
          ["Stored", "Duplicate", "Conflicting", "Stored", "Stored", "Duplicate", "Duplicate"]
        )
        assert.strictEqual(puts[3]?.key, puts[5]?.key)
        assert.deepStrictEqual(yield* inbox.storeAll([]), [])
        assert.strictEqual((yield* inbox.count()).pending, 4)
      })
    )

    test(
      "an event whose body varies is a duplicate whatever its body, and keeps the first",
      Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        const first = yield* inbox.store(arrival("a", `{"attempt":1}`, { bodyVaries: true }))
        const again = yield* inbox.store(arrival("a", `{"attempt":2}`, { bodyVaries: true }))
        assert.deepStrictEqual([first._tag, again._tag], ["Stored", "Duplicate"])
        const event = yield* Effect.map(inbox.get(first.key), Option.getOrThrow)
        assert.deepStrictEqual(event.body, text(`{"attempt":1}`))
      })
    )

    test(
      "the first answer to a delivery is kept as long as its event",
      Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        const { key } = yield* inbox.store(arrival("a", "1"))
        assert.isTrue(Option.isNone(yield* inbox.answerTo(key)))
        const answer = { status: 200, headers: { "content-type": "application/json" }, body: `{"ok":"ü"}` }
        yield* inbox.keepAnswer(key, answer)
        yield* inbox.keepAnswer(key, { ...answer, body: "another" })
        yield* inbox.keepAnswer(key + 1000, answer)
        assert.deepStrictEqual(yield* inbox.answerTo(key), Option.some(answer))
        assert.isTrue(Option.isNone(yield* inbox.answerTo(key + 1000)))
        yield* inbox.discard(key)
        yield* TestClock.adjust("1 minute")
        yield* inbox.purge({ olderThan: 0, statuses: ["discarded"] })
        assert.isTrue(Option.isNone(yield* inbox.answerTo(key)))
      })
    )

    test(
      "events of one delivery know its body and where they stood in it, and one that came alone does not",
      Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        const [alone, a, b] = yield* inbox.storeAll([arrival("alone", "1"), ...delivery("[a, b]", ["a", "b"])])
        assert.deepStrictEqual(yield* inbox.deliveryOf(alone?.key ?? 0), Option.none())
        for (const [put, index] of [
          [a, 0],
          [b, 1]
        ] as const) {
          const found = yield* Effect.map(inbox.deliveryOf(put?.key ?? 0), Option.getOrThrow)
          assert.deepStrictEqual([Buffer.from(found.body).toString(), found.path], ["[a, b]", ["events", index]])
        }
      })
    )

    test(
      "an event that comes again keeps the delivery it came in first, and what conflicts with it has its own",
      Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        const [a] = yield* inbox.storeAll(delivery("first", ["a"]))
        const second = [...delivery("second", ["a", "b"]), { ...delivery("third", ["a"])[0]!, body: text("other") }]
        const [again, b, other] = yield* inbox.storeAll(second)
        assert.deepStrictEqual([again?._tag, b?._tag, other?._tag], ["Duplicate", "Stored", "Conflicting"])
        const bodies = yield* Effect.forEach([a, b, other], (put) =>
          Effect.map(inbox.deliveryOf(put?.key ?? 0), (found) => Buffer.from(Option.getOrThrow(found).body).toString())
        )
        assert.deepStrictEqual(bodies, ["first", "second", "third"])
      })
    )

    test(
      "the body of a delivery is kept as long as one of its events",
      Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        const [a, b] = yield* inbox.storeAll(delivery("[a, b]", ["a", "b"]))
        yield* inbox.discard(a?.key ?? 0)
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(yield* inbox.purge({ olderThan: 0 }), 1)
        assert.deepStrictEqual(yield* inbox.deliveryOf(a?.key ?? 0), Option.none())
        assert.isTrue(Option.isSome(yield* inbox.deliveryOf(b?.key ?? 0)))
      })
    )

    test(
      "a notification is a duplicate while an identical one waits, and a new event afterwards",
      Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        const tagsOf = Effect.forEach(["x", "x", "y"], (body) =>
          Effect.map(inbox.store(notification(body)), ({ _tag }) => _tag)
        )
        assert.deepStrictEqual(yield* tagsOf, ["Stored", "Duplicate", "Stored"])
        for (const { key } of yield* inbox.list()) yield* inbox.discard(key)
        assert.deepStrictEqual(yield* tagsOf, ["Stored", "Duplicate", "Stored"])
        const due = yield* Effect.map(inbox.list({ status: "pending" }), (events) => events.map(({ dueAt }) => dueAt))
        assert.deepStrictEqual(due, [1000, 1000])
        yield* TestClock.adjust("1 minute")
        for (const { key } of yield* inbox.list()) yield* inbox.discard(key)
        yield* inbox.purge({ olderThan: 0, statuses: ["discarded"] })
        assert.deepStrictEqual(yield* tagsOf, ["Stored", "Duplicate", "Stored"])
      })
    )
  })
}
