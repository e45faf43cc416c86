/**
 * How a call is made: a record of strategies, one slot each, in an order that is fixed.
 *
 * **When to use**
 *
 * On an integration for all its endpoints, on an endpoint for itself, and in `layerPolicy` for one environment or test.
 *
 * **Details**
 *
 * The order, outermost first: `deadline > coalesce > cache > retry (retryBudget) > hedge > throttle > circuitBreaker >
 * bulkhead > concurrency > rateLimit > timeout > authorize > sign > send`. An
 * endpoint's record overrides the integration's slot by slot; `null` switches a slot off. A slot that is on adds its
 * errors to the type of the method:
 *
 * | slot | adds |
 * |---|---|
 * | `deadline`, `timeout` | `Timeout` |
 * | `retry`, `rateLimit`, `throttle` | `RateLimited` |
 * | `circuitBreaker` | `CircuitOpen` |
 * | `bulkhead`, `concurrency` | `BulkheadFull` |
 *
 * **Gotchas**
 *
 * Without `retry` and `rateLimit`, a provider's 429 is an `UnexpectedStatus`, as any undeclared status is.
 *
 * **Example** (An endpoint that overrides its integration)
 *
 * ```ts
 * import { Schedule } from "effect"
 * import { Breaker, Policy } from "@causeway/core/policy"
 *
 * const integration = { timeout: "2 seconds", circuitBreaker: Breaker.consecutive({ failures: 5 }) } satisfies Policy.Policy
 * const endpoint = { retry: Schedule.recurs(2), circuitBreaker: null } satisfies Policy.Policy
 *
 * const merged = Policy.merge(integration, endpoint)
 * console.assert(merged.timeout === "2 seconds" && merged.circuitBreaker === null)
 * ```
 *
 * @since 0.1.0
 */
import type { Context, Duration } from "effect"
import type { Strategy } from "./Admission.ts"
import * as Breaker from "./Breaker.ts"
import * as Bulkhead from "./Bulkhead.ts"
import type * as Cache from "./Cache.ts"
import type { BulkheadFull, CircuitOpen, RateLimited, Timeout } from "./CallError.ts"
import type * as Coalesce from "./Coalesce.ts"
import type * as Concurrency from "./Concurrency.ts"
import * as Deadline from "./Deadline.ts"
import type * as Hedge from "./Hedge.ts"
import { debug as engineDebug } from "./internal/engine/RuntimeContext.ts"
import type { Compiled } from "./internal/compiledPolicy.ts"
import { compile as compileInOrder, describe as describeInOrder } from "./internal/order.ts"
import * as RateLimit from "./RateLimit.ts"
import * as Retry from "./Retry.ts"
import * as RetryBudget from "./RetryBudget.ts"
import * as Throttle from "./Throttle.ts"

export type { CallOptions, Compiled } from "./internal/compiledPolicy.ts"

/**
 * A record of strategies. Each slot is optional; `null` switches off what an outer record switched on.
 *
 * @since 0.1.0
 * @category models
 */
export interface Policy {
  /** The longest that a call takes in all, waits and retries included. */
  readonly deadline?: Deadline.Input | null
  /** The longest that one attempt takes, until its answer is decoded (or, for a stream, begins). */
  readonly timeout?: Duration.Input | null
  /** Which answers are kept and given again. */
  readonly cache?: Cache.Cache | null
  /** Identical calls in flight share one. */
  readonly coalesce?: Coalesce.Coalesce | null
  /** When a failed attempt is made again. */
  readonly retry?: Retry.Input | null
  /** How many retries there may be for so many calls. */
  readonly retryBudget?: RetryBudget.Input | null
  /** When a second attempt is begun beside a slow first one. */
  readonly hedge?: Hedge.Hedge | null
  /** When to refuse attempts because the provider refuses more than it accepts. */
  readonly throttle?: Throttle.Input | null
  /** How many attempts may be in flight. */
  readonly bulkhead?: Bulkhead.Input | null
  /** How many attempts may be in flight, as observed. */
  readonly concurrency?: Concurrency.Concurrency | null
  /** How many attempts any window of time may hold. */
  readonly rateLimit?: RateLimit.Input | null
  /** When to stop calling a provider that fails. */
  readonly circuitBreaker?: Breaker.Breaker | null
  /** The longest time between two chunks of a streamed body; the stream then fails with `Timeout`. */
  readonly idleTimeout?: Duration.Input | null
  /** Strategies of your own, each before the slot that it names. */
  readonly strategies?: ReadonlyArray<Strategy<unknown>> | null
}

