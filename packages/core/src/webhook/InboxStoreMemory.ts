/**
 * The inbox store in memory.
 *
 * **When to use**
 *
 * In tests and examples. What it holds ends with the process.
 *
 * **Details**
 *
 * It holds at most `capacity` events, and as many ids of purged ones. When it is full, the oldest finished event goes, and
 * its id with it; when none is finished, an event is refused with `InboxStoreError`, which the receiver answers with 503.
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
import type { Attempt } from "./Attempt.ts"
import { InboxSeal, type Service as Seal } from "./InboxSeal.ts"
import { InboxStore, InboxStoreError } from "./InboxStore.ts"
import type {
  Buried,
  Claim,
  Filter,
  KeptAnswer,
  LaneRule,
  NewEvent,
  Place,
  Purge,
  Put,
  Selection,
  Service,
  Settlement
} from "./InboxStore.ts"
import { heldUntil } from "./internal/laneHold.ts"
import { notificationDueAt } from "./internal/notifications.ts"
import { plainStore } from "./internal/plainStore.ts"
import { type RawStore, sealedStore } from "./internal/sealedStore.ts"
import { WebhookEvent } from "./WebhookEvent.ts"
import type { Fields, Status } from "./WebhookEvent.ts"
import { checkMemory } from "./internal/optionChecks.ts"

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
 * Makes an empty store. Throws `InvalidOption` for a `capacity` that makes no sense.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}, seal?: Seal): Service => {
  checkMemory("", options)
  return plainStore(sealedStore(makeStore(options), seal))
}

/**
 * An empty store in memory.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<InboxStore> => {
  checkMemory("", options)
  return Layer.effect(
    InboxStore,
    Effect.map(InboxSeal, (seal) => make(options, seal))
  )
}

const makeStore = (options: Options): RawStore => {
  const capacity = options.capacity ?? 10_000
  const rows = new Map<number, Row>()
  const keys = new Map<string, number>()
  const seen = new Map<string, Seen>()
  /** The latest event of each notification. */
  const latest = new Map<string, { readonly key: number; readonly dueAt: number }>()
  let lastKey = 0

  const add = (fields: Arrived, digest: string, identity: string): Row | undefined => {
    if (rows.size >= capacity && !forgetOldest(rows, keys)) return undefined
    const row: Row = {
      ...fields,
      key: ++lastKey,
      history: [],
      digest,
      identity,
      answer: undefined,
      place: undefined,
      fence: 0,
      replayedAt: 0,
      startedAt: 0,
      settledAt: fields.status === "kept" ? fields.receivedAt : 0,
      held: false
    }
    rows.set(row.key, row)
    keys.set(identity, row.key)
    return row
  }

  const put = (event: NewEvent): Put | undefined => {
    const put = putAlone(event)
    const row = put === undefined || put._tag === "Duplicate" ? undefined : rows.get(put.key)
    if (row !== undefined) row.place ??= event.place
    return put
  }

  const putAlone = (event: NewEvent): Put | undefined => {
    if (event.announces !== undefined) return putNotification(event, JSON.stringify([event.source, event.announces]))
    const identity = identityOf("in", event, "")
    const first = find(identity) ?? remembered(identity, event.now)
    if (first === undefined) {
      const row = add(arrived(event, "pending", false), event.digest, identity)
      return row && { _tag: "Stored", key: row.key }
    }
    if (first.digest === event.digest) return { _tag: "Duplicate", key: first.key }
    const variant = identityOf("in", event, event.digest)
    const row = find(variant) ?? add(arrived(event, "kept", true), event.digest, variant)
    return row && { _tag: "Conflicting", key: row.key }
  }

  const putNotification = (event: NewEvent, announced: string): Put | undefined => {
    const before = latest.get(announced)
    const waiting = rows.get(before?.key ?? 0)
    if (waiting?.status === "pending" && waiting.attempts === 0) return { _tag: "Duplicate", key: waiting.key }
    const dueAt = notificationDueAt(event.now, before?.dueAt)
    const row = add({ ...arrived(event, "pending", false), dueAt }, event.digest, identityOf("in", event, ""))
    if (row === undefined) return undefined
    latest.delete(announced)
    latest.set(announced, { key: row.key, dueAt })
    for (const oldest of latest.size > capacity ? [...latest.keys()].slice(0, 1) : []) latest.delete(oldest)
    return { _tag: "Stored", key: row.key }
  }

  const find = (identity: string): Row | undefined => rows.get(keys.get(identity) ?? 0)

  const remembered = (identity: string, now: number): Seen | undefined => {
    const known = seen.get(identity)
    return known !== undefined && known.until > now ? known : undefined
  }

  const select = (selection: Selection): ReadonlyArray<Row> =>
    [...rows.values()].filter((row) =>
      "key" in selection ? row.key === selection.key && row.direction === "in" : matches(row, selection.filter)
    )

  const waiting = (source: string): ReadonlyArray<Row> =>
    [...rows.values()]
      .filter((row) => row.direction === "in" && row.source === source && isOpen(row))
      .toSorted((left, right) => left.dueAt - right.dueAt || left.key - right.key)

  const claim = ({ lanes, leaseUntil, limit, now, source }: Parameters<Service["claim"]>[0]): ReadonlyArray<Claim> => {
    const claims: Array<Claim> = []
    for (const row of waiting(source)) {
      if (row.dueAt > now || claims.length === limit) break
      if (lanes === undefined || comesNow(rows, row, lanes, now)) claims.push(take(row, now, leaseUntil))
    }
    return claims.toSorted((left, right) => left.event.key - right.event.key)
  }

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
    release(rows, row, row.settledAt)
    return true
  }

  const replay = (selection: Selection, now: number): number => {
    const replayed = select(selection).filter((row) => row.direction === "in" && !isOpen(row))
    for (const row of replayed) {
      Object.assign(row, { status: "pending", dueAt: now, replayedAt: row.attempts, fence: row.fence + 1 })
      release(rows, row, now)
    }
    return replayed.length
  }

  const discard = (selection: Selection, now: number): number => {
    const discarded = select(selection).filter((row) => ["pending", "dead", "kept"].includes(row.status))
    for (const row of discarded) {
      Object.assign(row, { status: "discarded", settledAt: now, held: false })
      release(rows, row, now)
    }
    return discarded.length
  }

  const purge = (purged: Purge): number => {
    const doomed = doomedBy(purged, [...rows.values()])
    for (const row of doomed) {
      const until = row.receivedAt + purged.rememberMillis
      if (until > purged.now && row.direction === "in" && !row.conflicting) {
        seen.set(row.identity, { key: row.key, digest: row.digest, until })
      }
      for (const oldest of seen.size > capacity ? [...seen.keys()].slice(0, 1) : []) seen.delete(oldest)
      forget(rows, keys, row)
      release(rows, row, purged.now)
    }
    return doomed.length
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
    put: (events) => Effect.forEach(events, (event) => orFull(() => put(event))),
    keepAnswer: (key, answer) =>
      Effect.sync(() => {
        const row = rows.get(key)
        if (row !== undefined) row.answer ??= answer
      }),
    placeOf: (key) => Effect.sync(() => rows.get(key)?.place),
    answerTo: (key) => Effect.sync(() => rows.get(key)?.answer),
    claim: (asked) => Effect.sync(() => claim(asked)),
    renew: (claim, leaseUntil) =>
      Effect.sync(() => {
        const row = held(claim)
        if (row !== undefined) row.dueAt = leaseUntil
        return row !== undefined
      }),
    settle: (claim, settlement) => Effect.sync(() => settle(claim, settlement)),
    nextDue: (source) => Effect.sync(() => waiting(source)[0]?.dueAt),
    undecided: (source, limit) =>
      Effect.sync(() =>
        waiting(source)
          .filter((row) => row.lane === undefined)
          .toSorted((left, right) => left.key - right.key)
          .slice(0, limit)
          .map((row) => ({ event: snapshot(row) }))
      ),
    decide: (lanes) =>
      Effect.sync(() => {
        for (const { key, lane } of lanes) {
          const row = rows.get(key)
          if (row !== undefined) row.lane ??= lane
        }
      }),
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
    replay: (selection, now) => Effect.sync(() => replay(selection, now)),
    discard: (selection, now) => Effect.sync(() => discard(selection, now)),
    purge: (purged) => Effect.sync(() => purge(purged)),
    forget: (now) =>
      Effect.sync(() => {
        const over = [...seen].filter(([, { until }]) => until <= now)
        for (const [identity] of over) seen.delete(identity)
        return over.length
      }),
    bury: (event) => orFull(() => bury(event)),
    exhume: (key, history) =>
      Effect.sync(() => {
        const row = rows.get(key)
        if (row?.direction !== "out") return
        Object.assign(row, { status: "handled", settledAt: history.at(-1)?.endedAt ?? 0 })
        for (const attempt of history) remember(row, { ...attempt, number: ++row.attempts })
      }),
    listen: () => Effect.never,
    transaction: (effect) => effect,
    afterCommit: (effect) => effect,
    sealedOtherwise: (keyId, after, limit) =>
      Effect.sync(() =>
        [...rows.values()]
          .filter((row) => row.key > after && row.sealedBy !== keyId)
          .slice(0, limit)
          .map(snapshot)
      ),
    rewrite: (event, content) =>
      Effect.sync(() => {
        const row = rows.get(event.key)
        if (row === undefined || row.sealedBy !== event.sealedBy) return false
        Object.assign(row, content)
        return true
      }),
    deliveriesSealedOtherwise: (keyId, after, limit) =>
      Effect.sync(() =>
        [...new Set([...rows.values()].flatMap(({ place }) => place?.delivery ?? []))]
          .filter(({ id, sealedBy }) => id > after && sealedBy !== keyId)
          .toSorted((left, right) => (left.id < right.id ? -1 : 1))
          .slice(0, limit)
      ),
    rewriteDelivery: (before, after) =>
      Effect.sync(() => {
        const held = [...rows.values()].filter(({ place }) => place?.delivery === before)
        for (const row of held) row.place = row.place && { ...row.place, delivery: after }
        return held.length > 0
      })
  }
}

