import { Duration, Effect, Option, Redacted, Result, Stream, type Tracer } from "effect"
import type * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import type * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import * as HttpTraceContext from "effect/http/HttpTraceContext"
import type * as Credentials from "../../auth/Credentials.ts"
import * as CallError from "../../policy/CallError.ts"
import * as Engine from "../../policy/Engine.ts"
import * as Exchange from "../../policy/Exchange.ts"
import type * as Failure from "../../policy/Failure.ts"
import type { CallOptions } from "../../policy/Policy.ts"
import * as Redact from "../../policy/Redact.ts"
import { definition } from "../Endpoint.ts"
import type { Arrived, Next, Pagination } from "../Pagination.ts"
import * as RequestEncoder from "./RequestEncoder.ts"
import * as ResponseDecoder from "./ResponseDecoder.ts"

/** What the methods of one integration have in common. */
export interface Wiring {
  readonly baseUrl: string
  readonly client: (endpoint: HttpApiEndpoint.Top) => HttpClient.HttpClient
  readonly credentials: Credentials.Service
  readonly classify: Failure.Classify
  readonly maxBodyBytes: number
  readonly headers: Readonly<Record<string, string>>
}

/** A request as a caller gives it. */
export interface Input extends RequestEncoder.Input {
  readonly responseMode?: "decoded-only" | "decoded-and-response" | "response-only"
}

/** A method before it has its type: the client's types say what goes in and comes out. */
export interface Method {
  (input?: Input, options?: CallOptions): Effect.Effect<unknown, unknown>
  readonly pages?: (input?: Input, options?: CallOptions) => Stream.Stream<unknown, unknown>
  readonly items?: (input?: Input, options?: CallOptions) => Stream.Stream<unknown, unknown>
}

type AttemptError = Engine.AttemptFailure<unknown>

/** The most of an undeclared body that is kept. */
const excerptBytes = 8 * 1024

const idempotentMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE", "QUERY"])

/** Compiles an endpoint to its method. */
export const makeMethod = (endpoint: HttpApiEndpoint.Top, engine: Engine.Engine, wiring: Wiring): Method => {
  const compiled = new CompiledEndpoint(endpoint, engine, wiring)
  const method = (input?: Input, options?: CallOptions) => compiled.call(input, options)
  const { pagination } = definition(endpoint)
  return pagination === undefined ? method : Object.assign(method, paginated(compiled, pagination))
}

class CompiledEndpoint {
  readonly engine: Engine.Engine
  readonly wiring: Wiring
  readonly #endpoint: HttpApiEndpoint.Top
  readonly #client: HttpClient.HttpClient
  readonly #encode: (
    input: RequestEncoder.Input
  ) => Effect.Effect<HttpClientRequest.HttpClientRequest, RequestEncoder.Unencodable>
  readonly #successOf: ResponseDecoder.DecoderOf
  readonly #errorOf: ResponseDecoder.DecoderOf
  readonly #span: Tracer.SpanOptions

  constructor(endpoint: HttpApiEndpoint.Top, engine: Engine.Engine, wiring: Wiring) {
    this.engine = engine
    this.wiring = wiring
    this.#endpoint = endpoint
    this.#client = wiring.client(endpoint)
    this.#encode = RequestEncoder.compile(endpoint, wiring.baseUrl, wiring.headers)
    this.#successOf = ResponseDecoder.compileSuccesses(endpoint, wiring.maxBodyBytes)
    this.#errorOf = ResponseDecoder.compileErrors(definition(endpoint).errors, wiring.maxBodyBytes)
    this.#span = spanOptions(engine.call, wiring.baseUrl)
  }

  call(input: Input = {}, options: CallOptions = {}): Effect.Effect<unknown, unknown> {
    return Effect.flatMap(this.#request(input), (request) => this.send(request, input, options))
  }

  /** Sends an encoded request, whatever made it: the caller's input, or the page before. */
  send(
    request: HttpClientRequest.HttpClientRequest,
    input: Input,
    options: CallOptions
  ): Effect.Effect<unknown, unknown> {
    const { call } = this.engine
    return Effect.useSpan(`${call.method} ${call.url}`, this.#span, (span) =>
      Effect.suspend(() => new Invocation(this, request, input, options, span).run())
    )
  }

  #request(input: Input): Effect.Effect<HttpClientRequest.HttpClientRequest, unknown> {
    return Effect.mapError(this.#encode(input), (problem) => this.#unencodable(problem))
  }

  request(input: Input): Effect.Effect<HttpClientRequest.HttpClientRequest, unknown> {
    return this.#request(input)
  }

  successOf(status: number): ResponseDecoder.Decode | undefined {
    return this.#successOf(status)
  }

  errorOf(status: number): ResponseDecoder.Decode | undefined {
    return this.#errorOf(status)
  }

  get client(): HttpClient.HttpClient {
    return this.#client
  }

  get isIdempotent(): boolean {
    return idempotentMethods.has(this.#endpoint.method)
  }

  #unencodable({ issue, part }: RequestEncoder.Unencodable): CallError.EncodeFailure | CallError.TransportFailure {
    const info = {
      ...this.engine.call,
      attempts: 0,
      elapsed: Duration.zero,
      requestId: undefined,
      category: "invalid"
    } as const
    return part === "params"
      ? new CallError.TransportFailure({ ...info, reason: "InvalidUrl", code: undefined, detail: issue })
      : new CallError.EncodeFailure({ ...info, part, issue })
  }
}

