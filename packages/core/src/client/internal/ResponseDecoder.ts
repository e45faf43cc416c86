/** Decoders of an endpoint's answers, by status and content type: compiled once, before the first call. */
import { Effect, Schema } from "effect"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import type * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import type { ErrorMap } from "../Endpoint.ts"
import { compileBody, compileNothing, compileValue, type DecodeBody, isNothing } from "./bodyDecoder.ts"
import { compileErrorBody } from "./errorDecoder.ts"
import { isJson, mediaTypeOf } from "./mediaType.ts"
import type { ReceivedBody } from "./receivedBody.ts"
import { alternativesOf, encoding, reflected, streamed, successStatus } from "./Reflection.ts"
import { compileStream, type OpenStream } from "./streamDecoder.ts"
import type { Connection, Reading, Undecodable } from "./undecodable.ts"

export type { Problem, StreamProblem, TellStreamProblem, Undecodable } from "./undecodable.ts"

type Decoded = Effect.Effect<unknown, Undecodable>

/**
 * How an answer is decoded. `Empty` needs no body: the caller discards it. `Body` needs it whole. `Stream` uses the
 * response itself, and leaves the body unread when it fails.
 */
export type Decoder =
  | { readonly _tag: "Empty"; readonly value: (response: HttpClientResponse) => Decoded }
  | { readonly _tag: "Body"; readonly decode: (body: ReceivedBody, response: HttpClientResponse) => Decoded }
  | {
      readonly _tag: "Stream"
      /** Returns a `Stream`, with or without headers; fails for an answer of another content type. */
      readonly open: (connection: Connection, reading: Reading) => Decoded
    }

/** Finds the decoder of an answer; undefined when the endpoint does not declare its status. */
export type DecoderOf = (status: number, contentType: string | undefined) => Decoder | undefined

/** Compiles the successes of an endpoint; a 2xx that none declares is decoded by the first. */
export const compileSuccesses = (endpoint: HttpApiEndpoint.Top): DecoderOf => {
  const declared = new Map<number, ReadonlyArray<Schema.Top>>(reflected(endpoint).successes)
  const stream = Array.from(endpoint.success).find((schema) => streamed(bodyOf(schema)) !== undefined)
  if (stream !== undefined) {
    const status = successStatus(stream)
    declared.set(status, [stream, ...(declared.get(status) ?? [])])
  }
  const byStatus = new Map(
    Array.from(declared, ([status, schemas]) => [status, compile(schemas, compileBody)] as const)
  )
  const others = compile(forOtherStatuses(stream, Array.from(declared.values())), compileBody)
  return (status, contentType) =>
    (byStatus.get(status) ?? (status >= 200 && status < 300 ? others : undefined))?.(contentType)
}

/** Statuses that are not declared: as the stream or the first that is declared; an empty body as any that stands for one. */
const forOtherStatuses = (
  stream: Schema.Top | undefined,
  declared: ReadonlyArray<ReadonlyArray<Schema.Top>>
): ReadonlyArray<Schema.Top> => {
  const first = stream === undefined ? declared[0] : declared.find((schemas) => schemas.includes(stream))
  const empty = declared.flat().filter((schema) => isNothing(bodyOf(schema)))
  return Array.from(new Set([...(first ?? []), ...empty]))
}

/** Compiles the declared errors of an endpoint: exact status, then range, then `default`. */
export const compileErrors = (errors: ErrorMap): DecoderOf => {
  const decoders = new Map(
    Object.entries(errors).flatMap(([status, schema]) =>
      schema === undefined ? [] : [[status, compile(alternativesOf(schema), compileErrorBody)] as const]
    )
  )
  return (status, contentType) =>
    (decoders.get(String(status)) ?? decoders.get(`${Math.trunc(status / 100)}xx`) ?? decoders.get("default"))?.(
      contentType
    )
}

type CompileBody = (schema: Schema.Top) => DecodeBody

/** Chooses by content type between the stream and the bodies that one status may have. */
const compile = (
  schemas: ReadonlyArray<Schema.Top>,
  compileBody: CompileBody
): ((contentType: string | undefined) => Decoder) => {
  const stream = schemas.find((schema) => streamed(bodyOf(schema)) !== undefined)
  const bodies = schemas.filter((schema) => schema !== stream)
  const buffered = bodies.length === 0 ? undefined : compileBodies(bodies, compileBody)
  if (stream === undefined) return () => buffered ?? ignored
  const opened = compileStreamed(stream)
  if (buffered === undefined) return () => opened.decoder
  const types = new Set(bodies.map(typeOf))
  return (contentType) =>
    opened.accepts(contentType) && !types.has(mediaTypeOf(contentType) ?? "") ? opened.decoder : buffered
}

