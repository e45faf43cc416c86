/**
 * Events that came in: stored once, handled by typed handlers, retried by a `Schedule`, and kept for a person to look at.
 *
 * **When to use**
 *
 * Behind every webhook route. The route only stores and answers; {@link layerHandlers} handles, in this process or in
 * another one on the same store.
 *
 * **Details**
 *
 * - *Once.* `store` finds duplicates by source and id, in the transaction that stores, which may be yours. An event
 *   without an id goes by the SHA-256 of its body. An id that comes again with another body is kept aside and flagged.
 * - *Remembered.* Finished events go after a while ({@link Retention}); their ids are known for longer, so that what the
 *   sender repeats after days is a duplicate still: with the `scheme` of a source, for longer than its provider repeats.
 * - *At least once.* A handler runs again after a failure, and after a crash, when the lease of the vanished worker runs
 *   out. With `transactional: true` the handler's own writes commit together with the mark that the event is handled.
 * - *Decoded late.* The raw bytes are stored; the schema of the handler reads them. A body that does not fit goes to the
 *   dead letters at once, and can be replayed when the schema was mended.
 * - *Retried.* The schedule sees `{ attempt, error: { tag, message }, failure }`, and is rebuilt from the stored history, so
 *   that it survives a restart. An error with a `retryAfter`, such as `RateLimited`, is given at least that long. When the
 *   schedule ends, or after `maxAttempts`, or when the handler fails with {@link permanent}, the event is dead.
 * - *In order where it matters.* `key` says what an event is about, such as a tenant or an object. With `ordered` the events
 *   of one key are handled one after the other, as they came; `maxPerKey` bounds how many are handled at once. Other keys
 *   go on meanwhile.
 * - *Seen.* An attempt is a span `causeway.inbox.handle`, linked to the delivery; lines of its log carry `source`, `id`,
 *   `type` and `attempt`. Metrics, each with `source`: `causeway_inbox_stored` (`result`), `causeway_inbox_attempts`
 *   (`outcome`), `causeway_inbox_dead`, `causeway_inbox_in_flight`, `causeway_inbox_lag` and
 *   `causeway_inbox_attempt_duration` in milliseconds, and once a minute `causeway_inbox_events` (`status`) and
 *   `causeway_inbox_overdue` in milliseconds.
 * - *Supervised.* A worker whose store fails or dies begins again after a delay of at most 30 seconds, with a log line and
 *   `causeway_inbox_worker_restarts` (`part`). `health` and {@link checkHealth} say which workers run: see `InboxHealth`.
 * - Headers that carry credentials or signatures are dropped before an event is stored; {@link InboxSeal} seals the rest.
 *
 * **Gotchas**
 *
 * - `transactional` holds a database connection while the handler runs; SQLite has one. Keep calls to remote services out
 *   of such a handler.
 * - Without `ordered`, events are taken in the order they are due, but workers run side by side: order is not kept.
 * - `ordered` is the order in which events were stored. Senders deliver side by side and repeat: what came first is not
 *   always what happened first.
 *
 * **Example** (Handling two kinds of events)
 *
 * ```ts
 * import { Inbox } from "@causeway/core/webhook"
 * import { Deferred, Effect, Layer, Schema } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   const opened = yield* Deferred.make<number>()
 *   const handlers = Inbox.layerHandlers({
 *     source: "github",
 *     events: {
 *       issues: Schema.Struct({ action: Schema.String, issue: Schema.Struct({ number: Schema.Int }) }),
 *       ping: Schema.Struct({ zen: Schema.String })
 *     },
 *     handle: {
 *       issues: (event) => Deferred.succeed(opened, event.issue.number),
 *       ping: (event, delivery) => Effect.logInfo(`${delivery.id}: ${event.zen}`)
 *     }
 *   })
 *   const deliver = Effect.gen(function* () {
 *     const inbox = yield* Inbox.Inbox
 *     const body = new TextEncoder().encode('{"action":"opened","issue":{"number":7}}')
 *     yield* inbox.store({ source: "github", id: "1", type: "issues", headers: [], body })
 *     return yield* Deferred.await(opened)
 *   })
 *   return yield* deliver.pipe(Effect.provide(Layer.provideMerge(handlers, Inbox.layerMemory)))
 * })
 *
 * const number = await Effect.runPromise(program)
 * console.assert(number === 7)
 * ```
 *
 * @since 0.1.0
 */
