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
 * bulkhead > concurrency > rateLimit > timeout > authorize > sign > send`. An integration's record overrides {@link standard} slot by slot, and an endpoint's record overrides its integration's; `null`
 * turns a slot off, and {@link none} turns all off. A slot that is on, or may be, adds its errors to the type of the method:
 *
 * | slot | adds |
 * |---|---|
 * | `deadline`, `timeout` | `Timeout` |
 * | `retry`, `rateLimit`, `throttle` | `RateLimited` |
 * | `circuitBreaker` | `CircuitOpen` |
 * | `bulkhead`, `concurrency` | `BulkheadFull` |
 * | `strategies` | their own errors |
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
import type { Context } from "effect"
import type { Strategy } from "./Admission.ts"
import * as Breaker from "./Breaker.ts"
import * as Bulkhead from "./Bulkhead.ts"
import { debug as engineDebug } from "./internal/engine/RuntimeContext.ts"
import type { Compiled } from "./internal/compiledPolicy.ts"
import type { Policy } from "./internal/policyRecord.ts"
import { compile as compileInOrder, describe as describeInOrder, type SlotErrors } from "./internal/order.ts"
import * as Retry from "./Retry.ts"
import * as RetryBudget from "./RetryBudget.ts"
import { checkSlots } from "./internal/slotNames.ts"

export type { CallOptions } from "./internal/callOptions.ts"
export type { Compiled } from "./internal/compiledPolicy.ts"

export type { SlotErrors } from "./internal/order.ts"
export type { Policy } from "./internal/policyRecord.ts"

/**
 * The value in slot `K` once `Endpoint` has overridden `Integration`; `null` when neither has it.
 *
 * @since 0.1.0
 * @category utility types
 */
export type Slot<Integration, Endpoint, K extends keyof Policy> = K extends keyof Endpoint
  ? undefined extends Endpoint[K]
    ? Exclude<Endpoint[K], undefined> | Slot<{}, Integration, K>
    : Endpoint[K]
  : K extends keyof Integration
    ? Exclude<Integration[K], undefined>
    : null

/**
 * A policy once `Inner` has overridden `Outer` slot by slot, as {@link merge} does it.
 *
 * @since 0.1.0
 * @category utility types
 */
export type Merged<Outer, Inner> = Outer extends unknown
  ? Inner extends unknown
    ? { readonly [K in keyof (Marked<Outer> & Marked<Inner>)]: Slot<Outer, Inner, K & keyof Policy> }
    : never
  : never

/** The keys without values: intersected, a key stays optional only if both are. */
type Marked<P> = { readonly [K in keyof P]: true }

/**
 * An integration's policy: its record, slot by slot over {@link standard}.
 *
 * @since 0.1.0
 * @category utility types
 */
export type WithStandard<P> = Merged<typeof standard, P>

/**
 * The names of the slots that are on, or that may be.
 *
 * @since 0.1.0
 * @category utility types
 */
export type Active<P> = P extends unknown
  ? { readonly [K in keyof P]-?: [Exclude<P[K], null | undefined>] extends [never] ? never : K }[keyof P]
  : never

/** The names of the slots that an endpoint's record omits, or may omit. */
type Inherited<Integration, Endpoint> = Endpoint extends unknown
  ? Exclude<Active<Integration>, Decided<Endpoint>> | Active<Endpoint>
  : never

type Decided<P> = { readonly [K in keyof P]-?: undefined extends P[K] ? never : K }[keyof P]

/**
 * The errors that the slots which are on add to a method. A slot that may be on adds its error, so that a policy whose
 * type is only `Policy` adds all of them. `Id` is the integration's.
 *
 * @since 0.1.0
 * @category utility types
 */
export type Errors<Integration, Endpoint = {}, Id extends string = string> = [Integration] extends [never]
  ? never
  : | SlotErrors<Id>[Inherited<Integration, Endpoint> & keyof SlotErrors]
    | OwnErrors<Slot<Integration, Endpoint, "strategies">>

/** The errors of custom strategies; none for a policy whose type is only `Policy`. */
type OwnErrors<Strategies> =
  Strategies extends ReadonlyArray<Strategy<infer E>> ? (unknown extends E ? never : E) : never

/**
 * Overrides for the slots that are on in `Declared`, and no others, so that the error types stay correct.
 *
 * @since 0.1.0
 * @category utility types
 */
export type Overrides<Declared> = {
  readonly [K in Active<Declared> & keyof Policy]?: K extends "strategies" ? OwnOverrides<Declared> : Policy[K]
}

/** Strategies whose errors are among the declared ones. */
type OwnOverrides<Declared> = Declared extends { readonly strategies?: infer Strategies }
  ? ReadonlyArray<Strategy<OwnErrors<Strategies>>> | null
  : never

/** Gives the functions in a policy their types where `P` is still being inferred; the key keeps it apart from `Policy`. */
interface Typing extends Policy {
  readonly "~causeway/policy/Policy"?: never
}

/**
 * `P` when each of its keys is a slot; else a type that `P` does not fit, whose compile error names the key. It is the
 * type of a parameter from whose argument `P` is inferred.
 *
 * @since 0.1.0
 * @category utility types
 */
export type Exact<P> = Typing & Only<P, Policy>

/** `P` when it has only keys of `Slots`. */
type Only<P, Slots> = [Others<P, Slots>] extends [never]
  ? P
  : Slots & { readonly [K in Others<P, Slots> as `${K} is not a policy slot`]: never }

type Others<P, Slots> = Exclude<P extends unknown ? keyof P : never, keyof Slots> & string

/**
 * Overrides with no key but those of `Slots`: of `O`, as {@link Exact} is of a policy.
 *
 * @since 0.1.0
 * @category utility types
 */
export type ExactOverrides<O, Slots> = Slots & Only<O, Slots>

/**
 * Overrides a policy slot by slot; `undefined` overrides nothing.
 *
 * @since 0.1.0
 * @category combinators
 */
export const merge = <const Outer extends Policy, const Inner extends Policy>(
  outer: Outer,
  inner: Inner
): Merged<Outer, Inner> => {
  const given = Object.fromEntries(Object.entries(inner).filter(([, strategy]) => strategy !== undefined))
  // Each slot is the inner one, or the outer one without an inner one, as in `Merged`.
  return { ...outer, ...given } as Merged<Outer, Inner>
}

/**
 * Validates a policy; throws `InvalidOption` for a slot that makes no sense.
 *
 * @since 0.1.0
 * @category constructors
 */
export const compile = (policy: Policy): Compiled => {
  checkSlots(policy, "compile")
  return compileInOrder(policy)
}

/**
 * Turns every slot off: one attempt, without a time limit.
 *
 * @since 0.1.0
 * @category constants
 */
export const none = {
  deadline: null,
  timeout: null,
  idleTimeout: null,
  cache: null,
  coalesce: null,
  retry: null,
  retryBudget: null,
  hedge: null,
  throttle: null,
  bulkhead: null,
  concurrency: null,
  rateLimit: null,
  circuitBreaker: null,
  strategies: null
} as const satisfies Record<keyof Policy, null>

/**
 * The default policy of every integration: a deadline of 30 seconds, 10 seconds an attempt, 60 seconds of silence in a stream,
 * three attempts with full jitter from 200 milliseconds, retries for at most a tenth of the calls, a breaker at half of at
 * least 10 calls, 100 in flight. A rate limit depends on the provider and is not among them.
 *
 * @since 0.1.0
 * @category constants
 */
export const standard = {
  deadline: "30 seconds",
  timeout: "10 seconds",
  idleTimeout: "60 seconds",
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
