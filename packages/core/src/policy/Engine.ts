/**
 * The one engine that runs every call: a policy compiled once per endpoint, interpreted attempt by attempt.
 *
 * **When to use**
 *
 * You meet it through an integration. Use it directly to give another kind of call the same policies, as the webhook
 * sender does.
 *
 * **Details**
 *
 * Deadline, then retry, and inside it, for each attempt: breaker, rate limit, timeout, the attempt itself. Breaker and
 * limiter are asked and told synchronously when their store answers at once. Nothing sleeps past the deadline.
 *
 * **Gotchas**
 *
 * `attempt` must be fresh each time: it authorizes, signs, sends, reads and decodes. What it fails with says whether
 * anything may have been sent; when in doubt, `sent` is true.
 *
 * **Example** (A call that succeeds at its second attempt)
 *
 * ```ts
 * import { Effect, Schedule } from "effect"
 * import { Engine, Policy } from "@causeway/core/policy"
 *
 * const engine = Engine.make({
 *   call: { integration: "app/Payments", endpoint: "ping", method: "GET", url: "/ping" },
 *   policy: Policy.compile({ retry: Schedule.recurs(3) })
 * })
 *
 * const program = Engine.run(engine, {
 *   idempotent: true,
 *   replayable: true,
 *   request: undefined,
 *   options: {},
 *   attempt: (attempt) =>
 *     attempt.number === 2
 *       ? Effect.succeed("pong")
 *       : Effect.fail({ error: "down", category: "transient", retryAfter: undefined, sent: true, declared: false } as const)
 * })
 *
 * Effect.runPromise(program).then((answer) => console.assert(answer === "pong"))
 * ```
 *
 * @since 0.1.0
 */
import { Duration, Effect } from "effect"
import * as BreakerStore from "./BreakerStore.ts"
import type * as CallError from "./CallError.ts"
import type { Category } from "./Failure.ts"

import * as InFlight from "./InFlight.ts"
import { breakerGate } from "./internal/engine/breakerGate.ts"
import type { Entrant, Gate } from "./internal/engine/Gate.ts"
import type { Hedging } from "./internal/engine/hedging.ts"
import { inFlightGate } from "./internal/engine/inFlightGate.ts"
import { rateLimitGate } from "./internal/engine/rateLimitGate.ts"
import { retryBudgetGate } from "./internal/engine/retryBudgetGate.ts"
import { Running } from "./internal/engine/Running.ts"
import { throttleGate } from "./internal/engine/throttleGate.ts"
import * as Hedge from "./Hedge.ts"
import type { CallOptions, Compiled } from "./Policy.ts"
import * as RateLimitStore from "./RateLimitStore.ts"
import * as RetryBudgetStore from "./RetryBudgetStore.ts"
import * as Throttle from "./Throttle.ts"

/**
 * Which call an engine runs: names for errors and events, and the URL template.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallSite {
  readonly integration: string
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
  readonly info: (requestId?: string) => CallError.CallInfo
  /** Tells the headers of a response, for the strategies that learn from them. */
  readonly received: (headers: Readonly<Record<string, string | undefined>>) => void
}

/**
 * A failed attempt: the error that the call fails with when it is the last one, its category, the wait that the
 * provider asked for, whether anything may have been sent, and whether the error is one that the endpoint declares.
 *
 * @since 0.1.0
 * @category models
 */
export interface AttemptFailure<out E> {
  readonly error: E
  readonly category: Category
  readonly retryAfter: Duration.Duration | undefined
  readonly sent: boolean
  readonly declared: boolean
  readonly status?: number
  readonly requestId?: string | undefined
  /** The credentials were renewed after this refusal: one more attempt may succeed. */
  readonly renewed?: boolean
  /** A policy refused the attempt: it was not made, and is not made again. */
  readonly refused?: boolean
  readonly shouldRetry?: boolean | undefined
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
  readonly request: unknown
  readonly options: CallOptions
  readonly attempt: (attempt: Attempt) => Effect.Effect<A, AttemptFailure<E>, R>
}

/**
 * What the policies of an engine can fail with.
 *
 * @since 0.1.0
 * @category models
 */
export type PolicyError = CallError.Timeout | CallError.RateLimited | CallError.CircuitOpen | CallError.BulkheadFull

/**
 * A policy compiled for one call site.
 *
 * @since 0.1.0
 * @category models
 */
export interface Engine {
  readonly call: CallSite
  readonly policy: Compiled
  /** What stands before each attempt, outermost first. */
  readonly gates: ReadonlyArray<Gate>
  readonly hedge: Hedging | undefined
  /** Takes a retry from the budget; false when there is none left. */
  readonly withdraw: (entrant: Entrant) => Effect.Effect<boolean>
}