import { Clock, Context, Data, Effect, Latch, Layer, Option, Schedule, Schema } from "effect"
import type { Duration, Scope } from "effect"
import type { SqlClient } from "effect/sql"
import { hash, randomUUID } from "node:crypto"
import * as InvalidOption from "../policy/InvalidOption.ts"
import * as Attempt from "./Attempt.ts"
import { InboxStore } from "./InboxStore.ts"
import type {
  Filter,
  FinishedStatus,
  InboxStoreError,
  NewEvent,
  Page,
  Put,
  Selection,
  Service as Store,
  SharedBody
} from "./InboxStore.ts"
import * as InboxHealth from "./InboxHealth.ts"
import * as InboxStoreMemory from "./InboxStoreMemory.ts"
import * as InboxStoreSql from "./InboxStoreSql.ts"
import { laneRule, parserOf, rejectStrayHandlers } from "./internal/handlerOptions.ts"
import { logStopped } from "./internal/inboxLog.ts"
import { type Meter, meterOf } from "./internal/inboxMetrics.ts"
import { purgeInSteps, type Retention as Keeping } from "./internal/inboxUpkeep.ts"
import { makeWatches } from "./internal/inboxWatches.ts"
import * as InboxWorker from "./internal/inboxWorker.ts"
import { checkHandlers, checkHealthOptions } from "./internal/optionChecks.ts"
import { plainName } from "./internal/plainText.ts"
import * as Remembering from "./internal/remembering.ts"
import * as Traceparent from "./internal/traceparent.ts"
import type { SignatureScheme } from "./SignatureScheme.ts"
import type { Header, Status, Summary, WebhookEvent } from "./WebhookEvent.ts"

/**
 * What came in.
 *
 * @since 0.1.0
 * @category models
 */
export interface Arrival {
  /** Who sent it, such as `"github"`. Ids are unique within a source. */
  readonly source: string
  /** The sender's id of the event. Default: the SHA-256 of the body. An id of more than 500 characters is hashed. */
  readonly id?: string | undefined
  readonly type?: string | undefined
  /** What it is about, where that is known before it is read. Default: what the `key` of its worker says. */
  readonly lane?: string | undefined
  readonly headers: ReadonlyArray<Header>
  /** The raw bytes. */
  readonly body: Uint8Array
  /** Whether it is the same event although its body differs, for instance by a counter of attempts. Default: `false`. */
  readonly bodyVaries?: boolean | undefined
  /**
   * Whether it only announces a change: it is a duplicate while an event with the same id waits to be handled, and a new one
   * afterwards. Default: `false`.
   */
  readonly isNotification?: boolean | undefined
  /**
   * The delivery that held it with others. Its body is stored once for those that are stored together and have the same
   * array here.
   */
  readonly delivery?: SharedDelivery | undefined
  /**
   * The `traceparent` of the delivery, which the span of its handling is linked to. Default: that of the current span.
   *
   * @see https://www.w3.org/TR/trace-context/#traceparent-header
   */
  readonly traceparent?: string | undefined
}

/**
 * A delivery that held several events, for one of them.
 *
 * @since 0.1.0
 * @category models
 */
export interface SharedDelivery {
  /** The raw bytes, as they were signed. */
  readonly body: Uint8Array
  /**
   * The keys and indexes that lead to the event in the JSON of the body, or of its form field, such as
   * `["entry", 0, "changes", 1]`.
   */
  readonly path: ReadonlyArray<string | number>
}

