/**
 * Typed replies for a mocked integration, in the place of the network: policies, encoders and decoders are the real
 * ones.
 *
 * **When to use**
 *
 * With `Payments.layerMock({...})`, to test a program that calls a provider, its retries and timeouts included.
 *
 * **Details**
 *
 * A single reply answers every attempt; a `sequence` answers one attempt each and dies on one more than it holds. A
 * value is encoded with the endpoint's own schema, so that what the program decodes is what the provider would send; a
 * streamed success takes a Stream.
 *
 * **Gotchas**
 *
 * An endpoint without a reply dies, naming what was asked and the nearest endpoints that have one. State is fresh for
 * each Layer that is built.
 *
 * **Example** (A provider that is down once)
 *
 * ```ts
 * import { Effect, Schedule, Schema } from "effect"
 * import { Endpoint, Integration } from "@causeway/core/client"
 * import { Mock } from "@causeway/core/testing"
 *
 * class Weather extends Integration.Service<Weather>()("app/Weather", {
 *   baseUrl: "https://api.weather.example",
 *   endpoints: [Endpoint.get("now", "/now", { success: Schema.String, policy: { retry: Schedule.recurs(1) } })]
 * }) {}
 *
 * const program = Effect.gen(function* () {
 *   const weather = yield* Weather
 *   const now = yield* weather.now()
 *   const journal = yield* Mock.journal(Weather)
 *   return [now, journal.calls[0]?.attempts.map((attempt) => attempt.outcome)]
 * })
 *
 * const test = Weather.layerMock({ now: Mock.sequence(Mock.status(503), Mock.ok("sunny")) })
 * Effect.runPromise(Effect.provide(program, test)).then((result) =>
 *   console.assert(JSON.stringify(result) === '["sunny",[503,200]]')
 * )
 * ```
 *
 * @since 0.1.0
 */
import { type Context, type Duration, Effect, Schema, Stream } from "effect"
import * as Sse from "effect/encoding/Sse"
import type * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as HttpClientError from "effect/http/HttpClientError"
import type { HttpClientRequest } from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Endpoint from "../client/Endpoint.ts"
import type * as FailureRule from "../client/FailureRule.ts"
import { type EventRules, eventRules } from "../client/internal/eventRules.ts"
import { encoding, reflected, streamed, successStatus } from "../client/internal/Reflection.ts"
import { type Answer, type Asked, type Journal, journalOf, type Reply } from "../client/Reply.ts"
import * as InvalidOption from "../policy/InvalidOption.ts"
import * as OptionCheck from "../policy/OptionCheck.ts"
import { hasMethods } from "../policy/internal/made.ts"

/**
 * Answers with a success: the value is encoded with the endpoint's schema, at its status.
 *
 * @since 0.1.0
 * @category replies
 */
export const ok: {
  (): Reply<void, never>
  <const A>(value: A): Reply<A, never>
} = <A>(value?: A): Reply<A, never> => stateless((asked) => encodeSuccess(asked, value))

/**
 * Answers with an error that the endpoint declares: encoded with its schema, at its status.
 *
 * @since 0.1.0
 * @category replies
 */
export const fail = <E>(error: E): Reply<never, E> => stateless((asked) => encodeError(asked, error))

const checkStatus = OptionCheck.record<{ readonly headers?: unknown; readonly body?: unknown }>({
  headers: OptionCheck.dictionary(OptionCheck.optional(OptionCheck.anyText)),
  body: OptionCheck.satisfies(
    "a text, or a value that JSON can express",
    (value) => JSON.stringify(value) !== undefined
  )
})

const checkReply = OptionCheck.satisfies("what a constructor of Mock returns", (value) => hasMethods(value, "open"))

/**
 * Answers with a bare status, and with headers and a body if given; a body that is no string is sent as JSON.
 *
 * @since 0.1.0
 * @category replies
 */
export const status = (
  code: number,
  options: { readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown } = {}
): Reply<never, never> => {
  OptionCheck.integer(200, 599)("Mock.status", code)
  checkStatus("Mock.status", options)
  const body =
    options.body === undefined || typeof options.body === "string"
      ? (options.body ?? null)
      : JSON.stringify(options.body)
  return stateless(({ request }) => Effect.sync(() => respond(request, code, body, options.headers)))
}

