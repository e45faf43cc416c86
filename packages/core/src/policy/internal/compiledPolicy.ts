/** What a policy is compiled to, and what one call may set for itself. */
import type { Duration } from "effect"
import type { Strategy } from "../Admission.ts"
import type { Breaker } from "../Breaker.ts"
import type { Bulkhead } from "../Bulkhead.ts"
import type { Cache } from "../Cache.ts"
import type { Coalesce } from "../Coalesce.ts"
import type { Concurrency } from "../Concurrency.ts"
import type { Deadline } from "../Deadline.ts"
import type { Hedge } from "../Hedge.ts"
import type { RateLimit } from "../RateLimit.ts"
import type { Retry } from "../Retry.ts"
import type { RetryBudget } from "../RetryBudget.ts"
import type { Throttle } from "../Throttle.ts"

/**
 * What one call may set for itself.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallOptions {
  /** The longest that this call takes in all; the shorter of this and the policy's deadline holds. Adds `Timeout`. */
  readonly deadline?: Duration.Input
  /** The most attempts of this call; never more than the policy's. */
  readonly attempts?: number
  /** The idempotency key of this call: the same at each attempt, and what makes an unsafe method safe to retry. */
  readonly idempotencyKey?: string
  /** Headers of this call alone, such as `stripe-account`; they replace those of the integration and of the endpoint. */
  readonly headers?: Readonly<Record<string, string>>
  /** The longest that a streamed answer of this call may be silent. Adds `Timeout` to the stream. Default: the policy's. */
  readonly idleTimeout?: Duration.Input
  /** How many tokens of the rate limit this call costs. Default: 1. */
  readonly tokens?: number
  /** Who goes first among those that wait: the higher number. Default: 0. */
  readonly priority?: number
}

/**
 * A policy whose slots are validated, with `undefined` for those that are off.
 *
 * @since 0.1.0
 * @category models
 */
export interface Compiled {
  readonly deadline: Deadline | undefined
  readonly cache: Cache | undefined
  readonly coalesce: Coalesce | undefined
  readonly retry: Retry | undefined
  readonly retryBudget: RetryBudget | undefined
  readonly hedge: Hedge | undefined
  readonly throttle: Throttle | undefined
  readonly bulkhead: Bulkhead | undefined
  readonly concurrency: Concurrency | undefined
  readonly rateLimit: RateLimit | undefined
  readonly circuitBreaker: Breaker | undefined
  /** In milliseconds. */
  readonly timeout: number | undefined
  /** In milliseconds. */
  readonly idleTimeout: number | undefined
  readonly strategies: ReadonlyArray<Strategy<unknown>> | undefined
}
