import { Clock, Effect } from "effect"
import type { FinishedStatus, InboxStoreError, Purge, Service as Store } from "../InboxStore.ts"
import type { Meter } from "./inboxMetrics.ts"

/** What stays of the events of a source, and how often it is looked at. Durations are in milliseconds. */
export interface Retention {
  /** How long an event stays after it ended so; `undefined` is for ever. */
  readonly ages: Readonly<Record<FinishedStatus, number | undefined>>
  readonly newest: number | undefined
  readonly rememberMillis: number
  readonly everyMillis: number
}

const statuses = ["handled", "dead", "kept", "discarded"] as const

/** How many events go in one transaction: others have the database in between. */
const purgedAtOnce = 500

/** Deletes in steps until nothing is left to delete; returns how many. */
export const purgeInSteps = (store: Store, purge: Omit<Purge, "limit">): Effect.Effect<number, InboxStoreError> =>
  Effect.gen(function* () {
    let purged = 0
    for (;;) {
      const step = yield* store.purge({ ...purge, limit: purgedAtOnce })
      purged += step
      if (step < purgedAtOnce) return purged
      yield* Effect.yieldNow
    }
  })

/** Purges what retention says, once. */
export const tidy = (
  store: Store,
  source: string,
  { ages, newest, rememberMillis }: Retention
): Effect.Effect<void, InboxStoreError> =>
  Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    for (const status of statuses) {
      const age = ages[status]
      if (age === undefined) continue
      yield* purgeInSteps(store, { source, statuses: [status], before: now - age, rememberMillis, now })
    }
    if (newest !== undefined) yield* purgeInSteps(store, { source, statuses, newest, rememberMillis, now })
    yield* store.forget(now)
  })

export const measuredEvery = "1 minute"

/** Sets the gauges of what waits, once. */
export const measure = (store: Store, source: string, meter: Meter): Effect.Effect<void, InboxStoreError> =>
  Effect.gen(function* () {
    const counts = yield* store.count({ source, status: ["pending", "handling", "dead"] })
    for (const status of ["pending", "handling", "dead"] as const) meter.update("events", counts[status], { status })
    const due = yield* store.nextDue(source)
    const now = yield* Clock.currentTimeMillis
    meter.update("overdue", due === undefined ? 0 : Math.max(0, now - due))
  })
