/**
 * Streams of Server-Sent Events: the data of their events, the events that are errors, and the end of the stream.
 *
 * **When to use**
 *
 * As `success` of an endpoint whose stream has named events, error events or a declared end. `HttpApiSchema.StreamSse` is
 * enough for a stream that has none of these.
 *
 * **Details**
 *
 * With `data`, the stream emits the decoded data of each event. With `events`, it emits `{ event, data, id }` by the names
 * of the events; `unknown` decides about other names. An event in `errors` fails the stream with the decoded error,
 * whose `_tag` need not be sent. A stream that ends before the declared `done` fails with `TransportFailure`
 * (`Body`).
 *
 * With `reconnect`, a stream that breaks, is silent for longer than the idle timeout or ends without its declared end is
 * reconnected: the same request, under the same policies, with the id of the last event as `last-event-id`, after the
 * wait of the server's `retry`. If the server ignores the id, events may be repeated or lost.
 *
 * **Gotchas**
 *
 * A last event without the empty line after it is emitted, as in the clients of model APIs; the specification drops it. A
 * truncated event fails to decode. Invalid UTF-8 is replaced by U+FFFD, as the specification requires.
 *
 * **Example** (A model's answer)
 *
 * ```ts
 * import { Schema } from "effect"
 * import { Endpoint, Events } from "@causeway/core/client"
 *
 * class Overloaded extends Schema.TaggedError<Overloaded>()("Overloaded", {
 *   error: Schema.Struct({ type: Schema.String, message: Schema.String })
 * }) {}
 *
 * const create = Endpoint.post("create", "/v1/messages", {
 *   payload: { prompt: Schema.String, stream: Schema.Literal(true) },
 *   success: Events.make({
 *     events: {
 *       content_block_delta: Schema.Struct({ delta: Schema.Struct({ text: Schema.String }) }),
 *       message_stop: Schema.Struct({ type: Schema.String })
 *     },
 *     errors: { error: { schema: Overloaded, category: "transient" } },
 *     done: ({ event }) => event === "message_stop"
 *   })
 * })
 *
 * console.assert(create.method === "POST")
 * ```
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 * @since 0.1.0
 */
import { type Duration, type Schedule, Schema } from "effect"
import * as Sse from "effect/encoding/Sse"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import type { Category } from "../policy/Failure.ts"
import * as InvalidOption from "../policy/InvalidOption.ts"
import * as Retry from "../policy/Retry.ts"
import { type EventRules, eventRulesKey, type ReconnectRules } from "./internal/eventRules.ts"
import * as Check from "./internal/optionChecks.ts"

/**
 * An event as it is sent; an event without a name is a `message`.
 *
 * @since 0.1.0
 * @category models
 */
export interface WireEvent {
  readonly event: string
  readonly data: string
  readonly id?: string
}

/**
 * Events that are errors, by their names: the schema of their JSON data, and the category of the error.
 *
 * @since 0.1.0
 * @category models
 */
export type Errors = Readonly<Record<string, { readonly schema: Schema.Top; readonly category: Category }>>

/**
 * Options of reconnecting, after a stream broke, exceeded its idle timeout, or ended without its declared end.
 *
 * @since 0.1.0
 * @category models
 */
export interface ReconnectOptions {
  /** The waits when the server has sent no `retry`. Its end ends the stream. Default: full jitter from 1 s to 30 s. */
  readonly schedule?: Schedule.Schedule<unknown>
  /** The most consecutive connections without an event. Default: 10. */
  readonly attempts?: number
  /** The longest wait: a longer `retry` is shortened to it, a longer `Retry-After` ends the stream. Default: 1 minute. */
  readonly maxWait?: Duration.Input
}

/**
 * Marks a stream that reconnects: it can fail with the errors of a call.
 *
 * @since 0.1.0
 * @category models
 */
export interface Reconnects {
  readonly "~causeway/client/Reconnects": true
}

type Declared<S, R> = [R] extends [undefined] ? S : S & Reconnects

interface CommonOptions<E extends Errors> {
  /** Events that fail the stream, by name. Default: none. */
  readonly errors?: E
  /**
   * The end of the stream: the data of an end marker, which is not emitted (`"[DONE]"`), or a predicate of the last event.
   * Default: no end is required, and `[DONE]` ends the stream.
   */
  readonly done?: string | ((event: WireEvent) => boolean)
  /** The accepted content types; `*\/*` for any but HTML. Default: `text/event-stream`. */
  readonly mediaTypes?: ReadonlyArray<string>
  /** The largest event, in bytes. Default: 10 MiB. */
  readonly maxEventBytes?: number
  /**
   * Reconnects with `last-event-id`, as `EventSource` does; for a request that may be repeated. A 204 ends the
   * stream, and so does the declared end. Default: off.
   */
  readonly reconnect?: true | ReconnectOptions | undefined
}

/**
 * Options of a stream that emits only the data of its events.
 *
 * @since 0.1.0
 * @category models
 */
export interface DataOptions<Data extends Schema.Top, E extends Errors> extends CommonOptions<E> {
  /** The schema of an event's JSON data. */
  readonly data: Data
  /** The names of the events with this data; others are skipped. Default: all. */
  readonly names?: ReadonlyArray<string>
}

