/**
 * The one ordered table of a policy's slots, outermost first. Compilation, description, execution and the tables of the
 * documentation derive from it: to add a strategy, add its folder and its row.
 */
import type { Admission } from "../Admission.ts"
import * as Bulkhead from "../Bulkhead.ts"
import type { BulkheadFull, CircuitOpen, RateLimited, Timeout } from "../CallError.ts"
import * as Deadline from "../Deadline.ts"
import * as InvalidOption from "../InvalidOption.ts"
import * as RateLimit from "../RateLimit.ts"
import * as Retry from "../Retry.ts"
import * as RetryBudget from "../RetryBudget.ts"
import * as Throttle from "../Throttle.ts"
import type { Compiled } from "./compiledPolicy.ts"
import { descriptions } from "./descriptions.ts"
import { breakerAdmission } from "./engine/breakerAdmission.ts"
import { cacheStep } from "./engine/cacheStep.ts"
import { coalesceStep } from "./engine/coalesceStep.ts"
import { inFlightAdmission } from "./engine/inFlightAdmission.ts"
import type { Step } from "./engine/model.ts"
import { rateLimitAdmission } from "./engine/rateLimitAdmission.ts"
import { retryBudgetAdmission } from "./engine/retryBudgetAdmission.ts"
import type { State } from "./engine/state.ts"
import { throttleAdmission } from "./engine/throttleAdmission.ts"
import type { Policy } from "./policyRecord.ts"
import { compileMade, made } from "./compileMade.ts"
import * as OptionCheck from "../OptionCheck.ts"

/**
 * The error that each slot adds to a method when it is on.
 *
 * @since 0.1.0
 * @category models
 */
export interface SlotErrors<Id extends string = string> {
  readonly deadline: Timeout<Id>
  readonly coalesce: never
  readonly cache: never
  readonly retry: RateLimited<Id>
  readonly retryBudget: never
  readonly hedge: never
  readonly throttle: RateLimited<Id>
  readonly circuitBreaker: CircuitOpen<Id>
  readonly bulkhead: BulkheadFull<Id>
  readonly concurrency: BulkheadFull<Id>
  readonly rateLimit: RateLimited<Id>
  readonly timeout: Timeout<Id>
  readonly idleTimeout: never
}

type Slot = keyof SlotErrors

type TagOf<E> = [E] extends [never] ? undefined : E extends { readonly _tag: infer Tag } ? Tag : never

/** Where a slot acts: around the whole call, around its retries, before each attempt, around each attempt or its stream. */
type Around = "call" | "retries" | "admission" | "attempt" | "stream"

/** The state of a call site's strategies, and the key of the one at hand. */
interface Parts {
  readonly state: State
  readonly key: string
}

interface Row<S extends Slot> {
  readonly name: S
  readonly around: Around
  /** The tag of the error that the slot adds. */
  readonly adds: TagOf<SlotErrors[S]>
  /** The defaults of the slot, in Markdown. */
  readonly defaults: string
  /** The value in `Policy.standard`, in Markdown; empty where the slot is off. */
  readonly standard: string
  readonly compile: (input: NonNullable<Policy[S]>) => NonNullable<Compiled[S]>
  readonly admission?: (strategy: NonNullable<Compiled[S]>, parts: Parts) => Admission
  readonly step?: (strategy: NonNullable<Compiled[S]>, parts: Parts) => Step
}

/** A row whose types are checked, for an interpreter that treats all rows alike. */
export interface AnyRow {
  readonly name: Slot
  readonly around: Around
  readonly adds: string | undefined
  readonly defaults: string
  readonly standard: string
  readonly compile: (policy: Policy) => unknown
  readonly describe: (policy: Compiled) => string | undefined
  readonly admission: (policy: Compiled, parts: Parts) => Admission | undefined
  readonly step: (policy: Compiled, parts: Parts) => Step | undefined
}

