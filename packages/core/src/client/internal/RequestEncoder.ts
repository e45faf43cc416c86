import { Effect, Schema, Stream } from "effect"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import type * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpMethod from "effect/http/HttpMethod"
import * as UrlParams from "effect/http/UrlParams"
import * as CallError from "../../policy/CallError.ts"
import * as AtOnce from "../../policy/internal/AtOnce.ts"
import { encoding, propertyNames, streamed } from "./Reflection.ts"

/** The parts of a request as a caller gives them. */
export interface Input {
  readonly params?: unknown
  readonly query?: unknown
  readonly headers?: unknown
  readonly payload?: unknown
}

/** A part that does not encode, and where. */
export interface Unencodable {
  readonly part: "params" | "query" | "headers" | "payload"
  readonly issue: string
}

type Encode<Out> = (value: unknown) => Effect.Effect<Out, Unencodable>

/** Compiles an endpoint to the function that makes its request under a base URL. */
export const compile = (endpoint: HttpApiEndpoint.Top, baseUrl: string, fixed: Readonly<Record<string, string>>) => {
  const path = compilePath(endpoint)
  const query = compileQuery(endpoint)
  const headers = compileStrings(endpoint.headers, "headers")
  const body = compilePayload(endpoint)
  const template = HttpClientRequest.make(endpoint.method)(baseUrl, { headers: fixed })
  if (isAlwaysTheSame(endpoint)) {
    const request = Effect.succeed(HttpClientRequest.setUrl(template, baseUrl + endpoint.path))
    return () => request
  }
  return (input: Input): Effect.Effect<HttpClientRequest.HttpClientRequest, Unencodable> =>
    AtOnce.flatMap(path(input.params), (path) =>
      AtOnce.flatMap(query(input), (query) =>
        AtOnce.flatMap(headers(input.headers), (headers) =>
          AtOnce.map(body(input.payload), (body) => filled(template, baseUrl + path, query, headers, body))
        )
      )
    )
}

/** Nothing that a caller could give is in it. */
const isAlwaysTheSame = ({ headers, params, payload, query }: HttpApiEndpoint.Top): boolean =>
  params === undefined && query === undefined && headers === undefined && payload.size === 0

const filled = (
  template: HttpClientRequest.HttpClientRequest,
  url: string,
  query: Strings,
  headers: Strings,
  body: HttpBody.HttpBody
): HttpClientRequest.HttpClientRequest => {
  let request = HttpClientRequest.setUrl(template, url)
  // An encoded header is a string; undefined ones are left out by compileStrings.
  if (headers !== none) request = HttpClientRequest.setHeaders(request, headers as Record<string, string>)
  if (query !== none) request = HttpClientRequest.setUrlParams(request, UrlParams.fromInput(query))
  return body === HttpBody.empty ? request : HttpClientRequest.setBody(request, body)
}

/** Whether the body can be sent a second time. */
export const isReplayable = (input: Input): boolean => !Stream.isStream(input.payload)

type Strings = Record<string, string | ReadonlyArray<string>>

const none: Strings = {}

const noStrings = Effect.succeed(none)

/** A method without a body carries its payload in the query, as the server of an HttpApi expects. */
const compileQuery = (endpoint: HttpApiEndpoint.Top) => {
  const query = compileStrings(endpoint.query, "query")
  if (HttpMethod.hasBody(endpoint.method) || endpoint.payload.size === 0) return (input: Input) => query(input.query)
  const payload = compileStrings(Schema.Union(payloadSchemas(endpoint)), "payload")
  return (input: Input) =>
    Effect.map(Effect.all([payload(input.payload), query(input.query)]), ([payload, query]) => ({
      ...payload,
      ...query
    }))
}

const payloadSchemas = (endpoint: HttpApiEndpoint.Top): ReadonlyArray<Schema.Top> =>
  Array.from(endpoint.payload.values()).flatMap(({ schemas }) => schemas)

const compileStrings = (schema: Schema.Top | undefined, part: "query" | "headers" | "payload"): Encode<Strings> => {
  if (schema === undefined) return () => noStrings
  const encode = encoderOf(schema, part)
  // A string tree's encoding holds strings, arrays of strings and undefined.
  return (value) => AtOnce.map(encode(value ?? {}), (encoded) => withoutUndefined(encoded as Strings))
}

const withoutUndefined = (strings: Strings): Strings =>
  Object.fromEntries(Object.entries(strings).filter(([, value]) => value !== undefined))

const encoderOf = (schema: Schema.Constraint, part: Unencodable["part"]): Encode<unknown> => {
  // The services of an encoder are in the method's type, so that they are there when it runs.
  const encode = Schema.encodeUnknownEffect(schema as Schema.ConstraintEncoder<unknown>)
  return (value) => AtOnce.mapError(encode(value), (error) => ({ part, issue: CallError.describeIssue(error.issue) }))
}

interface Segment {
  readonly literal: string
  readonly name: string | undefined
  readonly optional: boolean
}

const compilePath = (endpoint: HttpApiEndpoint.Top): Encode<string> => {
  const { params, path } = endpoint
  if (params === undefined) {
    const succeeded = Effect.succeed(path)
    return () => succeeded
  }
  const segments = segmentsOf(path, new Set(propertyNames(params)))
  const encode = encoderOf(params, "params")
  return (value) =>
    // A string tree's encoding of path parameters holds strings and undefined.
    AtOnce.flatMap(encode(value ?? {}), (encoded) => fillPath(segments, encoded as Record<string, string | undefined>))
}