/**
 * What a delivery was answered with.
 *
 * @since 0.1.0
 * @category models
 */
export interface DeliveryAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * What the inbox does.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /**
   * Stores an event, and wakes the workers of its source once the transaction has committed. Inside the caller's own
   * transaction on the same `SqlClient`, it commits or rolls back with it.
   */
  readonly store: (arrival: Arrival) => Effect.Effect<Put, InboxStoreError>
  /** Stores events in one transaction, as {@link Service.store} does each; returns what became of each, in their order. */
  readonly storeAll: (arrivals: ReadonlyArray<Arrival>) => Effect.Effect<ReadonlyArray<Put>, InboxStoreError>
  /** Keeps the answer that the delivery of an event was given, for when it is repeated. The first answer counts. */
  readonly keepAnswer: (key: number, answer: DeliveryAnswer) => Effect.Effect<void, InboxStoreError>
  /** The answer that the delivery of an event was given, if one is kept: as long as the event. */
  readonly answerTo: (key: number) => Effect.Effect<Option.Option<DeliveryAnswer>, InboxStoreError>
  /**
   * The delivery that an event came in, if it held several: with what the provider wrote around them, such as the id of an
   * account. It is kept as long as one of its events.
   */
  readonly deliveryOf: (key: number) => Effect.Effect<Option.Option<SharedDelivery>, InboxStoreError>
  /** Lists events by key, without their bodies; `after` is the last key of the page before. */
  readonly list: (page?: Page) => Effect.Effect<ReadonlyArray<Summary>, InboxStoreError>
  /** One event with its body and history. */
  readonly get: (key: number) => Effect.Effect<Option.Option<WebhookEvent>, InboxStoreError>
  /** How many events there are in each status. */
  readonly count: (filter?: Filter) => Effect.Effect<Readonly<Record<Status, number>>, InboxStoreError>
  /** Makes a finished event due again, with a fresh schedule; `false` when there is none with this key. */
  readonly replay: (key: number) => Effect.Effect<boolean, InboxStoreError>
  /** Makes all matching events due again that are finished; returns how many. */
  readonly replayWhere: (filter: Filter) => Effect.Effect<number, InboxStoreError>
  /** Sets an event aside that nobody holds and that is not handled; `false` when there is none with this key. */
  readonly discard: (key: number) => Effect.Effect<boolean, InboxStoreError>
  /**
   * Deletes what ended before `olderThan` ago, in steps of 500; returns how many. Default statuses: `handled` and
   * `discarded`; default source: all. Ids are known until `rememberIds` after their events came: by default 30 days, or
   * twice as long as the provider of the `scheme` sends an event again. It can't be shorter than that.
   */
  readonly purge: (options: {
    readonly olderThan: Duration.Input
    readonly source?: string | undefined
    readonly statuses?: ReadonlyArray<FinishedStatus> | undefined
    readonly rememberIds?: Duration.Input | undefined
    readonly scheme?: SignatureScheme | undefined
  }) => Effect.Effect<number, InboxStoreError>
  /** Seals with the first key of the `InboxSeal` what is not sealed with it; returns how many. */
  readonly reseal: Effect.Effect<number, InboxStoreError>
  /** Wakes the latch when an event of the source becomes due in this process, until the scope ends. */
  readonly wakeOn: (source: string, latch: Latch.Latch) => Effect.Effect<void, never, Scope.Scope>
  /** Whether the workers of this process do their work. */
  readonly health: Effect.Effect<InboxHealth.Health>
  /** Takes a worker of the source into `health` until the scope ends, or as stopped when it ends by a defect. */
  readonly watch: (source: string) => Effect.Effect<InboxHealth.Watch, never, Scope.Scope>
}

/**
 * The inbox.
 *
 * @since 0.1.0
 * @category services
 */