const row = <S extends Slot>(row: Row<S>): AnyRow => ({
  name: row.name,
  around: row.around,
  adds: row.adds,
  defaults: row.defaults,
  standard: row.standard,
  compile: (policy) => whenOn(policy[row.name], (input) => row.compile(input)),
  describe: (policy) => whenOn(policy[row.name], (strategy) => `${descriptions[row.name](strategy)}${byKey(strategy)}`),
  admission: (policy, parts) => whenOn(policy[row.name], (strategy) => row.admission?.(strategy, parts)),
  step: (policy, parts) => whenOn(policy[row.name], (strategy) => row.step?.(strategy, parts))
})

const whenOn = <A, B>(value: A | null | undefined, make: (value: NonNullable<A>) => B): B | undefined =>
  value === null || value === undefined ? undefined : make(value)

const byKey = (value: unknown): string =>
  typeof value === "object" && value !== null && "key" in value && value.key !== undefined ? ", by key" : ""

/** The same strategy for the same options, so that endpoints which share a slot share its state. */
const oncePerOptions = <Options extends object, Made>(make: (options: Options) => Made) => {
  const made = new WeakMap<Options, Made>()
  return (options: Options): Made => {
    const known = made.get(options)
    if (known !== undefined) return known
    const strategy = make(options)
    made.set(options, strategy)
    return strategy
  }
}

export const order: ReadonlyArray<AnyRow> = [
  row({
    name: "deadline",
    around: "call",
    adds: "Timeout",
    defaults: "the longest time of the whole call, waits and retries included",
    standard: "30 seconds",
    compile: Deadline.fromInput
  }),
  row({
    name: "coalesce",
    around: "retries",
    adds: undefined,
    defaults: "identical safe calls in flight share one",
    standard: "",
    compile: compileMade("coalesce", "Coalesce"),
    step: coalesceStep
  }),
  row({
    name: "cache",
    around: "retries",
    adds: undefined,
    defaults: "RFC 9111 for a private cache: 1,000 answers, 16 MiB; only answers that allow it are kept",
    standard: "",
    compile: compileMade("cache", "Cache"),
    step: (cache, { state }) => cacheStep(cache, state.cacheStore(cache))
  }),
  row({
    name: "retry",
    around: "retries",
    adds: "RateLimited",
    defaults:
      "at most 10 attempts; only `transient` and `throttled` failures; POST and PATCH only with an idempotency key or " +
      "when nothing was processed; `Retry-After` honoured up to 60 seconds",
    standard: "3 attempts, full jitter from 200 milliseconds",
    compile: Retry.fromInput
  }),
  row({
    name: "retryBudget",
    around: "admission",
    adds: undefined,
    defaults: "a tenth of the successes and 10 a second, 50 saved",
    standard: "the same",
    compile: oncePerOptions(RetryBudget.fromInput),
    admission: (budget, { key, state }) => retryBudgetAdmission(state.retryBudgets, budget, key)
  }),
  row({
    name: "hedge",
    around: "retries",
    adds: undefined,
    defaults: "one more attempt, for a tenth of the calls; only calls that may be repeated",
    standard: "",
    compile: compileMade("hedge", "Hedge")
  }),
  row({
    name: "throttle",
    around: "admission",
    adds: "RateLimited",
    defaults: "2 requests for each accepted one of the last 2 minutes",
    standard: "",
    compile: oncePerOptions(Throttle.fromInput),
    admission: (throttle, { key, state }) => throttleAdmission(throttle, state.throttle(throttle), key)
  }),
  row({
    name: "circuitBreaker",
    around: "admission",
    adds: "CircuitOpen",
    defaults:
      "`consecutive`: 5 failures; `failureRate`: 0.5 of the last 100, at least 10 calls; open for 30 seconds; one probe",
    standard: "`failureRate`",
    compile: compileMade("circuitBreaker", "Breaker"),
    admission: (breaker, { key, state }) => breakerAdmission(state.breakers, breaker, key)
  }),
  row({
    name: "bulkhead",
    around: "admission",
    adds: "BulkheadFull",
    defaults: "no call waits unless `maxWaiting` allows it",
    standard: "100 in flight, 1,000 waiting up to 5 seconds",
    compile: oncePerOptions(Bulkhead.fromInput),
    admission: (bulkhead, { key, state }) =>
      inFlightAdmission(state.inFlight(bulkhead), { slot: "bulkhead", key: bulkhead.key }, key)
  }),
  row({
    name: "concurrency",
    around: "admission",
    adds: "BulkheadFull",
    defaults: "`aimd` or `gradient`: a limit of calls in flight that follows the provider's latency and failures",
    standard: "",
    compile: compileMade("concurrency", "Concurrency"),
    admission: (concurrency, { key, state }) =>
      inFlightAdmission(state.inFlight(concurrency), { slot: "concurrency", key: concurrency.key }, key)
  }),
  row({
    name: "rateLimit",
    around: "admission",
    adds: "RateLimited",
    defaults: "a sliding window; waits at most 30 seconds, at most 1,000 waiting",
    standard: "",
    compile: RateLimit.fromInput,
    admission: (limit, { key, state }) => rateLimitAdmission(state.rateLimits, limit, key)
  }),
  row({
    name: "timeout",
    around: "attempt",
    adds: "Timeout",
    defaults: "the longest time of one attempt, its body included",
    standard: "10 seconds",
    compile: (timeout) => InvalidOption.positiveMillis("timeout", timeout)
  }),
  row({
    name: "idleTimeout",
    around: "stream",
    adds: undefined,
    defaults: "the longest time between two chunks of a streamed body; ends the stream with `Timeout`",
    standard: "60 seconds",
    compile: (timeout) => InvalidOption.positiveMillis("idleTimeout", timeout)
  })
]

