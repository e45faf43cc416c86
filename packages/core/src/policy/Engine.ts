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
import type { PolicyError } from "./internal/engine/attemptFailure.ts"
import { Execution } from "./internal/engine/Execution.ts"
import type { Hedging } from "./internal/engine/hedging.ts"
import type { Call, CallSite, Engine } from "./internal/engine/model.ts"
import { makeState, type State } from "./internal/engine/state.ts"
import { withdrawFrom } from "./internal/engine/retryBudgetAdmission.ts"
import type { Compiled } from "./internal/compiledPolicy.ts"
import { admissionsOf, stepsOf } from "./internal/order.ts"
import * as OptionCheck from "./OptionCheck.ts"
import { hasMethods } from "./internal/made.ts"

export { makeState, type State } from "./internal/engine/state.ts"

export type { AttemptFailure, PolicyError } from "./internal/engine/attemptFailure.ts"

export type { Attempt, Call, CallSite, Engine, Progress, Sharing, Step, SteppedCall } from "./internal/engine/model.ts"

const checkOptions = OptionCheck.record<Parameters<typeof make>[0]>({
  call: OptionCheck.required(
    OptionCheck.record<CallSite>({
      integration: OptionCheck.required(OptionCheck.anyText),
      tenant: OptionCheck.anyText,
      endpoint: OptionCheck.required(OptionCheck.anyText),
      method: OptionCheck.required(OptionCheck.text),
      url: OptionCheck.required(OptionCheck.anyText)
    })
  ),
  policy: OptionCheck.required(OptionCheck.dictionary(OptionCheck.anything)),
  state: OptionCheck.satisfies("what Engine.makeState returns", (value) => hasMethods(value, "inFlight", "cacheStore")),
  keyOf: OptionCheck.callback,
  isDeadlineOwn: OptionCheck.flag,
  isTimeoutOwn: OptionCheck.flag
})

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
  /** Whether the deadline is the endpoint's own, so that it applies to streamed answers too. Default: false. */
  readonly isDeadlineOwn?: boolean
  /** Whether the timeout is the endpoint's own, so that it applies while a body is being sent too. Default: false. */
  readonly isTimeoutOwn?: boolean
}): Engine => {
  checkOptions("engine", options)
  const { call, policy, state = makeState() } = options
  const scope = scopeOf(call)
  const ownKey = `${scope}/${call.endpoint}`
  const keyOf = options.keyOf ?? (() => ownKey)
  const site = { policy, state, keyOf, scope }
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
