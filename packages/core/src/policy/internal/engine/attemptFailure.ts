/** A failed attempt, and the errors of an engine's policies. */
import type { Duration, Effect } from "effect"
import type * as CallError from "../../CallError.ts"
import type * as Failure from "../../Failure.ts"

/**
 * A failed attempt: the error that the call fails with when it is the last one, its category, the wait that the
 * provider stated, whether the provider may have processed anything, and whether the endpoint declares the error.
 *
 * @since 0.1.0
 * @category models
 */
export interface AttemptFailure<out E, out A = never> {
  readonly error: E
  readonly category: Failure.Category
  readonly retryAfter: Duration.Duration | undefined
  readonly sent: boolean
  readonly declared: boolean
  readonly status?: number
  readonly requestId?: string | undefined
  readonly shouldRetry?: boolean | undefined
  /** The credentials were renewed after this failure: one more attempt may succeed. */
  readonly renewed?: boolean
  /** The provider refused the request before it processed anything: it may be sent again, whatever its method. */
  readonly isUnprocessed?: boolean
  /** The failure says nothing about the provider's health, such as a lack of descriptors here: no strategy counts it. */
  readonly isUncounted?: boolean
  /** A policy rejected the attempt: it was not made, and none follows. */
  readonly isRejection?: boolean
  /** Reads what is still unread of the error: for an attempt whose failure is the call's answer. */
  readonly readError?: Effect.Effect<E>
  /** The call ends with this answer instead of the error. */
  readonly answer?: Effect.Effect<A>
  /** No attempt follows: the error was read as the call's answer. */
  readonly isLast?: boolean
  /** Releases what the failure holds, when another attempt may follow it; again does nothing, and `readError` still works. */
  readonly discard?: Effect.Effect<void>
}

/**
 * The errors of an engine's policies.
 *
 * @since 0.1.0
 * @category models
 */
export type PolicyError = CallError.Timeout | CallError.RateLimited | CallError.CircuitOpen | CallError.BulkheadFull

/** An attempt that a policy ended. */
export const failedWith = <E extends PolicyError>(error: E): AttemptFailure<E, never> => ({
  error,
  category: error.category,
  retryAfter: undefined,
  sent: true,
  declared: false
})