const ignored: Decoder = { _tag: "Empty", value: () => Effect.void }

const compileStreamed = (
  schema: Schema.Top
): { readonly decoder: Decoder; readonly accepts: OpenStream["accepts"] } => {
  const stream = streamed(bodyOf(schema))
  if (stream === undefined) return { decoder: ignored, accepts: () => false }
  const { accepts, open } = compileStream(stream)
  const decodeHeaders = headersOf(schema)
  return {
    accepts,
    decoder: {
      _tag: "Stream",
      open: (connection, reading) => decodeHeaders(connection.response, open(connection, reading))
    }
  }
}

const compileBodies = (schemas: ReadonlyArray<Schema.Top>, compileBody: CompileBody): Decoder => {
  const empty = schemas.find((schema) => isNothing(bodyOf(schema)))
  const bodies = schemas.filter((schema) => !isNothing(bodyOf(schema)))
  const nothing = empty === undefined ? undefined : compileEmpty(empty)
  if (bodies.length === 0) return nothing ?? ignored
  const decode = compileAlternatives(bodies, compileBody)
  if (nothing === undefined) return { _tag: "Body", decode }
  return {
    _tag: "Body",
    decode: (body, response) => (body.isEmpty ? nothing.value(response) : decode(body, response))
  }
}

type Empty = Extract<Decoder, { readonly _tag: "Empty" }>

type Body = Extract<Decoder, { readonly _tag: "Body" }>

const compileEmpty = (schema: Schema.Top): Empty => {
  const value = compileNothing(bodyOf(schema))
  const decodeHeaders = headersOf(schema)
  return { _tag: "Empty", value: (response) => decodeHeaders(response, value) }
}

/** Bodies of the same content type are alternatives of one union. */
const compileAlternatives = (schemas: ReadonlyArray<Schema.Top>, compileBody: CompileBody): Body["decode"] => {
  const byType = Map.groupBy(schemas, typeOf)
  const decoders = new Map(Array.from(byType, ([type, group]) => [type, compileGroup(group, compileBody)] as const))
  const [first] = decoders.values()
  if (first !== undefined && decoders.size === 1) return first
  const anyJson = Array.from(decoders).find(([type]) => isJson(type))?.[1]
  return (body, response) => {
    const type = mediaTypeOf(body.contentType) ?? ""
    const decode = decoders.get(type) ?? (isJson(type) ? anyJson : undefined) ?? first
    return decode === undefined ? Effect.void : decode(body, response)
  }
}

const compileGroup = (schemas: ReadonlyArray<Schema.Top>, compileBody: CompileBody): Body["decode"] => {
  const [only, ...others] = schemas
  if (only !== undefined && others.length === 0) {
    const decode = compileBody(bodyOf(only))
    if (!HttpApiSchema.isWithHeaders(only)) return decode
    const decodeHeaders = headersOf(only)
    return (body, response) => decodeHeaders(response, decode(body))
  }
  const decode = compileBody(withEncoding(only, Schema.Union(schemas)))
  return (body) => decode(body)
}

/** A union has no encoding: it is that of its members. */
const withEncoding = (member: Schema.Top | undefined, union: Schema.Top): Schema.Top =>
  member === undefined ? union : union.annotate({ "~httpApiEncoding": encoding(member) })

const bodyOf = (schema: Schema.Top): Schema.Top => (HttpApiSchema.isWithHeaders(schema) ? schema.schema : schema)

const typeOf = (schema: Schema.Top): string => mediaTypeOf(encoding(bodyOf(schema)).contentType) ?? ""

/** Adds the headers to the body if the schema declares them; they are decoded first. */
const headersOf = (schema: Schema.Top): ((response: HttpClientResponse, body: Decoded) => Decoded) => {
  if (!HttpApiSchema.isWithHeaders(schema)) return (_response, body) => body
  const decode = compileValue(schema.headers)
  return (response, body) =>
    Effect.flatMap(decode(response.headers), (headers) =>
      Effect.map(body, (body) => HttpApiSchema.withHeaders({ headers, body }))
    )
}
