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
 * - *At least once.* A handler runs again after a failure, and after a crash, when the lease of the vanished worker runs
 *   out. With `transactional: true` the handler's own writes commit together with the mark that the event is handled.
 * - *Decoded late.* The raw bytes are stored; the schema of the handler reads them. A body that does not fit goes to the
 *   dead letters at once, and can be replayed when the schema was mended.
 * - *Retried.* The schedule sees `{ attempt, error: { tag, message } }`, and is rebuilt from the stored history, so that it
 *   survives a restart. When it ends, or after `maxAttempts`, or when the handler fails with {@link permanent}, the event
 *   is dead.
 * - Headers that carry credentials or signatures are dropped before an event is stored.
 *
 * **Gotchas**
 *
 * - `transactional` holds a database connection while the handler runs; SQLite has one. Keep calls to remote services out
 *   of such a handler.
 * - Purging handled events forgets their ids: keep them longer than the sender repeats.
 * - Events are taken in the order they are due, but workers run side by side: order is not kept.
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
import { createHash } from "node:crypto"
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
  Service as Store
} from "./InboxStore.ts"
import * as InboxStoreMemory from "./InboxStoreMemory.ts"
import * as InboxStoreSql from "./InboxStoreSql.ts"
import * as InboxWorker from "./internal/inboxWorker.ts"
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
  /** The sender's id of the event. Default: the SHA-256 of the body. */
  readonly id?: string | undefined
  readonly type?: string | undefined
  readonly headers: ReadonlyArray<Header>
  /** The raw bytes. */
  readonly body: Uint8Array
  /**
   * The `traceparent` of the delivery, which the span of its handling is linked to. Default: that of the current span.
   *
   * @see https://www.w3.org/TR/trace-context/#traceparent-header
   */
  readonly traceparent?: string | undefined
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
  /** Deletes what ended before `olderThan` ago; returns how many. Default statuses: `handled` and `discarded`. */
  readonly purge: (options: {
    readonly olderThan: Duration.Input
    readonly statuses?: ReadonlyArray<FinishedStatus> | undefined
  }) => Effect.Effect<number, InboxStoreError>
  /** Wakes the latch when an event of the source becomes due in this process, until the scope ends. */
  readonly wakeOn: (source: string, latch: Latch.Latch) => Effect.Effect<void, never, Scope.Scope>
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
  readonly events: Events
  readonly handle: Handle
  /** What to do with an event of another type: keep it, or handle it undecoded. Default: `"keep"`. */
  readonly otherwise?: "keep" | ((delivery: WebhookEvent) => Effect.Effect<unknown, unknown, R>) | undefined
  /** What the schemas read. It may throw. Default: the body as JSON in strict UTF-8. */
  readonly parse?: ((delivery: WebhookEvent) => unknown) | undefined
  /** When a failed event is tried again. Default: 1 second, doubling up to 1 hour, 15 times (about 4 hours). */
  readonly retry?: Schedule.Schedule<unknown, Attempt.FailedAttempt> | undefined
  /** The most attempts, whatever the schedule says. Default: 100, at most 1000. */
  readonly maxAttempts?: number | undefined
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
export const make: Effect.Effect<Service, never, InboxStore> = Effect.map(InboxStore, (store) => makeService(store))

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
  const worker = makeWorker(options)
  return Effect.scoped(
    Effect.gen(function* () {
      const store = yield* InboxStore
      const inbox = yield* Inbox
      const latch = yield* Latch.make()
      yield* inbox.wakeOn(options.source, latch)
      return yield* InboxWorker.run(store, latch, worker)
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
  Layer.effectDiscard(Effect.forkScoped(run(options)))

const makeService = (store: Store): Service => {
  const latches = new Map<string, Set<Latch.Latch>>()
  const wake = (source: string) => Effect.sync(() => latches.get(source)?.forEach((latch) => latch.openUnsafe()))
  const wakeAll = Effect.sync(() => latches.forEach((set) => set.forEach((latch) => latch.openUnsafe())))

  const put = (arrival: Arrival) =>
    Effect.gen(function* () {
      const stored = yield* store.put(toNewEvent(arrival, yield* Clock.currentTimeMillis))
      if (stored._tag === "Stored") yield* store.afterCommit(wake(arrival.source))
      return stored
    })

  const replay = (selection: Selection) =>
    Effect.gen(function* () {
      const count = yield* store.replay(selection, yield* Clock.currentTimeMillis)
      if (count > 0) yield* store.afterCommit(wakeAll)
      return count
    })

  return {
    store: put,
    list: (page = {}) => store.list({ ...page, limit: pageSize(page.limit) }),
    get: (key) => Effect.map(store.get(key), Option.fromUndefinedOr),
    count: (filter = {}) => store.count(filter),
    replay: (key) => Effect.map(replay({ key }), (count) => count > 0),
    replayWhere: (filter) => replay({ filter }),
    discard: (key) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => Effect.map(store.discard({ key }, now), (count) => count > 0)),
    purge: ({ olderThan, statuses = ["handled", "discarded"] }) => {
      const age = InvalidOption.finiteMillis("olderThan", olderThan)
      return Effect.flatMap(Clock.currentTimeMillis, (now) => store.purge({ before: now - age, statuses }))
    },
    wakeOn: (source, latch) =>
      Effect.acquireRelease(
        Effect.sync(() => latches.set(source, (latches.get(source) ?? new Set()).add(latch))),
        () => Effect.sync(() => latches.get(source)?.delete(latch))
      ).pipe(Effect.asVoid)
  }
}

const longestPage = 1000

const pageSize = (limit = 100): number => Math.min(InvalidOption.integer("limit", limit, 1), longestPage)

const toNewEvent = (arrival: Arrival, now: number): NewEvent => {
  const digest = createHash("sha256").update(arrival.body).digest("hex")
  return {
    source: arrival.source,
    id: arrival.id === undefined || arrival.id === "" ? digest : arrival.id,
    type: arrival.type,
    headers: arrival.headers.filter(([name]) => !isSensitive(name)),
    body: arrival.body,
    digest,
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
  retry: options.retry ?? defaultRetry,
  maxAttempts: Math.min(InvalidOption.integer("maxAttempts", options.maxAttempts ?? 100, 1), 1000),
  concurrency: InvalidOption.integer("concurrency", options.concurrency ?? 4, 1),
  timeoutMillis: InvalidOption.positiveMillis("timeout", options.timeout ?? "5 minutes"),
  leaseMillis: InvalidOption.positiveMillis("lease", options.lease ?? "30 seconds"),
  pollMillis: InvalidOption.positiveMillis("pollInterval", options.pollInterval ?? "1 second"),
  transactional: options.transactional ?? false
})

const makeHandler = <Events extends Schemas, Handle extends Handlers<Events>, R>(
  options: Options<Events, Handle, R>
): InboxWorker.Worker<ServicesOf<Events, Handle> | R>["handle"] => {
  const { events, handle, otherwise = "keep", parse = parseJson } = options
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

const rejectStrayHandlers = (types: ReadonlyArray<string>, handled: ReadonlyArray<string>): void => {
  const stray = handled.find((type) => !types.includes(type))
  if (stray === undefined) return
  throw new InvalidOption.InvalidOption({
    option: "handle",
    actual: JSON.stringify(stray),
    accepts: `one of the types in events: ${types.join(", ")}`
  })
}

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

const parseJson = (delivery: WebhookEvent): unknown =>
  JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(delivery.body))
