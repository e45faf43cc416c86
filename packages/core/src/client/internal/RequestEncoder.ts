/** Encodes the parts of a call into a request. A value that cannot be encoded is an error of the call, never a defect. */
import { Effect, Schema, Stream } from "effect"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import type * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpMethod from "effect/http/HttpMethod"
import * as UrlParams from "effect/http/UrlParams"
import * as AtOnce from "../../policy/internal/AtOnce.ts"
import * as Redact from "../../policy/Redact.ts"
import { definition } from "../Endpoint.ts"
import * as FormStyle from "../FormStyle.ts"
import type { Address, Trust } from "./addresses.ts"
import { assertWritable } from "./endpointChecks.ts"
import { type Encode, encoderOf, guarded, inexpressible, type Unencodable } from "./encoders.ts"
import { holdsAny, holdsNullOrUnknown } from "./formCheck.ts"
import { type Pair, pairsOf } from "./formPairs.ts"
import { percent, textOf } from "./formText.ts"
import { jsonText, uncheckedJsonText } from "./jsonText.ts"
import { dotSegment, type Segment, segmentsOf, urlPath } from "./pathTemplate.ts"
import { encoding, propertyNames, streamed } from "./Reflection.ts"
import { uploadOf } from "./uploads.ts"

export type { Unencodable } from "./encoders.ts"

/** The parts of a request as a caller gives them. */
export interface Input {
  readonly params?: unknown
  readonly query?: unknown
  readonly headers?: unknown
  readonly payload?: unknown
  /** The URL itself, for an endpoint at `Endpoint.url`. */
  readonly url?: unknown
}

/** Creates the requests of an endpoint, for any base URL. */
export type EncodeAt = (address: Address, trust: Trust) => EncodeRequest

export type EncodeRequest = (input: Input) => Effect.Effect<HttpClientRequest.HttpClientRequest, Unencodable>

/** Compiles an endpoint to the function that creates its requests; all other headers override `defaults`. */
export const compile = (endpoint: HttpApiEndpoint.Top, defaults: Readonly<Record<string, string>>): EncodeAt => {
  if (definition(endpoint).writing === undefined) assertWritable(endpoint)
  const path = endpoint.path === urlPath ? noPath : compilePath(endpoint)
  const query = compileQuery(endpoint)
  const headers = compileHeaders(endpoint)
  const body = compilePayload(endpoint)
  const { baseUrl: ownBaseUrl, constants } = definition(endpoint)
  const makeAt = placing(endpoint, defaults, lowerCased(constants.headers ?? {}))
  return (address, trust) => {
    const place = makeAt({ ...address, baseUrl: ownBaseUrl ?? address.baseUrl }, trust)
    const encode: EncodeRequest = (input) =>
      AtOnce.flatMap(
        guarded("params", () => AtOnce.flatMap(path(input.params), (path) => place(path, input.url))),
        ({ template, url }) =>
          AtOnce.flatMap(
            guarded("query", () => query(input)),
            (query) =>
              AtOnce.flatMap(
                guarded("headers", () => headers(input.headers)),
                (headers) =>
                  AtOnce.map(
                    guarded("payload", () => body(input.payload)),
                    (body) => filled(template, url, { query, headers, body })
                  )
              )
          )
      )
    if (!isAlwaysTheSame(endpoint)) return encode
    const request = encode({})
    return () => request
  }
}

/** A URL, and the request to it without the caller's parts. */
interface Place {
  readonly template: HttpClientRequest.HttpClientRequest
  readonly url: string
}

type FindPlace = (path: string, url: unknown) => Effect.Effect<Place, Unencodable>

