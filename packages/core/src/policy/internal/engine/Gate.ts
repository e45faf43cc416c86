import { Effect, Exit } from "effect"
import type { CallEvent } from "../../CallObserver.ts"
import type { CallInfo } from "../../CallError.ts"
import type { Category, Response } from "../../Failure.ts"
import * as AtOnce from "../AtOnce.ts"
import type { CallOptions } from "../compiledPolicy.ts"
import type { KeyInput } from "../../RateLimit.ts"
import { type AttemptFailure, failedWith, type PolicyError } from "./failedAttempt.ts"

/** What a gate may ask of the call that stands before it. */
export interface Entrant {
  readonly options: CallOptions
  readonly now: () => number
  /** From 0 to 1. */
  readonly random: () => number
  readonly remainingMillis: (now: number) => number
  readonly keyOf: (key: ((call: KeyInput) => string) | undefined, shared: string) => string
  /** What was decoded of an attempt's success. */
  readonly decodedOf: (success: unknown) => unknown
  readonly info: () => CallInfo
  /** Makes an error without a stack, which would cost more than the refusal; with one when `Policy.debug` is on. */
  readonly raise: <E>(make: () => E) => E
  /** Whether nothing is known of the call but its site: no attempt was made, no time has gone by, no stack is wanted. */
  readonly isUntried: boolean
  /** Whether anybody hears what is told. */
  readonly isObserved: boolean
  readonly tell: (event: EventOfCall) => void
}

type WithoutPlace<Event> = Event extends CallEvent ? Omit<Event, "integration" | "endpoint"> : never

export type EventOfCall = WithoutPlace<CallEvent>

/** How an attempt that passed a gate ended; `category` is undefined for one that was interrupted or died. */
export interface AttemptEnd {
  readonly category: Category | "success" | undefined
  readonly elapsedMillis: number
  readonly retryAfterMillis: number | undefined
  /** Undefined when none came. */
  readonly answer: Omit<Response, "now"> | undefined
  /** What the attempt succeeded with; undefined when it failed. */
  readonly success: unknown
}

/** An attempt that passed: what must be told when it has ended. */
export interface Pass {
  readonly _tag: "Pass"
  readonly waited: boolean
  readonly leave: (end: AttemptEnd) => Effect.Effect<void>
  /** After a wait at a later gate: may it still go? Gives itself back when not. */
  readonly confirm?: () => Effect.Effect<Answer>
}

/** An attempt that did not pass: how it ends, and how its call does. */
export interface Refusal {
  readonly _tag: "Refusal"
  readonly attempt: Effect.Effect<never, AttemptFailure<PolicyError>>
  readonly call: Effect.Effect<never, PolicyError>
}

export type Answer = Pass | Refusal

/** One strategy that decides, before an attempt, whether it goes now, later, or not at all. */
export interface Gate {
  /** An answer that is known at once needs no effect around it. */
  readonly enter: (entrant: Entrant) => Answer | Effect.Effect<Answer>
}

/** What a gate has answered at once, or the wait for its answer. */
export const atOnce = (answer: Answer | Effect.Effect<Answer>): Answer | Effect.Effect<Answer> => {
  if (isAnswer(answer)) return answer
  const exit = AtOnce.exitOf(answer)
  return exit !== undefined && Exit.isSuccess(exit) ? exit.value : answer
}

/** No effect has one of these tags. */
export const isAnswer = (answer: Answer | Effect.Effect<Answer>): answer is Answer => {
  const { _tag: tag } = answer as { readonly _tag?: unknown }
  return tag === "Pass" || tag === "Refusal"
}

/** An attempt that passed a gate but was never made. */
export const neverMade: AttemptEnd = {
  category: undefined,
  elapsedMillis: 0,
  retryAfterMillis: undefined,
  answer: undefined,
  success: undefined
}

export const refusal = (error: PolicyError): Refusal => {
  const call = Effect.fail(error)
  return { _tag: "Refusal", call, attempt: Effect.fail({ ...failedWith(error), refused: call }) }
}

/** Goes on synchronously when a store has answered at once. */
export const andThenNow = <A, B, E, R>(
  answer: Effect.Effect<A>,
  next: (value: A) => Effect.Effect<B, E, R>
): Effect.Effect<B, E, R> => {
  const exit = AtOnce.exitOf(answer)
  return exit === undefined || Exit.isFailure(exit) ? Effect.flatMap(answer, next) : next(exit.value)
}

/** All passes in turn; at once when each of them answers at once. */
export const leaveAll = (passes: ReadonlyArray<Pass>, end: AttemptEnd): Effect.Effect<void> => {
  let left: Effect.Effect<void> = Effect.void
  for (const pass of passes) {
    const leaving = pass.leave(end)
    if (AtOnce.exitOf(leaving) === undefined) left = Effect.andThen(left, leaving)
  }
  return left
}
