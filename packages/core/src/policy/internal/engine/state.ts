/** The state of an integration's strategies: stores, and state that exists once per strategy. */
import type { Admission, Strategy } from "../../Admission.ts"
import * as BreakerStore from "../../BreakerStore.ts"
import type { Cache } from "../../Cache.ts"
import * as CacheStore from "../../CacheStore.ts"
import * as Hedge from "../../Hedge.ts"
import * as InFlight from "../../InFlight.ts"
import * as RateLimitStore from "../../RateLimitStore.ts"
import * as RetryBudgetStore from "../../RetryBudgetStore.ts"
import * as Throttle from "../../Throttle.ts"
import { BoundedKeys } from "../BoundedKeys.ts"
import * as OptionCheck from "../../OptionCheck.ts"
import { hasMethods } from "../made.ts"

/**
 * The state of one integration's policies. Stores default to memory.
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
  /** The state of a custom strategy, one per scope: an integration, or one tenant of it. */
  readonly strategy: (strategy: Strategy<unknown>, scope: string) => Admission
  /** The store of a cache's answers. */
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
 * Creates the state of one integration's policies. `maxKeys` is the most keys of each store in memory; it
 * defaults to 10,000.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeState = (stores: Stores = {}, options: { readonly maxKeys?: number } = {}): State => {
  checkOptions("state", options)
  checkStores("state", stores)
  return {
    rateLimits: stores.rateLimits ?? RateLimitStore.makeMemory(options),
    breakers: stores.breakers ?? BreakerStore.makeMemory(options),
    retryBudgets: stores.retryBudgets ?? RetryBudgetStore.makeMemory(options),
    inFlight: onePerStrategy(InFlight.make),
    throttle: onePerStrategy((throttle: Throttle.Throttle) => Throttle.makeState(throttle, options)),
    hedge: onePerStrategy(Hedge.makeTracker),
    strategy: onePerScope(options.maxKeys ?? 10_000),
    cacheStore: onePerStrategy((cache: Cache) => stores.cache ?? memoryOf(cache))
  }
}

const memoryOf = ({ maxBytes, maxEntries }: Cache) => CacheStore.makeMemory({ maxBytes, maxEntries })

const checkOptions = OptionCheck.record<{ readonly maxKeys?: number }>({ maxKeys: OptionCheck.integer(1) })

const store = (...methods: ReadonlyArray<string>) =>
  OptionCheck.satisfies("a store", (value) => hasMethods(value, ...methods))

const checkStores = OptionCheck.record<Stores>({
  rateLimits: store("reserve", "pause", "learn"),
  breakers: store("admit", "record"),
  retryBudgets: store("deposit", "withdraw"),
  cache: store("get", "put", "remove")
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

const onePerScope = (maxKeys: number): State["strategy"] => {
  const scopesOf = onePerStrategy((_: Strategy<unknown>) => new BoundedKeys<Admission>(maxKeys, () => false))
  return (strategy, scope) => scopesOf(strategy).getOrMake(scope, 0, () => strategy.make())
}