const placing = (
  endpoint: HttpApiEndpoint.Top,
  defaults: Readonly<Record<string, string>>,
  constants: Readonly<Record<string, string>>
) => {
  const templateOf = (url: string, headers: Readonly<Record<string, string>>) =>
    HttpClientRequest.make(endpoint.method)(url, { headers: { ...defaults, ...headers } })
  return ({ baseUrl, headers }: Address, trust: Trust): FindPlace => {
    const template = templateOf(baseUrl, { ...headers, ...constants })
    if (endpoint.path !== urlPath) return (path) => Effect.succeed({ template, url: baseUrl + path })
    return (_path, given) => {
      const url = typeof given === "string" && URL.canParse(given, baseUrl) ? new URL(given, baseUrl) : undefined
      const problem = url === undefined ? "is not a URL" : trust.problemOf(url)
      if (url === undefined || problem !== undefined)
        return Effect.fail({ part: "params", issue: `the URL ${problem}` })
      url.hash = ""
      if (trust.includes(url.href)) return Effect.succeed({ template, url: url.href })
      return Effect.withFiber((fiber) => {
        const names = Redact.redactedNames(fiber)
        const harmless = { ...harmlessOf(headers), ...withoutSecrets(constants, names) }
        return Effect.succeed({ template: templateOf(baseUrl, harmless), url: url.href })
      })
    }
  }
}

const noPath = () => Effect.succeed("")

/** The integration's headers for every origin; its other headers are sent to the listed origins only. */
const harmlessOf = (headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => /^(?:user-agent|accept|accept-language)$/.test(name)))

const withoutSecrets = (
  headers: Readonly<Record<string, string>>,
  names: ReadonlyArray<string | RegExp>
): Readonly<Record<string, string>> => {
  const shown = Redact.headers(headers, names)
  return Object.fromEntries(Object.entries(headers).filter(([name, value]) => shown[name] === value))
}

const lowerCased = (headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))

/** Nothing that a caller could give is in it. */
const isAlwaysTheSame = ({ headers, params, path, payload, query }: HttpApiEndpoint.Top): boolean =>
  path !== urlPath && params === undefined && query === undefined && headers === undefined && payload.size === 0

interface Parts {
  readonly query: Query
  readonly headers: Readonly<Record<string, string>>
  readonly body: HttpBody.HttpBody
}

const filled = (
  template: HttpClientRequest.HttpClientRequest,
  url: string,
  { body, headers, query }: Parts
): HttpClientRequest.HttpClientRequest => {
  const isText = typeof query === "string"
  const separator = url.includes("?") ? "&" : "?"
  let request = HttpClientRequest.setUrl(template, isText && query !== "" ? `${url}${separator}${query}` : url)
  if (headers !== noHeaders) request = HttpClientRequest.setHeaders(request, headers)
  if (!isText && query !== noQuery) request = HttpClientRequest.setUrlParams(request, query)
  return body === HttpBody.empty ? request : HttpClientRequest.setBody(request, body)
}

/** Sets one parameter of a request's query, wherever the query is: in the URL itself, or beside it. */
export const setQuery = (
  request: HttpClientRequest.HttpClientRequest,
  name: string,
  value: string
): HttpClientRequest.HttpClientRequest => {
  const start = request.url.indexOf("?")
  if (start === -1) return HttpClientRequest.setUrlParam(request, name, value)
  const others = request.url
    .slice(start + 1)
    .split("&")
    .filter((pair) => pair !== "" && !new URLSearchParams(pair).has(name))
  const query = [...others, `${percent(name)}=${percent(value)}`].join("&")
  return HttpClientRequest.setUrl(request, `${request.url.slice(0, start)}?${query}`)
}

/** Whether the body can be sent a second time. */
export const isReplayable = (input: Input): boolean => !Stream.isStream(input.payload)

/** A query in the declared style, or as pairs for the serializer of the URL Standard. */
type Query = string | UrlParams.UrlParams

const noQuery: UrlParams.UrlParams = UrlParams.empty

