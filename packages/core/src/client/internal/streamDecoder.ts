/** Decodes streamed answers element by element: bytes, lines of JSON, events. */
import { ByteSize, type Cause, Effect, Result, Schema, Stream } from "effect"
import * as Ndjson from "effect/encoding/Ndjson"
import * as Sse from "effect/encoding/Sse"
import type * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import * as Exchange from "../../policy/Exchange.ts"
import { compileValue } from "./bodyDecoder.ts"
import { acceptedTypes, type Accepts } from "./mediaType.ts"
import { undecodable, type Problem, type TellStreamProblem, type Undecodable } from "./undecodable.ts"

/** How a streamed answer is opened. */
export interface OpenStream {
  /** Whether an answer with this content type is such a stream. */
  readonly accepts: (contentType: string | undefined) => boolean
  /** Fails, with the body unread, when the answer is no such stream by its content type. */
  readonly open: (
    response: HttpClientResponse,
    tell: TellStreamProblem
  ) => Effect.Effect<Stream.Stream<unknown, unknown>, Undecodable>
}

export const compileStream = (schema: HttpApiSchema.StreamSchema): OpenStream => {
  const decode = compileElements(schema)
  const types: Accepts = acceptedTypes(schema)
  return {
    accepts: (contentType) => Result.isSuccess(types(contentType)),
    open: (response, tell) => {
      const accepted = types(response.headers["content-type"])
      return Result.isSuccess(accepted)
        ? Effect.succeed(decode(Exchange.bytes(response), tell))
        : Effect.fail(undecodable("MediaType", accepted.failure))
    }
  }
}

type DecodeStream = (
  bytes: Stream.Stream<Uint8Array, Problem>,
  tell: TellStreamProblem
) => Stream.Stream<unknown, unknown>

const compileElements = (schema: HttpApiSchema.StreamSchema): DecodeStream => {
  switch (schema._tag) {
    case "StreamUint8Array":
      return (bytes, tell) => Stream.mapError(bytes, tell)
    case "StreamNdjson":
      return ndjsonStream(schema)
    case "StreamSse":
      return sseStream(schema)
  }
}

const ndjsonStream = (schema: HttpApiSchema.StreamNdjson<Schema.Top>): DecodeStream => {
  const decode = compileValue(Schema.toCodecJson(schema.schema))
  const maxLineBytes = ByteSize.toNumberUnsafe(schema.maxElementBytes)
  return (bytes, tell) =>
    bytes.pipe(
      Stream.pipeThroughChannel(Ndjson.decode({ ignoreEmptyLines: true, maxLineBytes })),
      Stream.mapError((error) =>
        Ndjson.isNdjsonError(error) ? undecodable("Json", `an NDJSON line: ${error.reason}`) : error
      ),
      Stream.mapEffect(decode),
      Stream.mapError(tell)
    )
}

/** OpenAI and those who follow it end a stream with this instead of an event. */
const endOfEvents = "[DONE]"

/** The name under which a server made from an HttpApi sends the declared error of a stream. */
const failureEvent = "effect/http-api/stream/failure"

const sseStream = (schema: HttpApiSchema.StreamSse<Sse.EventCodec, Schema.Top, unknown>): DecodeStream => {
  const decode = compileValue(schema.events)
  const decodeCause = compileValue(
    Schema.fromJsonString(Schema.toCodecJson(Schema.Cause(schema.error, Schema.Defect())))
  )
  const valueOf = (event: unknown) => (schema.sseMode === "data" ? (event as { readonly data: unknown }).data : event)
  return (bytes, tell) =>
    eventsOf(Stream.decodeText(bytes)).pipe(
      Stream.mapError(tell),
      Stream.takeWhile((event) => event.data !== endOfEvents),
      Stream.mapEffect((event) =>
        event.event === failureEvent
          ? Effect.flatMap(Effect.mapError(decodeCause(event.data), tell), (cause) =>
              // What the schema of a Cause decodes to.
              Effect.failCause(cause as Cause.Cause<unknown>)
            )
          : Effect.mapBoth(decode(event), { onFailure: tell, onSuccess: valueOf })
      )
    )
}

interface Event {
  readonly event: string
  readonly data: string
  readonly id?: string
}

/** A `retry` field says how long to wait before a reconnection, and nobody reconnects here: it is no event. */
const eventsOf = (text: Stream.Stream<string, Problem>): Stream.Stream<Event, Problem> =>
  Stream.suspend(() => {
    const events: Array<Event> = []
    const parser = Sse.makeParser((parsed) => {
      if (parsed._tag === "Event") events.push(eventOf(parsed))
    })
    return text.pipe(
      Stream.mapEffect((chunk) =>
        parser.feed(chunk) === undefined
          ? Effect.succeed(events.splice(0))
          : Effect.fail(undecodable("TooLarge", "an event is too large"))
      ),
      Stream.flattenIterable
    )
  })

const eventOf = ({ data, event, id }: Sse.Event): Event => ({ event, data, ...(id !== undefined && { id }) })
