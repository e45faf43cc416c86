/** One attempt while it runs. */
import { Effect, type Fiber } from "effect"
import type { AttemptEnd } from "../../Admission.ts"
import type * as CallError from "../../CallError.ts"
import * as AtOnce from "../AtOnce.ts"
import { type AttemptFailure, failedWith, type PolicyError } from "./attemptFailure.ts"
import type * as Model from "./model.ts"
import { timeLimited, type Wait, waitLimited } from "./timeLimit.ts"

/** The call that an attempt belongs to. */
export interface CallOfAttempt {
  readonly fiber: Fiber.Fiber<unknown, unknown>
  readonly deadlineMillis: number
  readonly now: () => number
  readonly info: (requestId?: string) => CallError.CallInfo
  readonly timeout: (scope: "attempt" | "deadline") => CallError.Timeout
}

/** The time of an attempt: when it began, and how long it may take by its own limit and by the deadline of the call. */
export interface Time {
  readonly beganAt: number
  readonly remainingMillis: number
  readonly timeoutMillis: number
}

export class Attempt implements Model.Attempt {
  readonly fiber: Fiber.Fiber<unknown, unknown>
  readonly number: number
  readonly time: Time
  readonly #call: CallOfAttempt
  answer: AttemptEnd["answer"] = undefined

  constructor(call: CallOfAttempt, number: number, time: Time) {
    this.#call = call
    this.fiber = call.fiber
    this.number = number
    this.time = time
  }

  get remainingMillis(): number {
    return this.time.remainingMillis
  }

  get deadlineAt(): number {
    return this.time.beganAt + this.time.remainingMillis
  }

  get deadlineMillis(): number {
    return this.#call.deadlineMillis
  }

  readonly received = (answer: AttemptEnd["answer"]): void => {
    this.answer = answer
  }

  info(requestId?: string): CallError.CallInfo {
    return this.#call.info(requestId)
  }

  inTime<A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | AttemptFailure<PolicyError, never>, R> {
    if (AtOnce.exitOf(effect) !== undefined) return effect
    const millis = this.#leftMillis()
    return millis === Infinity ? effect : timeLimited(effect, millis, () => this.#tooLong())
  }

  wait<A, E, R>(wait: Wait<A, E, R>): Effect.Effect<A, E | AttemptFailure<PolicyError, never>, R> {
    const millis = this.#leftMillis()
    return millis === Infinity
      ? Effect.callback((resume) => Effect.sync(wait(resume)))
      : waitLimited(wait, millis, this.#call.fiber, () => this.#tooLong())
  }

  /** What an Effect succeeds with before the time of the attempt is up, else `otherwise`. */
  within<A>(effect: Effect.Effect<A>, otherwise: A): Effect.Effect<A> {
    const millis = this.#leftMillis()
    return millis === Infinity ? effect : timeLimited(effect, millis, () => Effect.succeed(otherwise))
  }

  /** A clock that was set back gives no more than the whole time. */
  #leftMillis(): number {
    const { beganAt, remainingMillis, timeoutMillis } = this.time
    const limit = Math.min(timeoutMillis, remainingMillis)
    return limit === Infinity ? limit : Math.max(0, limit - Math.max(0, this.#call.now() - beganAt))
  }

  #tooLong(): Effect.Effect<never, AttemptFailure<PolicyError, never>> {
    const { remainingMillis, timeoutMillis } = this.time
    return Effect.fail(failedWith(this.#call.timeout(remainingMillis <= timeoutMillis ? "deadline" : "attempt")))
  }
}
