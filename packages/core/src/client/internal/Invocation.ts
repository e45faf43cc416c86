/** One call of a method: its credentials, its answer, and the errors that it can fail with. */
import { Clock, Duration, Effect, Option, type Tracer } from "effect"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type { HttpClientError } from "effect/http/HttpClientError"
import { fromWeb, type HttpClientResponse } from "effect/http/HttpClientResponse"
import type * as Credentials from "../../auth/Credentials.ts"
import * as CallError from "../../policy/CallError.ts"
import * as Engine from "../../policy/Engine.ts"
import * as Exchange from "../../policy/Exchange.ts"
import type * as Failure from "../../policy/Failure.ts"
import * as AtOnce from "../../policy/internal/AtOnce.ts"
import { type Hop, HttpCall, noStamps, type Received } from "../../policy/internal/engine/HttpCall.ts"
import type { CallOptions } from "../../policy/Policy.ts"
import * as Redact from "../../policy/Redact.ts"
import type { Codec, Input, Wiring } from "./codec.ts"
import {
  brokenAttempt,
  decodeFailure,
  excerptBytes,
  type GeneralError,
  generalError,
  secretsOf,
  unreadBody
} from "./callErrors.ts"
import type { Told } from "./failureRules.ts"
import { readBody, type ReceivedBody } from "./receivedBody.ts"
import type { Redirected } from "./redirects.ts"
import type { Decoder } from "./ResponseDecoder.ts"
import { beforeDeadline, limiting } from "./streamLimits.ts"
import { type Fetching, sharingOf } from "./sharing.ts"
import * as Tracing from "./Tracing.ts"
import {
  type Connection,
  isElapsed,
  type Problem,
  type Reading,
  type Resume,
  type StreamProblem,
  type Undecodable
} from "./undecodable.ts"

/** `buffered`: the response with its body read, for a cache. `connection`: a stream that is read on. */
type Mode = NonNullable<Input["responseMode"]> | "buffered" | "connection"

/** The endpoint that a call is made to. */
export interface Called {
  readonly codec: Codec
  readonly wiring: Wiring
  readonly spans: Tracing.Spans
  /** Credentials belong to the origins of the integration: a request to another one goes without. */
  readonly authorize: (request: HttpClientRequest.HttpClientRequest) => ReturnType<Credentials.Service["authorize"]>
  /** What a redirect asks for, or why it is not followed. */
  readonly redirected: (
    request: HttpClientRequest.HttpClientRequest,
    response: HttpClientResponse,
    visited: ReadonlyArray<string>
  ) => Redirected
}

/** A call that is about to be made. */
export interface One {
  /** A call keeps the engine that it began with. */
  readonly engine: Engine.Engine
  readonly request: HttpClientRequest.HttpClientRequest
  readonly input: Input
  readonly mode: Mode
  readonly options: CallOptions
  readonly span: Tracer.Span | undefined
}

type Failed = Engine.AttemptFailure<unknown, unknown>

type Arrived = Received<Credentials.Authorized>

/** The longest that the body of an error is read. */
const errorBodyTime = "5 seconds"

export class Invocation extends HttpCall<unknown, unknown, never, Credentials.Authorized> {
  readonly classify: Failure.Classify
  readonly #endpoint: Called
  readonly #one: One
  /** The spans of the attempts that are traced, by number. */
  #spans: Map<number, Tracer.Span> | undefined = undefined
  /** Why a redirect is the answer of the call, although redirects are followed. */
  #unfollowed: WeakMap<HttpClientResponse, string> | undefined = undefined
  /** What was read of bodies before anything else looked at them. */
  #bodies: WeakMap<HttpClientResponse, ReceivedBody> | undefined = undefined

  constructor(endpoint: Called, one: One) {
    const { engine, options, request } = one
    super({ engine, request, options, idempotent: endpoint.codec.idempotent })
    this.classify = endpoint.wiring.classify
    this.#endpoint = endpoint
    this.#one = one
  }

  override get request(): unknown {
    return this.#one.input
  }

  get hedgeable(): boolean {
    return this.#one.mode !== "response-only"
  }