/** OpenTelemetry's names; the URL is the template, so that no parameter or credential is in it. */
const spanOptions = (call: Engine.CallSite, baseUrl: string): Tracer.SpanOptions => {
  const url = new URL(baseUrl)
  return {
    kind: "client",
    captureStackTrace: false,
    attributes: {
      "http.request.method": call.method,
      "url.template": call.url,
      "server.address": url.hostname,
      "server.port": Number(url.port) || (url.protocol === "https:" ? 443 : 80)
    }
  }
}

/** One call: what must stay the same over its attempts. */
class Invocation {
  readonly #endpoint: CompiledEndpoint
  readonly #request: HttpClientRequest.HttpClientRequest
  readonly #input: Input
  readonly #options: CallOptions
  readonly #span: Tracer.Span
  readonly #idempotencyKey: string | undefined
  #held: HttpClientResponse | undefined

  constructor(
    endpoint: CompiledEndpoint,
    request: HttpClientRequest.HttpClientRequest,
    input: Input,
    options: CallOptions,
    span: Tracer.Span
  ) {
    this.#endpoint = endpoint
    this.#input = input
    this.#options = options
    this.#span = span
    this.#idempotencyKey = options.idempotencyKey ?? this.#drawKey()
    this.#request = this.#withKey(request)
  }

  run(): Effect.Effect<unknown, unknown> {
    const outcome = Engine.run(this.#endpoint.engine, {
      idempotent: this.#endpoint.isIdempotent || this.#idempotencyKey !== undefined,
      replayable: RequestEncoder.isReplayable(this.#input),
      request: this.#input,
      options: this.#options,
      attempt: (attempt) => this.#attempt(attempt)
    })
    return this.#input.responseMode === "response-only" ? this.#orHeld(outcome) : outcome
  }