export class Inbox extends Context.Service<Inbox, Service>()("causeway/webhook/Inbox") {}

/**
 * Marks an error of a handler as one that no repetition can mend: the event goes to the dead letters at once.
 *
 * @since 0.1.0
 * @category errors
 */
export const permanent = (error: unknown): Attempt.Permanent => new Attempt.Permanent({ error })

/**
 * A body that the schema of its event type can't read. The message names paths and what was expected there, never what
 * stood there.
 *
 * @since 0.1.0
 * @category errors
 */
export class DecodeFailure extends Data.TaggedError("DecodeFailure")<{
  readonly type: string
  readonly detail: string
}> {
  override get message(): string {
    return `The body of a "${this.type}" event can't be read: ${this.detail}`
  }
}

/**
 * Schemas by event type. They read the JSON of the body.
 *
 * @since 0.1.0
 * @category models
 */
export type Schemas = { readonly [type: string]: Schema.Constraint }

/**
 * A handler for each event type. It may fail with anything.
 *
 * @since 0.1.0
 * @category models
 */
export type Handlers<Events extends Schemas> = {
  readonly [Type in keyof Events]: (
    event: Events[Type]["Type"],
    delivery: WebhookEvent
  ) => Effect.Effect<unknown, unknown, unknown>
}

/**
 * Options of {@link run} and {@link layerHandlers}.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options<Events extends Schemas, Handle extends Handlers<Events>, R> {
  readonly source: string
  /** How the source is received: its ids are known for longer than its provider sends an event again. */
  readonly scheme?: SignatureScheme | undefined
  readonly events: Events
  readonly handle: Handle
  /** What to do with an event of another type: keep it, or handle it undecoded. Default: `"keep"`. */
  readonly otherwise?: "keep" | ((delivery: WebhookEvent) => Effect.Effect<unknown, unknown, R>) | undefined
  /**
   * What the schemas read. It may throw. Default: the body as JSON in strict UTF-8; of a form, an object of its fields, or
   * the JSON in the payload field of the scheme.
   */
  readonly parse?: ((delivery: WebhookEvent) => unknown) | undefined
  /** When a failed event is tried again. Default: 1 second, doubling up to 1 hour, 15 times (about 4 hours). */
  readonly retry?: Schedule.Schedule<unknown, Attempt.FailedAttempt> | undefined
  /** The most attempts, whatever the schedule says. Default: 100, at most 1000. */
  readonly maxAttempts?: number | undefined
  /** The longest that is waited because an error says so by its `retryAfter`. Default: 1 hour. */
  readonly maxRetryAfter?: Duration.Input | undefined
  /**
   * What an event is about, such as a tenant or an object: the name of its lane. It is asked once, before the event is
   * handled; one for which it says nothing, or throws, is handled beside all others.
   */
  readonly key?: ((delivery: WebhookEvent) => string | undefined) | undefined
  /** Whether an event waits until the earlier ones of its key have ended. Default: `false`. */
  readonly ordered?: boolean | undefined
  /** How many events of one key are handled at the same time, by all processes. Default: 1 if `ordered`, else any. */
  readonly maxPerKey?: number | undefined
  /**
   * With `ordered`, what becomes of a key whose event is dead: the later ones go on, or stand until a person replays or
   * discards it. Default: `"goOn"`.
   */
  readonly whenDead?: "goOn" | "stand" | undefined
  /** How many events are handled at the same time. Default: 4. */
  readonly concurrency?: number | undefined
  /** The longest that one attempt takes. Default: 5 minutes. */
  readonly timeout?: Duration.Input | undefined
  /**
   * How long an event stays with a worker that gives no sign of life. A living worker renews its lease at a third of
   * it. Default: 30 seconds.
   */
  readonly lease?: Duration.Input | undefined
  /** How often to look for events that other processes stored. Default: 1 second. */
  readonly pollInterval?: Duration.Input | undefined
  /** Commits the handler's writes through the store's `SqlClient` together with the mark `handled`. Default: `false`. */
  readonly transactional?: boolean | undefined
  /** What stays of finished events; `null` for all. Default: see {@link Retention}. */
  readonly retention?: Retention | null | undefined
}

