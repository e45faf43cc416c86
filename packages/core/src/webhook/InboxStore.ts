/**
 * Where the inbox keeps its events: in memory, or in a database through `effect/sql`.
 *
 * **When to use**
 *
 * Choose one with a Layer: `InboxStoreSql.layer` for anything that must outlive the process, `InboxStoreMemory.layer`
 * for tests. Use `Inbox` to work with the events; this service is what it stands on, and what another store implements.
 *
 * **Details**
 *
 * - `put` finds duplicates by source and id in the same transaction that stores.
 * - `claim` gives an event to one worker, with a lease and a *fence*: a number that grows with each claim. A worker whose
 *   lease ran out holds an old fence, and nothing it reports is taken.
 * - A *lane* holds what is about the same thing. Events of a lane can be bounded and ordered, see {@link LaneRule}.
 * - An id that was purged is remembered, so that what comes again is found to be a duplicate.
 * - The same table holds the dead letters of what we send (`bury`, direction `"out"`).
 * - The stores of this library take any text. They store and look for U+0000 and lone surrogates as U+FFFD, and replace a
 *   source, id or lane of more than 500 characters by its SHA-256, so that every database finds the same events.
 *
 * **Gotchas**
 *
 * All times are given by the caller, from Effect's `Clock`; a store has no clock of its own. Several machines on one
 * store need clocks that agree to well under a lease.
 *
 * **Example** (Storing an event twice)
 *
 * ```ts
 * import { InboxStore, InboxStoreMemory } from "@causeway/core/webhook"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   const store = yield* InboxStore.InboxStore
 *   const event = { source: "github", id: "1", type: "ping", headers: [], body: new Uint8Array(), digest: "d", now: 0 }
 *   return [yield* store.put([event]), yield* store.put([event])]
 * })
 *
 * const [[first] = [], [second] = []] = await Effect.runPromise(program.pipe(Effect.provide(InboxStoreMemory.layer())))
 * console.assert(first?._tag === "Stored" && second?._tag === "Duplicate")
 * ```
 *
 * @since 0.1.0
 */
import { Context, Data } from "effect"
import type { Effect } from "effect"
import type { Attempt } from "./Attempt.ts"
import type { Header, Status, Summary, WebhookEvent } from "./WebhookEvent.ts"

/**
 * A store could not do what it was asked; `cause` is the driver's error.
 *
 * @since 0.1.0
 * @category errors
 */
export class InboxStoreError extends Data.TaggedError("InboxStoreError")<{
  readonly operation: string
  readonly cause: unknown
}> {
  override get message(): string {
    return `The inbox store failed to ${this.operation}`
  }
}

/**
 * A stored event can't be read, as after a change by hand or a damaged file. It is dead at once; its row stays as it is,
 * and it can be replayed when the row is repaired. The message names the parts, never what they hold.
 *
 * @since 0.1.0
 * @category errors
 */
export class UnreadableEvent extends Data.TaggedError("UnreadableEvent")<{
  readonly detail: string
}> {
  override get message(): string {
    return `The stored event can't be read: ${this.detail}`
  }
}

/**
 * An event to store. `digest` is the SHA-256 of the body, in hex; `now` is in epoch milliseconds.
 *
 * @since 0.1.0
 * @category models
 */
export interface NewEvent {
  readonly source: string
  readonly id: string
  readonly type: string | undefined
  readonly headers: ReadonlyArray<Header>
  readonly body: Uint8Array
  readonly digest: string
  readonly now: number
  /**
   * What a notification announces, where the event is one: it is a duplicate while another event with the same text waits
   * for its first attempt.
   */
  readonly announces?: string | undefined
  /** What it is about, where that is known already. */
  readonly lane?: string | undefined
  readonly traceparent?: string | undefined
  /** The name of the key, where headers and body are sealed. */
  readonly sealedBy?: string | undefined
  /** Where it stood, if its delivery held several events. */
  readonly place?: Place | undefined
}

/**
 * Where an event stood in a delivery of several.
 *
 * @since 0.1.0
 * @category models
 */
export interface Place {
  readonly delivery: SharedBody
  /** The keys and indexes that lead to the event in the JSON of the delivery. */
  readonly path: ReadonlyArray<string | number>
}

/**
 * The body of a delivery of several events. It is stored once, and kept as long as one of them.
 *
 * @since 0.1.0
 * @category models
 */
