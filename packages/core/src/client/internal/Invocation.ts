import { Clock, Duration, Effect, Exit, type Fiber, Redacted, type Stream, type Tracer } from "effect"
import type * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import type * as HttpClient from "effect/http/HttpClient"
import { isHttpClientError } from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import { fromWeb, type HttpClientResponse } from "effect/http/HttpClientResponse"
import type * as Credentials from "../../auth/Credentials.ts"
import * as CallError from "../../policy/CallError.ts"
import * as Engine from "../../policy/Engine.ts"
import * as Exchange from "../../policy/Exchange.ts"
import * as AtOnce from "../../policy/internal/AtOnce.ts"
import * as Failure from "../../policy/Failure.ts"
import type { Cache } from "../../policy/Cache.ts"
import type { CacheStore } from "../../policy/CacheStore.ts"
import { CallObserver } from "../../policy/CallObserver.ts"
import * as Coalesce from "../../policy/Coalesce.ts"
import type { CallOptions } from "../../policy/Policy.ts"
import * as Redact from "../../policy/Redact.ts"
import { definition } from "../Endpoint.ts"
import { paginated } from "./pages.ts"
import { streamed } from "./Reflection.ts"
import * as RequestEncoder from "./RequestEncoder.ts"
import * as ResponseDecoder from "./ResponseDecoder.ts"
import * as Sharing from "./Sharing.ts"
import * as Tracing from "./Tracing.ts"

/** What the methods of one integration have in common. */
export interface Wiring {
  readonly baseUrl: string
  readonly client: (endpoint: HttpApiEndpoint.Top) => HttpClient.HttpClient
  readonly credentials: Credentials.Service
  readonly classify: Failure.Classify
  readonly maxBodyBytes: number
  readonly cacheStore: (cache: Cache) => CacheStore["Service"]
  readonly headers: Readonly<Record<string, string>>
}

/** A request as a caller gives it. */
export interface Input extends RequestEncoder.Input {
  /** `buffered` is not the caller's: the response with its body read, for a cache in front of the engine. */
  readonly responseMode?: "decoded-only" | "decoded-and-response" | "response-only" | "buffered"
}

/** A method before it has its type: the client's types say what goes in and comes out. */
export interface Method {
  (input?: Input, options?: CallOptions): Effect.Effect<unknown, unknown>
  readonly pages?: (input?: Input, options?: CallOptions) => Stream.Stream<unknown, unknown>
  readonly items?: (input?: Input, options?: CallOptions) => Stream.Stream<unknown, unknown>
}

type AnyFiber = Fiber.Fiber<unknown, unknown>

type AttemptError = Engine.AttemptFailure<unknown>

type Told = Parameters<Engine.Begin<unknown, unknown, never>>[1]

/** The most of an undeclared body that is kept. */
const excerptBytes = 8 * 1024

const idempotentMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE", "QUERY"])

/** What all tenants of an endpoint have in common: how it is written and read. */
export interface Codec {
  readonly client: HttpClient.HttpClient
  readonly direct: Exchange.Direct | undefined
  readonly encode: (
    input: RequestEncoder.Input
  ) => Effect.Effect<HttpClientRequest.HttpClientRequest, RequestEncoder.Unencodable>
  readonly successOf: ResponseDecoder.DecoderOf
  readonly errorOf: ResponseDecoder.DecoderOf
  readonly isStreamed: boolean
}

/** Compiles how an endpoint is written and read. */
export const compileCodec = (endpoint: HttpApiEndpoint.Top, wiring: Omit<Wiring, "credentials">): Codec => {
  const { baseUrl, headers, maxBodyBytes } = wiring
  const client = wiring.client(endpoint)
  return {
    client,
    direct: Exchange.directOf(client),
    encode: RequestEncoder.compile(endpoint, baseUrl, headers),
    successOf: ResponseDecoder.compileSuccesses(endpoint, maxBodyBytes),
    errorOf: ResponseDecoder.compileErrors(definition(endpoint).errors, maxBodyBytes),
    isStreamed: Array.from(endpoint.success).some((schema) => streamed(schema) !== undefined)
  }
}

