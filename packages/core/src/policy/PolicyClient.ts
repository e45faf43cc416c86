/**
 * A policy around any `HttpClient` of Effect's, for who has no integration.
 *
 * **When to use**
 *
 * To give a plain `HttpClient` one strategy, or several in the fixed order. Where there is an integration, its `policy`
 * does it.
 *
 * **Details**
 *
 * Every request is a call. A response whose classification is `transient` or `throttled` counts as a failed attempt;
 * when no further attempt is made, it is the answer, as it would be without a policy. Requests with a method that is not
 * idempotent are repeated only with an `Idempotency-Key` header, or when nothing was sent; ones with a streamed body never.
 *
 * **Gotchas**
 *
 * A response is handed over with its body unread: a body that breaks later is seen by neither retry nor breaker, and the
 * timeout ends with the headers. `cache` and `coalesce` are not read here: wrap the client in `Cache.withCache` or
 * `Coalesce.withCoalescing`.
 *
 * **Example** (Retry and a breaker)
 *
 * ```ts
 * import { Effect, Schedule } from "effect"
 * import { HttpClient, HttpClientResponse } from "effect/http"
 * import { Breaker, PolicyClient } from "@causeway/core/policy"
 *
 * let answers = 0
 * const plain = HttpClient.make((request) =>
 *   Effect.sync(() => {
 *     answers += 1
 *     return HttpClientResponse.fromWeb(request, new Response(null, { status: answers === 1 ? 503 : 204 }))
 *   })
 * )
 * const client = plain.pipe(
 *   PolicyClient.withPolicy({ retry: Schedule.recurs(2), circuitBreaker: Breaker.consecutive() }, { name: "weather" })
 * )
 *
 * Effect.runPromise(client.get("https://api.weather.example/now")).then((response) =>
 *   console.assert(response.status === 204 && answers === 2)
 * )
 * ```
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import * as HttpClient from "effect/http/HttpClient"
import type { HttpClientError } from "effect/http/HttpClientError"
import type { HttpClientRequest } from "effect/http/HttpClientRequest"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import * as Engine from "./Engine.ts"
import * as Exchange from "./Exchange.ts"
import * as Failure from "./Failure.ts"
import * as Policy from "./Policy.ts"

/**
 * Options of {@link withPolicy}.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Names the client in errors, events and keys. Default: `http`. */
  readonly name?: string
  /** What a response means. Default: `Failure.classify`. */
  readonly classify?: Failure.Classify
  /** Where the strategies keep their state. Default: in memory, of its own. */
  readonly state?: Engine.State
}

/**
 * Puts a policy around a client; its slots add their errors to the client's.
 *
 * @since 0.1.0
 * @category combinators
 */
export const withPolicy =
  <const P extends Policy.Policy>(policy: Policy.Exact<P>, options: Options = {}) =>
  <E, R>(client: HttpClient.HttpClient.With<E, R>): HttpClient.HttpClient.With<E | Policy.Errors<P>, R> => {
    const { classify = Failure.classify, name = "http", state = Engine.makeState() } = options
    const compiled = Policy.compile(policy)
    const engineOf = (method: string) =>
      Engine.make({
        call: { integration: name, endpoint: "request", method, url: "" },
        policy: compiled,
        state,
        keyOf: () => name
      })
    const engines = new Map<string, Engine.Engine>()
    const engineFor = (method: string): Engine.Engine => {
      const engine = engines.get(method) ?? engineOf(method)
      // Methods are a handful; a made-up one gets an engine that is not kept.
      if (engines.size < 16) engines.set(method, engine)
      return engine
    }
    const send = (request: HttpClientRequest) => client.postprocess(Effect.succeed(request))
    return HttpClient.makeWith(
      Effect.flatMap((request: HttpClientRequest) =>
        new Exchanging(engineFor(request.method), classify, send).run(request)
      ),
      client.preprocess
    ) as HttpClient.HttpClient.With<E | Policy.Errors<P>, R>
  }

type Send<E, R> = (request: HttpClientRequest) => Effect.Effect<HttpClientResponse, E, R>

const idempotent: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE", "QUERY"])

/** One request under the policy, and the response that waits to be the answer. */
class Exchanging<E, R> {
  readonly #engine: Engine.Engine
  readonly #classify: Failure.Classify
  readonly #send: Send<E, R>
  #held: HttpClientResponse | undefined

  constructor(engine: Engine.Engine, classify: Failure.Classify, send: Send<E, R>) {
    this.#engine = engine
    this.#classify = classify
    this.#send = send
  }

  run(request: HttpClientRequest): Effect.Effect<HttpClientResponse, E | Engine.PolicyError, R> {
    const outcome = Engine.run(this.#engine, {
      idempotent: idempotent.has(request.method) || request.headers["idempotency-key"] !== undefined,
      replayable: request.body._tag !== "Stream",
      request,
      options: {},
      attempt: (attempt) => Effect.andThen(this.#discardHeld(), this.#attempt(attempt, request))
    })
    return outcome.pipe(
      Effect.catch((error) => this.#orHeld(error)),
      Effect.onInterrupt(() => this.#discardHeld())
    )
  }

  #orHeld(
    error: E | HttpClientResponse | Engine.PolicyError
  ): Effect.Effect<HttpClientResponse, E | Engine.PolicyError> {
    const held = this.#held
    if (held !== undefined && error === held) return Effect.succeed(held)
    // Only a held response is no error of the client or of a policy.
    return Effect.andThen(this.#discardHeld(), Effect.fail(error as E | Engine.PolicyError))
  }

  #attempt(
    attempt: Engine.Attempt,
    request: HttpClientRequest
  ): Effect.Effect<HttpClientResponse, Engine.AttemptFailure<E | HttpClientResponse>, R> {
    return Effect.matchEffect(this.#send(request), {
      onFailure: (error) => Effect.fail(brokenBy(error)),
      onSuccess: (response) =>
        Effect.flatMap(
          Effect.clockWith((clock) => clock.currentTimeMillis),
          (now) => this.#judge(attempt, response, now)
        )
    })
  }

  #judge(attempt: Engine.Attempt, response: HttpClientResponse, now: number) {
    attempt.received(response)
    const verdict = this.#classify({ status: response.status, headers: response.headers, now })
    if (verdict.category !== "transient" && verdict.category !== "throttled") return Effect.succeed(response)
    this.#held = response
    return Effect.fail({ ...verdict, category: verdict.category, error: response, sent: true, declared: false })
  }

  #discardHeld(): Effect.Effect<void> {
    const held = this.#held
    this.#held = undefined
    return held === undefined ? Effect.void : Exchange.discard(held)
  }
}

const brokenBy = <E>(error: E): Engine.AttemptFailure<E> => {
  const broken = isClientError(error) ? Exchange.brokenBy(error) : undefined
  const isInvalid = broken === undefined || broken.reason === "InvalidUrl"
  return {
    error,
    category: isInvalid ? "invalid" : "transient",
    retryAfter: undefined,
    sent: broken?.sent ?? true,
    declared: false
  }
}

const isClientError = (error: unknown): error is HttpClientError =>
  typeof error === "object" && error !== null && "_tag" in error && error._tag === "HttpClientError"