export interface SharedBody {
  /** Unique among all deliveries. */
  readonly id: string
  readonly bytes: Uint8Array
  /** The name of the key, where the bytes are sealed. */
  readonly sealedBy?: string | undefined
}

/**
 * What became of an event: stored; a duplicate of one with the same body; or kept aside, because its id was seen before
 * with another body. `key` is the row it is in.
 *
 * @since 0.1.0
 * @category models
 */
export type Put =
  | { readonly _tag: "Stored"; readonly key: number }
  | { readonly _tag: "Duplicate"; readonly key: number }
  | { readonly _tag: "Conflicting"; readonly key: number }

/**
 * The answer that a delivery was given: bytes, and the name of the key where they are sealed.
 *
 * @since 0.1.0
 * @category models
 */
export interface KeptAnswer {
  readonly bytes: Uint8Array
  readonly sealedBy?: string | undefined
}

/**
 * A worker's hold on an event.
 *
 * @since 0.1.0
 * @category models
 */
export interface Claim {
  readonly event: WebhookEvent
  readonly fence: number
  /** The number of this attempt since the event was stored or last replayed; the first is 1. */
  readonly attempt: number
  /** The unsuccessful attempts since then. */
  readonly failures: ReadonlyArray<Attempt>
  /** Whether it was taken over from a worker whose lease ran out. */
  readonly takenOver: boolean
  /** Why it can't be read, or its headers and body, which are sealed, can't be opened; then they are empty. */
  readonly unreadable?: unknown
}

/**
 * How the events of one lane follow each other.
 *
 * @since 0.1.0
 * @category models
 */
export interface LaneRule {
  /** How many of a lane are handled at the same time. */
  readonly limit: number
  /** Whether an event waits until the earlier ones of its lane have ended. */
  readonly ordered: boolean
  /** Whether a dead event stops the later ones of its lane; only where they are ordered. */
  readonly stands: boolean
  /** Whether an event waits until its lane is decided. */
  readonly decided: boolean
}

/**
 * How a claim ends: with a final status, or due again. Without an `attempt`, the attempt does not count.
 *
 * @since 0.1.0
 * @category models
 */
export interface Settlement {
  readonly status: Exclude<Status, "handling">
  readonly dueAt: number
  readonly attempt: Omit<Attempt, "number"> | undefined
}

/**
 * Which events are meant; a field left out means any.
 *
 * @since 0.1.0
 * @category models
 */
export interface Filter {
  /** Default: `"in"`. */
  readonly direction?: "in" | "out" | undefined
  readonly source?: string | undefined
  readonly type?: string | undefined
  readonly lane?: string | undefined
  readonly status?: Status | ReadonlyArray<Status> | undefined
}

/**
 * A page of a list: at most `limit` events (default 100, at most 1000) whose key is larger than `after`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Page extends Filter {
  readonly limit?: number | undefined
  readonly after?: number | undefined
}

/**
 * An outgoing event that was given up.
 *
 * @since 0.1.0
 * @category models
 */
export interface Buried extends NewEvent {
  readonly target: string
  readonly history: ReadonlyArray<Attempt>
}