  #drawKey(): string | undefined {
    const drawn = this.#endpoint.engine.policy.retry?.idempotencyKeyHeader !== undefined && !this.#endpoint.isIdempotent
    return drawn ? crypto.randomUUID() : undefined
  }

  #withKey(request: HttpClientRequest.HttpClientRequest): HttpClientRequest.HttpClientRequest {
    if (this.#idempotencyKey === undefined) return request
    const header = this.#endpoint.engine.policy.retry?.idempotencyKeyHeader ?? "idempotency-key"
    return HttpClientRequest.setHeader(request, header, this.#idempotencyKey)
  }

  #attempt(attempt: Engine.Attempt): Effect.Effect<unknown, AttemptError> {
    return Effect.flatMap(this.#discardHeld(), () =>
      Effect.flatMap(this.#authorize(attempt), (authorized) =>
        Effect.matchEffect(Exchange.send(this.#endpoint.client, this.#traced(authorized.request)), {
          onFailure: (broken) => Effect.fail(this.#broken(attempt, broken)),
          onSuccess: (response) => this.#receive(attempt, response, authorized.secrets)
        })
      )
    )
  }

  #authorize(attempt: Engine.Attempt): Effect.Effect<Credentials.Authorized, AttemptError> {
    return Effect.mapError(this.#endpoint.wiring.credentials.authorize(this.#request), ({ reason }) => ({
      error: new CallError.Unauthorized({ ...attempt.info(), category: "unauthorized", status: undefined, reason }),
      category: "unauthorized",
      retryAfter: undefined,
      sent: false,
      declared: false
    }))
  }

  #traced(request: HttpClientRequest.HttpClientRequest): HttpClientRequest.HttpClientRequest {
    const { traceparent } = HttpTraceContext.toHeaders(this.#span)
    return traceparent === undefined ? request : HttpClientRequest.setHeader(request, "traceparent", traceparent)
  }

  #receive(
    attempt: Engine.Attempt,
    response: HttpClientResponse,
    secrets: Credentials.Authorized["secrets"]
  ): Effect.Effect<unknown, AttemptError> {
    this.#span.attribute("http.response.status_code", response.status)
    return Effect.flatMap(
      Effect.clockWith((clock) => clock.currentTimeMillis),
      (now) => {
        const headers = response.headers
        const verdict = this.#endpoint.wiring.classify({ status: response.status, headers, now })
        const received: Received = { attempt, response, secrets, verdict }
        return verdict.category === "success" ? this.#succeed(received) : this.#refused(received, verdict.category)
      }
    )
  }

  #succeed(received: Received): Effect.Effect<unknown, AttemptError> {
    const { response } = received
    if (this.#input.responseMode === "response-only") return Effect.succeed(this.#withoutCredentials(response))
    const decode = this.#endpoint.successOf(response.status)
    if (decode === undefined) return this.#refused(received, "rejected")
    const decoded = Effect.mapError(
      decode(response, (problem) => this.#problem(received, problem).error),
      (problem) => this.#problem(received, problem)
    )
    return this.#input.responseMode === "decoded-and-response"
      ? Effect.map(decoded, (value) => [value, this.#withoutCredentials(response)])
      : decoded
  }

  #refused(received: Received, category: Failure.Category): Effect.Effect<never, AttemptError> {
    if (this.#input.responseMode === "response-only") return this.#hold(received, category)
    const decode = this.#endpoint.errorOf(received.response.status)
    return decode === undefined ? this.#undeclared(received, category) : this.#declared(received, category, decode)
  }

  #declared(
    received: Received,
    category: Failure.Category,
    decode: ResponseDecoder.Decode
  ): Effect.Effect<never, AttemptError> {
    return Effect.matchEffect(
      decode(received.response, (problem) => problem),
      {
        onFailure: (problem) => Effect.fail(this.#problem(received, problem)),
        onSuccess: (error) => {
          const info = received.attempt.info(requestIdOf(received))
          return this.#failAfterRenewal(received, {
            ...failed(received, category),
            error: CallError.attachInfo(error, info),
            declared: true
          })
        }
      }
    )
  }

  #undeclared(received: Received, category: Failure.Category): Effect.Effect<never, AttemptError> {
    return Effect.flatMap(Exchange.excerpt(received.response, excerptBytes), (text) => {
      const body = Redact.secrets(text, received.secrets.map(Redacted.value)).slice(0, excerptBytes)
      return this.#failAfterRenewal(received, {
        ...failed(received, category),
        error: this.#undeclaredError(received, category, body)
      })
    })
  }

  /** A 401 renews the credentials, once: the engine makes one more attempt when something has changed. */
  #failAfterRenewal(received: Received, failure: AttemptError): Effect.Effect<never, AttemptError> {
    if (failure.category !== "unauthorized") return Effect.fail(failure)
    return received.attempt.number > 1
      ? Effect.fail(failure)
      : Effect.flatMap(this.#endpoint.wiring.credentials.renew, (renewed) => Effect.fail({ ...failure, renewed }))
  }

  #undeclaredError(received: Received, category: Failure.Category, body: string): CallError.CallError {
    const { response, verdict } = received
    const info = { ...received.attempt.info(requestIdOf(received)), category, status: response.status }
    if (category === "unauthorized") {
      return new CallError.Unauthorized({ ...info, reason: `the provider answered ${response.status}` })
    }
    if (category === "throttled" && this.#throttlesAreTyped) {
      return new CallError.RateLimited({ ...info, source: "remote", retryAfter: verdict.retryAfter, limit: undefined })
    }
    return new CallError.UnexpectedStatus({ ...info, body, retryAfter: verdict.retryAfter })
  }

  get #throttlesAreTyped(): boolean {
    const { rateLimit, retry } = this.#endpoint.engine.policy
    return rateLimit !== undefined || retry !== undefined
  }

  #problem(received: Received, problem: ResponseDecoder.Problem): AttemptError {
    if (problem._tag === "Broken") return this.#broken(received.attempt, problem, requestIdOf(received))
    const info = received.attempt.info(requestIdOf(received))
    const error = new CallError.DecodeFailure({
      ...info,
      category: "invalid",
      status: received.response.status,
      issue: Redact.secrets(problem.issue, received.secrets.map(Redacted.value))
    })
    return { ...failed(received, "invalid"), error }
  }

  #broken(attempt: Engine.Attempt, broken: Exchange.Broken, requestId?: string): AttemptError {
    const { code, detail, reason, sent } = broken
    const category = reason === "InvalidUrl" ? "invalid" : "transient"
    const error = new CallError.TransportFailure({ ...attempt.info(requestId), category, reason, code, detail })
    return { error, category, retryAfter: undefined, sent, declared: false, requestId }
  }

  #hold(received: Received, category: Failure.Category): Effect.Effect<never, AttemptError> {
    this.#held = received.response
    return this.#failAfterRenewal(received, {
      ...failed(received, category),
      error: received.response,
      declared: true
    })
  }

  /** A response that the caller does not get is let go of, whatever ends the call. */
  #orHeld(outcome: Effect.Effect<unknown, unknown>): Effect.Effect<unknown, unknown> {
    const handed = Effect.catch(outcome, (error) =>
      error === this.#held ? Effect.sync(() => this.#handOver()) : Effect.fail(error)
    )
    return Effect.onExit(handed, () => this.#discardHeld())
  }

  #handOver(): HttpClientResponse | undefined {
    const held = this.#takeHeld()
    return held === undefined ? undefined : this.#withoutCredentials(held)
  }

  #withoutCredentials(response: HttpClientResponse): HttpClientResponse {
    return Exchange.withRequest(response, this.#request)
  }

  #takeHeld(): HttpClientResponse | undefined {
    const held = this.#held
    this.#held = undefined
    return held
  }

  #discardHeld(): Effect.Effect<void> {
    const held = this.#takeHeld()
    return held === undefined ? Effect.void : Exchange.discard(held)
  }
}

