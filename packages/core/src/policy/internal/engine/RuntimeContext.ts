/** What a call reads from the context of its fibre. */
import { Clock, Context, type Fiber } from "effect"
import { type CallEvent, CallObserver } from "../../CallObserver.ts"
import { Alarms } from "./Alarms.ts"

/** Whether the errors of policies have a stack. */
export const debug = Context.Reference<boolean>("causeway/policy/debug", { defaultValue: () => false })

export interface RuntimeContext {
  readonly clock: Clock.Clock
  readonly alarms: Alarms
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
  last = { clock, alarms: alarmsOf(clock), observe: fiber.getRef(CallObserver), debug: fiber.getRef(debug) }
  return last
}

const alarms = new WeakMap<Clock.Clock, Alarms>()

const alarmsOf = (clock: Clock.Clock): Alarms => {
  const known = alarms.get(clock)
  if (known !== undefined) return known
  const made = new Alarms(clock)
  alarms.set(clock, made)
  return made
}
