/** A call, its attempts, and the engine that runs it. */
import type { Effect, Fiber } from "effect"
import type { HttpBody } from "effect/http/HttpBody"
import type { HttpClientRequest } from "effect/http/HttpClientRequest"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import type { Admission, CallContext } from "../../Admission.ts"
import type * as CallError from "../../CallError.ts"
import type * as Failure from "../../Failure.ts"
import type { CallOptions } from "../callOptions.ts"
import type { Compiled } from "../compiledPolicy.ts"
import type { AttemptFailure, PolicyError } from "./attemptFailure.ts"
import type { Hedging } from "./hedging.ts"
import type { Wait } from "./timeLimit.ts"

/**
 * Which call an engine runs: names for errors and events, and the URL template.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallSite {
  readonly integration: string
  /** On whose behalf, where an integration has tenants: the keys of all state are its own. */
  readonly tenant?: string | undefined
  readonly endpoint: string
  readonly method: string
  readonly url: string
}

/**
 * An attempt that is about to be made: its number (the first is 1), the time it has, and the facts for its errors.
 *
 * @since 0.1.0
 * @category models
 */
export interface Attempt {
  readonly number: number
  /** The fibre that the call began on: its context has the clock, the log level and the redacted names. */
  readonly fiber: Fiber.Fiber<unknown, unknown>
  /** The milliseconds left until the deadline; `Infinity` without one. */
  readonly remainingMillis: number
  /** When the deadline that the endpoint or the call states passes, in epoch milliseconds; `Infinity` without one. */
  readonly deadlineAt: number
  /** How long the deadline is that the endpoint or the call states; `Infinity` without one. */
  readonly deadlineMillis: number
  info(requestId?: string): CallError.CallInfo
  /** Records the status and the headers of a response, for the strategies that learn from them. */
  readonly received: (answer: Omit<Failure.Response, "now">) => void
  /**
   * The body as it is to be sent by this attempt: while it is being sent, the timeout and the deadline are paused unless
   * the endpoint or the call sets them, and at most `idleMillis` pass between two chunks.
   */
  sending(body: HttpBody, idleMillis: number): HttpBody
  /** Whether `sending` returned such a body. */
  readonly isSending: boolean
  /** Reports that the answer has begun, or that the body is no longer sent. */
  sent(): void
  /** Ends an Effect when the time of the attempt is up; for the attempts of a call that is `timed`. */
  inTime<A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | AttemptFailure<PolicyError, never>, R>
  /** As `inTime` for a wait that needs no fibre. */
  wait<A, E, R>(wait: Wait<A, E, R>): Effect.Effect<A, E | AttemptFailure<PolicyError, never>, R>
}

/**
 * A call: may it be repeated, can its body be sent again, what its caller asked for, and how one attempt is made.
 *
 * @since 0.1.0
 * @category models
 */
export interface Call<A, E, R> {
  readonly idempotent: boolean
  readonly replayable: boolean
  /** False where the answer of an attempt that loses would stay open. Default: true. */
  readonly hedgeable?: boolean
  /** True where each attempt keeps to its time by itself, by `inTime` and `wait`. Default: false. */
  readonly timed?: boolean
  readonly request: unknown
  readonly options: CallOptions
  /** The part of an attempt's success that strategies may look into. Default: nothing. */
  readonly decodedOf?: ((success: A) => unknown) | undefined
  readonly attempt: (attempt: Attempt) => Effect.Effect<A, AttemptFailure<E | PolicyError, A>, R>
  /** How the answer is shared with other calls and kept. Default: it is not. */
  readonly sharing?: Sharing<A, E, R> | undefined
}

/**
 * How the answer of a call is shared with identical calls, and kept for later ones.
 *
 * @since 0.1.0
 * @category models
 */
export interface Sharing<A, E, R> {
  readonly request: HttpClientRequest
  /** The form of the answer: calls that want other forms do not share one. */
  readonly mode: string
  /** Whose answer it is; undefined where that is unknown, and then it is not shared. */
  readonly partition: Effect.Effect<string | undefined, never, R>
  /** The call that fetches a response with its whole body, by a request that a cache may have made conditional. */
  readonly fetching: (request: HttpClientRequest) => Call<HttpClientResponse, E, R>
  /** The answer of the call, from such a response. */
  readonly answer: (response: HttpClientResponse, info: CallError.CallInfo) => Effect.Effect<A, E, R>
  /** The error for a store that cannot be read. */
  readonly unavailable: (info: CallError.CallInfo) => E
}

/**
 * A step around the retries of a call, such as coalescing.
 *
 * @since 0.1.0
 * @category models
 */
export interface Step {
  readonly around: <A, E, R>(call: SteppedCall<A, E, R>, next: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

/**
 * A call as a step sees it.
 *
 * @since 0.1.0
 * @category models
 */
export interface SteppedCall<A, E, R> {
  readonly sharing: Sharing<A, E, R>
  readonly partition: string
  readonly context: CallContext
  /** Runs another call in the place of this one, under the strategies within the steps. */
  readonly run: <B>(call: Call<B, E, R>) => Effect.Effect<B, E, R>
  /** The execution whose attempts count for this call's errors, when another call makes them. */
  readonly progress: Progress
  follow(progress: Progress): void
}

/**
 * The number of attempts of a call.
 *
 * @since 0.1.0
 * @category models
 */
export interface Progress {
  readonly attempts: number
}

/**
 * A policy compiled for one call site.
 *
 * @since 0.1.0
 * @category models
 */
export interface Engine {
  readonly call: CallSite
  /** The prefix of the keys of all state. */
  readonly scope: string
  readonly policy: Compiled
  /** Whether the deadline is the endpoint's own: it then applies to a streamed answer too. */
  readonly isDeadlineOwn: boolean
  /** Whether the timeout is the endpoint's own: it then applies while a body is being sent too. */
  readonly isTimeoutOwn: boolean
  /** The steps around the retries, outermost first. */
  readonly steps: ReadonlyArray<Step>
  /** What stands before each attempt, outermost first. */
  readonly admissions: ReadonlyArray<Admission>
  readonly hedge: Hedging | undefined
  /** Takes a retry from the budget; false when there is none left. */
  readonly withdraw: (call: CallContext) => Effect.Effect<boolean>
}