/** Compiles an endpoint to its method. */
export const makeMethod = (
  endpoint: HttpApiEndpoint.Top,
  engine: () => Engine.Engine,
  wiring: Wiring,
  codec: Codec = compileCodec(endpoint, wiring)
): Method => {
  const compiled = new CompiledEndpoint(endpoint, engine, wiring, codec)
  const method = (input?: Input, options?: CallOptions) => compiled.call(input, options)
  const { pagination } = definition(endpoint)
  return pagination === undefined ? method : Object.assign(method, paginated(compiled, endpoint, pagination))
}

class CompiledEndpoint {
  /** The engine of now: policies may change while the program runs. */
  readonly engine: () => Engine.Engine
  readonly site: Engine.CallSite
  readonly wiring: Wiring
  readonly #endpoint: HttpApiEndpoint.Top
  readonly #codec: Codec
  readonly spans: Tracing.Spans
  readonly #caching = onePerKey((cache: Cache) => Sharing.makeCaching(cache, this.wiring.cacheStore(cache)))
  readonly #flights = onePerKey((coalesce: Coalesce.Coalesce) => Coalesce.makeFlights<unknown, unknown>(coalesce))

  constructor(endpoint: HttpApiEndpoint.Top, engine: () => Engine.Engine, wiring: Wiring, codec: Codec) {
    this.engine = engine
    this.site = engine().call
    this.wiring = wiring
    this.#endpoint = endpoint
    this.#codec = codec
    this.spans = Tracing.spansOf(this.site, wiring.baseUrl)
  }

  call(input: Input = {}, options: CallOptions = {}): Effect.Effect<unknown, unknown> {
    return Effect.withFiber((fiber) =>
      AtOnce.flatMap(this.#request(input), (request) => this.#sendOn(fiber, request, input, options))
    )
  }

  /** Sends an encoded request, whatever made it: the caller's input, or the page before. */
  send(
    request: HttpClientRequest.HttpClientRequest,
    input: Input,
    options: CallOptions
  ): Effect.Effect<unknown, unknown> {
    return Effect.withFiber((fiber) => this.#sendOn(fiber, request, input, options))
  }

  #sendOn(
    fiber: AnyFiber,
    request: HttpClientRequest.HttpClientRequest,
    input: Input,
    options: CallOptions
  ): Effect.Effect<unknown, unknown> {
    return this.spans.call(fiber, (span) => {
      const one = { request, input, options, span }
      const { cache, coalesce } = this.engine().policy
      const isAlone = this.#codec.isStreamed || input.responseMode === "response-only"
      if (isAlone || (cache === undefined && coalesce === undefined)) return new Invocation(this, one).run(fiber)
      return this.#inTime(options, this.#shared(one))
    })
  }

  /** On whichever fibre asks: what is shared may be fetched on one of its own. */
  #invoke(one: One): Effect.Effect<unknown, unknown> {
    return Effect.withFiber((fiber) => new Invocation(this, one).run(fiber))
  }