/**
 * Breaks: `Connect` before anything is sent, `Send` while waiting for the answer, `Body` in the middle of a 200's body.
 *
 * @since 0.1.0
 * @category replies
 */
export const broken = (at: "Connect" | "Send" | "Body"): Reply<never, never> => {
  OptionCheck.oneOf("Connect", "Send", "Body")("Mock.broken", at)
  return stateless(({ request }) =>
    at === "Body"
      ? Effect.sync(() => respond(request, 200, breakingBody(), { "content-type": "application/json" }))
      : Effect.fail(transportError(request, at === "Connect" ? "ECONNREFUSED" : "ECONNRESET"))
  )
}

/**
 * Never answers: for timeouts and interruption.
 *
 * @since 0.1.0
 * @category replies
 */
export const never: Reply<never, never> = {
  "~causeway/client/Reply": { value: undefined, error: undefined },
  open: () => () => Effect.never
}

/**
 * Answers as `reply` does, after some time.
 *
 * @since 0.1.0
 * @category combinators
 */
export const delay = <A, E>(duration: Duration.Input, reply: Reply<A, E>): Reply<A, E> => {
  const millis = InvalidOption.finiteMillis("Mock.delay.duration", duration)
  checkReply("Mock.delay.reply", reply)
  return opened(() => {
    const answer = reply.open()
    return (asked) => Effect.delay(answer(asked), millis)
  })
}

/**
 * Answers one attempt with each reply, in order, and dies on one more.
 *
 * @since 0.1.0
 * @category combinators
 */
export const sequence = <const Replies extends ReadonlyArray<Reply<unknown, unknown>>>(
  ...replies: Replies
): Reply<SuccessOf<Replies[number]>, ErrorOf<Replies[number]>> => {
  OptionCheck.list(checkReply)("Mock.sequence.replies", replies)
  return opened(() => {
    const answers = replies.map((reply) => reply.open())
    let next = 0
    return (asked) => {
      const answer = answers[next]
      next += 1
      return answer === undefined ? exhausted(asked, replies.length) : answer(asked)
    }
  })
}

/**
 * Chooses the reply by the request. A reply that keeps state goes on where it was when it is chosen again.
 *
 * @since 0.1.0
 * @category combinators
 */
export const by = <R extends Reply<unknown, unknown>>(
  choose: (request: HttpClientRequest) => R
): Reply<SuccessOf<R>, ErrorOf<R>> => {
  OptionCheck.callback("Mock.by.choose", choose)
  return opened(() => {
    const answers = new WeakMap<Reply<unknown, unknown>, Answer>()
    return (asked) => {
      const reply = choose(asked.request)
      const answer = answers.get(reply) ?? reply.open()
      answers.set(reply, answer)
      return answer(asked)
    }
  })
}

/**
 * What was asked of a mocked integration, in order: its calls, and the attempts of each.
 *
 * @since 0.1.0
 * @category journal
 */
export const journal = <Self, Shape extends object>(
  integration: Context.Key<Self, Shape>
): Effect.Effect<Journal, never, Self> =>
  Effect.flatMap(integration, (service) => {
    const found = journalOf(service)
    return found === undefined
      ? Effect.die(new Error(`${integration.key} keeps no journal: it was not made by layerMock`))
      : Effect.succeed(found)
  })

type SuccessOf<R> = R extends Reply<infer A, unknown> ? A : never

type ErrorOf<R> = R extends Reply<unknown, infer E> ? E : never

const opened = <A, E>(open: () => Answer): Reply<A, E> => ({
  "~causeway/client/Reply": { value: undefined, error: undefined },
  open
})

const stateless = <A, E>(answer: Answer): Reply<A, E> => opened(() => answer)

const exhausted = ({ endpoint, request }: Asked, length: number) =>
  Effect.die(
    new Error(
      `${endpoint.identifier} was asked for ${request.method} ${request.url} once more than its ${length} replies`
    )
  )

const respond = (
  request: HttpClientRequest,
  code: number,
  body: BodyInit | null,
  headers: Readonly<Record<string, string | undefined>> = {}
): HttpClientResponse.HttpClientResponse => {
  const given = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return HttpClientResponse.fromWeb(
    request,
    new Response(isBodiless(code) ? null : body, { status: code, headers: given })
  )
}

const isBodiless = (code: number): boolean => code === 204 || code === 205 || code === 304

