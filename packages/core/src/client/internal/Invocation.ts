/** One call of a method: its credentials, its answer, and the errors that it can fail with. */
import { Duration, Effect, Option, Redacted, type Tracer } from "effect"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import type { HttpClientError } from "effect/http/HttpClientError"
import { fromWeb, type HttpClientResponse } from "effect/http/HttpClientResponse"
import type * as Credentials from "../../auth/Credentials.ts"
import * as CallError from "../../policy/CallError.ts"
import * as Cache from "../../policy/Cache.ts"
import type * as Engine from "../../policy/Engine.ts"
import * as Exchange from "../../policy/Exchange.ts"
import type * as Failure from "../../policy/Failure.ts"
import * as AtOnce from "../../policy/internal/AtOnce.ts"
import * as InvalidOption from "../../policy/InvalidOption.ts"
import { type Hop, HttpCall, noStamps, type Received } from "../../policy/internal/engine/HttpCall.ts"
import type { CallOptions } from "../../policy/Policy.ts"
import * as Redact from "../../policy/Redact.ts"
import type { CompiledEndpoint, Input } from "./CompiledEndpoint.ts"
import type { Told } from "./failureRules.ts"
import { readBody, type ReceivedBody } from "./receivedBody.ts"
import type { Decoder } from "./ResponseDecoder.ts"
import { limiting } from "./streamLimits.ts"
import * as Tracing from "./Tracing.ts"
import type { LimitBytes, Problem, StreamProblem, Undecodable } from "./undecodable.ts"

/** `buffered`: the response with its body read, for a cache. */
type Mode = NonNullable<Input["responseMode"]> | "buffered"

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

/** The most of an undeclared body that is kept, in bytes. */
const excerptBytes = 8 * 1024

/** The longest that the body of an error is read. */
const errorBodyTime = "5 seconds"

export class Invocation extends HttpCall<unknown, unknown, never, Credentials.Authorized> {
  readonly #endpoint: CompiledEndpoint
  readonly #one: One
  /** The spans of the attempts that are traced, by number. */
  readonly #spans = new Map<number, Tracer.Span>()
  /** Why a redirect is the answer of the call, although redirects are followed. */
  readonly #unfollowed = new WeakMap<HttpClientResponse, string>()
  /** What was read of bodies before anything else looked at them. */
  readonly #bodies = new WeakMap<HttpClientResponse, ReceivedBody>()

  constructor(endpoint: CompiledEndpoint, one: One) {
    const { engine, options, request } = one
    super({ engine, request, options, isDeclaredIdempotent: endpoint.codec.isIdempotent })
    this.#endpoint = endpoint
    this.#one = one
  }

  override get request(): unknown {
    return this.#one.input
  }

