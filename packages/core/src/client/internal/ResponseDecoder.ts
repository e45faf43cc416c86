import { ByteSize, Effect, type Cause, Result, Schema, Stream } from "effect"
import * as Ndjson from "effect/encoding/Ndjson"
import * as Sse from "effect/encoding/Sse"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import type * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import * as UrlParams from "effect/http/UrlParams"
import * as CallError from "../../policy/CallError.ts"
import * as Exchange from "../../policy/Exchange.ts"
import * as AtOnce from "../../policy/internal/AtOnce.ts"
import type { ErrorMap } from "../Endpoint.ts"
import { encoding, reflected, streamed, wireTag } from "./Reflection.ts"

/** A body that came whole and does not match its schema. */
export interface Undecodable {
  readonly _tag: "Undecodable"
  readonly issue: string
}

export type Problem = Exchange.Broken | Undecodable

/** How the errors of a stream are told, which come after the call has succeeded. */
export type TellStreamProblem = (problem: Problem) => unknown

export type Decode = (response: HttpClientResponse, tell: TellStreamProblem) => Effect.Effect<unknown, Problem>

/** Finds the decoder of a status; undefined when the endpoint does not declare it. */
export type DecoderOf = (status: number) => Decode | undefined

const undecodable = (issue: string): Undecodable => ({ _tag: "Undecodable", issue })

const matched = (error: Schema.SchemaError): Undecodable => undecodable(CallError.describeIssue(error.issue))

const decoderOf = (schema: Schema.Constraint) => {
  // The services of a decoder are in the method's type, so that they are there when it runs.
  const decode = Schema.decodeUnknownEffect(schema as Schema.ConstraintDecoder<unknown>)
  return (value: unknown) => AtOnce.mapError(decode(value), matched)
}

/** Compiles the successes of an endpoint; a 2xx that none declares is decoded by the first. */
export const compileSuccesses = (endpoint: HttpApiEndpoint.Top, maxBytes: number): DecoderOf => {
  const byStatus = new Map<number, Decode>()
  for (const [status, schemas] of reflected(endpoint).successes) {
    byStatus.set(status, compileAlternatives(schemas, maxBytes))
  }
  const stream = Array.from(endpoint.success).find((schema) => streamed(bodyOf(schema)) !== undefined)
  const first = stream === undefined ? byStatus.values().next().value : compileSuccess(stream, maxBytes)
  return (status) => byStatus.get(status) ?? (status >= 200 && status < 300 ? first : undefined)
}

/** Compiles the declared errors of an endpoint: exact status, then range, then `default`. */
export const compileErrors = (errors: ErrorMap, maxBytes: number): DecoderOf => {
  const decoders = new Map(
    Object.entries(errors).flatMap(([status, schema]) =>
      schema === undefined ? [] : [[status, compileError(schema, maxBytes)] as const]
    )
  )
  return (status) =>
    decoders.get(String(status)) ?? decoders.get(`${Math.trunc(status / 100)}xx`) ?? decoders.get("default")
}

