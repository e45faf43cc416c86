import type { Duration, Effect } from "effect"
import type * as CallError from "../../CallError.ts"
import type * as Failure from "../../Failure.ts"

/**
 * A failed attempt: the error that the call fails with when it is the last one, its category, the wait that the
 * provider asked for, whether anything may have been sent, and whether the error is one that the endpoint declares.
 *
 * @since 0.1.0
 * @category models
 */
export interface AttemptFailure<out E> {
  readonly error: E
  readonly category: Failure.Category
  readonly retryAfter: Duration.Duration | undefined
  readonly sent: boolean
  readonly declared: boolean
  readonly status?: number
  readonly requestId?: string | undefined
  /** The credentials were renewed after this refusal: one more attempt may succeed. */
  readonly renewed?: boolean
  /** A policy refused the attempt: it was not made, is not made again, and this is how its call ends. */
  readonly refused?: Effect.Effect<never, PolicyError>
  readonly shouldRetry?: boolean | undefined
}

/**
 * What the policies of an engine can fail with.
 *
 * @since 0.1.0
 * @category models
 */
export type PolicyError = CallError.Timeout | CallError.RateLimited | CallError.CircuitOpen | CallError.BulkheadFull

/** An attempt that a policy ended. */
export const failedWith = <E extends PolicyError>(error: E): AttemptFailure<E> => ({
  error,
  category: error.category,
  retryAfter: undefined,
  sent: true,
  declared: false
})