/**
 * Where the policies of one integration keep their state. Stores default to memory.
 *
 * @since 0.1.0
 * @category models
 */
export interface State {
  readonly rateLimits: RateLimitStore.RateLimitStore["Service"]
  readonly breakers: BreakerStore.BreakerStore["Service"]
  readonly retryBudgets: RetryBudgetStore.RetryBudgetStore["Service"]
  /** One per strategy, so that endpoints which share a slot share what is in flight. */
  readonly inFlight: (strategy: InFlight.Strategy) => InFlight.InFlight
  readonly throttle: (strategy: Throttle.Throttle) => Throttle.State
  readonly hedge: (strategy: Hedge.Hedge) => Hedge.Tracker
}

type Stores = { readonly [Store in "rateLimits" | "breakers" | "retryBudgets"]?: State[Store] | undefined }

/**
 * Makes the state of one integration's policies.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeState = (stores: Stores = {}): State => ({
  rateLimits: stores.rateLimits ?? RateLimitStore.makeMemory(),
  breakers: stores.breakers ?? BreakerStore.makeMemory(),
  retryBudgets: stores.retryBudgets ?? RetryBudgetStore.makeMemory(),
  inFlight: onePerStrategy(InFlight.make),
  throttle: onePerStrategy(Throttle.makeState),
  hedge: onePerStrategy(Hedge.makeTracker)
})

const onePerStrategy = <Strategy extends object, Made>(make: (strategy: Strategy) => Made) => {
  const made = new WeakMap<Strategy, Made>()
  return (strategy: Strategy): Made => {
    const known = made.get(strategy)
    if (known !== undefined) return known
    const fresh = make(strategy)
    made.set(strategy, fresh)
    return fresh
  }
}

/**
 * Compiles an engine. `keyOf` gives the key of a slot's state; it defaults to the call site's own for every slot.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: {
  readonly call: CallSite
  readonly policy: Compiled
  readonly state?: State | undefined
  readonly keyOf?: (slot: keyof Compiled) => string
}): Engine => {
  const state = options.state ?? makeState()
  const ownKey = `${options.call.integration}/${options.call.endpoint}`
  const keyOf = options.keyOf ?? (() => ownKey)
  return {
    call: options.call,
    policy: options.policy,
    gates: gatesOf(options.policy, state, keyOf),
    hedge: hedgingOf(options.policy, state),
    withdraw: withdrawalOf(options.policy, state, keyOf)
  }
}

/** The order of the strategies that stand before an attempt. */
const gatesOf = (policy: Compiled, state: State, keyOf: (slot: keyof Compiled) => string): ReadonlyArray<Gate> => {
  const { bulkhead, circuitBreaker, concurrency, rateLimit, retryBudget, throttle } = policy
  return [
    retryBudget && retryBudgetGate(state.retryBudgets, retryBudget, keyOf("retryBudget")),
    throttle && throttleGate(throttle, state.throttle(throttle), keyOf("throttle")),
    circuitBreaker && breakerGate(state.breakers, circuitBreaker, keyOf("circuitBreaker")),
    bulkhead && inFlightGate(state.inFlight(bulkhead), bulkhead.key, keyOf("bulkhead")),
    concurrency && inFlightGate(state.inFlight(concurrency), concurrency.key, keyOf("concurrency")),
    rateLimit && rateLimitGate(state.rateLimits, rateLimit, keyOf("rateLimit"))
  ].filter((gate) => gate !== undefined)
}

const withdrawalOf = (
  { retryBudget }: Compiled,
  { retryBudgets }: State,
  keyOf: (slot: keyof Compiled) => string
): Engine["withdraw"] => {
  if (retryBudget === undefined) return () => Effect.succeed(true)
  const shared = keyOf("retryBudget")
  return (entrant) => retryBudgets.withdraw(entrant.keyOf(retryBudget.key, shared), retryBudget, entrant.now())
}

const hedgingOf = ({ hedge }: Compiled, state: State): Hedging | undefined => {
  if (hedge === undefined) return undefined
  const tracker = state.hedge(hedge)
  return {
    maxHedges: hedge.maxHedges,
    delayMillis: () => tracker.delayMillis(),
    mayHedge: () => tracker.withdraw(),
    observe: ({ category, elapsedMillis }) => {
      if (category === "success") tracker.observe(elapsedMillis)
      else if (category === undefined) tracker.abandoned(elapsedMillis)
    }
  }
}

/**
 * Runs a call under the engine's policies.
 *
 * @since 0.1.0
 * @category running
 */
export const run = <A, E, R>(engine: Engine, call: Call<A, E, R>): Effect.Effect<A, E | PolicyError, R> =>
  Effect.withFiber((fiber) => new Running(engine, call, fiber).start())