const compileQuery = (endpoint: HttpApiEndpoint.Top): ((input: Input) => Effect.Effect<Query, Unencodable>) => {
  const { constants, writing } = definition(endpoint)
  const style = writing?.queryStyle
  const fixed = Object.entries(constants.query ?? {}).map(([name, value]): Pair => [name, String(value)])
  const written = (pairs: ReadonlyArray<Pair>): Query =>
    style === undefined ? urlParamsOf([...fixed, ...pairs]) : textOf([...fixed, ...pairs], style, "query")
  const parts = queryParts(endpoint)
  if (parts.length === 0) {
    const query = Effect.succeed(fixed.length === 0 ? noQuery : written([]))
    return () => query
  }
  const [first, second] = parts
  return (input) =>
    AtOnce.flatMap(first?.(input) ?? Effect.succeed([]), (pairs) =>
      second === undefined
        ? Effect.succeed(written(pairs))
        : AtOnce.map(second(input), (others) => written(overriding(pairs, others)))
    )
}

/** Without a style no value is a list of elements. */
const urlParamsOf = (pairs: ReadonlyArray<Pair>): UrlParams.UrlParams =>
  UrlParams.make(pairs.map(([name, value]) => [name, typeof value === "string" ? value : value.join(",")]))

const overriding = (pairs: ReadonlyArray<Pair>, others: ReadonlyArray<Pair>): ReadonlyArray<Pair> => {
  const names = new Set(others.map(([name]) => name))
  return [...pairs.filter(([name]) => !names.has(name)), ...others]
}

type EncodePairs = (input: Input) => Effect.Effect<ReadonlyArray<Pair>, Unencodable>

/** A method without a body carries its payload in the query, as the server of an HttpApi expects. */
const queryParts = (endpoint: HttpApiEndpoint.Top): ReadonlyArray<EncodePairs> => {
  const { writing } = definition(endpoint)
  const parts: Array<EncodePairs> = []
  if (!HttpMethod.hasBody(endpoint.method) && endpoint.payload.size > 0) {
    const schema = Schema.Union(payloadSchemas(endpoint))
    const encode = compilePairs({ codec: schema, part: "payload" })
    parts.push((input) => encode(input.payload ?? {}))
  }
  if (endpoint.query !== undefined) {
    const given = writing?.query
    const encode = compilePairs({ codec: endpoint.query, given, style: writing?.queryStyle, part: "query" })
    parts.push((input) => encode(input.query ?? {}))
  }
  return parts
}

interface PairsOptions {
  /** The schema as the endpoint has it, which writes texts. */
  readonly codec: Schema.Top
  /** The schema as it was given, where it is known. */
  readonly given?: Schema.Top | undefined
  readonly style?: FormStyle.FormStyle | undefined
  readonly part: Unencodable["part"]
}

const compilePairs = ({ codec, given, part, style }: PairsOptions): Encode<ReadonlyArray<Pair>> => {
  const isNested = given !== undefined && (style !== undefined || holdsNullOrUnknown(Schema.toCodecJson(given)))
  const encode = isNested ? nestedEncoder(given, part) : encoderOf(codec, part)
  return (value) =>
    AtOnce.flatMap(encode(value), (encoded) => inexpressible(part, () => pairsOf(encoded, style ?? FormStyle.repeat)))
}

/** JSON writes undefined as null; the encoding without JSON distinguishes them. */
const nestedEncoder = (schema: Schema.Top, part: Unencodable["part"]): Encode<unknown> => {
  const json = encoderOf(Schema.toCodecJson(schema), part)
  const plain = encoderOf(schema, part)
  return (value) =>
    AtOnce.flatMap(json(value), (encoded) =>
      holdsNull(encoded)
        ? AtOnce.map(plain(value), (original) => withUndefined(encoded, original))
        : Effect.succeed(encoded)
    )
}

const holdsNull = (value: unknown): boolean =>
  value === null || (typeof value === "object" && Object.values(value).some(holdsNull))

