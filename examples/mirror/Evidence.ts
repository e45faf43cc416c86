/**
 * Gathers what the tally, the inbox and the tables know, for the progress line and the report.
 */
import { Inbox } from "@causeway/core/webhook"
import { Clock, Effect, Option } from "effect"
import { Mirror } from "./Mirror.ts"
import { MirrorStore } from "./MirrorStore.ts"
import type { DeadLetter, Facts } from "./Report.ts"
import { Tally } from "./Tally.ts"

/** The facts of a run that began at `startedAt`, in epoch milliseconds. */
export const facts = Effect.fnUntraced(function* (startedAt: number) {
  const tally = yield* Tally
  const inbox = yield* Inbox.Inbox
  return {
    ...tally,
    repository: (yield* Mirror).repository,
    elapsedMillis: (yield* Clock.currentTimeMillis) - startedAt,
    github: tally.calls("github"),
    subscriber: tally.calls("webhooks"),
    contents: yield* (yield* MirrorStore).contents,
    inbox: yield* inbox.count(),
    deadLetters: yield* deadLetters
  } satisfies Facts
})

/** The first few events that were given up, with what their last attempt failed with. */
const deadLetters = Effect.gen(function* () {
  const inbox = yield* Inbox.Inbox
  const dead = yield* inbox.list({ status: "dead", limit: 5 })
  const events = yield* Effect.forEach(dead, ({ key }) => inbox.get(key))
  return events.flatMap(Option.toArray).map(({ attempts, history, id, type = "unknown" }): DeadLetter => ({
    id,
    type,
    attempts,
    reason: history.at(-1)?.error?.message ?? "unknown"
  }))
})

/** One line about how far the work is. */
export const status = Effect.gen(function* () {
  const { announced, received, ...tally } = yield* Tally
  const { dead, handled, handling, kept, pending } = yield* (yield* Inbox.Inbox).count()
  const { calls, circuit } = tally.calls("github")
  return [
    `${calls} calls, circuit ${circuit.at(-1)}`,
    `${received.requests} webhooks, ${handled + kept} done, ${pending + handling} waiting, ${dead} dead`,
    `${announced.delivered} passed on`
  ].join(" · ")
})
