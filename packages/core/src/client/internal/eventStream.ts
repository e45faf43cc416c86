/** Decodes a stream of Server-Sent Events by the rules of its endpoint. */
import { type Cause, Effect, Result, Schema, Stream } from "effect"
import type * as Sse from "effect/encoding/Sse"
import type * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as Json from "../../crypto/Json.ts"
import { compileValue, type DecodeValue } from "./bodyDecoder.ts"
import { type ErrorRule, eventRules, type EventRules } from "./eventRules.ts"
import { EventParser, type WireEvent } from "./eventParser.ts"
import { compileErrorValue } from "./errorDecoder.ts"
import { reconnecting } from "./reconnection.ts"
import {
  undecodable,
  type BytesProblem,
  type Connection,
  type Problem,
  type Reading,
  type StreamProblem,
  type Undecodable
} from "./undecodable.ts"

type StreamSse = HttpApiSchema.StreamSse<Sse.EventCodec, Schema.Top, unknown>

/** The result of an event: its value, or none; a problem of the stream; or the failure that a server sends as a Cause. */
type Decoded = Effect.Effect<ReadonlyArray<unknown>, StreamProblem | Relayed>

/** A failure as a server made from an `HttpApi` sends it. */
interface Relayed {
  readonly _tag: "Relayed"
  readonly cause: Cause.Cause<unknown>
}

/** OpenAI and compatible providers end a stream with this instead of an event. */
const endOfEvents = "[DONE]"

/** The name under which a server made from an `HttpApi` sends the declared error of a stream. */
const failureEvent = "effect/http-api/stream/failure"

export const eventStream = (
  schema: StreamSse,
  bytesOf: (connection: Connection, reading: Reading) => Stream.Stream<Uint8Array, BytesProblem>
): ((connection: Connection, reading: Reading) => Stream.Stream<unknown, unknown>) => {
  const rules = eventRules(schema)
  const decode = compileEvent(schema, rules)
  const open = (bytes: Stream.Stream<Uint8Array, BytesProblem>, lastEventId: string) => {
    const end = new End(rules.done)
    const parser = new EventParser(rules.maxEventBytes, lastEventId)
    const events = eventsOf(bytes, parser).pipe(
      Stream.takeWhile((event) => !end.isSentinel(event)),
      Stream.takeUntil((event) => end.isLast(event)),
      Stream.mapEffect(decode),
      Stream.flattenIterable
    )
    return { events, parser, end, isDone: () => end.wasSeen }
  }
  return (first, reading) => {
    const { resume } = reading
    if (rules.reconnect !== undefined && resume !== undefined) {
      return reconnecting<unknown, StreamProblem | Relayed>({
        first,
        resume,
        rules: rules.reconnect,
        open: (connection, lastEventId) => open(bytesOf(connection, reading), lastEventId),
        other: ({ cause }) => Stream.failCause(cause)
      })
    }
    return Stream.suspend(() => {
      const { end, events } = open(bytesOf(first, reading), "")
      return events.pipe(
        Stream.concat(Stream.suspend(() => (end.isReached ? Stream.empty : Stream.fail(unfinished)))),
        Stream.catch((problem) =>
          problem._tag === "Relayed" ? Stream.failCause(problem.cause) : Stream.fail(first.tell(problem))
        )
      )
    })
  }
}

const unfinished: Problem = {
  _tag: "Broken",
  reason: "Body",
  code: undefined,
  detail: "the stream ended before the last event that the endpoint declares",
  sent: true,
  category: "transient",
  origin: "remote"
}

/** Watches for the end that an endpoint declares. */
class End {
  readonly #done: EventRules["done"]
  #isReached = false

  constructor(done: EventRules["done"]) {
    this.#done = done
  }

  /** Whether the end was read, declared or not. */
  get wasSeen(): boolean {
    return this.#isReached
  }

  get isReached(): boolean {
    return this.#isReached || this.#done === undefined
  }