const encodeSuccess = ({ endpoint, request }: Asked, value: unknown) => {
  const stream = Array.from(endpoint.success).find((schema) => streamed(bodyOf(schema)) !== undefined)
  const buffered = Array.from(reflected(endpoint).successes)
  const declared = stream === undefined ? buffered : [[successStatus(stream), [stream]] as const, ...buffered]
  const encodings = declared.flatMap(([code, schemas]) =>
    schemas.map((schema) => ({ code, schema, isEmpty: HttpApiSchema.isNoContent(bodyOf(schema).ast) }))
  )
  // What stands for an empty body takes any value, so that it is tried last.
  const emptyLast = encodings.toSorted((a, b) => Number(a.isEmpty) - Number(b.isEmpty))
  return firstThatEncodes(
    endpoint,
    "success",
    emptyLast.map(({ code, schema }) => encodeWith(schema, request, code, value))
  )
}

const encodeError = ({ endpoint, failures = [], request }: Asked, error: unknown) => {
  const definition = Endpoint.definition(endpoint)
  const byStatus = Object.entries(definition.errors).flatMap(([key, schema]) =>
    schema === undefined ? [] : [encodeWith(schema, request, statusOf(key), error)]
  )
  const byRule = [...definition.failures, ...failures].flatMap((rule) =>
    rule.error === undefined ? [] : [encodeForRule(rule, rule.error, request, error)]
  )
  return firstThatEncodes(endpoint, "error", [...byStatus, ...byRule])
}

/** A body that the rule matches. If the error does not determine it, use `Mock.status`. */
const encodeForRule = (
  rule: FailureRule.Any,
  schema: Schema.Top,
  request: HttpClientRequest,
  error: unknown
): Encoded => {
  const { status: code = "2xx" } = rule
  // Mocked endpoints need no services: layerMock's type has none.
  const match = Schema.decodeUnknownEffect(
    Schema.toCodecJson(rule.when) as unknown as Schema.ConstraintDecoder<unknown>
  )
  return Effect.flatMap(encoded(Schema.toCodecJson(schema), error), (wire) =>
    Effect.matchEffect(match(wire), {
      onFailure: () =>
        Effect.fail(
          "its body does not match `when` of the rule; reply with Mock.status and the body as it is on the wire"
        ),
      onSuccess: () =>
        Effect.succeed(
          respond(request, typeof code === "number" ? code : Number(code[0]) * 100, JSON.stringify(wire), {
            "content-type": "application/json"
          })
        )
    })
  )
}

type Encoded = Effect.Effect<HttpClientResponse.HttpClientResponse, string>

const firstThatEncodes = (endpoint: HttpApiEndpoint.Top, what: string, encodings: ReadonlyArray<Encoded>) =>
  encodings
    .reduce((tried, next) => Effect.catch(tried, () => next), Effect.fail("the endpoint declares none") as Encoded)
    .pipe(
      Effect.catch((problem) =>
        Effect.die(new Error(`the mocked ${what} of ${endpoint.identifier} does not encode: ${problem}`))
      )
    )

const bodyOf = (schema: Schema.Top): Schema.Top => (HttpApiSchema.isWithHeaders(schema) ? schema.schema : schema)

const encodeWith = (schema: Schema.Top, request: HttpClientRequest, code: number, value: unknown): Encoded => {
  if (!HttpApiSchema.isWithHeaders(schema)) return encodeBody(schema, request, code, value)
  if (!isWithHeaders(value)) return Effect.fail("expected a value made by HttpApiSchema.withHeaders")
  return Effect.flatMap(encoded(schema.headers, value.headers), (headers) =>
    // A headers schema encodes to strings, and to undefined where there is none.
    encodeBody(schema.schema, request, code, value.body, headers as Readonly<Record<string, string | undefined>>)
  )
}

const isWithHeaders = (value: unknown): value is HttpApiSchema.withHeaders<unknown, unknown> =>
  typeof value === "object" && value !== null && HttpApiSchema.WithHeadersValueTypeId in value

const encodeBody = (
  schema: Schema.Top,
  request: HttpClientRequest,
  code: number,
  value: unknown,
  headers: Readonly<Record<string, string | undefined>> = {}
): Encoded => {
  const stream = streamed(schema)
  if (stream !== undefined) return encodeStream(stream, request, code, value, headers)
  const { _tag, contentType } = encoding(schema)
  const isEmpty = HttpApiSchema.isNoContent(schema.ast)
  return Effect.map(encoded(schema, value), (wire) =>
    isEmpty
      ? respond(request, code, null, headers)
      : respond(request, code, wireBody(_tag, wire), { "content-type": contentType, ...headers })
  )
}

