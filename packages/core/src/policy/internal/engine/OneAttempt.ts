import { Effect, type Fiber } from "effect"
import type * as CallError from "../../CallError.ts"
import * as AtOnce from "../AtOnce.ts"
import { type AttemptFailure, failedWith, type PolicyError } from "./failedAttempt.ts"
import type { AttemptEnd } from "./Gate.ts"
import type { Attempt } from "./model.ts"
import { alarmIn, timeLimited, waitLimited } from "./timeLimit.ts"

/** What an attempt asks of its call. */
export interface CallOfAttempt {
  readonly fiber: Fiber.Fiber<unknown, unknown>
  readonly now: () => number
  readonly info: (requestId?: string) => CallError.CallInfo
  readonly timeout: (scope: "attempt" | "deadline") => CallError.Timeout
}

/** One attempt while it runs, and what it has learned for those who are told of its end. */
export class OneAttempt implements Attempt {
  readonly number: number
  readonly beganAt: number
  readonly remainingMillis: number
  readonly #call: CallOfAttempt
  readonly #timeoutMillis: number
  answer: AttemptEnd["answer"] = undefined
  readonly received = (answer: AttemptEnd["answer"]): void => {
    this.answer = answer
  }

  constructor(call: CallOfAttempt, number: number, beganAt: number, remainingMillis: number, timeoutMillis: number) {
    this.#call = call
    this.number = number
    this.beganAt = beganAt
    this.remainingMillis = remainingMillis
    this.#timeoutMillis = timeoutMillis
  }

  info(requestId?: string): CallError.CallInfo {
    return this.#call.info(requestId)
  }

  inTime<A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | AttemptFailure<PolicyError>, R> {
    if (this.#limitMillis === Infinity || AtOnce.exitOf(effect) !== undefined) return effect
    return timeLimited(effect, this.#leftMillis(), () => this.#tooLong())
  }

  waitInTime<A, E, R>(
    begin: (resume: (effect: Effect.Effect<A, E, R>) => void) => () => void
  ): Effect.Effect<A, E | AttemptFailure<PolicyError>, R> {
    if (this.#limitMillis === Infinity) return wait(begin)
    return waitLimited(begin, this.#leftMillis(), this.#call.fiber, () => this.#tooLong())
  }

  /** Rings when the time is up, unless it is cleared before by what this gives. */
  alarm(ring: (tooLong: AttemptFailure<PolicyError>) => void): () => void {
    if (this.#limitMillis === Infinity) return nothing
    return alarmIn(this.#leftMillis(), this.#call.fiber, () => ring(this.#failure()))
  }

  get #limitMillis(): number {
    return Math.min(this.#timeoutMillis, this.remainingMillis)
  }

  /** A clock that was set back gives no more than the whole time. */
  #leftMillis(): number {
    const passed = Math.max(0, this.#call.now() - this.beganAt)
    return Math.max(0, this.#limitMillis - passed)
  }

  #tooLong(): Effect.Effect<never, AttemptFailure<PolicyError>> {
    return Effect.fail(this.#failure())
  }

  #failure(): AttemptFailure<PolicyError> {
    return failedWith(this.#call.timeout(this.remainingMillis <= this.#timeoutMillis ? "deadline" : "attempt"))
  }
}

const nothing = (): void => {}

const wait = <A, E, R>(
  begin: (resume: (effect: Effect.Effect<A, E, R>) => void) => () => void
): Effect.Effect<A, E, R> => Effect.callback((resume) => Effect.sync(begin(resume)))