const withUndefined = (encoded: unknown, original: unknown): unknown => {
  if (encoded === null) return original === undefined ? undefined : null
  if (typeof encoded !== "object" || typeof original !== "object" || original === null) return encoded
  // The properties of an object can be read by their names.
  const properties = original as Readonly<Record<string, unknown>>
  if (Array.isArray(encoded)) return encoded.map((element, index) => withUndefined(element, properties[index]))
  return Object.fromEntries(
    Object.entries(encoded).map(([name, value]) => [
      name,
      name in original ? withUndefined(value, properties[name]) : value
    ])
  )
}

const payloadSchemas = (endpoint: HttpApiEndpoint.Top): ReadonlyArray<Schema.Top> =>
  Array.from(endpoint.payload.values()).flatMap(({ schemas }) => schemas)

const noHeaders: Readonly<Record<string, string>> = {}

const compileHeaders = (endpoint: HttpApiEndpoint.Top): Encode<Readonly<Record<string, string>>> => {
  const succeeded = Effect.succeed(noHeaders)
  if (endpoint.headers === undefined) return () => succeeded
  const encode = encoderOf(endpoint.headers, "headers")
  return (value) =>
    // A string tree's encoding of headers holds strings and undefined.
    AtOnce.flatMap(encode(value ?? {}), (encoded) => validHeaders(encoded as Record<string, string | undefined>))
}

/** Sets the headers of one call, which override all others except the credentials. */
export const setHeaders = (
  request: HttpClientRequest.HttpClientRequest,
  headers: Readonly<Record<string, string>>
): Effect.Effect<HttpClientRequest.HttpClientRequest, Unencodable> =>
  AtOnce.map(validHeaders(headers), (headers) => HttpClientRequest.setHeaders(request, headers))

/** Validates each header. The issue does not contain the value, which may be a secret. */
const validHeaders = (
  encoded: Readonly<Record<string, string | undefined>>
): Effect.Effect<Readonly<Record<string, string>>, Unencodable> => {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(encoded)) {
    if (value === undefined) continue
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) {
      return Effect.fail({ part: "headers", issue: `${JSON.stringify(name)} is not a valid header name` })
    }
    if (typeof value !== "string" || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      return Effect.fail({ part: "headers", issue: `"${name}" contains characters that are not allowed in a header` })
    }
    headers[name] = value
  }
  return Effect.succeed(headers)
}

const compilePath = (endpoint: HttpApiEndpoint.Top): Encode<string> => {
  const { params, path } = endpoint
  const names = new Set(params === undefined ? [] : propertyNames(params))
  const segments = segmentsOf(path, (name) => names.has(name))
  if (params === undefined) {
    const succeeded = fillPath(segments, {})
    return () => succeeded
  }
  const encode = encoderOf(params, "params")
  return (value) =>
    // A string tree's encoding of path parameters holds strings and undefined.
    AtOnce.flatMap(encode(value ?? {}), (encoded) => fillPath(segments, encoded as Record<string, string | undefined>))
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
    } else if (!value.isWellFormed()) {
      return Effect.fail(unusable(name, "contains a lone surrogate, which UTF-8 cannot express"))
    } else {
      path += literal + encodeURIComponent(value)
    }
  }
  // Several parameters in one segment can form "." or "..", although none of them is one.
  if (dotSegment.test(path)) {
    return Effect.fail({ part: "params", issue: "the path has a segment that a URL would resolve away" })
  }
  return Effect.succeed(path === "" ? "/" : path)
}

const unusable = (name: string | undefined, problem: string): Unencodable => ({
  part: "params",
  issue: `the path parameter "${name}" ${problem}`
})

const noBody = Effect.succeed<HttpBody.HttpBody>(HttpBody.empty)

const compilePayload = (endpoint: HttpApiEndpoint.Top): Encode<HttpBody.HttpBody> => {
  const schemas = payloadSchemas(endpoint)
  if (schemas.length === 0 || !HttpMethod.hasBody(endpoint.method)) return () => noBody
  const encoders = schemas.map((schema) => compileBody(schema, endpoint))
  const isMultipart = schemas.some((schema) => encoding(schema)._tag === "Multipart")
  return (value) =>
    isMultipart && value instanceof FormData
      ? Effect.succeed(HttpBody.formData(value))
      : firstThatEncodes(encoders, value)
}

