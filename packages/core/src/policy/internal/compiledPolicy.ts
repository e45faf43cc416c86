/** What a policy is compiled to. */
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