  /** An end marker, which is not emitted. */
  isSentinel(event: WireEvent): boolean {
    const isIt = typeof this.#done !== "function" && event.data === (this.#done ?? endOfEvents)
    this.#isReached ||= isIt
    return isIt
  }

  /** An event that is the last one. */
  isLast(event: WireEvent): boolean {
    const isIt = typeof this.#done === "function" && this.#done(event)
    this.#isReached ||= isIt
    return isIt
  }
}

const eventsOf = (
  bytes: Stream.Stream<Uint8Array, BytesProblem>,
  parser: EventParser
): Stream.Stream<WireEvent, StreamProblem | Relayed> =>
  Stream.suspend(() => {
    const told = (events: Result.Result<ReadonlyArray<WireEvent>, string>) =>
      Result.isSuccess(events) ? Effect.succeed(events.success) : Effect.fail(undecodable("TooLarge", events.failure))
    return Stream.mapEffect(bytes, (chunk) => told(parser.feed(chunk))).pipe(
      Stream.concat(Stream.fromEffect(Effect.suspend(() => told(parser.end())))),
      Stream.flattenIterable
    )
  })

const compileEvent = (schema: StreamSse, rules: EventRules): ((event: WireEvent) => Decoded) => {
  const decode = compileValue(schema.events)
  const relayed = compileRelayed(schema)
  const errors = new Map(Object.entries(rules.errors).map(([name, rule]) => [name, compileError(rule)] as const))
  const isData = schema.sseMode === "data"
  return (event) => {
    if (event.event === failureEvent) return relayed(event)
    const error = errors.get(event.event)
    if (error !== undefined) return error(event)
    if (rules.names !== undefined && !rules.names.has(event.event) && rules.unknown === "skip") return nothing
    return isData ? decodeData(decode, event) : Effect.map(checked(decode, event), (value) => [value])
  }
}

const nothing: Decoded = Effect.succeed([])

/** Servers keep a connection alive with events without data, which is not valid JSON. */
const decodeData = (decode: DecodeValue, event: WireEvent): Decoded =>
  event.data === ""
    ? nothing
    : // What the schema of an event decodes to.
      Effect.map(checked(decode, event), (value) => [(value as { readonly data: unknown }).data])

/** The depth is checked before a schema parses the data by itself. */
const checked = (decode: DecodeValue, event: WireEvent): Effect.Effect<unknown, Undecodable> => {
  const within = Json.checkDepth(event.data)
  const decoded = Result.isSuccess(within) ? decode(event) : Effect.fail(undecodable("Json", within.failure.message))
  return event.event === "error" ? Effect.mapError(decoded, undeclared) : decoded
}

const undeclared = ({ issue }: Undecodable): Undecodable =>
  undecodable("Schema", `the provider sent an error event that the endpoint does not declare: ${issue}`)

const compileError = ({ category, schema }: ErrorRule): ((event: WireEvent) => Decoded) => {
  const decode = compileErrorValue(Schema.toCodecJson(schema))
  return (event) => {
    const data = Json.parse(event.data)
    const decoded = decode(Result.isSuccess(data) ? data.success : event.data)
    return Effect.flatMap(Effect.mapError(decoded, mismatched), (error) =>
      Effect.fail({ _tag: "ErrorEvent", error, category } as const)
    )
  }
}

const mismatched = ({ issue }: Undecodable): Undecodable =>
  undecodable("Schema", `the provider sent an error event that does not match its schema: ${issue}`)

const compileRelayed = (schema: StreamSse): ((event: WireEvent) => Decoded) => {
  const decode = compileValue(Schema.fromJsonString(Schema.toCodecJson(Schema.Cause(schema.error, Schema.Defect()))))
  return (event) =>
    Effect.flatMap(decode(event.data), (cause) =>
      // What the schema of a Cause decodes to.
      Effect.fail({ _tag: "Relayed", cause: cause as Cause.Cause<unknown> } as const)
    )
}
