/** The strategy of the circuit breaker: admits an attempt unless its circuit is open, and records how it ended. */
import { Duration, Effect, Exit } from "effect"
import type { Admission, AttemptEnd, CallContext, Decision, Permit, Rejection } from "../../Admission.ts"
import type { Breaker } from "../../Breaker.ts"
import type * as BreakerStore from "../../BreakerStore.ts"
import * as CallError from "../../CallError.ts"
import * as AtOnce from "../AtOnce.ts"
import { descriptions } from "../descriptions.ts"
import { isDecision, rejection } from "./permits.ts"

/** Admits an attempt unless its circuit is open, and counts its outcome. */
export const breakerAdmission = (store: Store, breaker: Breaker, shared: string): Admission => {
  const circuits = { store, breaker, rejections: new Rejections() }
  return { acquire: (call) => admit(circuits, call.keyOf(breaker.key, shared), call) }
}

type Store = BreakerStore.BreakerStore["Service"]

/** State shared by all attempts of one call site. */
interface Circuits {
  readonly store: Store
  readonly breaker: Breaker
  readonly rejections: Rejections
}

const admit = (circuits: Circuits, key: string, call: CallContext): Decision | Effect.Effect<Decision> => {
  const admission = circuits.store.admit(key, circuits.breaker, call.now())
  const exit = AtOnce.exitOf(admission)
  return exit !== undefined && Exit.isSuccess(exit)
    ? answer(circuits, key, call, exit.value)
    : Effect.map(admission, (admission) => answer(circuits, key, call, admission))
}

const answer = (circuits: Circuits, key: string, call: CallContext, admission: BreakerStore.Admission): Decision => {
  if (admission._tag !== "Admitted") {
    const retryAfterMillis = admission._tag === "Open" ? admission.retryAfterMillis : undefined
    return circuits.rejections.of(key, retryAfterMillis, call)
  }
  if (admission.transition !== undefined) emit(call, circuits.breaker, admission.transition)
  return permit(circuits, key, admission.generation, call)
}

/**
 * The last rejection of a circuit, reused for equal rejections in the same millisecond: creating an error costs more than
 * the rest of a rejected call.
 */
class Rejections {
  #key = ""
  #retryAfterMillis: number | undefined = undefined
  #last: Rejection | undefined = undefined

  of(key: string, retryAfterMillis: number | undefined, call: CallContext): Rejection {
    if (!call.isUntried) return rejection(circuitOpen(key, retryAfterMillis, call))
    if (this.#last === undefined || this.#key !== key || this.#retryAfterMillis !== retryAfterMillis) {
      this.#key = key
      this.#retryAfterMillis = retryAfterMillis
      this.#last = rejection(circuitOpen(key, retryAfterMillis, call))
    }
    return this.#last
  }
}

/** An admitted attempt; its end is recorded, and it can be decided again after a wait. */
const permit = (circuits: Circuits, key: string, generation: number, call: CallContext): Permit => ({
  _tag: "Permit",
  waited: false,
  release: (end) => record({ circuits, key, generation, call }, outcomeOf(end.category), end),
  confirm: () => {
    const unused = { elapsedMillis: 0, retryAfterMillis: undefined }
    return AtOnce.flatMap(record({ circuits, key, generation, call }, "ignored", unused), () => {
      const answer = admit(circuits, key, call)
      return isDecision(answer) ? Effect.succeed(answer) : answer
    })
  }
})

interface Admitted {
  readonly circuits: Circuits
  readonly key: string
  readonly generation: number
  readonly call: CallContext
}

const record = (
  { call, circuits, generation, key }: Admitted,
  outcome: BreakerStore.Outcome,
  end: Pick<AttemptEnd, "elapsedMillis" | "retryAfterMillis">
): Effect.Effect<void> => {
  const recorded = circuits.store.record(key, circuits.breaker, generation, outcome, call.now(), end)
  const exit = AtOnce.exitOf(recorded)
  if (exit !== undefined && Exit.isSuccess(exit) && exit.value === undefined) return Effect.void
  return AtOnce.map(recorded, (transition) => {
    if (transition !== undefined) emit(call, circuits.breaker, transition)
  })
}

/** Interruptions and defects say nothing about the provider, and being too fast does not mean that it is down. */
const outcomeOf = (category: AttemptEnd["category"]): BreakerStore.Outcome => {
  if (category === "transient") return "failure"
  return category === undefined || category === "throttled" ? "ignored" : "success"
}

const emit = (call: CallContext, breaker: Breaker, transition: BreakerStore.Transition): void =>
  call.emit({ _tag: "CircuitChanged", transition, breaker: descriptions.circuitBreaker(breaker) })

const circuitOpen = (key: string, retryAfterMillis: number | undefined, call: CallContext): CallError.CircuitOpen =>
  call.raise(
    () =>
      new CallError.CircuitOpen({
        ...call.info(),
        category: "transient",
        key,
        retryAfter: retryAfterMillis === undefined ? undefined : Duration.millis(retryAfterMillis)
      })
  )