const requestIdOf = ({ response, secrets }: Received): string | undefined => {
  const requestId = Exchange.requestId(response.headers)
  return requestId === undefined ? undefined : Redact.secrets(requestId, secrets.map(Redacted.value))
}

interface Received {
  readonly attempt: Engine.Attempt
  readonly response: HttpClientResponse
  readonly secrets: Credentials.Authorized["secrets"]
  readonly verdict: Failure.Classification
}

const failed = (received: Received, category: Failure.Category) => ({
  category,
  retryAfter: received.verdict.retryAfter,
  sent: true,
  declared: false,
  status: received.response.status,
  requestId: requestIdOf(received)
})

interface PageState {
  readonly request: HttpClientRequest.HttpClientRequest
  readonly query: Readonly<Record<string, unknown>>
  readonly index: number
}

/** What comes after a page: the next one, or an error. */
type Turn = PageState | CallError.DecodeFailure

const paginated = (endpoint: CompiledEndpoint, pagination: Pagination<unknown, unknown>) => {
  const pages = (input: Input = {}, options: CallOptions = {}): Stream.Stream<unknown, unknown> =>
    Stream.unwrap(
      Effect.map(endpoint.request(input), (request) => {
        const first: PageState = { request, query: queryOf(input), index: 0 }
        const seen = new Seen(first)
        return Stream.paginate<Turn, unknown, unknown>(first, (turn) =>
          turn instanceof CallError.DecodeFailure
            ? Effect.fail(turn)
            : Effect.map(fetchPage(endpoint, input, options, turn), (page) => advance(endpoint, pagination, page, seen))
        )
      })
    )
  return {
    pages,
    items: (input?: Input, options?: CallOptions) =>
      Stream.flatMap(pages(input, options), (page) => Stream.fromIterable(pagination.items(page)))
  }
}

