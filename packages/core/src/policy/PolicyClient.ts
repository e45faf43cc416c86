/**
 * A policy around any `HttpClient` of Effect's, for programs without an integration.
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
 * idempotent are repeated only with an idempotency key, which `retry.idempotencyKeyHeader` draws, or when nothing was
 * sent; a streamed body is sent once.
 *
 * **Gotchas**
 *
 * A response is handed over with its body unread: a body that breaks later is seen by neither retry nor breaker, and the
 * timeout ends with the headers. `cache` and `coalesce` run around the deadline, as `Cache.withCache` and
 * `Coalesce.withCoalescing` do.
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
import { type HttpClientError, isHttpClientError } from "effect/http/HttpClientError"
import type { HttpClientRequest } from "effect/http/HttpClientRequest"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import * as Cache from "./Cache.ts"
import * as Coalesce from "./Coalesce.ts"
import * as Engine from "./Engine.ts"
import * as Exchange from "./Exchange.ts"
import * as Failure from "./Failure.ts"
import { type Authorized, HttpCall, type Received, type Sent } from "./internal/engine/HttpCall.ts"
import { checkSlots } from "./internal/slotNames.ts"
import * as Policy from "./Policy.ts"
import * as OptionCheck from "./OptionCheck.ts"
import { hasMethods } from "./internal/made.ts"

/**
 * Options of {@link withPolicy}.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Names the client in errors, events and keys. Default: `http`. */
  readonly name?: string
  /** Classifies responses. Default: `Failure.classify`. */
  readonly classify?: Failure.Classify
  /** The state of the strategies. Default: in memory, not shared. */
  readonly state?: Engine.State
}

/** The error of a cache whose store cannot be read. */
type CacheError<P> = P extends { readonly cache: Cache.Cache } ? HttpClientError : never

const checkOptions = OptionCheck.record<Options>({
  name: OptionCheck.text,
  classify: OptionCheck.callback,
  state: OptionCheck.satisfies("what Engine.makeState returns", (state) => hasMethods(state, "inFlight", "cacheStore"))
})

/**
 * Puts a policy around a client; its slots add their errors to the client's. Throws `InvalidOption` for a slot that is
 * invalid or unknown.
 *
 * @since 0.1.0
 * @category combinators
 */
export const withPolicy = <const P extends Policy.Policy>(policy: Policy.Exact<P>, options: Options = {}) => {
  checkOptions("policyClient", options)
  const { classify = Failure.classify, name = "http" } = options
  checkSlots(policy, name)
  const compiled = Policy.compile(policy)
  return <E, R>(client: HttpClient.HttpClient.With<E, R>): Guarded<E, R, P> => {
    const state = options.state ?? Engine.makeState()
    const engineFor = enginesOf((method) => engineOf(name, method, compiled, state))
    const send = (request: HttpClientRequest) => client.postprocess(Effect.succeed(request))
    const called = HttpClient.makeWith(
      Effect.flatMap((request: HttpClientRequest) => {
        const sent = { engine: engineFor(request.method), request, options: {}, idempotent: undefined }
        return Engine.run(sent.engine, new ClientCall(sent, classify, send))
      }),
      client.preprocess
    )
    const { cache, coalesce } = compiled
    const withStore = cache === undefined ? undefined : Cache.withCache(cache, { store: state.cacheStore(cache) })
    // The slots that are on add exactly these errors.
    const kept = (withStore === undefined ? called : withStore(called)) as Guarded<E, R, P>
    return coalesce === undefined ? kept : Coalesce.withCoalescing(coalesce)(kept)
  }
}

type Guarded<E, R, P> = HttpClient.HttpClient.With<E | Policy.Errors<P> | CacheError<P>, R>

const engineOf = (name: string, method: string, policy: Policy.Compiled, state: Engine.State): Engine.Engine =>
  Engine.make({ call: { integration: name, endpoint: "request", method, url: "" }, policy, state, keyOf: () => name })

/** One engine per method; the engine of a non-standard method is not stored. */
const enginesOf = (make: (method: string) => Engine.Engine) => {
  const engines = new Map<string, Engine.Engine>()
  return (method: string): Engine.Engine => {
    const engine = engines.get(method) ?? make(method)
    if (engines.size < 16) engines.set(method, engine)
    return engine
  }
}

type Send<E, R> = (request: HttpClientRequest) => Effect.Effect<HttpClientResponse, E, R>

/** One request under the policy. A response that is not retried is the answer, whatever its status. */
class ClientCall<E, R> extends HttpCall<HttpClientResponse, E, R, Authorized> {
  readonly classify: Failure.Classify
  readonly #send: Send<E, R>

  constructor(sent: Sent, classify: Failure.Classify, send: Send<E, R>) {
    super(sent)
    this.classify = classify
    this.#send = send
  }

  authorize(): Effect.Effect<Authorized> {
    return Effect.succeed({ request: this.outgoing })
  }

  send(
    attempt: Engine.Attempt,
    request: HttpClientRequest
  ): Effect.Effect<HttpClientResponse, Engine.AttemptFailure<E | Engine.PolicyError>, R> {
    return attempt.inTime(Effect.mapError(this.#send(request), failureOf))
  }

  accept({ response }: Received<Authorized>): Effect.Effect<HttpClientResponse> {
    return Effect.succeed(response)
  }

  refuse(
    { response, verdict }: Received<Authorized>,
    category: Failure.Category
  ): Effect.Effect<never, Engine.AttemptFailure<E, HttpClientResponse>> {
    return Effect.fail({
      ...verdict,
      category,
      // Never returned: the call ends with the response.
      error: response as never,
      status: response.status,
      sent: true,
      declared: true,
      answer: Effect.succeed(response),
      discard: Exchange.discard(response)
    })
  }
}

const failureOf = <E>(error: E): Engine.AttemptFailure<E> => {
  const broken = isHttpClientError(error) ? Exchange.brokenBy(error) : undefined
  return {
    error,
    category: broken?.category ?? "invalid",
    retryAfter: undefined,
    sent: broken?.sent ?? true,
    declared: false,
    isUncounted: broken !== undefined && Exchange.isUncounted(broken)
  }
}
