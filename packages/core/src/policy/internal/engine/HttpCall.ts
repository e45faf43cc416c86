/** A call over HTTP, shared by an integration's methods and clients under a policy. */
import { Clock, Effect } from "effect"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import * as Exchange from "../../Exchange.ts"
import * as Failure from "../../Failure.ts"
import * as InvalidOption from "../../InvalidOption.ts"
import * as AtOnce from "../AtOnce.ts"
import type { CallOptions } from "../callOptions.ts"
import type { AttemptFailure, PolicyError } from "./attemptFailure.ts"
import type { Attempt, Call, Engine } from "./model.ts"

/** A request with credentials, and how they are renewed when the provider rejects them. */
export interface Authorized {
  readonly request: HttpClientRequest.HttpClientRequest
  readonly received?: (answer: HttpClientResponse) => void
  readonly renew?: (rejected: HttpClientResponse) => Effect.Effect<boolean>
}

/** A response with its classification. */
export interface Received<Auth extends Authorized> {
  readonly attempt: Attempt
  readonly authorized: Auth
  readonly response: HttpClientResponse
  /** Whether it answers a request to which a redirect led. */
  readonly isRedirected: boolean
  readonly verdict: Failure.Classification
}

/** A request of an attempt: its first one, or the next after a redirect. */
export interface Hop {
  readonly request: HttpClientRequest.HttpClientRequest
  /** The URLs that redirected to it. */
  readonly visited: ReadonlyArray<string>
}

/** The parts of a call that are the same at each attempt. */
export interface Sent {
  readonly engine: Engine
  readonly request: HttpClientRequest.HttpClientRequest
  readonly options: CallOptions
  /** Whether the request may be repeated, if its endpoint sets it; undefined to decide by the method. */
  readonly idempotent: boolean | undefined
}

type Failed<E, A = never> = AttemptFailure<E | PolicyError, A>

const idempotentMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE", "QUERY"])

export abstract class HttpCall<A, E, R, Auth extends Authorized> implements Call<A, E, R> {
  readonly options: CallOptions
  readonly idempotent: boolean
  readonly timed = true
  readonly engine: Engine
  /** With its idempotency key, and without credentials. */
  readonly outgoing: HttpClientRequest.HttpClientRequest
  #hasRenewed = false

  constructor({ engine, idempotent, options, request }: Sent) {
    this.engine = engine
    this.options = options
    const header = engine.policy.retry?.idempotencyKeyHeader
    const isIdempotent = idempotent ?? idempotentMethods.has(request.method)
    const given = options.idempotencyKey ?? request.headers[header ?? "idempotency-key"]
    const key = given ?? (header === undefined || isIdempotent ? undefined : crypto.randomUUID())
    this.idempotent = isIdempotent || key !== undefined
    this.outgoing = key === undefined ? request : HttpClientRequest.setHeader(request, header ?? "idempotency-key", key)
  }

  get request(): unknown {
    return this.outgoing
  }

  get replayable(): boolean {
    return this.outgoing.body._tag !== "Stream"
  }

  abstract readonly classify: Failure.Classify

  abstract authorize(attempt: Attempt, request: HttpClientRequest.HttpClientRequest): Effect.Effect<Auth, Failed<E>, R>

  /** Sends within the time of the attempt. */
  abstract send(
    attempt: Attempt,
    request: HttpClientRequest.HttpClientRequest
  ): Effect.Effect<HttpClientResponse, Failed<E>, R>

  /** The answer of the call, from a response that is classified as a success. */
  abstract accept(received: Received<Auth>): Effect.Effect<A, Failed<E, A>, R>

  /** The failure of an attempt, from any other response. */
  abstract refuse(received: Received<Auth>, category: Failure.Category): Effect.Effect<A, Failed<E, A>, R>

  attempt(attempt: Attempt): Effect.Effect<A, Failed<E, A>, R> {
    return this.exchange(attempt, noStamps)
  }

