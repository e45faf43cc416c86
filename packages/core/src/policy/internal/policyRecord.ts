/** The record of a policy: one optional slot for each strategy. */
import type { Duration } from "effect"
import type { Strategy } from "../Admission.ts"
import type * as Breaker from "../Breaker.ts"
import type * as Bulkhead from "../Bulkhead.ts"
import type * as Cache from "../Cache.ts"
import type * as Coalesce from "../Coalesce.ts"
import type * as Concurrency from "../Concurrency.ts"
import type * as Deadline from "../Deadline.ts"
import type * as Hedge from "../Hedge.ts"
import type * as RateLimit from "../RateLimit.ts"
import type * as Retry from "../Retry.ts"
import type * as RetryBudget from "../RetryBudget.ts"
import type * as Throttle from "../Throttle.ts"

/**
 * A record of strategies. Each slot is optional; `null` switches off what an outer record switched on.
 *
 * @since 0.1.0
 * @category models
 */
export interface Policy {
  /** The longest time of a call, waits and retries included. */
  readonly deadline?: Deadline.Input | null
  /** The longest that one attempt takes, until its answer is decoded (or, for a stream, begins). */
  readonly timeout?: Duration.Input | null
  /** The answers that are stored and reused. */
  readonly cache?: Cache.Cache | null
  /** Identical calls in flight share one. */
  readonly coalesce?: Coalesce.Coalesce | null
  /** When a failed attempt is retried. */
  readonly retry?: Retry.Input | null
  /** The most retries relative to successes. */
  readonly retryBudget?: RetryBudget.Input | null
  /** When a second attempt starts beside a slow first one. */
  readonly hedge?: Hedge.Hedge | null
  /** When to reject attempts because the provider rejects more than it accepts. */
  readonly throttle?: Throttle.Input | null
  /** How many attempts may be in flight. */
  readonly bulkhead?: Bulkhead.Input | null
  /** How many attempts may be in flight, as observed. */
  readonly concurrency?: Concurrency.Concurrency | null
  /** The most attempts in any window of time. */
  readonly rateLimit?: RateLimit.Input | null
  /** When to stop calling a provider that fails. */
  readonly circuitBreaker?: Breaker.Breaker | null
  /** The longest time between two chunks of a streamed body; the stream then fails with `Timeout`. */
  readonly idleTimeout?: Duration.Input | null
  /** Custom strategies, each before the slot that it names. */
  readonly strategies?: ReadonlyArray<Strategy<unknown>> | null
}
