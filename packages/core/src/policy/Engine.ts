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
import { Effect, type Fiber } from "effect"
import * as BreakerStore from "./BreakerStore.ts"
import * as Hedge from "./Hedge.ts"
import * as InFlight from "./InFlight.ts"
import type { Compiled } from "./internal/compiledPolicy.ts"
import { breakerGate } from "./internal/engine/breakerGate.ts"
import type { Gate } from "./internal/engine/Gate.ts"
import type { Hedging } from "./internal/engine/hedging.ts"
import { inFlightGate } from "./internal/engine/inFlightGate.ts"
import type { PolicyError } from "./internal/engine/failedAttempt.ts"
import type { Call, CallSite, Engine } from "./internal/engine/model.ts"
import { rateLimitGate } from "./internal/engine/rateLimitGate.ts"
import { retryBudgetGate, withdrawFrom } from "./internal/engine/retryBudgetGate.ts"
import { Running } from "./internal/engine/Running.ts"
import { throttleGate } from "./internal/engine/throttleGate.ts"
import * as RateLimitStore from "./RateLimitStore.ts"
import * as RetryBudgetStore from "./RetryBudgetStore.ts"
import * as Throttle from "./Throttle.ts"

export {
  /**
   * The longest that a call takes in all, in milliseconds: the shorter of the policy's deadline and the call's own.
   *
   * @since 0.1.0
   * @category getters
   */
  deadlineMillis
} from "./internal/engine/deadlineMillis.ts"

export type { AttemptFailure, PolicyError } from "./internal/engine/failedAttempt.ts"

export type { Attempt, Begin, Call, CallSite, Engine } from "./internal/engine/model.ts"

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
 * Makes the state of one integration's policies. `maxKeys` is the most keys that each of those in memory holds; it
 * defaults to 10,000.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeState = (stores: Stores = {}, options: { readonly maxKeys?: number } = {}): State => ({
  rateLimits: stores.rateLimits ?? RateLimitStore.makeMemory(options),
  breakers: stores.breakers ?? BreakerStore.makeMemory(options),
  retryBudgets: stores.retryBudgets ?? RetryBudgetStore.makeMemory(options),
  inFlight: onePerStrategy(InFlight.make),
  throttle: onePerStrategy((throttle: Throttle.Throttle) => Throttle.makeState(throttle, options)),
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
  const scope = scopeOf(options.call)
  const ownKey = `${scope}/${options.call.endpoint}`
  const keyOf = options.keyOf ?? (() => ownKey)
  return {
    call: options.call,
    scope,
    policy: options.policy,
    gates: gatesOf(options.policy, state, keyOf),
    hedge: hedgingOf(options.policy, state),
    withdraw: withdrawalOf(options.policy, state, keyOf)
  }
}

/**
 * What all keys of a call begin with: its integration, and its tenant, so that no two tenants share a quota, a circuit, a
 * budget or an answer.
 *
 * @since 0.1.0
 * @category getters
 */
export const scopeOf = ({ integration, tenant }: Pick<CallSite, "integration" | "tenant">): string =>
  tenant === undefined ? integration : `${integration}?tenant=${encodeURIComponent(tenant)}`

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
  return withdrawFrom(retryBudgets, retryBudget, keyOf("retryBudget"))
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
  Effect.withFiber((fiber) => runOn(fiber, engine, call))

/**
 * As {@link run}, on a fibre that is at hand: the one that runs the effect.
 *
 * @since 0.1.0
 * @category running
 */
export const runOn = <A, E, R>(
  fiber: Fiber.Fiber<unknown, unknown>,
  engine: Engine,
  call: Call<A, E, R>
): Effect.Effect<A, E | PolicyError, R> => new Running(engine, call, fiber).start()
