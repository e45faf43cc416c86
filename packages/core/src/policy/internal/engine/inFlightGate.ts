import { Effect } from "effect"
import * as CallError from "../../CallError.ts"
import type * as InFlight from "../../InFlight.ts"
import type { KeyInput } from "../../RateLimit.ts"
import { type Answer, type AttemptEnd, type Entrant, type Gate, type Pass, refusal } from "./Gate.ts"

/** Lets so many attempts be in flight at once, and the others wait in a fair queue. */
export const inFlightGate = (
  inFlight: InFlight.InFlight,
  key: ((call: KeyInput) => string) | undefined,
  shared: string
): Gate => ({
  enter: (entrant) => {
    const now = entrant.now()
    const remaining = entrant.remainingMillis(now)
    const entry = inFlight.enter(entrant.keyOf(key, shared), entrant.options.priority ?? 0, remaining)
    switch (entry._tag) {
      case "Entered":
        return pass(entry, false, entrant)
      case "Full":
        return refusal(full(entry.waiting, inFlight.limit, entrant))
      case "Queued":
        return Effect.map(entry.wait, (waited): Answer =>
          waited._tag === "Entered"
            ? pass(waited, true, entrant)
            : refusal(full(waited.waiting, inFlight.limit, entrant))
        )
    }
  }
})

const pass = (entered: InFlight.Entered, waited: boolean, entrant: Entrant): Pass => ({
  _tag: "Pass",
  waited,
  leave: (end) => {
    entered.leave(outcomeOf(end.category), end.elapsedMillis, entrant.now())
    return Effect.void
  }
})

const outcomeOf = (category: AttemptEnd["category"]): "success" | "failure" | "ignored" => {
  if (category === undefined) return "ignored"
  return category === "transient" || category === "throttled" ? "failure" : "success"
}

const full = (waiting: number, limit: number, entrant: Entrant): CallError.BulkheadFull =>
  entrant.raise(() => new CallError.BulkheadFull({ ...entrant.info(), category: "throttled", waiting, limit }))
