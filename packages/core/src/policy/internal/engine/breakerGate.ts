import { Duration, Effect, Exit } from "effect"
import type { Breaker } from "../../Breaker.ts"
import type * as BreakerStore from "../../BreakerStore.ts"
import * as CallError from "../../CallError.ts"
import * as AtOnce from "../AtOnce.ts"
import {
  andThenNow,
  type Answer,
  type AttemptEnd,
  type Entrant,
  type Gate,
  isAnswer,
  type Pass,
  refusal
} from "./Gate.ts"

/** Lets an attempt through unless its circuit is open, and counts how it ended. */
export const breakerGate = (store: Store, breaker: Breaker, shared: string): Gate => ({
  enter: (entrant) => admit(store, breaker, entrant.keyOf(breaker.key, shared), entrant)
})

type Store = BreakerStore.BreakerStore["Service"]

const admit = (store: Store, breaker: Breaker, key: string, entrant: Entrant): Answer | Effect.Effect<Answer> => {
  const admission = store.admit(key, breaker, entrant.now())
  const exit = AtOnce.exitOf(admission)
  return exit !== undefined && Exit.isSuccess(exit)
    ? answer(store, breaker, key, entrant, exit.value)
    : Effect.map(admission, (admission) => answer(store, breaker, key, entrant, admission))
}

const answer = (
  store: Store,
  breaker: Breaker,
  key: string,
  entrant: Entrant,
  admission: BreakerStore.Admission
): Answer => {
  if (admission._tag !== "Admitted") {
    return refusal(circuitOpen(key, admission._tag === "Open" ? admission.retryAfterMillis : undefined, entrant))
  }
  tell(entrant, admission.transition)
  return new BreakerPass(store, breaker, key, admission.generation, entrant)
}

class BreakerPass implements Pass {
  readonly _tag = "Pass"
  readonly waited = false
  readonly #store: Store
  readonly #breaker: Breaker
  readonly #key: string
  readonly #generation: number
  readonly #entrant: Entrant

  constructor(store: Store, breaker: Breaker, key: string, generation: number, entrant: Entrant) {
    this.#store = store
    this.#breaker = breaker
    this.#key = key
    this.#generation = generation
    this.#entrant = entrant
  }

  leave(end: AttemptEnd): Effect.Effect<void> {
    return this.#record(outcomeOf(end.category), end)
  }

  confirm(): Effect.Effect<Answer> {
    const unused = { elapsedMillis: 0, retryAfterMillis: undefined }
    return andThenNow(this.#record("ignored", unused), () => {
      const answer = admit(this.#store, this.#breaker, this.#key, this.#entrant)
      return isAnswer(answer) ? Effect.succeed(answer) : answer
    })
  }

  #record(
    outcome: BreakerStore.Outcome,
    end: Pick<AttemptEnd, "elapsedMillis" | "retryAfterMillis">
  ): Effect.Effect<void> {
    const recorded = this.#store.record(this.#key, this.#breaker, this.#generation, outcome, this.#entrant.now(), end)
    return andThenNow(recorded, (transition) => {
      tell(this.#entrant, transition)
      return Effect.void
    })
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
