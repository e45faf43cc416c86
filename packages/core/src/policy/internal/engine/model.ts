import type { Effect, Fiber } from "effect"
import type * as CallError from "../../CallError.ts"
import type * as Failure from "../../Failure.ts"
import type { CallOptions, Compiled } from "../compiledPolicy.ts"
import type { AttemptFailure, PolicyError } from "./failedAttempt.ts"
import type { Entrant, Gate } from "./Gate.ts"
import type { Hedging } from "./hedging.ts"

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
  /** The milliseconds left until the deadline; `Infinity` without one. */
  readonly remainingMillis: number
  info(requestId?: string): CallError.CallInfo
  /** Tells the status and the headers of an answer, for the strategies that learn from them. */
  readonly received: (answer: Omit<Failure.Response, "now">) => void
  /** Ends an effect when the time of the attempt is up; for the attempts of a call that is `timed`. */
  inTime<A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | AttemptFailure<PolicyError>, R>
  /** As `inTime` for a wait that needs no fibre: `begin` starts it and says how to stop it. */
  waitInTime<A, E, R>(
    begin: (resume: (effect: Effect.Effect<A, E, R>) => void) => () => void
  ): Effect.Effect<A, E | AttemptFailure<PolicyError>, R>
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
  /** True where each attempt keeps to its time by itself, by `inTime` and `waitInTime`. Default: false. */
  readonly timed?: boolean
  readonly request: unknown
  readonly options: CallOptions
  /** What of an attempt's success is for the strategies that look into it. Default: nothing. */
  readonly decodedOf?: ((success: A) => unknown) | undefined
  readonly attempt: (attempt: Attempt) => Effect.Effect<A, AttemptFailure<E>, R>
  /** As `attempt`, without a fibre, where that may be possible: it is asked first. Default: it never is. */
  readonly begin?: Begin<A, E, R> | undefined
}

/**
 * Begins an attempt without a fibre and gives what stops it, or undefined where this attempt needs a fibre after all, and
 * then nothing has begun. `told` hears once of its end, later than this returns and never after it was stopped; what it is
 * given runs on the fibre of the call.
 *
 * @since 0.1.0
 * @category models
 */
export type Begin<A, E, R> = (
  attempt: Attempt,
  told: (take: (fiber: Fiber.Fiber<unknown, unknown>) => Effect.Effect<A, AttemptFailure<E>, R>) => void
) => (() => void) | undefined

/**
 * A policy compiled for one call site.
 *
 * @since 0.1.0
 * @category models
 */
export interface Engine {
  readonly call: CallSite
  /** Before every key of a strategy's own. */
  readonly scope: string
  readonly policy: Compiled
  /** What stands before each attempt, outermost first. */
  readonly gates: ReadonlyArray<Gate>
  readonly hedge: Hedging | undefined
  /** Takes a retry from the budget; false when there is none left. */
  readonly withdraw: (entrant: Entrant) => Effect.Effect<boolean>
}