  /** Authorizes, sends, classifies and reads: one attempt. `stamps` are headers of this attempt alone. */
  exchange(
    attempt: Attempt,
    stamps: Readonly<Record<string, string>>,
    hop: Hop = { request: this.outgoing, visited: none }
  ): Effect.Effect<A, Failed<E, A>, R> {
    return AtOnce.flatMap(attempt.inTime(this.authorize(attempt, hop.request)), (authorized) => {
      const request = this.#stamped(attempt, this.#watched(attempt, authorized.request), stamps)
      const sent = this.send(attempt, request)
      const answered = attempt.isSending ? Effect.onExit(sent, () => Effect.sync(() => attempt.sent())) : sent
      return Effect.flatMap(answered, (response) => {
        const next = this.redirected(hop, response)
        if (next === undefined) {
          const isRedirected = hop.visited !== none
          return attempt.inTime(this.#receive({ attempt, authorized, response, isRedirected }))
        }
        authorized.received?.(response)
        return Effect.andThen(attempt.inTime(Exchange.discard(response)), this.exchange(attempt, stamps, next))
      })
    })
  }

  /** The request that a response redirects to; undefined when the response is the answer. */
  redirected(_hop: Hop, _response: HttpClientResponse): Hop | undefined {
    return undefined
  }

  #watched(attempt: Attempt, request: HttpClientRequest.HttpClientRequest): HttpClientRequest.HttpClientRequest {
    if (request.body._tag === "Empty") return request
    const body = attempt.sending(request.body, this.idleMillis)
    return body === request.body ? request : HttpClientRequest.setBody(request, body)
  }

  /** The longest that a stream of this call may be silent; `Infinity` without a limit. */
  get idleMillis(): number {
    const { idleTimeout } = this.options
    return idleTimeout === undefined
      ? (this.engine.policy.idleTimeout ?? Infinity)
      : InvalidOption.positiveMillis("options.idleTimeout", idleTimeout)
  }

  #stamped(
    attempt: Attempt,
    request: HttpClientRequest.HttpClientRequest,
    stamps: Readonly<Record<string, string>>
  ): HttpClientRequest.HttpClientRequest {
    const header = this.engine.policy.deadline?.header
    const left = header === undefined ? stamps : { ...stamps, [header]: wholeMillis(attempt.remainingMillis) }
    return left === noStamps ? request : HttpClientRequest.setHeaders(request, left)
  }

  #receive(arrived: Omit<Received<Auth>, "verdict">): Effect.Effect<A, Failed<E, A>, R> {
    const { attempt, authorized, response } = arrived
    attempt.received(response)
    authorized.received?.(response)
    return AtOnce.flatMap(this.judge(arrived), (verdict) => {
      const received = { ...arrived, verdict }
      return verdict.category === "success" ? this.accept(received) : this.refuse(received, verdict.category)
    })
  }

  /** The headers of a success are decoded only for a custom classification. */
  judge({ attempt, response }: Omit<Received<Auth>, "verdict">): Effect.Effect<Failure.Classification> {
    const { status } = response
    const { classify } = this
    const isSuccess = Failure.categoryOfStatus(status) === "success"
    if (classify === Failure.classify && isSuccess) return success
    const now = attempt.fiber.getRef(Clock.Clock).currentTimeMillisUnsafe()
    let isBodyNeeded = false
    const needsBody = () => {
      isBodyNeeded = true
      return undefined
    }
    const verdict = classify({ status, headers: response.headers, now, body: needsBody })
    if (!isBodyNeeded || isSuccess) return Effect.succeed(verdict)
    return Effect.map(this.bodyOf(response), (body) =>
      classify({ status, headers: response.headers, now, body: () => body })
    )
  }

  /** The body of an unsuccessful answer as JSON, for a classification that reads it. */
  bodyOf(_response: HttpClientResponse): Effect.Effect<unknown> {
    return Effect.succeed(undefined)
  }

  /** Credentials that were rejected are renewed, once: the engine makes one more attempt when something has changed. */
  failAfterRenewal(
    received: Received<Auth>,
    failure: Failed<E, A>,
    renewal: Effect.Effect<boolean>
  ): Effect.Effect<never, Failed<E, A>> {
    if (failure.category !== "unauthorized" || this.#hasRenewed) return Effect.fail(failure)
    this.#hasRenewed = true
    const renewing = received.authorized.renew?.(received.response) ?? renewal
    return Effect.flatMap(renewing, (renewed) => Effect.fail({ ...failure, renewed }))
  }
}

const none: ReadonlyArray<string> = []

/** An attempt without additional headers. */
export const noStamps: Readonly<Record<string, string>> = {}

const success = Effect.succeed(Failure.success)

const wholeMillis = (millis: number): string => String(Math.max(1, Math.floor(millis)))
