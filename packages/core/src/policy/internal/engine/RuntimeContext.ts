/** What a call reads from the context of its fibre. */
import { Clock, Context, type Fiber } from "effect"
import { type CallEvent, CallObserver } from "../../CallObserver.ts"
import { Alarms } from "./Alarms.ts"
import { OperationsLog } from "./OperationsLog.ts"

/** Whether the errors of policies have a stack. */
export const debug = Context.Reference<boolean>("causeway/policy/debug", { defaultValue: () => false })

export interface RuntimeContext {
  readonly clock: Clock.Clock
  readonly alarms: Alarms
  readonly operations: OperationsLog
  readonly observe: ((event: CallEvent) => void) | undefined
  readonly debug: boolean
}

let lastContext: Context.Context<never> | undefined
let last: RuntimeContext | undefined

/** The fibres of a program nearly always share one context, which never changes: the last one is kept, and no other. */
export const runtimeContextOf = (fiber: Fiber.Fiber<unknown, unknown>): RuntimeContext => {
  if (last !== undefined && fiber.context === lastContext) return last
  const clock = fiber.getRef(Clock.Clock)
  lastContext = fiber.context
  const { alarms, operations } = ofClock(clock)
  last = { clock, alarms, operations, observe: fiber.getRef(CallObserver), debug: fiber.getRef(debug) }
  return last
}

type OfClock = Pick<RuntimeContext, "alarms" | "operations">

const byClock = new WeakMap<Clock.Clock, OfClock>()

const ofClock = (clock: Clock.Clock): OfClock => {
  const known = byClock.get(clock)
  if (known !== undefined) return known
  const made = { alarms: new Alarms(clock), operations: new OperationsLog() }
  byClock.set(clock, made)
  return made
}