/**
 * How long finished events of a source stay, by how they ended; `null` is for ever.
 *
 * @since 0.1.0
 * @category options
 */
export interface Retention {
  /** Default: 30 days. */
  readonly handled?: Duration.Input | null | undefined
  /** Default: 30 days. */
  readonly discarded?: Duration.Input | null | undefined
  /** Default: 90 days. */
  readonly kept?: Duration.Input | null | undefined
  /** Default: 90 days. */
  readonly dead?: Duration.Input | null | undefined
  /** The most finished events that stay, whatever their age: the oldest go. Default: any number. */
  readonly newest?: number | undefined
  /**
   * How long after an event came its id is known, though the event is gone; no shorter than the provider of the `scheme`
   * sends an event again. Default: twice as long as that, and at least 30 days.
   */
  readonly rememberIds?: Duration.Input | undefined
  /** How often a worker looks. Default: 10 minutes. */
  readonly every?: Duration.Input | undefined
}

type ServicesOf<Events extends Schemas, Handle> =
  | Events[keyof Events]["DecodingServices"]
  | {
      [Type in keyof Handle]: Handle[Type] extends (...args: never) => Effect.Effect<unknown, unknown, infer R>
        ? R
        : never
    }[keyof Handle]

/**
 * Makes the inbox on its store.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<Service, never, InboxStore> = Effect.gen(function* () {
  const context = yield* Effect.context<never>()
  return makeService(yield* InboxStore, (source) => meterOf(context, source))
})

/**
 * The inbox on the store that is provided.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Inbox, never, InboxStore> = Layer.effect(
  Inbox,
  Effect.suspend(() => make)
)

/**
 * The inbox in the database of the `SqlClient`, with its store.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerSql: Layer.Layer<Inbox | InboxStore, InboxStoreError, SqlClient.SqlClient> = Layer.provideMerge(
  layer,
  InboxStoreSql.layer
)

/**
 * The inbox in memory, with its store.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory: Layer.Layer<Inbox | InboxStore> = Layer.suspend(() =>
  Layer.provideMerge(layer, InboxStoreMemory.layer())
)

/**
 * Handles the events of a source until it is interrupted; what is being handled then goes back to `pending`, and the
 * attempt does not count. Throws `InvalidOption` for numbers that make no sense.
 *
 * @since 0.1.0
 * @category running
 */
export const run = <Events extends Schemas, const Handle extends Handlers<Events>, R = never>(
  options: Options<Events, Handle, R>
): Effect.Effect<never, never, Inbox | InboxStore | ServicesOf<Events, Handle> | R> => {
  checkHandlers("", options)
  const worker = makeWorker(options)
  return Effect.scoped(
    Effect.gen(function* () {
      const store = yield* InboxStore
      const inbox = yield* Inbox
      const latch = yield* Latch.make()
      const watch = yield* inbox.watch(options.source)
      yield* inbox.wakeOn(options.source, latch)
      return yield* InboxWorker.run(store, latch, worker, watch)
    })
  )
}

/**
 * How the workers of this process are, or `InboxUnhealthy` when one is not running, a part of one is failing, or one of
 * the given `sources` has no worker here.
 *
 * @since 0.1.0
 * @category health
 */