const compileAlternatives = (schemas: ReadonlyArray<Schema.Top>, maxBytes: number): Decode => {
  const alternatives = schemas.map((schema) => ({
    contentType: contentTypeOf(schema),
    decode: compileSuccess(schema, maxBytes)
  }))
  const [first] = alternatives
  if (first === undefined) return () => Effect.void
  if (alternatives.length === 1) return first.decode
  return (response, tell) => {
    const contentType = (response.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase()
    const fitting = alternatives.filter((alternative) => alternative.contentType === contentType)
    const [chosen, ...others] = fitting.length === 0 ? [first] : fitting
    return others.length === 0 || chosen === undefined
      ? (chosen ?? first).decode(response, tell)
      : compileSuccess(Schema.Union(schemas.filter((schema) => contentTypeOf(schema) === contentType)), maxBytes)(
          response,
          tell
        )
  }
}

const bodyOf = (schema: Schema.Top): Schema.Top => (HttpApiSchema.isWithHeaders(schema) ? schema.schema : schema)

const contentTypeOf = (schema: Schema.Top): string => encoding(bodyOf(schema)).contentType.toLowerCase()

const compileSuccess = (schema: Schema.Top, maxBytes: number): Decode => {
  if (HttpApiSchema.isWithHeaders(schema)) return compileWithHeaders(schema, compileSuccess(schema.schema, maxBytes))
  const stream = streamed(schema)
  if (stream !== undefined) return compileStream(stream)
  if (HttpApiSchema.isNoContent(schema.ast)) return compileEmpty(schema)
  const read = reader(encoding(schema)._tag, maxBytes)
  if (schema.ast === anyJson) return (response) => read(response)
  const decode = decoderOf(schema)
  return (response) => AtOnce.flatMap(read(response), decode)
}

/** `Schema.Unknown` as a JSON body has it: what a parser of JSON gives need not be looked through. */
const anyJson = Schema.toCodecJson(Schema.Unknown).ast

/** What stands for an empty body, whatever the body holds. */
const compileEmpty = (schema: Schema.Top): Decode => {
  const decode = decoderOf(schema)
  return (response) => Effect.flatMap(Exchange.discard(response), () => decode(undefined))
}

const compileWithHeaders = (schema: HttpApiSchema.WithHeaders<Schema.Top, Schema.Top>, decodeBody: Decode): Decode => {
  const decodeHeaders = decoderOf(schema.headers)
  return (response, tell) =>
    Effect.flatMap(
      Effect.tapError(decodeHeaders(response.headers), () => Exchange.discard(response)),
      (headers) => Effect.map(decodeBody(response, tell), (body) => HttpApiSchema.withHeaders({ headers, body }))
    )
}

/** A tagged error may come without its tag, and one without fields may come with any body. */
const compileError = (schema: Schema.Top, maxBytes: number): Decode => {
  if (HttpApiSchema.isWithHeaders(schema)) return compileWithHeaders(schema, compileError(schema.schema, maxBytes))
  if (HttpApiSchema.isNoContent(schema.ast)) return compileEmpty(schema)
  const decode = decoderOf(schema)
  const tag = wireTag(schema)
  const kind = encoding(schema)._tag
  if (kind !== "Json" || tag === undefined) {
    const read = reader(kind, maxBytes)
    return (response) => Effect.flatMap(read(response), decode)
  }
  return (response) =>
    Effect.flatMap(readText(response, maxBytes), (text) => {
      const parsed = parseJson(text)
      const value = Result.isSuccess(parsed) && isRecord(parsed.success) ? parsed.success : {}
      return decode("_tag" in value ? value : { ...value, _tag: tag })
    })
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const reader = (kind: HttpApiSchema.PayloadEncoding["_tag"], maxBytes: number) => {
  switch (kind) {
    case "Text":
      return (response: HttpClientResponse) => readText(response, maxBytes)
    case "Uint8Array":
      return (response: HttpClientResponse) => readBytes(response, maxBytes)
    case "FormUrlEncoded":
      return (response: HttpClientResponse) =>
        Effect.map(readText(response, maxBytes), (text) =>
          UrlParams.toRecord(UrlParams.fromInput(new URLSearchParams(text)))
        )
    default:
      return (response: HttpClientResponse) => AtOnce.flatMap(readText(response, maxBytes), parsed)
  }
}

const parsed = (text: string): Effect.Effect<unknown, Undecodable> => {
  const value = parseJson(text)
  return Result.isSuccess(value) ? Effect.succeed(value.success) : Effect.fail(value.failure)
}

const parseJson = (text: string): Result.Result<unknown, Undecodable> => {
  if (text === "") return Result.succeed(undefined)
  try {
    return Result.succeed(JSON.parse(text))
  } catch {
    return Result.fail(undecodable("Expected JSON"))
  }
}

const utf8 = new TextDecoder()

const readText = (response: HttpClientResponse, maxBytes: number): Effect.Effect<string, Problem> => {
  const arrived = Exchange.arrivedBody(response, maxBytes)
  if (arrived !== undefined) return Effect.succeed(utf8.decode(arrived))
  return isSurelyWithin(response, maxBytes)
    ? AtOnce.mapError(response.text, Exchange.brokenBy)
    : Effect.map(readBytes(response, maxBytes), (bytes) => new TextDecoder().decode(bytes))
}

/** Reads a body whole, up to a bound. */
export const readBytes = (response: HttpClientResponse, maxBytes: number): Effect.Effect<Uint8Array, Problem> =>
  isSurelyWithin(response, maxBytes)
    ? Effect.map(Effect.mapError(response.arrayBuffer, Exchange.brokenBy), (buffer) => new Uint8Array(buffer))
    : readBounded(response, maxBytes)

const isSurelyWithin = (response: HttpClientResponse, maxBytes: number): boolean => {
  const length = response.headers["content-length"]
  const compressed = response.headers["content-encoding"] !== undefined
  return length !== undefined && !compressed && Number(length) <= maxBytes
}

const readBounded = (response: HttpClientResponse, maxBytes: number): Effect.Effect<Uint8Array, Problem> =>
  Effect.suspend(() => {
    const chunks: Array<Uint8Array> = []
    let size = 0
    return Exchange.bytes(response).pipe(
      Stream.runForEach((chunk): Effect.Effect<void, Problem> => {
        chunks.push(chunk)
        size += chunk.byteLength
        return size > maxBytes ? Effect.fail(undecodable(`the body is larger than ${maxBytes} bytes`)) : Effect.void
      }),
      Effect.map(() => joined(chunks, size))
    )
  })

const joined = (chunks: ReadonlyArray<Uint8Array>, size: number): Uint8Array => {
  const [only] = chunks
  if (only !== undefined && chunks.length === 1) return only
  const bytes = new Uint8Array(size)
  chunks.reduce((at, chunk) => {
    bytes.set(chunk, at)
    return at + chunk.byteLength
  }, 0)
  return bytes
}

const compileStream = (schema: HttpApiSchema.StreamSchema): Decode => {
  const decode =
    schema._tag === "StreamUint8Array"
      ? byteStream
      : schema._tag === "StreamNdjson"
        ? ndjsonStream(schema)
        : sseStream(schema)
  return (response, tell) => Effect.succeed(decode(Exchange.bytes(response), tell))
}

type DecodeStream = (
  bytes: Stream.Stream<Uint8Array, Problem>,
  tell: TellStreamProblem
) => Stream.Stream<unknown, unknown>

const byteStream: DecodeStream = (bytes, tell) => Stream.mapError(bytes, tell)

const ndjsonStream = (schema: HttpApiSchema.StreamNdjson<Schema.Top>): DecodeStream => {
  const decode = decoderOf(Schema.toCodecJson(schema.schema))
  const maxLineBytes = ByteSize.toNumberUnsafe(schema.maxElementBytes)
  return (bytes, tell) =>
    bytes.pipe(
      Stream.pipeThroughChannel(Ndjson.decode({ ignoreEmptyLines: true, maxLineBytes })),
      Stream.mapError((error) =>
        Ndjson.isNdjsonError(error) ? undecodable(`an NDJSON line: ${error.reason}`) : error
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
  const decode = decoderOf(schema.events)
  const decodeCause = decoderOf(Schema.fromJsonString(Schema.toCodecJson(Schema.Cause(schema.error, Schema.Defect()))))
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
          : Effect.fail(undecodable("an event is too large"))
      ),
      Stream.flattenIterable
    )
  })

const eventOf = ({ data, event, id }: Sse.Event): Event => ({ event, data, ...(id !== undefined && { id }) })
