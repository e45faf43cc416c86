import { Effect } from "effect"
import * as CallError from "../../CallError.ts"
import type * as Throttle from "../../Throttle.ts"
import { type AttemptEnd, type Entrant, type Gate, refusal } from "./Gate.ts"

/** Refuses a share of the attempts while the provider refuses more than it accepts. */
export const throttleGate = (throttle: Throttle.Throttle, state: Throttle.State, shared: string): Gate => ({
  enter: (entrant) => {
    const key = entrant.keyOf(throttle.key, shared)
    if (!state.admit(key, entrant.now(), entrant.random())) return refusal(throttled(entrant))
    return {
      _tag: "Pass",
      waited: false,
      leave: (end) => {
        if (end.category !== undefined) state.record(key, isAccepted(end.category), entrant.now())
        return Effect.void
      }
    }
  }
})

/** The provider took the request on: everything but being overloaded or too fast for it. */
const isAccepted = (category: NonNullable<AttemptEnd["category"]>): boolean =>
  category !== "transient" && category !== "throttled"

const throttled = (entrant: Entrant): CallError.RateLimited =>
  entrant.raise(
    () =>
      new CallError.RateLimited({
        ...entrant.info(),
        category: "throttled",
        source: "local",
        limit: undefined,
        retryAfter: undefined,
        status: undefined
      })
  )