export const checkHealth = (
  options: { readonly sources?: ReadonlyArray<string> | undefined } = {}
): Effect.Effect<InboxHealth.Health, InboxHealth.InboxUnhealthy, Inbox> => {
  checkHealthOptions("", options)
  return Effect.flatMap(Inbox, (inbox) =>
    Effect.flatMap(inbox.health, (health) => {
      const present = new Set(health.workers.map(({ source }) => source))
      const missing = (options.sources ?? []).filter((source) => !present.has(source)).map(InboxHealth.stopped)
      const unhealthy = [...health.workers.filter((worker) => !InboxHealth.isHealthy(worker)), ...missing]
      return unhealthy.length === 0
        ? Effect.succeed(health)
        : Effect.fail(new InboxHealth.InboxUnhealthy({ workers: unhealthy }))
    })
  )
}

/**
 * Handles the events of a source as long as the layer lives.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerHandlers = <Events extends Schemas, const Handle extends Handlers<Events>, R = never>(
  options: Options<Events, Handle, R>
): Layer.Layer<never, never, Inbox | InboxStore | ServicesOf<Events, Handle> | R> =>
  // At once, so that a health check finds the worker as soon as the layer is built.
  Layer.effectDiscard(
    Effect.forkScoped(
      Effect.tapDefect(run(options), (defect) => logStopped(options.source, defect)),
      { startImmediately: true }
    )
  )

const makeService = (store: Store, meterFor: (source: string) => Meter): Service => {
  const latches = new Map<string, Set<Latch.Latch>>()
  const desks = new Map<string, Desk>()
  const watches = makeWatches()
  const wakeAll = Effect.sync(() => latches.forEach((set) => set.forEach((latch) => latch.openUnsafe())))

  const deskOf = (source: string): Desk => {
    const known = desks.get(source)
    if (known !== undefined) return known
    const meter = meterFor(source)
    const name = plainName(source)
    const wake = store.afterCommit(Effect.sync(() => latches.get(name)?.forEach((latch) => latch.openUnsafe())))
    const desk = { meter, wake }
    desks.set(source, desk)
    return desk
  }

  // Written without a generator, as every event goes through here.
  const putAll = (arrivals: ReadonlyArray<Arrival>) =>
    Effect.contextWith((context: Context.Context<never>) => {
      const current = Traceparent.currentIn(context)
      const now = Context.get(context, Clock.Clock).currentTimeMillisUnsafe()
      const shared = sharedBodies()
      const events = arrivals.map((arrival) => toNewEvent(arrival, arrival.traceparent ?? current, now, shared))
      return Effect.tap(store.put(events), (puts) => {
        const woken = new Set<Desk>()
        for (const [index, { _tag }] of puts.entries()) {
          const desk = deskOf(arrivals[index]?.source ?? "")
          desk.meter.update("stored", 1, results[_tag])
          if (_tag === "Stored") woken.add(desk)
        }
        return Effect.forEach(woken, ({ wake }) => wake, { discard: true })
      })
    })

  // One answer for one event.
  const put = (arrival: Arrival) => Effect.map(putAll([arrival]), (puts) => puts[0] as Put)

  const replay = (selection: Selection) =>
    Effect.gen(function* () {
      const replayed = yield* store.replay(selection, yield* Clock.currentTimeMillis)
      if (replayed > 0) yield* store.afterCommit(wakeAll)
      return replayed
    })

  const discard = (key: number) =>
    Effect.gen(function* () {
      const discarded = yield* store.discard({ key }, yield* Clock.currentTimeMillis)
      // A lane may have stood because of it.
      if (discarded > 0) yield* store.afterCommit(wakeAll)
      return discarded > 0
    })

  return {
    store: put,
    storeAll: (arrivals) => (arrivals.length === 0 ? Effect.succeed([]) : putAll(arrivals)),
    keepAnswer: (key, answer) => store.keepAnswer(key, { bytes: new TextEncoder().encode(JSON.stringify(answer)) }),
    answerTo: (key) =>
      Effect.map(store.answerTo(key), (kept) => Option.fromUndefinedOr(kept && readAnswer(kept.bytes))),
    deliveryOf: (key) =>
      Effect.map(store.placeOf(key), (place) =>
        Option.fromUndefinedOr(place && { body: place.delivery.bytes, path: place.path })
      ),
    list: (page = {}) => store.list({ ...page, limit: pageSize(page.limit) }),
    get: (key) => Effect.map(store.get(key), Option.fromUndefinedOr),
    count: (filter = {}) => store.count(filter),
    replay: (key) => Effect.map(replay({ key }), (replayed) => replayed > 0),
    replayWhere: (filter) => replay({ filter }),
    discard,
    purge: ({ olderThan, rememberIds, scheme, source, statuses = ["handled", "discarded"] }) => {
      const age = InvalidOption.finiteMillis("olderThan", olderThan)
      const rememberMillis = Remembering.millisOf("rememberIds", rememberIds, scheme)
      return Effect.flatMap(Clock.currentTimeMillis, (now) =>
        purgeInSteps(store, { source, statuses, before: now - age, rememberMillis, now })
      )
    },
    reseal: store.reseal,
    wakeOn: (source, latch) => {
      const name = plainName(source)
      return Effect.acquireRelease(
        Effect.sync(() => latches.set(name, (latches.get(name) ?? new Set()).add(latch))),
        () => Effect.sync(() => latches.get(name)?.delete(latch))
      ).pipe(Effect.asVoid)
    },
    watch: watches.watch,
    health: Effect.map(watches.health, (workers) => ({ healthy: workers.every(InboxHealth.isHealthy), workers }))
  }
}

// What is kept is what `keepAnswer` wrote.
const readAnswer = (bytes: Uint8Array): DeliveryAnswer => JSON.parse(new TextDecoder().decode(bytes)) as DeliveryAnswer

const results = {
  Stored: { result: "stored" },
  Duplicate: { result: "duplicate" },
  Conflicting: { result: "conflicting" }
} as const

/** What is done for each event of a source. */
interface Desk {
  readonly meter: Meter
  /** Wakes its workers once the transaction has committed. */
  readonly wake: Effect.Effect<void>
}