const firstThatEncodes = (
  encoders: ReadonlyArray<Encode<HttpBody.HttpBody>>,
  value: unknown
): Effect.Effect<HttpBody.HttpBody, Unencodable> => {
  const [first, ...others] = encoders.map((encode) => () => guarded("payload", () => encode(value)))
  return others.reduce((attempt, next) => Effect.catch(attempt, next), first?.() ?? noBody)
}

const compileBody = (schema: Schema.Top, endpoint: HttpApiEndpoint.Top): Encode<HttpBody.HttpBody> => {
  const stream = streamed(schema)
  if (stream?._tag === "StreamUint8Array") return (value) => streamBody(value, stream.contentType)
  if (stream?._tag === "StreamNdjson") return compileNdjson(stream)
  if (HttpApiSchema.isNoContent(schema.ast)) return () => noBody
  const { _tag, contentType } = encoding(schema)
  if (_tag === "FormUrlEncoded") return compileForm(schema, contentType, endpoint)
  const encode = encoderOf(schema, "payload")
  if (_tag === "Json") {
    const write = writerOf(schema)
    return (value) => AtOnce.map(AtOnce.flatMap(encode(value), write), (text) => HttpBody.text(text, contentType))
  }
  return (value) => AtOnce.flatMap(encode(value), (encoded) => bodyOf(_tag, contentType, encoded))
}

const writerOf = (schema: Schema.Top): typeof jsonText => {
  return holdsAny(schema) ? uncheckedJsonText : jsonText
}

const compileForm = (
  codec: Schema.Top,
  contentType: string,
  endpoint: HttpApiEndpoint.Top
): Encode<HttpBody.HttpBody> => {
  const { writing } = definition(endpoint)
  const style = writing?.formStyle
  const encode = compilePairs({ codec, given: writing && givenOf(codec), style, part: "payload" })
  return (value) =>
    AtOnce.map(encode(value), (pairs) => HttpBody.text(textOf(pairs, style ?? FormStyle.repeat, "form"), contentType))
}

/** The schema that a codec was derived from. */
const givenOf = (codec: Schema.Top): Schema.Top | undefined =>
  "schema" in codec && Schema.isSchema(codec.schema) ? codec.schema : undefined

const bodyOf = (
  kind: Exclude<HttpApiSchema.PayloadEncoding["_tag"], "FormUrlEncoded" | "Json">,
  contentType: string,
  encoded: unknown
): Effect.Effect<HttpBody.HttpBody, Unencodable> => {
  switch (kind) {
    case "Text":
      return typeof encoded === "string" && encoded.isWellFormed()
        ? Effect.succeed(HttpBody.text(encoded, contentType))
        : Effect.fail(notA("string without lone surrogates"))
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
      Effect.succeed(
        HttpBody.stream(
          value as Stream.Stream<Uint8Array, unknown>,
          uploadOf(value)?.contentType ?? contentType,
          uploadOf(value)?.bytes
        )
      )
    : Effect.fail(notA("Stream"))

const compileNdjson = (schema: HttpApiSchema.StreamNdjson<Schema.Top>): Encode<HttpBody.HttpBody> => {
  const codec = Schema.toCodecJson(schema.schema)
  const encode = encoderOf(codec, "payload")
  const write = writerOf(codec)
  const line = (element: unknown) =>
    guarded("payload", () =>
      Effect.map(Effect.flatMap(encode(element), write), (text) => new TextEncoder().encode(`${text}\n`))
    )
  return (value) =>
    Stream.isStream(value)
      ? // The payload's type is a stream of elements without services.
        streamBody(Stream.mapEffect(value as Stream.Stream<unknown, unknown>, line), schema.contentType)
      : Effect.fail(notA("Stream"))
}