/**
 * The value in slot `K` once `Endpoint` has overridden `Integration`; `null` when neither has it.
 *
 * @since 0.1.0
 * @category utility types
 */
export type Slot<Integration, Endpoint, K extends keyof Policy> = K extends keyof Endpoint
  ? undefined extends Endpoint[K]
    ? Exclude<Endpoint[K], undefined> | (K extends keyof Integration ? Integration[K] : null)
    : Endpoint[K]
  : K extends keyof Integration
    ? Integration[K]
    : null

type ErrorWhenOn<Value, E> = [Value] extends [null | undefined] ? never : E

/**
 * The errors that the slots which are on add to a method.
 *
 * @since 0.1.0
 * @category utility types
 */
export type Errors<Integration, Endpoint = {}> =
  | ErrorWhenOn<Slot<Integration, Endpoint, "deadline">, Timeout>
  | ErrorWhenOn<Slot<Integration, Endpoint, "timeout">, Timeout>
  | ErrorWhenOn<Slot<Integration, Endpoint, "retry">, RateLimited>
  | ErrorWhenOn<Slot<Integration, Endpoint, "rateLimit">, RateLimited>
  | ErrorWhenOn<Slot<Integration, Endpoint, "throttle">, RateLimited>
  | ErrorWhenOn<Slot<Integration, Endpoint, "circuitBreaker">, CircuitOpen>
  | ErrorWhenOn<Slot<Integration, Endpoint, "bulkhead">, BulkheadFull>
  | ErrorWhenOn<Slot<Integration, Endpoint, "concurrency">, BulkheadFull>

/**
 * Overrides for the slots that `Declared` has, and no others: the error types stay true.
 *
 * @since 0.1.0
 * @category utility types
 */
export type Overrides<Declared> = { readonly [K in keyof Declared & keyof Policy]?: Policy[K] }

/**
 * Overrides a policy slot by slot.
 *
 * @since 0.1.0
 * @category combinators
 */
export const merge = (outer: Policy, inner: Policy): Policy => ({ ...outer, ...inner })

/**
 * Validates a policy; throws `InvalidOption` for a slot that makes no sense.
 *
 * @since 0.1.0
 * @category constructors
 */
export const compile = (policy: Policy): Compiled => compileInOrder(policy)

/**
 * No policy at all: one attempt, as long as it takes.
 *
 * @since 0.1.0
 * @category constants
 */
export const none: Policy = {}

/**
 * Good defaults for an integration: a deadline of 30 seconds, 10 seconds an attempt, three attempts with full jitter from
 * 200 milliseconds, retries for at most a tenth of the calls, a breaker at half of at least 10 calls, 100 in flight.
 * A rate limit depends on the provider and is not among them.
 *
 * @since 0.1.0
 * @category constants
 */
export const standard = {
  deadline: "30 seconds",
  timeout: "10 seconds",
  retry: Retry.make({ schedule: Retry.fullJitter(), attempts: 3 }),
  retryBudget: RetryBudget.make({}),
  circuitBreaker: Breaker.failureRate(),
  bulkhead: Bulkhead.make({ maxInFlight: 100, maxWaiting: 1_000, maxWait: "5 seconds" })
} as const satisfies Policy

/**
 * Whether the errors by which a policy refuses or times out have a stack. They have none by default, because making one
 * costs many times as much as the refusal.
 *
 * @since 0.1.0
 * @category references
 */
export const debug: Context.Reference<boolean> = engineDebug

/**
 * Says a policy in words, a line for each slot that is on, in the order in which they stand around an attempt.
 *
 * @since 0.1.0
 * @category getters
 */
export const describe = (policy: Policy): string => describeInOrder(compile(policy))
