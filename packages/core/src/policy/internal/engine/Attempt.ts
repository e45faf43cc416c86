/** One attempt while it runs. */
import { Effect, type Fiber } from "effect"
import type { HttpBody } from "effect/http/HttpBody"
import type { AttemptEnd } from "../../Admission.ts"
import type * as CallError from "../../CallError.ts"
import * as AtOnce from "../AtOnce.ts"
import { type AttemptFailure, failedWith, type PolicyError } from "./attemptFailure.ts"
import type * as Model from "./model.ts"
import { type MovingLimit, timeLimited, type Wait, waitLimited } from "./timeLimit.ts"
import { type Sending, sendingOf } from "./sending.ts"

/** The call that an attempt belongs to. */
export interface CallOfAttempt {
  readonly fiber: Fiber.Fiber<unknown, unknown>
  readonly deadlineMillis: number
  readonly statedDeadlineMillis: number
  readonly now: () => number
  readonly info: (requestId?: string) => CallError.CallInfo
  readonly timeout: (scope: CallError.Timeout["scope"], millis?: number) => CallError.Timeout
  /** Pauses the standard deadline of the call for some time; a deadline of the endpoint or the call is not paused. */
  readonly paused: (millis: number) => void
}

/** The time of an attempt: when it began, and how long it may take by its own limit and by the deadline of the call. */
export interface Time {
  readonly beganAt: number
  readonly remainingMillis: number
  readonly timeoutMillis: number
  /** The longest time including the upload, by the limits of the endpoint or the call. */
  readonly statedMillis: { readonly timeout: number; readonly deadline: number }
}

export class Attempt implements Model.Attempt {
  readonly fiber: Fiber.Fiber<unknown, unknown>
  readonly number: number
  readonly time: Time
  readonly #call: CallOfAttempt
  #sending: Sending | undefined = undefined
  #passed: Limit | undefined = undefined
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
    return this.time.beganAt + this.time.statedMillis.deadline
  }

  get deadlineMillis(): number {
    return this.#call.statedDeadlineMillis
  }

  sending(body: HttpBody, idleMillis: number): HttpBody {
    const found = sendingOf(body, { idleMillis, now: () => this.#call.now() })
    this.#sending = found?.sending
    return found?.body ?? body
  }

  get isSending(): boolean {
    return this.#sending !== undefined
  }

  /** Pauses the deadline of the call for the time of sending the body. */
  sent(): void {
    const sending = this.#sending
    if (sending === undefined) return
    sending.end()
    this.#call.paused(sending.tookMillis(this.#call.now()))
  }

  readonly received = (answer: AttemptEnd["answer"]): void => {
    this.answer = answer
  }

  info(requestId?: string): CallError.CallInfo {
    return this.#call.info(requestId)
  }

  inTime<A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | AttemptFailure<PolicyError, never>, R> {
    if (AtOnce.exitOf(effect) !== undefined) return effect
    const limit = this.#limit()
    return limit === Infinity ? effect : timeLimited(effect, limit, () => this.#tooLong())
  }

  wait<A, E, R>(wait: Wait<A, E, R>): Effect.Effect<A, E | AttemptFailure<PolicyError, never>, R> {
    const limit = this.#limit()
    return limit === Infinity
      ? Effect.callback((resume) => Effect.sync(wait(resume)))
      : waitLimited(wait, limit, this.#call.fiber, () => this.#tooLong())
  }

  /** What an Effect succeeds with before the time of the attempt is up, else `otherwise`. */
  within<A>(effect: Effect.Effect<A>, otherwise: A): Effect.Effect<A> {
    const limit = this.#limit()
    return limit === Infinity ? effect : timeLimited(effect, limit, () => Effect.succeed(otherwise))
  }

  #limit(): number | MovingLimit {
    const sending = this.#sending
    if (sending === undefined) return this.#leftMillis(0)
    const leftMillis = () => {
      const shortest = this.#shortest(sending)
      // The limit interrupts the Effect first: by then the body is no longer being sent.
      if (shortest.leftMillis <= 0) this.#passed ??= shortest
      return shortest.leftMillis
    }
    const limit: MovingLimit = { leftMillis, changed: () => {} }
    sending.onChange = () => limit.changed()
    return limit
  }

  /** If the clock was set back, the time left is at most the whole time. */
  #leftMillis(pausedMillis: number): number {
    const { remainingMillis, timeoutMillis } = this.time
    const limit = Math.min(timeoutMillis, remainingMillis)
    return limit === Infinity ? limit : Math.max(0, limit - Math.max(0, this.#spentMillis() - pausedMillis))
  }

  #spentMillis(): number {
    return Math.max(0, this.#call.now() - this.time.beganAt)
  }

  /** The limit that ends an attempt which sends a large body: standard limits are paused meanwhile. */
  #shortest(sending: Sending): Limit {
    const { remainingMillis, statedMillis, timeoutMillis } = this.time
    const now = this.#call.now()
    const spent = this.#spentMillis()
    const unpaused = spent - sending.tookMillis(now)
    const limits: ReadonlyArray<Limit> = [
      { scope: "deadline", leftMillis: statedMillis.deadline - spent, millis: this.#call.statedDeadlineMillis },
      { scope: "attempt", leftMillis: statedMillis.timeout - spent },
      { scope: "idle", leftMillis: sending.idleLeftMillis(now), millis: sending.idleMillis },
      // These two are paused while the body is being sent.
      { scope: "deadline", leftMillis: sending.isOpen ? Infinity : remainingMillis - unpaused },
      { scope: "attempt", leftMillis: sending.isOpen ? Infinity : timeoutMillis - unpaused }
    ]
    return limits.reduce((shortest, limit) => (limit.leftMillis < shortest.leftMillis ? limit : shortest))
  }

  #tooLong(): Effect.Effect<never, AttemptFailure<PolicyError, never>> {
    const { remainingMillis, timeoutMillis } = this.time
    if (this.#sending === undefined) {
      return Effect.fail(failedWith(this.#call.timeout(remainingMillis <= timeoutMillis ? "deadline" : "attempt")))
    }
    const { millis, scope } = this.#passed ?? this.#shortest(this.#sending)
    return Effect.fail(failedWith(this.#call.timeout(scope, millis)))
  }
}

interface Limit {
  readonly scope: CallError.Timeout["scope"]
  readonly leftMillis: number
  readonly millis?: number
}
