/**
 * Admission strategies, which admit, delay or reject each attempt: the extension point for custom strategies.
 *
 * **When to use**
 *
 * To add a custom strategy, such as a daily quota in a database, or a switch that turns a provider off. Put it into the
 * `strategies` slot of a policy.
 *
 * **Details**
 *
 * `acquire` runs before each attempt, retries and hedges included, and decides at once or as an Effect. A {@link Permit}
 * is released exactly once, however the attempt ends. If the attempt was never made, it is released with
 * `attempted: false`. A {@link Rejection} ends the call with its error: no retry follows. Waiting is bounded by the
 * deadline of the call.
 *
 * **Gotchas**
 *
 * `acquire` and `release` run for every attempt: return a plain value if no Effect is needed.
 *
 * **Example** (A switch that turns a provider off)
 *
 * ```ts
 * import { Data, Effect } from "effect"
 * import { Admission, Policy, PolicyClient } from "@causeway/core/policy"
 * import { HttpClient, HttpClientResponse } from "effect/http"
 *
 * class TurnedOff extends Data.TaggedError("TurnedOff")<{ readonly integration: string }> {}
 *
 * let isOff = false
 * const killSwitch = Admission.strategy({
 *   name: "killSwitch",
 *   before: "circuitBreaker",
 *   make: () => ({
 *     acquire: (call) =>
 *       isOff ? Admission.reject(new TurnedOff({ integration: call.integration })) : Admission.permit
 *   })
 * })
 *
 * const provider = HttpClient.make((request) =>
 *   Effect.succeed(HttpClientResponse.fromWeb(request, new Response("up", { status: 200 })))
 * )
 * const client = provider.pipe(PolicyClient.withPolicy({ strategies: [killSwitch] }))
 *
 * const program = Effect.gen(function* () {
 *   console.assert((yield* client.get("https://api.weather.example/now")).status === 200)
 *   isOff = true
 *   const error = yield* Effect.flip(client.get("https://api.weather.example/now"))
 *   console.assert(error._tag === "TurnedOff")
 * })
 *
 * Effect.runPromise(program)
 * console.assert(Policy.describe({ strategies: [killSwitch] }).includes("killSwitch"))
 * ```
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import type { CallInfo } from "./CallError.ts"
import type { CallEvent } from "./CallObserver.ts"
import type { Category, Response } from "./Failure.ts"
import type { AttemptFailure } from "./internal/engine/attemptFailure.ts"
import type { CallOptions } from "./internal/callOptions.ts"
import type { KeyInput } from "./RateLimit.ts"
import * as OptionCheck from "./OptionCheck.ts"

type WithoutPlace<Event> = Event extends CallEvent ? Omit<Event, "integration" | "endpoint" | "tenant"> : never

/**
 * The call of an attempt, as a strategy receives it.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallContext {
  readonly integration: string
  readonly endpoint: string
  /** The tenant of the call, if the integration has tenants. */
  readonly tenant: string | undefined
  readonly options: CallOptions
  /** The time in epoch milliseconds, by the clock of the call. */
  readonly now: () => number
  /** A random number from 0 to 1. */
  readonly random: () => number
  /** The milliseconds left until the deadline of the call; `Infinity` without one. */
  readonly remainingMillis: (now: number) => number
  /** The key of a strategy's state: the result of `key` for this call, else `shared`. */
  readonly keyOf: (key: ((call: KeyInput) => string) | undefined, shared: string) => string
  /** The decoded value of an attempt's success. */
  readonly decodedOf: (success: unknown) => unknown
  /** The facts for an error of this call. */
  readonly info: () => CallInfo
  /** Creates an error without a stack, which would cost more than the rejection; with one when `Policy.debug` is on. */
  readonly raise: <E>(make: () => E) => E
  /** Whether an error may be reused: no attempt was made, no time has passed, and stacks are off. */
  readonly isUntried: boolean
  /** Whether an observer receives events. */
  readonly isObserved: boolean
  readonly emit: (event: WithoutPlace<CallEvent>) => void
}

/**
 * How an admitted attempt ended.
 *
 * @since 0.1.0
 * @category models
 */