/**
 * What a store does.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** How many connections the store shares with all else in the process, where there is such a limit and it is known. */
  readonly connections?: number | undefined
  /** Stores events in one transaction; returns what became of each, in their order. */
  readonly put: (events: ReadonlyArray<NewEvent>) => Effect.Effect<ReadonlyArray<Put>, InboxStoreError>
  /**
   * Gives at most `limit` due events of a source to a worker, until `leaseUntil`. With `lanes`, an event whose turn has
   * not come is put off until it has. One that can't be read is given too, as `unreadable`, and keeps no other from it.
   */
  readonly claim: (options: {
    readonly source: string
    readonly limit: number
    readonly now: number
    readonly leaseUntil: number
    readonly lanes?: LaneRule | undefined
  }) => Effect.Effect<ReadonlyArray<Claim>, InboxStoreError>
  /** Lengthens a lease; `false` when the fence is an old one. */
  readonly renew: (claim: Claim, leaseUntil: number) => Effect.Effect<boolean, InboxStoreError>
  /** Ends a claim; `false`, and nothing done, when the fence is an old one. */
  readonly settle: (claim: Claim, settlement: Settlement) => Effect.Effect<boolean, InboxStoreError>
  /** When the next event of a source is due, or a lease on one ends. */
  readonly nextDue: (source: string) => Effect.Effect<number | undefined, InboxStoreError>
  /** The oldest waiting events of a source whose lane is not decided, at most `limit`. */
  readonly undecided: (source: string, limit: number) => Effect.Effect<ReadonlyArray<Undecided>, InboxStoreError>
  /** Decides lanes; one that is decided stays as it is. */
  readonly decide: (
    lanes: ReadonlyArray<{ readonly key: number; readonly lane: string }>
  ) => Effect.Effect<void, InboxStoreError>
  readonly get: (key: number) => Effect.Effect<WebhookEvent | undefined, InboxStoreError>
  readonly list: (page: Page) => Effect.Effect<ReadonlyArray<Summary>, InboxStoreError>
  readonly count: (filter: Filter) => Effect.Effect<Readonly<Record<Status, number>>, InboxStoreError>
  /** Makes finished incoming events (`handled`, `dead`, `kept`, `discarded`) due again; returns how many. */
  readonly replay: (selection: Selection, now: number) => Effect.Effect<number, InboxStoreError>
  /** Sets aside events that nobody holds and that are not handled; returns how many. */
  readonly discard: (selection: Selection, now: number) => Effect.Effect<number, InboxStoreError>
  /** Deletes finished events, and remembers their ids for a while; returns how many. */
  readonly purge: (options: Purge) => Effect.Effect<number, InboxStoreError>
  /** Forgets the ids of purged events whose time is over. */
  readonly forget: (now: number) => Effect.Effect<number, InboxStoreError>
  /** Seals what is not sealed with the first key; returns how many. */
  readonly reseal: Effect.Effect<number, InboxStoreError>
  /**
   * Tells the sources of events that other processes stored, until it is interrupted or fails; `undefined` stands for all,
   * and is told when listening has begun. A store that hears of none waits for ever.
   */
  readonly listen: (wake: (source: string | undefined) => void) => Effect.Effect<never, InboxStoreError>
  /** Keeps the answer that a delivery was given, unless one is kept: the first counts. */
  readonly keepAnswer: (key: number, answer: KeptAnswer) => Effect.Effect<void, InboxStoreError>
  /** The answer that the delivery of an event was given, if one is kept. */
  readonly answerTo: (key: number) => Effect.Effect<KeptAnswer | undefined, InboxStoreError>
  /** Where an event stood in its delivery, if that held several. */
  readonly placeOf: (key: number) => Effect.Effect<Place | undefined, InboxStoreError>
  /** Stores a dead letter of an outgoing event; one with the same source and id grows in history. */
  readonly bury: (event: Buried) => Effect.Effect<number, InboxStoreError>
  /** Ends the dead letter of an outgoing event that was delivered after all, by the last of these attempts. */
  readonly exhume: (key: number, history: ReadonlyArray<Attempt>) => Effect.Effect<void, InboxStoreError>
  /** Runs an effect in a transaction, which the operations above take part in; in memory it is only run. */
  readonly transaction: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | InboxStoreError, R>
  /** Runs an effect once the caller's transaction has committed, or at once when there is none. */
  readonly afterCommit: (effect: Effect.Effect<void>) => Effect.Effect<void>
}

/**
 * Which finished events go: those that ended before `before`, and those that are not among the `newest` of their source.
 * An id is remembered until `rememberMillis` after its event was received.
 *
 * @since 0.1.0
 * @category models
 */
export interface Purge {
  /** Default: all. */
  readonly source?: string | undefined
  readonly statuses: ReadonlyArray<FinishedStatus>
  readonly before?: number | undefined
  /** Needs a `source`. */
  readonly newest?: number | undefined
  readonly rememberMillis: number
  readonly now: number
  /** The most that go at once. */
  readonly limit: number
}

/**
 * An event whose lane is to be decided.
 *
 * @since 0.1.0
 * @category models
 */
export interface Undecided {
  readonly event: WebhookEvent
  /** Why it can't be read, as in {@link Claim}. */
  readonly unreadable?: unknown
}

/**
 * The statuses of an event that nobody will touch again by itself.
 *
 * @since 0.1.0
 * @category models
 */
export type FinishedStatus = "handled" | "dead" | "kept" | "discarded"

/**
 * One event by its key, or all that a filter means.
 *
 * @since 0.1.0
 * @category models
 */
export type Selection = { readonly key: number } | { readonly filter: Filter }

/**
 * The store of the inbox.
 *
 * @since 0.1.0
 * @category services
 */
export class InboxStore extends Context.Service<InboxStore, Service>()("causeway/webhook/InboxStore") {}
