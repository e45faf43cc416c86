/** Failures that are hard to record: errors, schedules and loggers that throw. */
import { Inbox, type InboxStore, type WebhookEvent } from "@causeway/core/webhook"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, type Layer, Logger, Option, Schedule } from "effect"
import { hostileErrors } from "./hostileErrors.ts"
import { pass, settle } from "./quiet.ts"

const storeOne = (id: string) =>
  Effect.flatMap(Inbox.Inbox, (inbox) =>
    inbox.store({ source: "github", id, type: "opened", headers: [], body: new TextEncoder().encode(id) })
  )

const eventOf = (key: number) => Effect.flatMap(Inbox.Inbox, (inbox) => Effect.map(inbox.get(key), Option.getOrThrow))

const count = Effect.flatMap(Inbox.Inbox, (inbox) => inbox.count())

const work = (
  otherwise: (delivery: WebhookEvent.WebhookEvent) => Effect.Effect<unknown, unknown>,
  options: Partial<Inbox.Options<{}, {}, never>> = {}
) =>
  Inbox.run({ source: "github", events: {}, handle: {}, otherwise, ...options }).pipe(
    Effect.forkChild,
    Effect.tap(settle)
  )

/** What every inbox records of failures, whatever its store. */
export const inboxFailureSuite = <E>(name: string, layer: Layer.Layer<Inbox.Inbox | InboxStore.InboxStore, E>) => {
  const test = <A, E2>(fact: string, program: Effect.Effect<A, E2, Inbox.Inbox | InboxStore.InboxStore>) =>
    it.effect(fact, () => Effect.provide(program, layer))

  describe(`Failures in ${name}`, () => {
    test(
      "an error that throws when it is inspected is recorded as a failure, and the event is tried again or dead",
      Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        const errors = Object.values(hostileErrors)
        for (const index of errors.keys()) yield* storeOne(String(index))
        const handle = ({ attempts, id }: WebhookEvent.WebhookEvent) => {
          const error = errors[Number(id)]?.()
          if (attempts === 1) return Effect.fail(error)
          if (attempts === 2) return Effect.die(error)
          return Effect.fail(Inbox.permanent(error))
        }
        yield* work(handle, { retry: Schedule.spaced("10 seconds"), lease: "1 hour" })
        assert.strictEqual((yield* count).pending, errors.length)
        yield* pass("20 seconds")
        assert.strictEqual((yield* count).dead, errors.length)
        for (const { key } of yield* inbox.list()) {
          const { history } = yield* eventOf(key)
          assert.deepStrictEqual(
            history.map(({ outcome }) => outcome),
            ["failed", "failed", "failed"]
          )
        }
      })
    )

    test(
      "an event whose retry schedule throws is dead, with the failure in its history",
      Effect.gen(function* () {
        const put = yield* storeOne("a")
        const retry = Schedule.spaced("1 second").pipe(
          Schedule.tap((): Effect.Effect<void> => {
            throw new Error("no schedule")
          })
        )
        yield* work(() => Effect.fail(new Error("no")), { retry })
        const event = yield* eventOf(put.key)
        assert.deepStrictEqual([event.status, event.history[0]?.error?.message], ["dead", "no"])
      })
    )

    test(
      "a delay that is longer than a store can hold is cut, and the failure is recorded",
      Effect.gen(function* () {
        const put = yield* storeOne("a")
        yield* work(() => Effect.fail(new Error("no")), { retry: Schedule.spaced(Duration.millis(1e300)) })
        const event = yield* eventOf(put.key)
        assert.deepStrictEqual([event.status, event.history.length], ["pending", 1])
      })
    )

    test(
      "a logger that throws keeps no event from being settled",
      Effect.gen(function* () {
        yield* storeOne("retried")
        yield* storeOne("dead")
        const logger = Logger.make(() => {
          throw new Error("no log")
        })
        const handle = ({ id }: WebhookEvent.WebhookEvent) =>
          Effect.fail(id === "dead" ? Inbox.permanent("no") : new Error("no"))
        yield* Effect.provide(work(handle, { retry: Schedule.spaced("1 hour") }), Logger.layer([logger]))
        const { dead, pending } = yield* count
        assert.deepStrictEqual({ dead, pending }, { dead: 1, pending: 1 })
      })
    )
  })
}