// A query is encoded from a struct: the caller gave a record, or nothing.
const queryOf = (input: Input) => (input.query ?? {}) as Readonly<Record<string, unknown>>

const fetchPage = (endpoint: CompiledEndpoint, input: Input, options: CallOptions, state: PageState) =>
  Effect.map(
    endpoint.send(state.request, { ...input, responseMode: "decoded-and-response" }, options),
    // This response mode gives a pair.
    (pair) => ({ pair: pair as readonly [unknown, HttpClientResponse], state })
  )

/** The page that has come is given in any case: what is wrong with the way to the next one is told after it. */
const advance = (
  endpoint: CompiledEndpoint,
  pagination: Pagination<unknown, unknown>,
  fetched: { readonly pair: readonly [unknown, HttpClientResponse]; readonly state: PageState },
  seen: Seen
): readonly [ReadonlyArray<unknown>, Option.Option<Turn>] => {
  const [page, response] = fetched.pair
  const arrived: Arrived<unknown> = {
    page,
    count: pagination.items(page).length,
    link: response.headers["link"],
    index: fetched.state.index,
    query: fetched.state.query
  }
  const next = Result.flatMap(nextState(fetched.state, pagination.next(arrived)), (state) => seen.check(state))
  return [
    [page],
    Result.isFailure(next)
      ? Option.some(wrongPage(endpoint, response, next.failure))
      : Option.fromUndefinedOr(next.success)
  ]
}

const nextState = (state: PageState, next: Next): Result.Result<PageState | undefined, string> => {
  if (next === undefined) return Result.succeed(undefined)
  const index = state.index + 1
  if (next._tag === "Query") {
    const request = HttpClientRequest.setUrlParam(state.request, next.name, String(next.value))
    return Result.succeed({ request, query: { ...state.query, [next.name]: next.value }, index })
  }
  const url = URL.canParse(next.url, state.request.url) ? new URL(next.url, state.request.url) : undefined
  if (url === undefined) return Result.fail("the Link header holds no URL")
  if (url.origin !== new URL(state.request.url).origin) return Result.fail("the Link header points to another origin")
  return Result.succeed({
    request: HttpClientRequest.setUrl(withoutQuery(state.request), url),
    query: state.query,
    index
  })
}

const withoutQuery = (request: HttpClientRequest.HttpClientRequest): HttpClientRequest.HttpClientRequest =>
  HttpClientRequest.modify(request, { urlParams: [] })

const wrongPage = (endpoint: CompiledEndpoint, response: HttpClientResponse, issue: string): CallError.DecodeFailure =>
  new CallError.DecodeFailure({
    ...endpoint.engine.call,
    attempts: 1,
    elapsed: Duration.zero,
    requestId: Exchange.requestId(response.headers),
    category: "invalid",
    status: response.status,
    issue
  })

/** The pages asked for, the newest thousand of them: a longer circle than that is no accident. */
class Seen {
  readonly #keys = new Set<string>()

  constructor(first: PageState) {
    this.check(first)
  }

  check(state: PageState | undefined): Result.Result<PageState | undefined, string> {
    if (state === undefined) return Result.succeed(undefined)
    const key = JSON.stringify([state.request.url, state.request.urlParams.params])
    if (this.#keys.has(key)) return Result.fail("the next page is one that was seen before")
    this.#keys.add(key)
    const [oldest] = this.#keys
    if (this.#keys.size > 1_000 && oldest !== undefined) this.#keys.delete(oldest)
    return Result.succeed(state)
  }
}