/**
 * Options of a stream whose events have names.
 *
 * @since 0.1.0
 * @category models
 */
export interface NamedOptions<
  Named extends Readonly<Record<string, Schema.Top>>,
  E extends Errors,
  Unknown extends "skip" | "keep"
> extends CommonOptions<E> {
  /** The schemas of the JSON data, by the names of the events. */
  readonly events: Named
  /** An event with another name is skipped, or emitted with its data as text (`"keep"`). Default: `"skip"`. */
  readonly unknown?: Unknown
}

/**
 * An event of a stream: its name, its data, and the id that it or one before it had.
 *
 * @since 0.1.0
 * @category models
 */
export interface Event<Name, Data> {
  readonly event: Name
  readonly data: Data
  readonly id?: string | undefined
}

/**
 * The events that a stream of named events emits.
 *
 * @since 0.1.0
 * @category utility types
 */
export type NamedEvent<Named extends Readonly<Record<string, Schema.Top>>, Unknown extends "skip" | "keep"> =
  | { readonly [Name in keyof Named]: Event<Name, Named[Name]["Type"]> }[keyof Named]
  | (Unknown extends "keep" ? Event<string, string> : never)

type ErrorSchema<E extends Errors> = [E[keyof E]] extends [never] ? Schema.Never : E[keyof E]["schema"]

interface NamedCodec<Named extends Readonly<Record<string, Schema.Top>>, Value> extends Schema.ConstraintCodec<
  Value,
  Sse.EventEncoded,
  Named[keyof Named]["DecodingServices"],
  Named[keyof Named]["EncodingServices"]
> {}

/**
 * The schema of a stream of events, for `success` of an endpoint.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: {
  <Data extends Schema.Top, const E extends Errors = {}, R extends true | ReconnectOptions | undefined = undefined>(
    options: DataOptions<Data, E> & { readonly reconnect?: R }
  ): Declared<HttpApiSchema.StreamSse<HttpApiSchema.SseEventFromData<Data>, ErrorSchema<E>, Data["Type"]>, R>
  <
    const Named extends Readonly<Record<string, Schema.Top>>,
    const E extends Errors = {},
    const Unknown extends "skip" | "keep" = "skip",
    R extends true | ReconnectOptions | undefined = undefined
  >(
    options: NamedOptions<Named, E, Unknown> & { readonly reconnect?: R }
  ): Declared<
    HttpApiSchema.StreamSse<NamedCodec<Named, NamedEvent<Named, Unknown>>, ErrorSchema<E>, NamedEvent<Named, Unknown>>,
    R
  >
} = (options: AnyOptions): never => {
  Check.checkEvents("events", options)
  const error = Schema.Union(Object.values(options.errors ?? {}).map(({ schema }) => schema))
  const schema =
    options.events === undefined
      ? HttpApiSchema.StreamSse({ data: Schema.toCodecJson(options.data ?? Schema.Unknown), error })
      : HttpApiSchema.StreamSse({ events: namedCodec(options.events, options.unknown ?? "skip"), error })
  // The overloads above give the schema its type, by the options.
  return schema.annotate({ [eventRulesKey]: rulesOf(options) }) as never
}

interface AnyOptions extends CommonOptions<Errors> {
  readonly data?: Schema.Top
  readonly names?: ReadonlyArray<string>
  readonly events?: Readonly<Record<string, Schema.Top>>
  readonly unknown?: "skip" | "keep"
}

const rulesOf = (options: AnyOptions): EventRules => {
  const { done, maxEventBytes = 10 * 1024 * 1024, mediaTypes, unknown = "skip" } = options
  const names = options.events === undefined ? options.names : Object.keys(options.events)
  return {
    unknown,
    errors: options.errors ?? {},
    maxEventBytes: maxEventBytes,
    ...(names !== undefined && { names: new Set(names) }),
    ...(done !== undefined && { done }),
    ...(mediaTypes !== undefined && { mediaTypes }),
    ...(options.reconnect !== undefined && { reconnect: reconnectRules(options.reconnect) })
  }
}

const reconnectRules = (reconnect: true | ReconnectOptions): ReconnectRules => {
  const given = reconnect === true ? {} : reconnect
  return {
    schedule: given.schedule ?? Retry.fullJitter({ base: "1 second", cap: "30 seconds" }),
    attempts: given.attempts ?? 10,
    maxWaitMillis: InvalidOption.positiveMillis("events.reconnect.maxWait", given.maxWait ?? "1 minute")
  }
}

/** Members are tried in order: an event with an unknown name comes last. */
const namedCodec = (events: Readonly<Record<string, Schema.Top>>, unknown: "skip" | "keep"): Sse.EventCodec => {
  const named = Object.entries(events).map(([name, data]) =>
    Schema.Struct({
      ...Sse.EventEncoded.fields,
      event: Schema.Literal(name),
      data: Schema.fromJsonString(Schema.toCodecJson(data))
    })
  )
  const isOther = Schema.makeFilter((name: string) => !Object.hasOwn(events, name))
  const other = Schema.Struct({ ...Sse.EventEncoded.fields, event: Schema.String.check(isOther) })
  return Schema.Union(unknown === "keep" ? [...named, other] : named)
}
