/** The methods of an integration: compiled once for all tenants, with an engine for each. */
import { Effect, Option } from "effect"
import * as BreakerStore from "../../policy/BreakerStore.ts"
import * as CacheStore from "../../policy/CacheStore.ts"
import * as Engine from "../../policy/Engine.ts"
import * as Policy from "../../policy/Policy.ts"
import * as RateLimitStore from "../../policy/RateLimitStore.ts"
import * as RetryBudgetStore from "../../policy/RetryBudgetStore.ts"
import { compileCodec, type Wiring } from "./codec.ts"
import * as Compiled from "./CompiledEndpoint.ts"
import type { Description } from "./description.ts"
import { checkOverrides } from "./integrationChecks.ts"
import type { OverrideTable, Overriding } from "./overriding.ts"
import { lookup, pathOf, type Placed } from "./Placed.ts"

/** The methods of one instance of an integration, or of one of its tenants. */
export type MethodsOf = (
  overrides: Overriding,
  own: Pick<Wiring, "address" | "credentials">,
  tenant?: string
) => (placed: Placed) => Compiled.Method

/** What all tenants have in common is compiled once; what is one's own, when it is first called. */
export const compile = (
  description: Description,
  given: Omit<Wiring, "address" | "credentials">,
  options: { readonly maxKeys?: number } = {}
): Effect.Effect<MethodsOf> =>
  Effect.gen(function* () {
    const stores = {
      rateLimits: Option.getOrUndefined(yield* Effect.serviceOption(RateLimitStore.RateLimitStore)),
      breakers: Option.getOrUndefined(yield* Effect.serviceOption(BreakerStore.BreakerStore)),
      retryBudgets: Option.getOrUndefined(yield* Effect.serviceOption(RetryBudgetStore.RetryBudgetStore)),
      cache: Option.getOrUndefined(yield* Effect.serviceOption(CacheStore.CacheStore))
    }
    const state = Engine.makeState(stores, options)
    const codecOf = oncePer((placed: Placed) => compileCodec(placed.endpoint, given))
    const policyOf = oncePer((table: OverrideTable) =>
      oncePer((placed: Placed) => compilePolicy(description, placed, table))
    )
    return (overrides, ofOne, tenant) => {
      const own = { ...given, ...ofOne }
      // An override that makes no sense is refused where it is provided, not at the first call.
      checkOverrides(description.id, overrides(), description.placed)
      description.placed.forEach(policyOf(overrides()))
      return oncePer((placed) => {
        const engine = onceFor(overrides, (table) =>
          engineOf({ description, placed, policy: policyOf(table)(placed), state, table, tenant })
        )
        return Compiled.makeMethod(placed.endpoint, engine, own, codecOf(placed))
      })
    }
  })

const oncePer = <Key extends object, Value>(make: (key: Key) => Value) => {
  const made = new WeakMap<Key, Value>()
  return (key: Key): Value => {
    const known = made.get(key)
    if (known !== undefined) return known
    const value = make(key)
    made.set(key, value)
    return value
  }
}

/** Compiles again when the overrides have changed; calls in flight keep what they began with. */
const onceFor = (overrides: Overriding, compile: (table: OverrideTable) => Engine.Engine): (() => Engine.Engine) => {
  let table = overrides()
  let engine = compile(table)
  return () => {
    const now = overrides()
    if (now !== table) {
      engine = compile(now)
      table = now
    }
    return engine
  }
}

const compilePolicy = (description: Description, placed: Placed, overrides: OverrideTable): Policy.Compiled =>
  Policy.compile(Policy.merge(Policy.merge(description.policy, overrides.integration), ownPolicy(placed, overrides)))

const ownPolicy = (placed: Placed, overrides: OverrideTable): Policy.Policy =>
  Policy.merge(placed.policy, lookup(placed, overrides.endpoints) ?? {})

interface EngineParts {
  readonly description: Description
  readonly placed: Placed
  readonly table: OverrideTable
  readonly policy: Policy.Compiled
  readonly state: Engine.State
  readonly tenant: string | undefined
}

const engineOf = ({ description, placed, policy, state, table, tenant }: EngineParts): Engine.Engine => {
  const own = ownPolicy(placed, table)
  const call = {
    integration: description.id,
    ...(tenant !== undefined && { tenant }),
    endpoint: pathOf(placed),
    method: placed.endpoint.method,
    url: placed.endpoint.path
  }
  const scope = Engine.scopeOf(call)
  return Engine.make({
    state,
    call,
    policy,
    isDeadlineOwn: own.deadline !== undefined && own.deadline !== null,
    isTimeoutOwn: own.timeout !== undefined && own.timeout !== null,
    keyOf: (slot) => (slot in own ? `${scope}/${pathOf(placed)}` : scope)
  })
}
