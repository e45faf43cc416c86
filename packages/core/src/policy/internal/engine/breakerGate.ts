import { Duration, Effect } from "effect"
import type { Breaker } from "../../Breaker.ts"
import type * as BreakerStore from "../../BreakerStore.ts"
import * as CallError from "../../CallError.ts"
import { andThenNow, type Answer, type AttemptEnd, type Entrant, type Gate, type Pass, refuse } from "./Gate.ts"

/** Lets an attempt through unless its circuit is open, and counts how it ended. */
export const breakerGate = (store: BreakerStore.BreakerStore["Service"], breaker: Breaker, shared: string): Gate => ({
  enter: (entrant) => admit(store, breaker, entrant.keyOf(breaker.key, shared), entrant)
})

type Store = BreakerStore.BreakerStore["Service"]

const admit = (store: Store, breaker: Breaker, key: string, entrant: Entrant): Effect.Effect<Answer> =>
  andThenNow(store.admit(key, breaker, entrant.now()), (admission): Effect.Effect<Answer> => {
    if (admission._tag !== "Admitted") {
      return refuse(circuitOpen(key, admission._tag === "Open" ? admission.retryAfterMillis : undefined, entrant))
    }
    tell(entrant, admission.transition)
    return Effect.succeed(pass(store, breaker, key, admission.generation, entrant))
  })

const pass = (store: Store, breaker: Breaker, key: string, generation: number, entrant: Entrant): Pass => {
  const record = (outcome: BreakerStore.Outcome, end: Pick<AttemptEnd, "elapsedMillis" | "retryAfterMillis">) =>
    andThenNow(store.record(key, breaker, generation, outcome, entrant.now(), end), (transition) => {
      tell(entrant, transition)
      return Effect.void
    })
  return {
    _tag: "Pass",
    waited: false,
    leave: (end) => record(outcomeOf(end.category), end),
    confirm: () =>
      andThenNow(record("ignored", { elapsedMillis: 0, retryAfterMillis: undefined }), () =>
        admit(store, breaker, key, entrant)
      )
  }
}

/** Interruptions and defects say nothing about the provider, and being too fast does not mean that it is down. */
const outcomeOf = (category: AttemptEnd["category"]): BreakerStore.Outcome => {
  if (category === "transient") return "failure"
  return category === undefined || category === "throttled" ? "ignored" : "success"
}

const tell = (entrant: Entrant, transition: BreakerStore.Transition | undefined): void => {
  if (transition !== undefined) entrant.tell({ _tag: "CircuitChanged", transition })
}

const circuitOpen = (key: string, retryAfterMillis: number | undefined, entrant: Entrant): CallError.CircuitOpen =>
  entrant.raise(
    () =>
      new CallError.CircuitOpen({
        ...entrant.info(),
        category: "transient",
        key,
        retryAfter: retryAfterMillis === undefined ? undefined : Duration.millis(retryAfterMillis)
      })
  )