  get decodedOf(): ((success: unknown) => unknown) | undefined {
    return decodedOf[this.#one.mode]
  }

  get sharing(): Engine.Sharing<unknown, unknown, never> | undefined {
    const { mode } = this.#one
    const isAlone = this.engine.steps.length === 0 || this.#endpoint.codec.isStreamed || mode === "response-only"
    return isAlone ? undefined : this.#shared(mode)
  }

  #shared(mode: Mode): Engine.Sharing<unknown, unknown, never> {
    return sharingOf({
      called: this.#endpoint,
      scope: this.engine.scope,
      request: this.outgoing,
      mode,
      // This mode gives a response.
      fetching: (request) =>
        new Invocation(this.#endpoint, { ...this.#one, request, mode: "buffered" }) as unknown as Fetching,
      inMode: (response, decoded) => this.#inMode(response, decoded)
    })
  }

  override attempt(attempt: Engine.Attempt): Effect.Effect<unknown, Failed> {
    const { span } = this.#one
    if (span === undefined) return this.exchange(attempt, noStamps)
    return this.#endpoint.spans.attempt(span, attempt.number, (span) => {
      if (span !== undefined) (this.#spans ??= new Map()).set(attempt.number, span)
      const traceparent = Tracing.traceparent(span)
      return this.exchange(attempt, traceparent === undefined ? noStamps : { traceparent })
    })
  }