const segmentsOf = (path: string, names: ReadonlySet<string>): ReadonlyArray<Segment> => {
  const segments: Array<Segment> = []
  let literal = ""
  for (const part of path.split(/(:\w+\??)/)) {
    const name = part.startsWith(":") ? part.slice(1).replace(/\?$/, "") : undefined
    if (name === undefined || !names.has(name)) {
      literal += part
      continue
    }
    segments.push({ literal, name, optional: part.endsWith("?") })
    literal = ""
  }
  return [...segments, { literal, name: undefined, optional: true }]
}

const fillPath = (
  segments: ReadonlyArray<Segment>,
  params: Record<string, string | undefined>
): Effect.Effect<string, Unencodable> => {
  let path = ""
  for (const { literal, name, optional } of segments) {
    const value = name === undefined ? undefined : params[name]
    if (value === undefined) {
      if (!optional) return Effect.fail(unusable(name, "is missing"))
      path += name === undefined ? literal : literal.replace(/\/$/, "")
    } else if (value === "" || value === "." || value === "..") {
      return Effect.fail(unusable(name, `is ${JSON.stringify(value)}, which a URL would resolve away`))
    } else {
      path += literal + encodeURIComponent(value)
    }
  }
  if (dotSegment.test(path)) {
    return Effect.fail({ part: "params", issue: "the path has a segment that a URL would resolve away" })
  }
  return Effect.succeed(path === "" ? "/" : path)
}

/** Several parameters in one segment can make one, though none of them is one. */
const dotSegment = /\/\.{1,2}(?:\/|$)/

const unusable = (name: string | undefined, problem: string): Unencodable => ({
  part: "params",
  issue: `the path parameter "${name}" ${problem}`
})

const noBody = Effect.succeed<HttpBody.HttpBody>(HttpBody.empty)

const compilePayload = (endpoint: HttpApiEndpoint.Top): Encode<HttpBody.HttpBody> => {
  const encoders = payloadSchemas(endpoint).map(compileBody)
  if (encoders.length === 0 || !HttpMethod.hasBody(endpoint.method)) return () => noBody
  return (value) => firstThatEncodes(encoders, value)
}

const firstThatEncodes = (
  encoders: ReadonlyArray<Encode<HttpBody.HttpBody>>,
  value: unknown
): Effect.Effect<HttpBody.HttpBody, Unencodable> => {
  if (value instanceof FormData) return Effect.succeed(HttpBody.formData(value))
  const [first, ...others] = encoders.map((encode) => encode(value))
  return others.reduce(
    (attempt, next) => Effect.catch(attempt, () => next),
    first ?? Effect.succeed<HttpBody.HttpBody>(HttpBody.empty)
  )
}

const compileBody = (schema: Schema.Top): Encode<HttpBody.HttpBody> => {
  const stream = streamed(schema)
  if (stream?._tag === "StreamUint8Array") return (value) => streamBody(value, stream.contentType)
  if (stream?._tag === "StreamNdjson") return compileNdjson(stream)
  if (HttpApiSchema.isNoContent(schema.ast)) return () => Effect.succeed(HttpBody.empty)
  const { _tag, contentType } = encoding(schema)
  const encode = encoderOf(schema, "payload")
  return (value) => AtOnce.flatMap(encode(value), (encoded) => bodyOf(_tag, contentType, encoded))
}

const bodyOf = (
  kind: HttpApiSchema.PayloadEncoding["_tag"],
  contentType: string,
  encoded: unknown
): Effect.Effect<HttpBody.HttpBody, Unencodable> => {
  switch (kind) {
    case "Json":
      return Effect.succeed(HttpBody.text(JSON.stringify(encoded), contentType))
    case "FormUrlEncoded":
      // Only an encoded struct gets here, and its properties are coercible to strings.
      return Effect.succeed(HttpBody.urlParams(encoded as UrlParams.Input, contentType))
    case "Text":
      return typeof encoded === "string"
        ? Effect.succeed(HttpBody.text(encoded, contentType))
        : Effect.fail(notA("string"))
    case "Uint8Array":
      return encoded instanceof Uint8Array
        ? Effect.succeed(HttpBody.uint8Array(encoded, contentType))
        : Effect.fail(notA("Uint8Array"))
    case "Multipart":
      return Effect.fail(notA("FormData"))
  }
}

const notA = (expected: string): Unencodable => ({ part: "payload", issue: `Expected a ${expected}` })

const streamBody = (value: unknown, contentType: string): Effect.Effect<HttpBody.HttpBody, Unencodable> =>
  Stream.isStream(value)
    ? // The payload's type is a stream of bytes without services.
      Effect.succeed(HttpBody.stream(value as Stream.Stream<Uint8Array, unknown>, contentType))
    : Effect.fail(notA("Stream"))

const compileNdjson = (schema: HttpApiSchema.StreamNdjson<Schema.Top>): Encode<HttpBody.HttpBody> => {
  const encode = encoderOf(Schema.toCodecJson(schema.schema), "payload")
  const line = (element: unknown) =>
    Effect.map(encode(element), (encoded) => new TextEncoder().encode(`${JSON.stringify(encoded)}\n`))
  return (value) =>
    Stream.isStream(value)
      ? // The payload's type is a stream of elements without services.
        streamBody(Stream.mapEffect(value as Stream.Stream<unknown, unknown>, line), schema.contentType)
      : Effect.fail(notA("Stream"))
}