  /** What is shared keeps the deadline of who began it: each caller has its own around it. */
  #inTime(options: CallOptions, shared: Effect.Effect<unknown, unknown>): Effect.Effect<unknown, unknown> {
    const millis = Engine.deadlineMillis(this.engine().policy, options)
    if (millis === undefined) return shared
    const after = Duration.millis(millis)
    const info = { ...this.site, attempts: 0, elapsed: after, requestId: undefined, category: "transient" } as const
    return Effect.timeoutOrElse(shared, {
      duration: after,
      orElse: () => Effect.fail(new CallError.Timeout({ ...info, scope: "deadline", after }))
    })
  }

  /** Whose answer may be shared depends on who asks: the credentials are looked at before the first attempt. */
  #shared(one: One): Effect.Effect<unknown, unknown> {
    const { cache, coalesce } = this.engine().policy
    const { request } = one
    return Effect.matchEffect(Effect.zip(this.wiring.credentials.authorize(request), currentRedactedNames), {
      onFailure: () => this.#invoke(one),
      onSuccess: ([authorized, names]) => {
        const partition = Sharing.partitionOf(this.engine().scope, authorized, request, names)
        const answer = cache === undefined ? this.#invoke(one) : this.#cached(cache, partition, one)
        if (coalesce === undefined) return answer
        const mode = one.input.responseMode ?? "decoded-only"
        return this.#flights(coalesce).share(Sharing.flightKey(coalesce, request, partition, mode), answer)
      }
    })
  }

  #cached(cache: Cache, partition: string, one: One): Effect.Effect<unknown, unknown> {
    const input = { ...one.input, responseMode: "buffered" } as const
    const ask: Sharing.Ask = (request) =>
      // This response mode gives a response.
      this.#invoke({ ...one, request, input }) as Effect.Effect<HttpClientResponse, unknown>
    const answer = Effect.mapError(this.#caching(cache).answer(one.request, partition, ask), (error) =>
      isHttpClientError(error) ? noStore(this.site) : error
    )
    return Effect.flatMap(answer, ([response, result]) =>
      Effect.andThen(this.#tellCache(result), this.#decodeShared(response, one.input.responseMode))
    )
  }

  #decodeShared(response: HttpClientResponse, mode: Input["responseMode"]): Effect.Effect<unknown, unknown> {
    const decode = this.successOf(response.status)
    const fail = (problem: ResponseDecoder.Problem) => wrongBody(this.site, response, problem)
    const value = decode === undefined ? Effect.void : Effect.mapError(decode(response, fail), fail)
    return mode === "decoded-and-response" ? Effect.map(value, (value) => [value, response]) : value
  }

  #tellCache(result: Sharing.CacheResult): Effect.Effect<void> {
    const { endpoint, integration, tenant } = this.site
    const where = { integration, endpoint, ...(tenant !== undefined && { tenant }) }
    return Effect.withFiber((fiber) => {
      fiber.getRef(CallObserver)?.({ _tag: "CacheAnswered", ...where, result })
      return Effect.void
    })
  }

  #request(input: Input): Effect.Effect<HttpClientRequest.HttpClientRequest, unknown> {
    return AtOnce.mapError(this.#codec.encode(input), (problem) => this.#unencodable(problem))
  }

  request(input: Input): Effect.Effect<HttpClientRequest.HttpClientRequest, unknown> {
    return this.#request(input)
  }

  successOf(status: number): ResponseDecoder.Decode | undefined {
    return this.#codec.successOf(status)
  }

  errorOf(status: number): ResponseDecoder.Decode | undefined {
    return this.#codec.errorOf(status)
  }

  get direct(): Exchange.Direct | undefined {
    return this.#codec.direct
  }

  get client(): HttpClient.HttpClient {
    return this.#codec.client
  }

  get isIdempotent(): boolean {
    return idempotentMethods.has(this.#endpoint.method)
  }

  #unencodable({ issue, part }: RequestEncoder.Unencodable): CallError.EncodeFailure | CallError.TransportFailure {
    const info = {
      ...this.site,
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

const currentRedactedNames = Effect.withFiber((fiber) => Effect.succeed(Redact.redactedNames(fiber)))

/** A call that may share its answer with others. */
interface One {
  readonly request: HttpClientRequest.HttpClientRequest
  readonly input: Input
  readonly options: CallOptions
  readonly span: Tracer.Span | undefined
}

const onePerKey = <Key extends object, Value>(make: (key: Key) => Value) => {
  let made: WeakMap<Key, Value> | undefined
  return (key: Key): Value => {
    const known = made?.get(key)
    if (known !== undefined) return known
    const value = make(key)
    made ??= new WeakMap()
    made.set(key, value)
    return value
  }
}

/** The only error of a client that is not one of the call: the cache could not look, and has asked nobody. */
const noStore = (site: Engine.CallSite): CallError.TransportFailure =>
  new CallError.TransportFailure({
    ...site,
    attempts: 0,
    elapsed: Duration.zero,
    requestId: undefined,
    category: "transient",
    reason: "Connect",
    code: undefined,
    detail: "the store of the cache did not answer, and nothing was sent"
  })

const wrongBody = (
  site: Engine.CallSite,
  response: HttpClientResponse,
  problem: ResponseDecoder.Problem
): CallError.DecodeFailure =>
  new CallError.DecodeFailure({
    ...site,
    attempts: 0,
    elapsed: Duration.zero,
    requestId: Exchange.requestId(response.headers),
    category: "invalid",
    status: response.status,
    issue: problem._tag === "Broken" ? problem.detail : problem.issue
  })

/** One call: what must stay the same over its attempts. */
class Invocation implements Engine.Call<unknown, unknown, never> {
  readonly options: CallOptions
  readonly timed = true
  readonly #endpoint: CompiledEndpoint
  /** A call keeps the engine that it began with. */
  readonly #engine: Engine.Engine
  readonly #request: HttpClientRequest.HttpClientRequest
  readonly #input: Input
  readonly #span: Tracer.Span | undefined
  readonly #idempotencyKey: string | undefined
  #held: HttpClientResponse | undefined
  #renewed = false

  constructor(endpoint: CompiledEndpoint, { input, options, request, span }: One) {
    this.#endpoint = endpoint
    this.#engine = endpoint.engine()
    this.#input = input
    this.options = options
    this.#span = span
    this.#idempotencyKey = options.idempotencyKey ?? this.#drawKey()
    this.#request = this.#withKey(request)
  }

  run(fiber: AnyFiber): Effect.Effect<unknown, unknown> {
    const outcome = Engine.runOn(fiber, this.#engine, this)
    return this.#input.responseMode === "response-only" ? this.#orHeld(outcome) : outcome
  }

  get idempotent(): boolean {
    return this.#endpoint.isIdempotent || this.#idempotencyKey !== undefined
  }

  get replayable(): boolean {
    return RequestEncoder.isReplayable(this.#input)
  }

  get hedgeable(): boolean {
    return this.#input.responseMode !== "response-only"
  }

  get request(): unknown {
    return this.#input
  }

  get decodedOf(): ((success: unknown) => unknown) | undefined {
    return decodedOf[this.#input.responseMode ?? "decoded-only"]
  }

  #drawKey(): string | undefined {
    const drawn = this.#engine.policy.retry?.idempotencyKeyHeader !== undefined && !this.#endpoint.isIdempotent
    return drawn ? crypto.randomUUID() : undefined
  }

  #withKey(request: HttpClientRequest.HttpClientRequest): HttpClientRequest.HttpClientRequest {
    if (this.#idempotencyKey === undefined) return request
    const header = this.#engine.policy.retry?.idempotencyKeyHeader ?? "idempotency-key"
    return HttpClientRequest.setHeader(request, header, this.#idempotencyKey)
  }

  attempt(attempt: Engine.Attempt): Effect.Effect<unknown, AttemptError> {
    return AtOnce.flatMap(this.#discardHeld(), () =>
      this.#endpoint.spans.attempt(this.#span, attempt.number, (span) => this.#exchange(attempt, span))
    )
  }

  /** What nobody traces needs no fibre over a client with a direct way. */
  get begin(): Engine.Begin<unknown, unknown, never> | undefined {
    const { direct } = this.#endpoint
    return direct === undefined || this.#span !== undefined
      ? undefined
      : (attempt, told) => this.#begin(direct, attempt, told)
  }

  #begin(direct: Exchange.Direct, attempt: Engine.Attempt, told: Told): (() => void) | undefined {
    const authorized = AtOnce.exitOf(this.#authorize(attempt))
    if (this.#held !== undefined || authorized === undefined || Exit.isFailure(authorized)) return undefined
    const sending = this.#sending(attempt, undefined, authorized.value)
    if (!direct.accepts(sending.request)) return undefined
    return direct.begin(sending.request, {
      responded: (response) => told((fiber) => this.#receive(fiber, sending, response)),
      broke: (error) => told(() => Effect.fail(this.#broken(attempt, Exchange.brokenBy(error))))
    })
  }

  /** Credentials that are at hand and a client with a direct way leave nothing that a time limit needs a fibre for. */
  #exchange(attempt: Engine.Attempt, span: Tracer.Span | undefined): Effect.Effect<unknown, AttemptError> {
    const authorizing = this.#authorize(attempt)
    const { direct } = this.#endpoint
    const authorized = direct === undefined ? undefined : AtOnce.exitOf(authorizing)
    if (direct !== undefined && authorized !== undefined && Exit.isSuccess(authorized)) {
      const sending = this.#sending(attempt, span, authorized.value)
      if (direct.accepts(sending.request)) return this.#sendDirectly(direct, sending)
    }
    return attempt.inTime(
      AtOnce.flatMap(authorizing, (authorized) => this.#send(this.#sending(attempt, span, authorized)))
    )
  }

  #sending(attempt: Engine.Attempt, span: Tracer.Span | undefined, authorized: Credentials.Authorized): Sending {
    return { attempt, span, authorized, request: this.#stamped(attempt, span, authorized.request) }
  }

  #send(sending: Sending): Effect.Effect<unknown, AttemptError> {
    return Effect.matchEffect(Exchange.send(this.#endpoint.client, sending.request), {
      onFailure: (broken) => Effect.fail(this.#broken(sending.attempt, broken)),
      onSuccess: (response) => Effect.withFiber((fiber) => this.#receive(fiber, sending, response))
    })
  }

  #sendDirectly(direct: Exchange.Direct, sending: Sending): Effect.Effect<unknown, AttemptError> {
    const { attempt, request } = sending
    return attempt.waitInTime((resume) =>
      direct.begin(request, {
        responded: (response) =>
          resume(Effect.withFiber((fiber) => attempt.inTime(this.#receive(fiber, sending, response)))),
        broke: (error) => resume(Effect.suspend(() => Effect.fail(this.#broken(attempt, Exchange.brokenBy(error)))))
      })
    )
  }

  #authorize(attempt: Engine.Attempt): Effect.Effect<Credentials.Authorized, AttemptError> {
    return AtOnce.mapError(this.#endpoint.wiring.credentials.authorize(this.#request), ({ cause, reason }) => {
      const category = cause?.category ?? "unauthorized"
      return {
        error: new CallError.Unauthorized({ ...attempt.info(), category, status: undefined, reason, cause }),
        category,
        retryAfter: cause?.retryAfter,
        sent: false,
        declared: false
      }
    })
  }

  /** What each attempt says of itself: the trace it belongs to, and the time that is left for it. */
  #stamped(
    attempt: Engine.Attempt,
    span: Tracer.Span | undefined,
    request: HttpClientRequest.HttpClientRequest
  ): HttpClientRequest.HttpClientRequest {
    const traceparent = Tracing.traceparent(span)
    const deadline = this.#engine.policy.deadline?.header
    if (traceparent === undefined && deadline === undefined) return request
    return HttpClientRequest.setHeaders(request, {
      ...(traceparent !== undefined && { traceparent }),
      ...(deadline !== undefined && { [deadline]: String(Math.max(1, Math.floor(attempt.remainingMillis))) })
    })
  }

  #receive(
    fiber: AnyFiber,
    { attempt, authorized, span }: Sending,
    response: HttpClientResponse
  ): Effect.Effect<unknown, AttemptError> {
    Tracing.tellStatus(span, response.status)
    attempt.received(response)
    authorized.received?.(response)
    const verdict = this.#classify(fiber, response)
    const received: Received = { attempt, response, authorized, verdict, fiber }
    if (response.status === 304 && this.#input.responseMode === "buffered") return Effect.succeed(response)
    return AtOnce.flatMap(logAnswer(received, fiber), () =>
      verdict.category === "success" ? this.#succeed(received) : this.#refused(received, verdict.category)
    )
  }

  /** The headers of a success are decoded only for a classification that may look at them. */
  #classify(fiber: AnyFiber, response: HttpClientResponse): Failure.Classification {
    const { classify } = this.#endpoint.wiring
    const { status } = response
    if (classify === Failure.classify && Failure.categoryOfStatus(status) === "success") return Failure.success
    const now = fiber.getRef(Clock.Clock).currentTimeMillisUnsafe()
    return classify({ status, headers: response.headers, now })
  }

  #succeed(received: Received): Effect.Effect<unknown, AttemptError> {
    const { response } = received
    if (this.#input.responseMode === "response-only") return Effect.succeed(this.#withoutCredentials(response))
    const decode = this.#endpoint.successOf(response.status)
    if (decode === undefined) return this.#refused(received, "rejected")
    if (this.#input.responseMode === "buffered") return this.#buffer(received)
    const decoded = AtOnce.mapError(
      decode(response, (problem) => this.#problem(received, problem).error),
      (problem) => this.#problem(received, problem)
    )
    return this.#input.responseMode === "decoded-and-response"
      ? Effect.map(decoded, (value) => [value, this.#withoutCredentials(response)])
      : decoded
  }

  #buffer(received: Received): Effect.Effect<HttpClientResponse, AttemptError> {
    const { response } = received
    return Effect.mapBoth(ResponseDecoder.readBytes(response, this.#endpoint.wiring.maxBodyBytes), {
      onFailure: (problem) => this.#problem(received, problem),
      onSuccess: (bytes) => {
        const { headers, status } = response
        // What was read is not shared memory.
        const body = status === 204 || status === 205 ? null : (bytes as Uint8Array<ArrayBuffer>)
        return fromWeb(this.#request, new Response(body, { status, headers }))
      }
    })
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
            error: CallError.attachInfo(error, { ...info, status: received.response.status }),
            declared: true
          })
        }
      }
    )
  }

  #undeclared(received: Received, category: Failure.Category): Effect.Effect<never, AttemptError> {
    return Effect.flatMap(Exchange.excerpt(received.response, excerptBytes), (text) => {
      const body = Redact.secrets(text, secretsOf(received)).slice(0, excerptBytes)
      return this.#failAfterRenewal(received, {
        ...failed(received, category),
        error: this.#undeclaredError(received, category, body)
      })
    })
  }

  /** A 401 renews the credentials, once: the engine makes one more attempt when something has changed. */
  #failAfterRenewal(received: Received, failure: AttemptError): Effect.Effect<never, AttemptError> {
    if (failure.category !== "unauthorized") return Effect.fail(failure)
    if (this.#renewed) return Effect.fail(failure)
    this.#renewed = true
    const { authorized, response } = received
    const renewing = authorized.renew?.(response) ?? this.#endpoint.wiring.credentials.renew
    return Effect.flatMap(renewing, (renewed) => Effect.fail({ ...failure, renewed }))
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
    const { rateLimit, retry, throttle } = this.#engine.policy
    return rateLimit !== undefined || retry !== undefined || throttle !== undefined
  }

  #problem(received: Received, problem: ResponseDecoder.Problem): AttemptError {
    if (problem._tag === "Broken") return this.#broken(received.attempt, problem, requestIdOf(received))
    const info = received.attempt.info(requestIdOf(received))
    const error = new CallError.DecodeFailure({
      ...info,
      category: "invalid",
      status: received.response.status,
      issue: Redact.secrets(problem.issue, secretsOf(received))
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

  /** On a fibre of its own: a body that does not come holds up neither the next attempt nor the end of the call. */
  #discardHeld(): Effect.Effect<void> {
    const held = this.#takeHeld()
    return held === undefined ? Effect.void : Effect.asVoid(Effect.forkDetach(Exchange.discard(held)))
  }
}

/** What was decoded, in an attempt of each response mode. */
const decodedOf = {
  "decoded-only": (value: unknown) => value,
  // This response mode gives a pair.
  "decoded-and-response": (pair: unknown) => (pair as readonly [unknown, HttpClientResponse])[0],
  "response-only": undefined,
  buffered: undefined
} as const

const requestIdOf = (received: Received): string | undefined => {
  const requestId = Exchange.requestId(received.response.headers)
  return requestId === undefined ? undefined : Redact.secrets(requestId, secretsOf(received))
}

/** What the provider may repeat and nobody else may see: the credentials' secrets, and those that the caller gave. */
const secretsOf = ({ authorized, fiber }: Received): ReadonlyArray<string> => [
  ...authorized.secrets.map(Redacted.value),
  ...Redact.secretsOf(authorized.request, Redact.redactedNames(fiber))
]

/** An attempt on its way. */
interface Sending {
  readonly attempt: Engine.Attempt
  readonly span: Tracer.Span | undefined
  readonly authorized: Credentials.Authorized
  readonly request: HttpClientRequest.HttpClientRequest
}

interface Received {
  readonly attempt: Engine.Attempt
  readonly response: HttpClientResponse
  readonly authorized: Credentials.Authorized
  readonly verdict: Failure.Classification
  readonly fiber: AnyFiber
}

const logAnswer = (received: Received, fiber: Fiber.Fiber<unknown, unknown>): Effect.Effect<void> =>
  Tracing.logDebug(fiber, "answered", () => {
    const { elapsed, ...info } = received.attempt.info(requestIdOf(received))
    return { ...info, status: received.response.status, elapsedMillis: Duration.toMillis(elapsed) }
  })

const failed = (received: Received, category: Failure.Category) => ({
  category,
  retryAfter: received.verdict.retryAfter,
  sent: true,
  declared: false,
  shouldRetry: received.verdict.shouldRetry,
  status: received.response.status,
  requestId: requestIdOf(received)
})