const longestPage = 1000

const pageSize = (limit = 100): number => Math.min(InvalidOption.integer("limit", limit, 1), longestPage)

/** One body for each array, however many events share it. */
const sharedBodies = () => {
  const known = new Map<Uint8Array, SharedBody>()
  return (bytes: Uint8Array): SharedBody => {
    const body = known.get(bytes) ?? { id: randomUUID(), bytes }
    known.set(bytes, body)
    return body
  }
}

const toNewEvent = (
  arrival: Arrival,
  traceparent: string | undefined,
  now: number,
  shared: (bytes: Uint8Array) => SharedBody
): NewEvent => {
  const { delivery } = arrival
  const digest = hash("sha256", arrival.body, "hex")
  const name = arrival.id === undefined || arrival.id === "" ? digest : arrival.id
  return {
    source: arrival.source,
    // A notification has nothing that tells it from the one before.
    id: arrival.isNotification === true ? `${name}:${randomUUID()}` : name,
    announces: arrival.isNotification === true ? name : undefined,
    type: arrival.type,
    lane: arrival.lane,
    traceparent,
    headers: arrival.headers.filter(([name]) => !isSensitive(name)),
    body: arrival.body,
    digest: arrival.bodyVaries === true ? hash("sha256", name, "hex") : digest,
    place: delivery && { delivery: shared(delivery.body), path: delivery.path },
    now
  }
}

const isSensitive = (header: string): boolean =>
  /authorization|cookie|signature|token|secret|password|hmac|api-?key|credential/i.test(header)

const defaultRetry = Schedule.min([Schedule.exponential("1 second"), Schedule.spaced("1 hour")]).pipe(
  Schedule.upTo({ times: 15 })
)

