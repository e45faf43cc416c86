/** The strategies of bulkhead and concurrency limit: a limit of attempts in flight, and a fair queue for the others. */
import { Effect } from "effect"
import type { Admission, AttemptEnd, CallContext, Decision, Permit } from "../../Admission.ts"
import * as CallError from "../../CallError.ts"
import type * as InFlight from "../../InFlight.ts"
import type { KeyInput } from "../../RateLimit.ts"
import { rejection } from "./permits.ts"

/** The slot of a limit, and how it splits its callers. */
interface Limit {
  readonly slot: "bulkhead" | "concurrency"
  readonly key: ((call: KeyInput) => string) | undefined
}

/** Admits a limited number of attempts at once, and queues the others fairly. */
export const inFlightAdmission = (inFlight: InFlight.InFlight, { key, slot }: Limit, shared: string): Admission => ({
  acquire: (call) => {
    const now = call.now()
    const remaining = call.remainingMillis(now)
    const own = call.keyOf(key, shared)
    const entry = inFlight.enter(own, call.options.priority ?? 0, remaining)
    if (entry._tag !== "Entered") {
      call.emit({ _tag: "LimitReached", slot, key: own, rejected: entry._tag === "Full" })
    }
    switch (entry._tag) {
      case "Entered":
        return pass(entry, false, call)
      case "Full":
        return rejection(full(entry.waiting, inFlight.limit, call))
      case "Queued":
        return Effect.map(entry.wait, (waited): Decision =>
          waited._tag === "Entered" ? pass(waited, true, call) : rejection(full(waited.waiting, inFlight.limit, call))
        )
    }
  }
})

const pass = (entered: InFlight.Entered, waited: boolean, call: CallContext): Permit => ({
  _tag: "Permit",
  waited,
  release: (end) => {
    entered.leave(outcomeOf(end.category), end.elapsedMillis, call.now())
    return Effect.void
  }
})

const outcomeOf = (category: AttemptEnd["category"]): "success" | "failure" | "ignored" => {
  if (category === undefined) return "ignored"
  return category === "transient" || category === "throttled" ? "failure" : "success"
}

const full = (waiting: number, limit: number, call: CallContext): CallError.BulkheadFull =>
  call.raise(() => new CallError.BulkheadFull({ ...call.info(), category: "throttled", waiting, limit }))
