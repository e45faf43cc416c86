/** The strategy of adaptive throttling: rejects a share of the attempts while the provider rejects more than it accepts. */
import { Effect } from "effect"
import type { Admission, AttemptEnd, CallContext } from "../../Admission.ts"
import * as CallError from "../../CallError.ts"
import type * as Throttle from "../../Throttle.ts"
import { rejection } from "./permits.ts"

/** Rejects a share of the attempts while the provider rejects more than it accepts. */
export const throttleAdmission = (throttle: Throttle.Throttle, state: Throttle.State, shared: string): Admission => ({
  acquire: (call) => {
    const key = call.keyOf(throttle.key, shared)
    if (!state.admit(key, call.now(), call.random())) {
      call.emit({ _tag: "LimitReached", slot: "throttle", key, rejected: true })
      return rejection(throttled(call))
    }
    return {
      _tag: "Permit",
      waited: false,
      release: (end) => {
        if (end.category !== undefined) state.record(key, isAccepted(end.category), call.now())
        return Effect.void
      }
    }
  }
})

/** Whether the provider accepted the request: every outcome except an overload or throttling. */
const isAccepted = (category: NonNullable<AttemptEnd["category"]>): boolean =>
  category !== "transient" && category !== "throttled"

const throttled = (call: CallContext): CallError.RateLimited =>
  call.raise(
    () =>
      new CallError.RateLimited({
        ...call.info(),
        category: "throttled",
        source: "local",
        limit: undefined,
        retryAfter: undefined,
        status: undefined
      })
  )