interface Row extends Omit<Fields, "history" | "status" | "dueAt" | "attempts" | "lane"> {
  status: Status
  dueAt: number
  attempts: number
  lane: string | undefined
  history: Array<Attempt>
  fence: number
  /** How many attempts there were at the last replay. */
  replayedAt: number
  startedAt: number
  settledAt: number
  /** Whether it was put off, because its turn in its lane has not come. */
  held: boolean
  readonly digest: string
  readonly identity: string
  answer: KeptAnswer | undefined
  place: Place | undefined
}

/** The id of an event that was purged. */
interface Seen {
  readonly key: number
  readonly digest: string
  readonly until: number
}

type Arrived = Omit<Fields, "key" | "history"> & { readonly lane: string | undefined }

const longestHistory = 200

const identityOf = (direction: "in" | "out", event: NewEvent, variant: string): string =>
  JSON.stringify([direction, event.source, event.id, variant])

const arrived = (event: NewEvent, status: Status, conflicting: boolean): Arrived => ({
  direction: "in",
  source: event.source,
  id: event.id,
  type: event.type,
  lane: event.lane,
  traceparent: event.traceparent,
  sealedBy: event.sealedBy,
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
  (filter.lane === undefined || row.lane === filter.lane) &&
  (filter.status === undefined || [filter.status].flat().includes(row.status))

/** Whether an event's turn has come; if not, it is put off. */
const comesNow = (rows: ReadonlyMap<number, Row>, row: Row, rule: LaneRule, now: number): boolean => {
  // One whose worker vanished had its turn already.
  if (row.status === "handling") return true
  if (row.lane === undefined && rule.decided) return false
  const others = [...rows.values()].filter((other) => other.key !== row.key && isBeside(row, other))
  const earlier = rule.ordered ? others.filter(({ key }) => key < row.key) : []
  const behind = earlier.filter(isOpen).map(({ dueAt }) => dueAt)
  const behindDead = rule.stands && earlier.some(({ status }) => status === "dead")
  const full = others.filter(({ status }) => status === "handling").length >= rule.limit
  if (behind.length === 0 && !behindDead && !full) return true
  row.held = true
  row.dueAt = heldUntil(now, behind.length > 0 ? Math.min(...behind) : full ? now : undefined)
  return false
}

const isBeside = (row: Row, other: Row): boolean =>
  row.lane !== undefined &&
  row.lane !== "" &&
  other.direction === "in" &&
  other.source === row.source &&
  other.lane === row.lane

/** The first of the row's lane that was put off is looked at again. */
const release = (rows: ReadonlyMap<number, Row>, row: Row, now: number): void => {
  const next = [...rows.values()].find((other) => other.held && isBeside(row, other))
  if (next !== undefined) Object.assign(next, { held: false, dueAt: now })
}

const doomedBy = (purge: Purge, rows: ReadonlyArray<Row>): ReadonlyArray<Row> => {
  const statuses: ReadonlyArray<Status> = purge.statuses
  const finished = rows.filter(
    (row) =>
      statuses.includes(row.status) &&
      (purge.source === undefined || (row.direction === "in" && row.source === purge.source))
  )
  const last = purge.newest === undefined ? undefined : (finished.at(-1 - purge.newest)?.key ?? 0)
  return finished
    .filter((row) => purge.before === undefined || row.settledAt < purge.before)
    .filter((row) => last === undefined || row.key <= last)
    .slice(0, purge.limit)
}

const remember = (row: Row, attempt: Attempt): void => {
  row.history.push(attempt)
  if (row.history.length > longestHistory) row.history.shift()
}

const take = (row: Row, now: number, leaseUntil: number): Claim => {
  const takenOver = row.status === "handling"
  if (takenOver) remember(row, lostAttempt(row, now))
  row.status = "handling"
  row.held = false
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
