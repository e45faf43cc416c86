import { Clock, type Context, type Fiber } from "effect"
import { type CallEvent, CallObserver } from "../../CallObserver.ts"
import { debug } from "./debug.ts"

/** What a call finds around it. */
export interface Surroundings {
  readonly clock: Clock.Clock
  readonly observe: ((event: CallEvent) => void) | undefined
  readonly debug: boolean
}

let lastContext: Context.Context<never> | undefined
let last: Surroundings | undefined

/**
 * The fibres of a program nearly always have one context, which never changes: to look into it once is enough. The last one
 * is kept, and no other.
 */
export const surroundingsOf = (fiber: Fiber.Fiber<unknown, unknown>): Surroundings => {
  if (last !== undefined && fiber.context === lastContext) return last
  lastContext = fiber.context
  last = { clock: fiber.getRef(Clock.Clock), observe: fiber.getRef(CallObserver), debug: fiber.getRef(debug) }
  return last
}
