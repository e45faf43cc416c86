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
  type Refusal,
  refusal
} from "./Gate.ts"

/** Lets an attempt through unless its circuit is open, and counts how it ended. */
export const breakerGate = (store: Store, breaker: Breaker, shared: string): Gate => {
  const circuits = { store, breaker, refusals: new Refusals() }
  return { enter: (entrant) => admit(circuits, entrant.keyOf(breaker.key, shared), entrant) }
}

type Store = BreakerStore.BreakerStore["Service"]

/** What one gate has in common for all attempts. */
interface Circuits {
  readonly store: Store
  readonly breaker: Breaker
  readonly refusals: Refusals
}

const admit = (circuits: Circuits, key: string, entrant: Entrant): Answer | Effect.Effect<Answer> => {
  const admission = circuits.store.admit(key, circuits.breaker, entrant.now())
  const exit = AtOnce.exitOf(admission)
  return exit !== undefined && Exit.isSuccess(exit)
    ? answer(circuits, key, entrant, exit.value)
    : Effect.map(admission, (admission) => answer(circuits, key, entrant, admission))
}

const answer = (circuits: Circuits, key: string, entrant: Entrant, admission: BreakerStore.Admission): Answer => {
  if (admission._tag !== "Admitted") {
    const retryAfterMillis = admission._tag === "Open" ? admission.retryAfterMillis : undefined
    return circuits.refusals.of(key, retryAfterMillis, entrant)
  }
  tell(entrant, admission.transition)
  return new BreakerPass(circuits, key, admission.generation, entrant)
}

/**
 * The last refusal of a circuit, for those in the same millisecond that would say the same: to make an error costs more than
 * everything else that a refused call does.
 */
class Refusals {
  #key = ""
  #retryAfterMillis: number | undefined = undefined
  #last: Refusal | undefined = undefined

  of(key: string, retryAfterMillis: number | undefined, entrant: Entrant): Refusal {
    if (!entrant.isUntried) return refusal(circuitOpen(key, retryAfterMillis, entrant))
    if (this.#last === undefined || this.#key !== key || this.#retryAfterMillis !== retryAfterMillis) {
      this.#key = key
      this.#retryAfterMillis = retryAfterMillis
      this.#last = refusal(circuitOpen(key, retryAfterMillis, entrant))
    }
    return this.#last
  }
}

class BreakerPass implements Pass {
  readonly _tag = "Pass"
  readonly waited = false
  readonly #circuits: Circuits
  readonly #key: string
  readonly #generation: number
  readonly #entrant: Entrant

  constructor(circuits: Circuits, key: string, generation: number, entrant: Entrant) {
    this.#circuits = circuits
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
      const answer = admit(this.#circuits, this.#key, this.#entrant)
      return isAnswer(answer) ? Effect.succeed(answer) : answer
    })
  }

  #record(
    outcome: BreakerStore.Outcome,
    end: Pick<AttemptEnd, "elapsedMillis" | "retryAfterMillis">
  ): Effect.Effect<void> {
    const { breaker, store } = this.#circuits
    const recorded = store.record(this.#key, breaker, this.#generation, outcome, this.#entrant.now(), end)
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