const makeWorker = <Events extends Schemas, Handle extends Handlers<Events>, R>(
  options: Options<Events, Handle, R>
): InboxWorker.Worker<ServicesOf<Events, Handle> | R> => ({
  source: options.source,
  handle: makeHandler(options),
  keyOf: options.key,
  lanes: laneRule(options),
  retry: options.retry ?? defaultRetry,
  maxAttempts: Math.min(InvalidOption.integer("maxAttempts", options.maxAttempts ?? 100, 1), 1000),
  maxRetryAfterMillis: InvalidOption.finiteMillis("maxRetryAfter", options.maxRetryAfter ?? "1 hour"),
  concurrency: InvalidOption.integer("concurrency", options.concurrency ?? 4, 1),
  timeoutMillis: InvalidOption.positiveMillis("timeout", options.timeout ?? "5 minutes"),
  leaseMillis: InvalidOption.positiveMillis("lease", options.lease ?? "30 seconds"),
  pollMillis: InvalidOption.positiveMillis("pollInterval", options.pollInterval ?? "1 second"),
  transactional: options.transactional ?? false,
  retention: options.retention === null ? undefined : keeping(options.retention ?? {}, options.scheme)
})

const keeping = (retention: Retention, scheme: SignatureScheme | undefined): Keeping => {
  const age = (status: FinishedStatus, otherwise: Duration.Input): number | undefined => {
    const given = retention[status]
    return given === null ? undefined : InvalidOption.finiteMillis(`retention.${status}`, given ?? otherwise)
  }
  const { every, newest, rememberIds } = retention
  return {
    ages: {
      handled: age("handled", "30 days"),
      discarded: age("discarded", "30 days"),
      kept: age("kept", "90 days"),
      dead: age("dead", "90 days")
    },
    newest: newest === undefined ? undefined : InvalidOption.integer("retention.newest", newest, 0),
    rememberMillis: Remembering.millisOf("retention.rememberIds", rememberIds, scheme),
    everyMillis: InvalidOption.positiveMillis("retention.every", every ?? "10 minutes")
  }
}

const makeHandler = <Events extends Schemas, Handle extends Handlers<Events>, R>(
  options: Options<Events, Handle, R>
): InboxWorker.Worker<ServicesOf<Events, Handle> | R>["handle"] => {
  const { events, handle, otherwise = "keep", parse = parserOf(options.scheme) } = options
  rejectStrayHandlers(Object.keys(events), Object.keys(handle))
  const handlers = new Map(
    Object.entries(events).map(([type, schema]) => {
      // `Handlers` pairs each schema with the handler of the same name, and `ServicesOf` collects what they all need.
      const own = handle[type] as unknown as OwnHandler<ServicesOf<Events, Handle>>
      return [type, decodeThen(type, schema as ReadableSchema<ServicesOf<Events, Handle>>, parse, own)]
    })
  )
  return (delivery) => {
    const own = handlers.get(delivery.type ?? "")
    if (own !== undefined) return Effect.as(own(delivery), "handled")
    return otherwise === "keep" ? Effect.succeed("kept") : Effect.as(otherwise(delivery), "handled")
  }
}

type OwnHandler<R> = (event: unknown, delivery: WebhookEvent) => Effect.Effect<unknown, unknown, R>

type ReadableSchema<R> = Schema.Constraint & { readonly DecodingServices: R }

const decodeThen = <R>(
  type: string,
  schema: ReadableSchema<R>,
  parse: (delivery: WebhookEvent) => unknown,
  handle: OwnHandler<R>
) => {
  const decode = Schema.decodeUnknownEffect(Schema.toCodecJson(schema))
  const unreadable = (detail: string) => permanent(new DecodeFailure({ type, detail }))
  return (delivery: WebhookEvent): Effect.Effect<unknown, unknown, R> =>
    // What a parser throws may quote the body.
    Effect.try({ try: () => parse(delivery), catch: () => unreadable("it can't be parsed") }).pipe(
      Effect.flatMap((parsed) => Effect.mapError(decode(parsed), (error) => unreadable(error.message))),
      Effect.flatMap((event) => handle(event, delivery))
    )
}