export interface AttemptEnd {
  /** False when a later strategy rejected the attempt, or its call was interrupted before it was made. */
  readonly attempted: boolean
  /** Undefined for an attempt that was interrupted, died, or failed for a local reason. */
  readonly category: Category | "success" | undefined
  readonly elapsedMillis: number
  readonly retryAfterMillis: number | undefined
  /** The status and headers of the response; undefined when none arrived. */
  readonly answer: Omit<Response, "now"> | undefined
  /** The value that the attempt succeeded with; undefined when it failed. */
  readonly success: unknown
}

/**
 * An admitted attempt.
 *
 * @since 0.1.0
 * @category models
 */
export interface Permit {
  readonly _tag: "Permit"
  /** Whether the attempt waited for it: earlier permits are then confirmed. */
  readonly waited: boolean
  readonly release: (end: AttemptEnd) => Effect.Effect<void>
  /** Called after a wait at a later strategy: decides again, and releases itself when it rejects. */
  readonly confirm?: () => Decision | Effect.Effect<Decision>
}

/**
 * A rejected attempt: its call fails with the error, and no retry follows.
 *
 * @since 0.1.0
 * @category models
 */
export interface Rejection<out E = unknown> {
  readonly _tag: "Rejection"
  readonly attempt: Effect.Effect<never, AttemptFailure<E>>
}

/**
 * The decision of a strategy.
 *
 * @since 0.1.0
 * @category models
 */
export type Decision<E = unknown> = Permit | Rejection<E>

/**
 * A strategy that runs before each attempt.
 *
 * @since 0.1.0
 * @category models
 */
export interface Admission<out E = unknown> {
  readonly acquire: (call: CallContext) => Decision<E> | Effect.Effect<Decision<E>>
}

/**
 * A permit without state.
 *
 * @since 0.1.0
 * @category constructors
 */
export const permit: Permit = { _tag: "Permit", waited: false, release: () => Effect.void }

/**
 * Rejects an attempt with an error.
 *
 * @since 0.1.0
 * @category constructors
 */
export const reject = <E>(error: E): Rejection<E> => ({
  _tag: "Rejection",
  attempt: Effect.fail({
    error,
    category: "rejected",
    retryAfter: undefined,
    sent: false,
    declared: true,
    isRejection: true
  })
})

const StrategyTypeId = "~causeway/policy/Admission/Strategy"

/**
 * The slots before which a custom strategy can run.
 *
 * @since 0.1.0
 * @category models
 */
export type Place = "throttle" | "circuitBreaker" | "bulkhead" | "concurrency" | "rateLimit" | "timeout"

/**
 * A custom strategy, for the `strategies` slot of a policy. Its state is created once per integration or tenant.
 *
 * @since 0.1.0
 * @category models
 */
export interface Strategy<out E = never> {
  readonly [StrategyTypeId]: typeof StrategyTypeId
  readonly name: string
  readonly before: Place
  readonly describe: string
  readonly make: () => Admission<E>
}

const checkStrategy = OptionCheck.record<{
  readonly name: string
  readonly before?: Place
  readonly describe?: string
  readonly make: () => unknown
}>({
  name: OptionCheck.required(OptionCheck.httpToken),
  before: OptionCheck.oneOf("throttle", "circuitBreaker", "bulkhead", "concurrency", "rateLimit", "timeout"),
  describe: OptionCheck.anyText,
  make: OptionCheck.required(OptionCheck.callback)
})

/**
 * Creates a strategy. `name` labels it in `Policy.describe`; it runs before the slot `before` (default: `timeout`, the
 * innermost); `make` creates its state.
 *
 * @since 0.1.0
 * @category constructors
 */
export const strategy = <E>(options: {
  readonly name: string
  readonly before?: Place
  readonly describe?: string
  readonly make: () => Admission<E>
}): Strategy<E> => {
  checkStrategy("strategy", options)
  return {
    [StrategyTypeId]: StrategyTypeId,
    name: options.name,
    before: options.before ?? "timeout",
    describe: options.describe ?? "",
    make: options.make
  }
}