const encoded = (schema: Schema.Constraint, value: unknown): Effect.Effect<unknown, string> => {
  // Mocked endpoints need no services: layerMock's type has none.
  const encode = Schema.encodeUnknownEffect(schema as Schema.ConstraintEncoder<unknown>)
  return Effect.mapError(encode(value), (error) => String(error.issue))
}

const encodeStream = (
  schema: HttpApiSchema.StreamSchema,
  request: HttpClientRequest,
  code: number,
  value: unknown,
  headers: Readonly<Record<string, string | undefined>>
): Encoded => {
  if (!Stream.isStream(value)) return Effect.fail("expected a Stream")
  // A streamed success is a Stream without services.
  const bytes = wireStream(schema, value as Stream.Stream<unknown, unknown>)
  const body = Stream.toReadableStream(bytes)
  return Effect.sync(() => respond(request, code, body, { "content-type": schema.contentType, ...headers }))
}

const wireStream = (
  schema: HttpApiSchema.StreamSchema,
  values: Stream.Stream<unknown, unknown>
): Stream.Stream<Uint8Array, unknown> => {
  const { done, errors } = eventRules(schema)
  const end = typeof done === "string" ? Stream.make(utf8(eventText({ data: done }))) : Stream.empty
  return Stream.catch(Stream.concat(Stream.mapEffect(values, chunkOf(schema)), end), (error) =>
    Stream.fromEffect(errorChunk(errors, error))
  )
}

/** A declared error is sent as its event; any other breaks the body. */
const errorChunk = (rules: EventRules["errors"], error: unknown): Effect.Effect<Uint8Array, unknown> =>
  Object.entries(rules)
    .reduce(
      (tried: Effect.Effect<Uint8Array, unknown>, [event, { schema }]) =>
        Effect.catch(tried, () =>
          Effect.map(encoded(Schema.toCodecJson(schema), error), (wire) =>
            utf8(eventText({ event, data: JSON.stringify(wire) }))
          )
        ),
      Effect.fail(error)
    )
    .pipe(Effect.mapError(() => error))

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

const chunkOf = (schema: HttpApiSchema.StreamSchema) => {
  switch (schema._tag) {
    case "StreamUint8Array":
      // Its elements are bytes.
      return (element: unknown) => Effect.succeed(element as Uint8Array)
    case "StreamNdjson": {
      const codec = Schema.toCodecJson(schema.schema)
      return (element: unknown) => Effect.map(encoded(codec, element), (wire) => utf8(`${JSON.stringify(wire)}\n`))
    }
    case "StreamSse":
      return (element: unknown) =>
        Effect.map(
          encoded(schema.events, schema.sseMode === "data" ? { event: "message", data: element } : element),
          // What a schema of events encodes to.
          (wire) => utf8(eventText(wire as { readonly id?: string; readonly event?: string; readonly data: string }))
        )
  }
}

const eventText = (event: { readonly id?: string; readonly event?: string; readonly data: string }): string =>
  Sse.encoder.write({ _tag: "Event", id: event.id, event: event.event ?? "message", data: event.data })

const wireBody = (kind: HttpApiSchema.PayloadEncoding["_tag"], encoded: unknown): BodyInit => {
  switch (kind) {
    case "Text":
      return String(encoded)
    case "Uint8Array":
      // A schema written as bytes encodes to them.
      return encoded as Uint8Array<ArrayBuffer>
    case "FormUrlEncoded":
      // A schema written as a form encodes to a record of strings.
      return new URLSearchParams(encoded as Record<string, string>)
    default:
      return JSON.stringify(encoded)
  }
}

const statusOf = (key: string): number => (key === "4xx" ? 400 : key === "5xx" || key === "default" ? 500 : Number(key))

const breakingBody = (): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode('{"')),
    pull: (controller) => controller.error(Object.assign(new Error("terminated"), { code: "ECONNRESET" }))
  })

const transportError = (request: HttpClientRequest, code: string): HttpClientError.HttpClientError =>
  new HttpClientError.HttpClientError({
    reason: new HttpClientError.TransportError({ request, cause: Object.assign(new Error(code), { code }) })
  })
