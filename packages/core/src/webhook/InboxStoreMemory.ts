/**
 * The inbox store in memory.
 *
 * **When to use**
 *
 * In tests and examples. What it holds ends with the process.
 *
 * **Details**
 *
 * It holds at most `capacity` events. When it is full, the oldest finished one is forgotten; when none is finished, an
 * event is refused with `InboxStoreError`, which the receiver answers with 503.
 *
 * **Gotchas**
 *
 * `transaction` only runs its effect: nothing is rolled back.
 *
 * **Example** (An inbox for a test)
 *
 * ```ts
 * import { Inbox, InboxStoreMemory } from "@causeway/core/webhook"
 * import { Layer } from "effect"
 *
 * const layer = Inbox.layer.pipe(Layer.provide(InboxStoreMemory.layer({ capacity: 100 })))
 * console.assert(Layer.isLayer(layer))
 * ```
 *
 * @since 0.1.0
 */
import { Effect, Layer } from "effect"
import * as InvalidOption from "../policy/InvalidOption.ts"
import type { Attempt } from "./Attempt.ts"
import { InboxStore, InboxStoreError } from "./InboxStore.ts"
import type { Buried, Claim, Filter, NewEvent, Put, Selection, Service, Settlement } from "./InboxStore.ts"
import { WebhookEvent } from "./WebhookEvent.ts"
import type { Fields, Status } from "./WebhookEvent.ts"

/**
 * Options of {@link make} and {@link layer}.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** How many events are held. Default: 10,000. */
  readonly capacity?: number | undefined
}

/**
 * Makes an empty store.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Service => {
  const capacity = InvalidOption.integer("capacity", options.capacity ?? 10_000, 1)
  const rows = new Map<number, Row>()
  const keys = new Map<string, number>()
  let lastKey = 0

  const add = (fields: Omit<Fields, "key" | "history">, digest: string, identity: string): Row | undefined => {
    if (rows.size >= capacity && !forgetOldest(rows, keys)) return undefined
    const row: Row = {
      ...fields,
      key: ++lastKey,
      history: [],
      digest,
      identity,
      fence: 0,
      replayedAt: 0,
      startedAt: 0,
      settledAt: 0
    }
    rows.set(row.key, row)
    keys.set(identity, row.key)
    return row
  }

  const put = (event: NewEvent): Put | undefined => {
    const first = find(identityOf("in", event, ""))
    if (first === undefined) {
      const row = add(arrived(event, "pending", false), event.digest, identityOf("in", event, ""))
      return row && { _tag: "Stored", key: row.key }
    }
    if (first.digest === event.digest) return { _tag: "Duplicate", key: first.key }
    const variant = identityOf("in", event, event.digest)
    const row = find(variant) ?? add(arrived(event, "kept", true), event.digest, variant)
    return row && { _tag: "Conflicting", key: row.key }
  }

  const find = (identity: string): Row | undefined => rows.get(keys.get(identity) ?? 0)

  const select = (selection: Selection): ReadonlyArray<Row> =>
    [...rows.values()].filter((row) =>
      "key" in selection ? row.key === selection.key && row.direction === "in" : matches(row, selection.filter)
    )

  const due = (source: string): ReadonlyArray<Row> =>
    [...rows.values()]
      .filter((row) => row.direction === "in" && row.source === source && isOpen(row))
      .toSorted((left, right) => left.dueAt - right.dueAt || left.key - right.key)

  const held = (claim: Claim): Row | undefined => {
    const row = rows.get(claim.event.key)
    return row?.fence === claim.fence && row.status === "handling" ? row : undefined
  }

  const settle = (claim: Claim, settlement: Settlement): boolean => {
    const row = held(claim)
    if (row === undefined) return false
    row.status = settlement.status
    row.dueAt = settlement.dueAt
    row.settledAt = settlement.attempt?.endedAt ?? settlement.dueAt
    if (settlement.attempt === undefined) row.attempts -= 1
    else remember(row, { ...settlement.attempt, number: row.attempts })
    return true
  }

  const bury = (event: Buried): number | undefined => {
    const identity = identityOf("out", event, "")
    const row = find(identity) ?? add({ ...arrived(event, "dead", false), direction: "out" }, event.digest, identity)
    if (row === undefined) return undefined
    Object.assign(row, { status: "dead", settledAt: event.now, target: event.target })
    for (const attempt of event.history) remember(row, { ...attempt, number: ++row.attempts })
    return row.key
  }

  const full = () =>
    new InboxStoreError({ operation: "store an event", cause: new Error(`It is full: capacity is ${capacity}`) })

  const orFull = <A>(run: () => A | undefined): Effect.Effect<A, InboxStoreError> =>
    Effect.suspend(() => {
      const result = run()
      return result === undefined ? Effect.fail(full()) : Effect.succeed(result)
    })

  return {
    put: (event) => orFull(() => put(event)),
    claim: ({ leaseUntil, limit, now, source }) =>
      Effect.sync(() =>
        due(source)
          .filter((row) => row.dueAt <= now)
          .slice(0, limit)
          .map((row) => take(row, now, leaseUntil))
      ),
    renew: (claim, leaseUntil) =>
      Effect.sync(() => {
        const row = held(claim)
        if (row !== undefined) row.dueAt = leaseUntil
        return row !== undefined
      }),
    settle: (claim, settlement) => Effect.sync(() => settle(claim, settlement)),
    nextDue: (source) => Effect.sync(() => due(source)[0]?.dueAt),
    get: (key) =>
      Effect.sync(() => {
        const row = rows.get(key)
        return row && snapshot(row)
      }),
    list: ({ after = 0, limit = 100, ...filter }) =>
      Effect.sync(() =>
        select({ filter })
          .filter((row) => row.key > after)
          .slice(0, limit)
          .map(snapshot)
      ),
    count: (filter) =>
      Effect.sync(() => {
        const counts: Record<Status, number> = { pending: 0, handling: 0, handled: 0, dead: 0, kept: 0, discarded: 0 }
        for (const row of select({ filter })) counts[row.status] += 1
        return counts
      }),
    replay: (selection, now) =>
      Effect.sync(() => {
        const replayed = select(selection).filter((row) => row.direction === "in" && !isOpen(row))
        for (const row of replayed) {
          Object.assign(row, { status: "pending", dueAt: now, replayedAt: row.attempts, fence: row.fence + 1 })
        }
        return replayed.length
      }),
    discard: (selection, now) =>
      Effect.sync(() => {
        const discarded = select(selection).filter((row) => ["pending", "dead", "kept"].includes(row.status))
        for (const row of discarded) Object.assign(row, { status: "discarded", settledAt: now })
        return discarded.length
      }),
    purge: ({ before, statuses }) =>
      Effect.sync(() => {
        const open: ReadonlyArray<Status> = statuses
        const purged = [...rows.values()].filter((row) => open.includes(row.status) && row.settledAt < before)
        for (const row of purged) forget(rows, keys, row)
        return purged.length
      }),
    bury: (event) => orFull(() => bury(event)),
    exhume: (key, history) =>
      Effect.sync(() => {
        const row = rows.get(key)
        if (row?.direction !== "out") return
        Object.assign(row, { status: "handled", settledAt: history.at(-1)?.endedAt ?? 0 })
        for (const attempt of history) remember(row, { ...attempt, number: ++row.attempts })
      }),
    transaction: (effect) => effect,
    afterCommit: (effect) => effect
  }
}

/**
 * An empty store in memory.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<InboxStore> => Layer.sync(InboxStore, () => make(options))

interface Row extends Omit<Fields, "history" | "status" | "dueAt" | "attempts"> {
  status: Status
  dueAt: number
  attempts: number
  history: Array<Attempt>
  fence: number
  /** How many attempts there were at the last replay. */
  replayedAt: number
  startedAt: number
  settledAt: number
  readonly digest: string
  readonly identity: string
}