  authorize(
    attempt: Engine.Attempt,
    request: HttpClientRequest.HttpClientRequest
  ): Effect.Effect<Credentials.Authorized, Engine.AttemptFailure<unknown>> {
    return AtOnce.mapError(this.#endpoint.authorize(request), ({ cause, reason }) => {
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

  send(
    attempt: Engine.Attempt,
    request: HttpClientRequest.HttpClientRequest
  ): Effect.Effect<HttpClientResponse, Engine.AttemptFailure<unknown>> {
    const { client, direct } = this.#endpoint.codec
    if (direct?.accepts(request) !== true) {
      return attempt.inTime(Effect.mapError(Exchange.send(client, request), (broken) => brokenAttempt(attempt, broken)))
    }
    return attempt.wait((resume) =>
      direct.begin(request, {
        responded: (response) => resume(Effect.succeed(response)),
        broke: (error: HttpClientError) =>
          resume(Effect.suspend(() => Effect.fail(brokenAttempt(attempt, Exchange.brokenBy(error)))))
      })
    )
  }

  override redirected(hop: Hop, response: HttpClientResponse): Hop | undefined {
    if (this.#endpoint.codec.redirects === "none") return undefined
    const { request, visited } = hop
    const redirected = this.#endpoint.redirected(request, response, visited)
    if (redirected === undefined) return undefined
    if (redirected._tag === "Refused") (this.#unfollowed ??= new WeakMap()).set(response, redirected.why)
    return redirected._tag === "Refused" ? undefined : redirected.hop
  }

  override judge(arrived: Omit<Arrived, "verdict">): Effect.Effect<Failure.Classification> {
    const { attempt, response } = arrived
    const span = this.#spans?.get(attempt.number)
    if (span !== undefined) Tracing.tellStatus(span, response.status)
    if (!Tracing.logsDebug(attempt.fiber)) return super.judge(arrived)
    const { elapsed, ...info } = attempt.info(this.#requestId(arrived))
    const facts = { ...info, status: response.status, elapsedMillis: Duration.toMillis(elapsed) }
    return Effect.flatMap(Tracing.logDebug("answered", facts), () => super.judge(arrived))
  }

  override bodyOf(response: HttpClientResponse): Effect.Effect<unknown> {
    return Effect.map(this.#readError(response), ({ body }) => {
      const json = body?.json()
      return json?._tag === "Success" ? json.success : undefined
    })
  }

  accept(received: Arrived): Effect.Effect<unknown, Failed> {
    const { response } = received
    const { mode } = this.#one
    if (mode === "response-only") return Effect.succeed(this.#withoutCredentials(response))
    const { status } = response
    if (mode === "connection" && status === 204) return Effect.as(Exchange.discard(response), undefined)
    const decoder = this.#endpoint.codec.successOf(status, response.headers["content-type"])
    if (decoder === undefined) return this.refuse(received, "rejected")
    if (mode === "connection") return Effect.succeed(this.#connection(received))
    const decoded = this.#decode(received, decoder)
    return mode === "decoded-and-response" ? this.#inMode(response, decoded) : decoded
  }

  /** The form in which the caller wants the answer. */
  #inMode<E>(response: HttpClientResponse, decoded: Effect.Effect<unknown, E>): Effect.Effect<unknown, E> {
    return this.#one.mode === "decoded-and-response"
      ? Effect.map(decoded, (value) => [value, this.#withoutCredentials(response)])
      : decoded
  }

  #decode(received: Arrived, decoder: Decoder): Effect.Effect<unknown, Failed> {
    const { response } = received
    const rules = this.#endpoint.codec.failureOf
    const isJudged = rules?.appliesTo(response.status) === true
    if (decoder._tag === "Stream") return this.#open(received, decoder, isJudged)
    if (decoder._tag === "Empty" && !isJudged && this.#one.mode !== "buffered") {
      const value = Effect.mapError(decoder.value(response), (problem) => this.#problem(received, problem))
      return Effect.andThen(Exchange.discard(response), value)
    }
    const read = AtOnce.mapError(readBody(response, this.#endpoint.wiring.maxBodyBytes), (problem) =>
      this.#problem(received, problem)
    )
    return AtOnce.flatMap(read, (body) =>
      AtOnce.flatMap(isJudged ? this.#failUnlessSuccess(received, body) : Effect.void, () => {
        const decoded = decoder._tag === "Body" ? decoder.decode(body, response) : decoder.value(response)
        const checked = AtOnce.mapError(decoded, (problem) => this.#problem(received, problem))
        return this.#one.mode === "buffered" ? Effect.as(checked, buffered(received, this.outgoing, body)) : checked
      })
    )
  }

  /** An answer that is no such stream may say in JSON why. */
  #open(
    received: Arrived,
    decoder: Extract<Decoder, { readonly _tag: "Stream" }>,
    isJudged: boolean
  ): Effect.Effect<unknown, Failed> {
    const { response } = received
    const opened = decoder.open(this.#connection(received), this.#reading(received))
    return Effect.catch(opened, (problem) => {
      const failure = Effect.suspend(() => Effect.fail(this.#problem(received, problem)))
      if (problem.reason !== "MediaType" || !isJudged) return Effect.andThen(Exchange.discard(response), failure)
      return Effect.flatMap(this.#readError(response), ({ body }) =>
        body === undefined ? failure : Effect.andThen(this.#failUnlessSuccess(received, body), failure)
      )
    })
  }

  #connection(received: Arrived): Connection {
    return { response: received.response, tell: (problem) => this.#streamError(received, problem) }
  }

  /** The standard deadline ends when a stream begins; one that the endpoint or the call states holds to its end. */
  #reading(received: Arrived): Reading {
    const { deadlineAt, deadlineMillis } = received.attempt
    const deadline = deadlineAt === Infinity ? undefined : { at: deadlineAt, millis: deadlineMillis }
    const inTime: Resume["inTime"] = (effect) =>
      Effect.mapError(beforeDeadline(effect, deadline), (error) =>
        isElapsed(error) ? this.#streamError(received, error) : error
      )
    return {
      limit: limiting({ idleMillis: this.idleMillis, deadline }),
      resume:
        this.idempotent && this.replayable ? { connect: (headers) => this.#reconnect(headers), inTime } : undefined
    }
  }

  /** The same request under the same policies, as a call by itself. */
  #reconnect(headers: Readonly<Record<string, string>>): Effect.Effect<Connection | undefined, unknown> {
    const request = HttpClientRequest.setHeaders(this.outgoing, headers)
    return Effect.withFiber((fiber) =>
      Tracing.traced(fiber, this.#endpoint.spans, (span) => {
        const again = new Invocation(this.#endpoint, { ...this.#one, request, span, mode: "connection" })
        // This mode gives a connection.
        return Engine.runOn(fiber, this.engine, again) as Effect.Effect<Connection | undefined, unknown>
      })
    )
  }

  #streamError(received: Arrived, problem: StreamProblem): unknown {
    const { attempt } = received
    if (problem._tag === "ErrorEvent") {
      const info = attempt.info(this.#requestId(received))
      return CallError.attachInfo(problem.error, { ...info, category: problem.category })
    }
    if (problem._tag !== "Elapsed") return this.#problem(received, problem).error
    const info = attempt.info(this.#requestId(received))
    const { millis, scope } = problem
    return new CallError.Timeout({ ...info, category: "transient", scope, after: Duration.millis(millis) })
  }

  #failUnlessSuccess(received: Arrived, body: ReceivedBody): Effect.Effect<void, Failed> {
    const rules = this.#endpoint.codec.failureOf
    if (rules === undefined) return Effect.void
    return AtOnce.flatMap(rules.match(body, received.response.status), (told) =>
      told === undefined ? Effect.void : this.#told(received, told, body)
    )
  }

  /** A body that tells a failure decides its category; the wait it tells goes before that of the headers. */
  #told(received: Arrived, told: Told, body: ReceivedBody): Effect.Effect<never, Failed> {
    const { error } = told
    const { category: byStatus } = received.verdict
    const category = told.category ?? (byStatus === "success" ? "rejected" : byStatus)
    const retryAfter = told.retryAfter ?? this.#statedWait(received, category)
    const judged: Arrived = { ...received, verdict: { ...received.verdict, category, retryAfter } }
    return Option.isSome(error)
      ? this.#declared(judged, category, error.value)
      : this.#general(judged, category, { excerpt: body.excerpt(excerptBytes) })
  }

  /** The headers of a success are read as those of the status that says the same. */
  #statedWait({ attempt, response, verdict }: Arrived, category: Failure.Category): Duration.Duration | undefined {
    if (verdict.category !== "success" || (category !== "throttled" && category !== "transient"))
      return verdict.retryAfter
    const now = attempt.fiber.getRef(Clock.Clock).currentTimeMillisUnsafe()
    return this.classify({ status: category === "throttled" ? 429 : 503, headers: response.headers, now }).retryAfter
  }

  refuse(received: Arrived, category: Failure.Category): Effect.Effect<unknown, Failed> {
    const { response } = received
    const { mode } = this.#one
    if (mode === "response-only") return this.#responseItself(received, category)
    if (mode === "buffered" && response.status === 304) return Effect.succeed(response)
    const { errorOf, failureOf } = this.#endpoint.codec
    const decoder = errorOf(response.status, response.headers["content-type"])
    const isJudged = failureOf?.appliesTo(response.status) === true
    if (decoder === undefined && !isJudged) return this.#general(received, category, {})
    return Effect.flatMap(this.#readError(response), ({ body, issue }) => {
      if (body === undefined) return this.#general(received, category, { issue, excerpt: "" })
      return Effect.flatMap(isJudged ? this.#failUnlessSuccess(received, body) : Effect.void, () =>
        this.#decodeError(received, category, { decoder, body })
      )
    })
  }

  /** A body that does not match its declared schema never changes the category that its status has. */
  #decodeError(
    received: Arrived,
    category: Failure.Category,
    { body, decoder }: { readonly decoder: Decoder | undefined; readonly body: ReceivedBody }
  ): Effect.Effect<never, Failed> {
    const excerpt = body.excerpt(excerptBytes)
    if (decoder === undefined) return this.#general(received, category, { excerpt })
    const { response } = received
    const decoded: Effect.Effect<unknown, Undecodable> =
      decoder._tag === "Body"
        ? decoder.decode(body, response)
        : decoder._tag === "Empty"
          ? decoder.value(response)
          : Effect.void
    return Effect.matchEffect(decoded, {
      onFailure: ({ issue }) => this.#general(received, category, { excerpt, issue }),
      onSuccess: (error) => this.#declared(received, category, error)
    })
  }

  #declared(received: Arrived, category: Failure.Category, error: unknown): Effect.Effect<never, Failed> {
    const info = received.attempt.info(this.#requestId(received))
    return this.#failAfterRenewal(received, {
      ...this.#failed(received, category),
      error: CallError.attachInfo(error, { ...info, status: received.response.status, category }),
      declared: true
    })
  }

  /** The general error of a category. Its excerpt is read only for the attempt that ends the call. */
  #general(received: Arrived, category: Failure.Category, known: Known): Effect.Effect<never, Failed> {
    const { response } = received
    const facts = this.#failed(received, category)
    const error = this.#generalError(received, category, known)
    if (known.excerpt !== undefined) return this.#failAfterRenewal(received, { ...facts, error })
    const { discard, excerpt } = unreadBody(response)
    const readError =
      error._tag === "UnexpectedStatus"
        ? Effect.map(excerpt, (excerpt) => this.#generalError(received, category, { excerpt }))
        : Effect.as(discard, error)
    return this.#failAfterRenewal(received, { ...facts, error, readError, discard })
  }

  #generalError(received: Arrived, category: Failure.Category, known: Known): GeneralError {
    const { rateLimit, retry, throttle } = this.engine.policy
    const { excerpt, issue = this.#unfollowed?.get(received.response) } = known
    return generalError({
      received,
      category,
      excerpt,
      issue,
      secrets: this.#secrets(received),
      isThrottleTyped: rateLimit !== undefined || retry !== undefined || throttle !== undefined
    })
  }

  #failAfterRenewal(received: Arrived, failure: Failed): Effect.Effect<never, Failed> {
    return this.failAfterRenewal(received, failure, this.#endpoint.wiring.credentials.renew)
  }

  #responseItself(received: Arrived, category: Failure.Category): Effect.Effect<never, Failed> {
    const { response } = received
    return this.#failAfterRenewal(received, {
      ...this.#failed(received, category),
      error: response,
      declared: true,
      answer: Effect.sync(() => this.#withoutCredentials(response)),
      discard: Exchange.discard(response)
    })
  }

  #failed(received: Arrived, category: Failure.Category) {
    const { response, verdict } = received
    return {
      category,
      retryAfter: verdict.retryAfter,
      sent: true,
      declared: false,
      shouldRetry: verdict.shouldRetry,
      isUnprocessed: this.#endpoint.codec.unprocessed.has(response.status),
      status: response.status,
      requestId: this.#requestId(received)
    }
  }

  #problem(received: Arrived, problem: Problem): Failed {
    const { attempt, response } = received
    const requestId = this.#requestId(received)
    if (problem._tag === "Broken") return brokenAttempt(attempt, problem, requestId)
    const issue = Redact.secrets(problem.issue, this.#secrets(received))
    const error = decodeFailure(attempt.info(requestId), response, issue)
    return { ...this.#failed(received, "invalid"), error }
  }

  /** Reads the body of an error once, for as long as it is worth: it never ends the attempt. */
  #readError(response: HttpClientResponse): Effect.Effect<ErrorBody> {
    const known = this.#bodies?.get(response)
    if (known !== undefined) return Effect.succeed({ body: known, issue: undefined })
    return readBody(response, this.#endpoint.wiring.maxBodyBytes).pipe(
      Effect.timeoutOption(errorBodyTime),
      Effect.match({
        onFailure: (problem) => ({
          body: undefined,
          issue: problem._tag === "Broken" ? `the body broke: ${problem.detail}` : problem.issue
        }),
        onSuccess: Option.match({
          onNone: () => ({ body: undefined, issue: `the body did not arrive within ${errorBodyTime}` }),
          onSome: (body) => {
            ;(this.#bodies ??= new WeakMap()).set(response, body)
            return { body, issue: undefined }
          }
        })
      })
    )
  }

  #withoutCredentials(response: HttpClientResponse): HttpClientResponse {
    return Exchange.withRequest(response, this.outgoing)
  }

  #requestId(received: Omit<Arrived, "verdict">): string | undefined {
    const requestId = Exchange.requestId(received.response.headers)
    return requestId === undefined ? undefined : Redact.secrets(requestId, this.#secrets(received))
  }

  #secrets({ attempt, authorized }: Pick<Arrived, "attempt" | "authorized">): ReadonlyArray<string> {
    return secretsOf(this.outgoing, authorized, attempt)
  }
}

/** The excerpt and the decoding issue of an error's body, as far as they were read. */
interface Known {
  readonly excerpt?: string
  readonly issue?: string | undefined
}

interface ErrorBody {
  readonly body: ReceivedBody | undefined
  readonly issue: string | undefined
}

/** What was decoded, in an attempt of each mode. */
const decodedOf = {
  "decoded-only": (value: unknown) => value,
  // This mode gives a pair.
  "decoded-and-response": (pair: unknown) => (pair as readonly [unknown, HttpClientResponse])[0],
  "response-only": undefined,
  buffered: undefined,
  connection: undefined
} as const

/** The answer of another URL, to which a redirect led, is not kept under this one. */
const buffered = (
  { isRedirected, response: { headers, status } }: Arrived,
  request: HttpClientRequest.HttpClientRequest,
  { bytes }: ReceivedBody
): HttpClientResponse => {
  const init = { status, headers: isRedirected ? { ...headers, "cache-control": "no-store" } : headers }
  // What was read is not shared memory.
  const body = status === 204 || status === 205 ? null : (bytes as Uint8Array<ArrayBuffer>)
  return fromWeb(request, new Response(body, init))
}