/** Compiles a policy slot by slot. */
export const compile = (policy: Policy): Compiled => {
  checkStrategies("strategies", policy.strategies ?? undefined)
  // Each row compiles its own slot, and each slot except the list of strategies has a row: a test checks it.
  return {
    ...Object.fromEntries(order.map((row) => [row.name, row.compile(policy)])),
    strategies: policy.strategies ?? undefined
  } as unknown as Compiled
}

const checkStrategies = OptionCheck.optional(OptionCheck.list(made("Admission/Strategy")))

/** A line for each slot that is on, in the order in which they stand around an attempt. */
export const describe = (policy: Compiled): string => {
  const lines = order.flatMap((row) => {
    const description = row.describe(policy)
    const own = (policy.strategies ?? []).filter(({ before }) => before === row.name)
    const line = description === undefined ? [] : [`${row.name.padEnd(14)} ${description}`]
    return [...own.map((strategy) => `${strategy.name.padEnd(14)} ${strategy.describe}`.trimEnd()), ...line]
  })
  return lines.length === 0 ? "no policy: one attempt, as long as it takes" : lines.join("\n")
}

interface Site {
  readonly policy: Compiled
  readonly state: State
  readonly keyOf: (slot: keyof Compiled) => string
  readonly scope: string
}

/** The steps around the retries, outermost first. */
export const stepsOf = ({ keyOf, policy, state }: Omit<Site, "scope">): ReadonlyArray<Step> =>
  order.flatMap((row) => row.step(policy, { state, key: keyOf(row.name) }) ?? [])

/** The strategies before each attempt, outermost first: a user's own stand before the slot that they name. */
export const admissionsOf = ({ keyOf, policy, scope, state }: Site): ReadonlyArray<Admission> =>
  order.flatMap((row) => [
    ...(policy.strategies ?? []).filter(({ before }) => before === row.name).map((own) => state.strategy(own, scope)),
    ...listed(row.admission(policy, { state, key: keyOf(row.name) }))
  ])

const listed = <A>(value: A | undefined): ReadonlyArray<A> => (value === undefined ? [] : [value])