const longestHistory = 200

const identityOf = (direction: "in" | "out", event: NewEvent, variant: string): string =>
  JSON.stringify([direction, event.source, event.id, variant])

const arrived = (event: NewEvent, status: Status, conflicting: boolean): Omit<Fields, "key" | "history"> => ({
  direction: "in",
  source: event.source,
  id: event.id,
  type: event.type,
  status,
  conflicting,
  receivedAt: event.now,
  dueAt: event.now,
  attempts: 0,
  target: undefined,
  headers: event.headers,
  body: event.body
})

const isOpen = (row: Row): boolean => row.status === "pending" || row.status === "handling"

const matches = (row: Row, filter: Filter): boolean =>
  row.direction === (filter.direction ?? "in") &&
  (filter.source === undefined || row.source === filter.source) &&
  (filter.type === undefined || row.type === filter.type) &&
  (filter.status === undefined || [filter.status].flat().includes(row.status))

const remember = (row: Row, attempt: Attempt): void => {
  row.history.push(attempt)
  if (row.history.length > longestHistory) row.history.shift()
}

const take = (row: Row, now: number, leaseUntil: number): Claim => {
  const takenOver = row.status === "handling"
  if (takenOver) remember(row, lostAttempt(row, now))
  row.status = "handling"
  row.dueAt = leaseUntil
  row.startedAt = now
  row.fence += 1
  row.attempts += 1
  const failures = row.history.filter((attempt) => attempt.number > row.replayedAt)
  return { event: snapshot(row), fence: row.fence, attempt: row.attempts - row.replayedAt, failures, takenOver }
}

const lostAttempt = (row: Row, now: number): Attempt => ({
  number: row.attempts,
  startedAt: row.startedAt,
  endedAt: now,
  outcome: "lost",
  error: { tag: "LeaseExpired", message: "The worker vanished and its lease ran out" }
})

const snapshot = (row: Row): WebhookEvent => new WebhookEvent({ ...row, history: [...row.history] })

const forgetOldest = (rows: Map<number, Row>, keys: Map<string, number>): boolean => {
  for (const row of rows.values()) {
    if (!isOpen(row)) {
      forget(rows, keys, row)
      return true
    }
  }
  return false
}

const forget = (rows: Map<number, Row>, keys: Map<string, number>, row: Row): void => {
  rows.delete(row.key)
  keys.delete(row.identity)
}