  get classify(): Failure.Classify {
    return this.#endpoint.wiring.classify
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
    const { outgoing } = this
    return {
      request: outgoing,
      mode,
      partition: this.#partition,
      fetching: (request) =>
        // This mode gives a response.
        new Invocation(this.#endpoint, { ...this.#one, request, mode: "buffered" }) as unknown as Engine.Call<
          HttpClientResponse,
          unknown,
          never
        >,
      answer: (response, info) => this.#decodeKept(response, info),
      unavailable: (info) =>
        new CallError.TransportFailure({
          ...info,
          category: "transient",
          reason: "Connect",
          code: undefined,
          detail: "the store of the cache did not answer, and nothing was sent"
        })
    }
  }

  /** Whose answer it is: it depends on the credentials, those of the integration and those that the caller gave. */
  get #partition(): Effect.Effect<string | undefined> {
    const { headers, url, urlParams } = this.outgoing
    return Effect.withFiber((fiber) =>
      Effect.match(this.#endpoint.authorize(this.outgoing), {
        onFailure: () => undefined,
        onSuccess: ({ identity, secrets }) =>
          Cache.partitionOf({
            scope: this.engine.scope,
            identity: (identity ?? secrets).map(Redacted.value),
            headers,
            url,
            urlParams,
            redactedNames: Redact.redactedNames(fiber)
          })
      })
    )
  }

  #decodeKept(response: HttpClientResponse, info: CallError.CallInfo): Effect.Effect<unknown, CallError.CallError> {
    const { codec, wiring } = this.#endpoint
    const decoder = codec.successOf(response.status, response.headers["content-type"])
    if (decoder?._tag !== "Body") return this.#inMode(response, decoder?._tag === "Empty" ? decoder.value(response) : Effect.void).pipe(
      Effect.mapError((problem) => decodeFailure(info, response, problem.issue))
    )
    const decoded = AtOnce.flatMap(readBody(response, wiring.maxBodyBytes), (body) => decoder.decode(body, response))
    return Effect.mapError(this.#inMode(response, decoded), (problem) =>
      decodeFailure(info, response, problem._tag === "Broken" ? problem.detail : problem.issue)
    )
  }

  override attempt(attempt: Engine.Attempt): Effect.Effect<unknown, Failed> {
    const { span } = this.#one
    if (span === undefined) return this.exchange(attempt, noStamps)
    return this.#endpoint.spans.attempt(span, attempt.number, (span) => {
      if (span !== undefined) this.#spans.set(attempt.number, span)
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
    const { request, visited } = hop
    const redirected = this.#endpoint.redirected(request, response, visited)
    if (redirected === undefined) return undefined
    if (redirected._tag === "Refused") this.#unfollowed.set(response, redirected.why)
    return redirected._tag === "Refused" ? undefined : redirected.hop
  }

  override judge(arrived: Omit<Arrived, "verdict">): Effect.Effect<Failure.Classification> {
    const { attempt, fiber, response } = arrived
    Tracing.tellStatus(this.#spans.get(attempt.number), response.status)
    const logged = Tracing.logDebug(fiber, "answered", () => {
      const { elapsed, ...info } = attempt.info(this.#requestId(arrived))
      return { ...info, status: response.status, elapsedMillis: Duration.toMillis(elapsed) }
    })
    return AtOnce.flatMap(logged, () => super.judge(arrived))
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
    const decoder = this.#endpoint.codec.successOf(status, response.headers["content-type"])
    if (decoder === undefined) return this.refuse(received, "rejected")
    return this.#inMode(response, this.#decode(received, decoder))
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
    const opened = decoder.open(response, (problem) => this.#streamError(received, problem), this.#limit(received))
    return Effect.catch(opened, (problem) => {
      const failure = Effect.suspend(() => Effect.fail(this.#problem(received, problem)))
      const read = this.#readError(response)
      return Effect.flatMap(read, ({ body }) =>
        body === undefined || !isJudged ? failure : Effect.andThen(this.#failUnlessSuccess(received, body), failure)
      )
    })
  }

  /** The standard deadline ends when a stream begins; one that the endpoint or the call states holds to its end. */
  #limit({ attempt }: Arrived): LimitBytes {
    const { engine, options } = this
    const hasDeadline = attempt.deadlineAt !== Infinity && (options.deadline !== undefined || engine.isDeadlineOwn)
    return limiting({
      idleMillis:
        options.idleTimeout === undefined
          ? engine.policy.idleTimeout
          : InvalidOption.positiveMillis("options.idleTimeout", options.idleTimeout),
      deadline: hasDeadline ? { at: attempt.deadlineAt, millis: attempt.deadlineMillis } : undefined
    })
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
    const { category, error } = told
    const retryAfter = told.retryAfter ?? received.verdict.retryAfter
    const judged: Arrived = { ...received, verdict: { ...received.verdict, category, retryAfter } }
    return Option.isSome(error)
      ? this.#declared(judged, category, error.value)
      : this.#general(judged, category, { excerpt: body.excerpt(excerptBytes) })
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

  /** The general error of a category. An excerpt that nobody may see is not read. */
  #general(received: Arrived, category: Failure.Category, known: Known): Effect.Effect<never, Failed> {
    const { response } = received
    const facts = this.#failed(received, category)
    const error = this.#generalError(received, category, known)
    if (known.excerpt !== undefined) return this.#failAfterRenewal(received, { ...facts, error })
    const discard = Exchange.discard(response)
    const readError =
      error._tag === "UnexpectedStatus"
        ? Effect.map(Exchange.excerpt(response, excerptBytes), (excerpt) =>
            this.#generalError(received, category, { excerpt })
          )
        : Effect.as(discard, error)
    return this.#failAfterRenewal(received, { ...facts, error, readError, discard })
  }

  #generalError(
    received: Arrived,
    category: Failure.Category,
    { excerpt = "", issue = this.#unfollowed.get(received.response) }: Known
  ): CallError.Unauthorized | CallError.RateLimited | CallError.UnexpectedStatus {
    const { attempt, response, verdict } = received
    const { status } = response
    const info = { ...attempt.info(this.#requestId(received)), category, status }
    if (category === "unauthorized") {
      return new CallError.Unauthorized({ ...info, reason: `the provider answered ${status}` })
    }
    if (category === "throttled" && this.#throttlesAreTyped) {
      return new CallError.RateLimited({ ...info, source: "remote", retryAfter: verdict.retryAfter, limit: undefined })
    }
    const secrets = this.#secrets(received)
    return new CallError.UnexpectedStatus({
      ...info,
      body: Redact.secrets(excerpt, secrets).slice(0, excerptBytes),
      retryAfter: verdict.retryAfter,
      contentType: response.headers["content-type"],
      issue: issue === undefined ? undefined : Redact.secrets(issue, secrets)
    })
  }

  get #throttlesAreTyped(): boolean {
    const { rateLimit, retry, throttle } = this.engine.policy
    return rateLimit !== undefined || retry !== undefined || throttle !== undefined
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
    const known = this.#bodies.get(response)
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
            this.#bodies.set(response, body)
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

  /** What must not appear in an error: the credentials of the integration, and those that the caller gave. */
  #secrets({ authorized, fiber }: Pick<Arrived, "authorized" | "fiber">): ReadonlyArray<string> {
    const given = Redact.secretsOf(this.outgoing, Redact.redactedNames(fiber))
    return [...authorized.secrets.map(Redacted.value), ...given]
  }
}

/** What is known of the body of an error. */
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
  buffered: undefined
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

const decodeFailure = (
  info: CallError.CallInfo,
  { headers, status }: HttpClientResponse,
  issue: string
): CallError.DecodeFailure =>
  new CallError.DecodeFailure({
    ...info,
    requestId: info.requestId ?? Exchange.requestId(headers),
    category: "invalid",
    status,
    issue
  })

const brokenAttempt = (
  attempt: Engine.Attempt,
  broken: Exchange.Broken,
  requestId?: string
): Engine.AttemptFailure<CallError.TransportFailure> => {
  const { category, cause, code, detail, reason, sent } = broken
  const facts = { ...attempt.info(requestId), category, reason, code, detail }
  const error = new CallError.TransportFailure({ ...facts, ...(cause !== undefined && { cause }) })
  const isUncounted = Exchange.isUncounted(broken)
  return { error, category, retryAfter: undefined, sent, declared: false, isUncounted, requestId }
}
