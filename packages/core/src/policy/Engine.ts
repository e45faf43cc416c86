/**
 * The one engine that runs every call: a policy compiled once per endpoint, interpreted attempt by attempt.
 *
 * **When to use**
 *
 * An integration uses it. Use it directly to give another kind of call the same policies, as the webhook sender does.
 *
 * **Details**
 *
 * The strategies stand in the order of `Policy.describe`, deadline outermost. Each decides synchronously when its store
 * answers at once. Nothing sleeps past the deadline.
 *
 * **Gotchas**
 *
 * `attempt` must be fresh each time: it authorizes, signs, sends, reads and decodes. Its failure states whether
 * anything may have been processed; when in doubt, `sent` is true.
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
import type { Admission, Strategy } from "./Admission.ts"
import * as BreakerStore from "./BreakerStore.ts"
import type { Cache } from "./Cache.ts"
import * as CacheStore from "./CacheStore.ts"
import * as Hedge from "./Hedge.ts"
import * as InFlight from "./InFlight.ts"
import type { PolicyError } from "./internal/engine/attemptFailure.ts"
import { Execution } from "./internal/engine/Execution.ts"
import type { Hedging } from "./internal/engine/hedging.ts"
import type { Call, CallSite, Engine } from "./internal/engine/model.ts"
import { withdrawFrom } from "./internal/engine/retryBudgetAdmission.ts"
import type { Compiled } from "./internal/compiledPolicy.ts"
import { admissionsOf, stepsOf } from "./internal/order.ts"
import * as RateLimitStore from "./RateLimitStore.ts"
import * as RetryBudgetStore from "./RetryBudgetStore.ts"
import * as Throttle from "./Throttle.ts"

export type { AttemptFailure, PolicyError } from "./internal/engine/attemptFailure.ts"

export type { Attempt, Call, CallSite, Engine, Progress, Sharing, Step, SteppedCall } from "./internal/engine/model.ts"

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
  /** The state of a user's own strategy. */
  readonly strategy: (strategy: Strategy<unknown>) => Admission
  /** Where the answers of a cache are kept. */
  readonly cacheStore: (cache: Cache) => CacheStore.CacheStore["Service"]
}

interface Stores {
  readonly rateLimits?: State["rateLimits"] | undefined
  readonly breakers?: State["breakers"] | undefined
  readonly retryBudgets?: State["retryBudgets"] | undefined
  /** One store for all caches. Default: one in memory for each. */
  readonly cache?: CacheStore.CacheStore["Service"] | undefined
}

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
  hedge: onePerStrategy(Hedge.makeTracker),
  strategy: onePerStrategy((strategy: Strategy<unknown>) => strategy.make()),
  cacheStore: onePerStrategy((cache: Cache) => stores.cache ?? CacheStore.makeMemory(cache))
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
  readonly state?: State
  readonly keyOf?: (slot: keyof Compiled) => string
  /** Whether the deadline is the endpoint's own, so that it holds for streamed answers too. Default: false. */
  readonly isDeadlineOwn?: boolean
  /** Whether the timeout is the endpoint's own, so that it holds while a body is being sent too. Default: false. */
  readonly isTimeoutOwn?: boolean
}): Engine => {
  const { call, policy, state = makeState() } = options
  const scope = scopeOf(call)
  const ownKey = `${scope}/${call.endpoint}`
  const keyOf = options.keyOf ?? (() => ownKey)
  const site = { policy, state, keyOf }
  return {
    call,
    scope,
    policy,
    isDeadlineOwn: options.isDeadlineOwn ?? false,
    isTimeoutOwn: options.isTimeoutOwn ?? false,
    steps: stepsOf(site),
    admissions: admissionsOf(site),
    hedge: hedgingOf(policy, state),
    withdraw: withdrawalOf(policy, state, keyOf)
  }
}

/**
 * The prefix of all keys of a call: its integration, and its tenant, so that no two tenants share a quota, a circuit, a
 * budget or an answer.
 *
 * @since 0.1.0
 * @category getters
 */
export const scopeOf = ({ integration, tenant }: Pick<CallSite, "integration" | "tenant">): string =>
  tenant === undefined ? integration : `${integration}?tenant=${encodeURIComponent(tenant)}`

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
 * As {@link run}, on the fibre that runs the Effect.
 *
 * @since 0.1.0
 * @category running
 */
export const runOn = <A, E, R>(
  fiber: Fiber.Fiber<unknown, unknown>,
  engine: Engine,
  call: Call<A, E, R>
): Effect.Effect<A, E | PolicyError, R> => new Execution(engine, call, fiber).run()
