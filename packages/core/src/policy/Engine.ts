/**
 * The one engine that runs every call: a policy compiled once per endpoint, interpreted attempt by attempt.
 *
 * **When to use**
 *
 * You meet it through an integration. Use it directly to give another kind of call the same policies, as the webhook
 * sender does.
 *
 * **Details**
 *
 * Deadline, then retry, and inside it, for each attempt: breaker, rate limit, timeout, the attempt itself. Breaker and
 * limiter are asked and told synchronously when their store answers at once. Nothing sleeps past the deadline.
 *
 * **Gotchas**
 *
 * `attempt` must be fresh each time: it authorizes, signs, sends, reads and decodes. What it fails with says whether
 * anything may have been sent; when in doubt, `sent` is true.
 *
 * **Example** (A call that succeeds at its second attempt)
 *
 * ```ts
 * import { Effect, Schedule } from "effect"
 * import { Engine, Policy } from "@causeway/core/policy"
 *
 * const engine = Engine.make({
 *   call: { integration: "app/Payments", endpoint: "ping", method: "GET", url: "/ping" },
 *   policy: Policy.compile({ retry: Schedule.recurs(3) })
 * })
 *
 * const program = Engine.run(engine, {
 *   idempotent: true,
 *   replayable: true,
 *   request: undefined,
 *   options: {},
 *   attempt: (attempt) =>
 *     attempt.number === 2
 *       ? Effect.succeed("pong")
 *       : Effect.fail({ error: "down", category: "transient", retryAfter: undefined, sent: true, declared: false } as const)
 * })
 *
 * Effect.runPromise(program).then((answer) => console.assert(answer === "pong"))
 * ```
 *
 * @since 0.1.0
 */
import { Cause, Clock, Duration, Effect, Exit, type Fiber, Pull, Result, Schedule } from "effect"
import * as BreakerStore from "./BreakerStore.ts"
import * as CallError from "./CallError.ts"
import { CallObserver, type CallEvent } from "./CallObserver.ts"
import type { Category, FailedAttempt } from "./Failure.ts"
import * as InvalidOption from "./InvalidOption.ts"
import type { CallOptions, Compiled } from "./Policy.ts"
import * as RateLimitStore from "./RateLimitStore.ts"

/**
 * Which call an engine runs: names for errors and events, and the URL template.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallSite {
  readonly integration: string
  readonly endpoint: string
  readonly method: string
  readonly url: string
}

/**
 * An attempt that is about to be made: its number (the first is 1), and the facts for its errors.
 *
 * @since 0.1.0
 * @category models
 */
export interface Attempt {
  readonly number: number
  readonly info: (requestId?: string) => CallError.CallInfo
}

/**
 * A failed attempt: the error that the call fails with when it is the last one, its category, the wait that the
 * provider asked for, whether anything may have been sent, and whether the error is one that the endpoint declares.
 *
 * @since 0.1.0
 * @category models
 */
export interface AttemptFailure<out E> {
  readonly error: E
  readonly category: Category
  readonly retryAfter: Duration.Duration | undefined
  readonly sent: boolean
  readonly declared: boolean
  readonly status?: number
  readonly requestId?: string | undefined
  /** The credentials were renewed after this refusal: one more attempt may succeed. */
  readonly renewed?: boolean
}

/**
 * A call: may it be repeated, can its body be sent again, what its caller asked for, and how one attempt is made.
 *
 * @since 0.1.0
 * @category models
 */
export interface Call<A, E, R> {
  readonly idempotent: boolean
  readonly replayable: boolean
  readonly request: unknown
  readonly options: CallOptions
  readonly attempt: (attempt: Attempt) => Effect.Effect<A, AttemptFailure<E>, R>
}

/**
 * What the policies of an engine can fail with.
 *
 * @since 0.1.0
 * @category models
 */
export type PolicyError = CallError.Timeout | CallError.RateLimited | CallError.CircuitOpen

/**
 * A policy compiled for one call site.
 *
 * @since 0.1.0
 * @category models
 */
export interface Engine {
  readonly call: CallSite
  readonly policy: Compiled
  readonly rateLimits: RateLimitStore.RateLimitStore["Service"]
  readonly breakers: BreakerStore.BreakerStore["Service"]
  readonly rateLimitKey: string
  readonly breakerKey: string
}

/**
 * Compiles an engine. Stores default to memory, keys to the call site's own.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: {
  readonly call: CallSite
  readonly policy: Compiled
  readonly rateLimits?: RateLimitStore.RateLimitStore["Service"] | undefined
  readonly breakers?: BreakerStore.BreakerStore["Service"] | undefined
  readonly rateLimitKey?: string
  readonly breakerKey?: string
}): Engine => {
  const ownKey = `${options.call.integration}/${options.call.endpoint}`
  return {
    call: options.call,
    policy: options.policy,
    rateLimits: options.rateLimits ?? RateLimitStore.makeMemory(),
    breakers: options.breakers ?? BreakerStore.makeMemory(),
    rateLimitKey: options.rateLimitKey ?? ownKey,
    breakerKey: options.breakerKey ?? ownKey
  }
}

/**
 * Runs a call under the engine's policies.
 *
 * @since 0.1.0
 * @category running
 */
export const run = <A, E, R>(engine: Engine, call: Call<A, E, R>): Effect.Effect<A, E | PolicyError, R> =>
  Effect.withFiber((fiber) => new Running(engine, call, fiber).start())

type Step = (now: number, input: FailedAttempt) => Pull.Pull<[unknown, Duration.Duration], never, unknown, never>

/** One call while it runs. */
class Running<A, E, R> {
  readonly #engine: Engine
  readonly #call: Call<A, E, R>
  readonly #clock: Clock.Clock
  readonly #observe: ((event: CallEvent) => void) | undefined
  readonly #startedAt: number
  readonly #deadlineMillis: number | undefined
  #attempts = 0
  #renewed = false
  #step: Step | undefined

  constructor(engine: Engine, call: Call<A, E, R>, fiber: Fiber.Fiber<unknown, unknown>) {
    this.#engine = engine
    this.#call = call
    this.#clock = fiber.getRef(Clock.Clock)
    this.#observe = fiber.getRef(CallObserver)
    this.#startedAt = this.#now()
    this.#deadlineMillis = shorter(engine.policy.deadlineMillis, ownDeadline(call.options))
  }

  start(): Effect.Effect<A, E | PolicyError, R> {
    const observe = this.#observe
    if (observe === undefined) return this.#nextAttempt()
    return Effect.onExit(this.#nextAttempt(), (exit) =>
      Effect.sync(() =>
        this.#tell({
          _tag: "CallEnded",
          succeeded: Exit.isSuccess(exit),
          attempts: this.#attempts,
          elapsedMillis: this.#elapsed()
        })
      )
    )
  }

  #nextAttempt(): Effect.Effect<A, E | PolicyError, R> {
    this.#attempts += 1
    const breaker = this.#engine.policy.circuitBreaker
    if (breaker === undefined) return this.#afterAdmission(undefined)
    const key = breaker.key === undefined ? this.#engine.breakerKey : this.#ownKey(breaker.key)
    return andThenNow(this.#engine.breakers.admit(key, breaker, this.#now()), (admission) => {
      if (admission._tag === "Open") return this.#circuitOpen(key, admission.retryAfterMillis)
      this.#tellTransition(admission.transition)
      return this.#afterAdmission({ key, breaker, generation: admission.generation })
    })
  }

  #afterAdmission(permit: Permit | undefined): Effect.Effect<A, E | PolicyError, R> {
    const limit = this.#engine.policy.rateLimit
    if (limit === undefined) return this.#execute(permit)
    const now = this.#now()
    const key = limit.key === undefined ? this.#engine.rateLimitKey : this.#ownKey(limit.key)
    const decision = this.#engine.rateLimits.reserve({
      key,
      now,
      limit: limit.limit,
      windowMillis: limit.windowMillis,
      maxWaiting: limit.maxWaiting,
      maxWaitMillis: Math.min(limit.maxWaitMillis, this.#remaining(now)),
      tokens: ownTokens(this.#call.options)
    })
    return andThenNow(decision, (turn) => {
      if (turn._tag === "Refused") {
        return Effect.andThen(this.#record(permit, "ignored"), this.#rateLimited(limit.limit, turn.retryAfterMillis))
      }
      return turn.delayMillis > 0 ? this.#waitForTurn(turn, permit, key) : this.#execute(permit, key)
    })
  }

  /** After a wait the circuit may have opened: it is asked again, with the turn given back when it has. */
  #waitForTurn(
    turn: RateLimitStore.Admitted,
    permit: Permit | undefined,
    key: string
  ): Effect.Effect<A, E | PolicyError, R> {
    const giveBack = Effect.andThen(turn.refund, this.#record(permit, "ignored"))
    const waited = Effect.onInterrupt(this.#sleep("rateLimit", turn.delayMillis), () => giveBack)
    return Effect.flatMap(waited, () =>
      permit === undefined ? this.#execute(permit, key) : this.#admitAgain(turn, permit, key)
    )
  }

  #admitAgain(turn: RateLimitStore.Admitted, permit: Permit, key: string): Effect.Effect<A, E | PolicyError, R> {
    const released = Effect.andThen(
      this.#record(permit, "ignored"),
      Effect.suspend(() => this.#engine.breakers.admit(permit.key, permit.breaker, this.#now()))
    )
    return Effect.flatMap(released, (admission) => {
      if (admission._tag === "Open") {
        return Effect.andThen(turn.refund, this.#circuitOpen(permit.key, admission.retryAfterMillis))
      }
      this.#tellTransition(admission.transition)
      return this.#execute({ ...permit, generation: admission.generation }, key)
    })
  }

  #execute(permit: Permit | undefined, limitKey?: string): Effect.Effect<A, E | PolicyError, R> {
    const beganAt = this.#now()
    const number = this.#attempts
    if (this.#remaining(beganAt) <= 0) {
      return Effect.andThen(this.#record(permit, "ignored"), Effect.fail(this.#timeout("deadline")))
    }
    this.#tell({ _tag: "AttemptStarted", attempt: number })
    const attempt = this.#call.attempt({ number, info: (requestId) => this.#info(requestId) })
    const recorded = Effect.onExit(this.#withTimeout(attempt, beganAt), (exit) => {
      const outcome = outcomeOf(exit)
      this.#tell({ _tag: "AttemptEnded", attempt: number, outcome, elapsedMillis: this.#now() - beganAt })
      return Effect.andThen(this.#pauseWhenThrottled(exit, limitKey), this.#record(permit, breakerOutcome(outcome)))
    })
    return Effect.catchCause(recorded, (cause) => this.#afterFailure(cause))
  }

  #withTimeout(
    attempt: Effect.Effect<A, AttemptFailure<E>, R>,
    now: number
  ): Effect.Effect<A, AttemptFailure<E | PolicyError>, R> {
    const timeout = this.#engine.policy.timeoutMillis ?? Infinity
    const remaining = this.#remaining(now)
    const duration = Math.min(timeout, remaining)
    if (duration === Infinity) return attempt
    const scope = remaining <= timeout ? "deadline" : "attempt"
    return Effect.timeoutOrElse(attempt, {
      duration,
      orElse: () => Effect.fail(failedWith(this.#timeout(scope)))
    })
  }

  #afterFailure(cause: Cause.Cause<AttemptFailure<E | PolicyError>>): Effect.Effect<A, E | PolicyError, R> {
    const found = Cause.findError(cause)
    if (Result.isFailure(found)) return Effect.failCause(found.failure)
    const failure = found.success
    if (failure.renewed === true && this.#mayRepeat()) return this.#nextAttempt()
    if (!this.#mayRetry(failure)) return Effect.fail(failure.error)
    if (this.#asksTooMuch(failure)) return Effect.fail(this.#throttled(failure))
    return this.#afterSchedule(failure)
  }

  /** Once per call, and within the attempts that the caller allows: the provider has refused, so nothing was done. */
  #mayRepeat(): boolean {
    if (this.#renewed || this.#attempts >= this.#mostAttempts()) return false
    this.#renewed = true
    return true
  }

  #mostAttempts(): number {
    return Math.min(this.#engine.policy.retry?.attempts ?? Infinity, ownAttempts(this.#call.options))
  }

  #mayRetry(failure: AttemptFailure<E | PolicyError>): boolean {
    if (this.#engine.policy.retry === undefined) return false
    if (failure.category !== "transient" && failure.category !== "throttled") return false
    if (this.#attempts >= this.#mostAttempts()) return false
    return !failure.sent || (this.#call.idempotent && this.#call.replayable)
  }

  #asksTooMuch(failure: AttemptFailure<E | PolicyError>): boolean {
    const longest = this.#engine.policy.retry?.maxRetryAfterMillis ?? Infinity
    return !failure.declared && failure.retryAfter !== undefined && Duration.toMillis(failure.retryAfter) > longest
  }

  #afterSchedule(failure: AttemptFailure<E | PolicyError>): Effect.Effect<A, E | PolicyError, R> {
    return Effect.matchCauseEffect(this.#scheduled(failure), {
      onSuccess: ([, delay]) => this.#retryAfter(delay, failure),
      onFailure: (cause) =>
        Pull.isDoneCause(cause) ? Effect.fail(failure.error) : Effect.failCause(Cause.map(cause, () => failure.error))
    })
  }

  #scheduled(failure: AttemptFailure<E | PolicyError>): Pull.Pull<[unknown, Duration.Duration], never, unknown> {
    const input: FailedAttempt = {
      category: failure.category,
      retryAfter: failure.retryAfter,
      attempt: this.#attempts,
      error: failure.error
    }
    if (this.#step !== undefined) return this.#step(this.#now(), input)
    const schedule = this.#engine.policy.retry?.schedule ?? Schedule.recurs(0)
    return Effect.flatMap(Schedule.toStep(schedule), (step) => {
      this.#step = step
      return step(this.#now(), input)
    })
  }

  #retryAfter(
    delay: Duration.Duration,
    failure: AttemptFailure<E | PolicyError>
  ): Effect.Effect<A, E | PolicyError, R> {
    const asked = failure.retryAfter === undefined ? 0 : Duration.toMillis(failure.retryAfter)
    const millis = Math.max(asked, Duration.toMillis(delay))
    if (millis >= this.#remaining(this.#now())) {
      return asked > 0 && !failure.declared ? Effect.fail(this.#throttled(failure)) : Effect.fail(failure.error)
    }
    return Effect.flatMap(this.#sleep("retry", millis), () => this.#nextAttempt())
  }

  #record(permit: Permit | undefined, outcome: BreakerStore.Outcome): Effect.Effect<void> {
    if (permit === undefined) return Effect.void
    const recorded = this.#engine.breakers.record(permit.key, permit.breaker, permit.generation, outcome, this.#now())
    return andThenNow(recorded, (transition) => {
      this.#tellTransition(transition)
      return Effect.void
    })
  }

  /** The whole process slows down, not only the call that was told to. */
  #pauseWhenThrottled(
    exit: Exit.Exit<A, AttemptFailure<E | PolicyError>>,
    key: string | undefined
  ): Effect.Effect<void> {
    const failure = failureOf(exit)
    if (key === undefined || failure?.category !== "throttled" || failure.retryAfter === undefined) return Effect.void
    return this.#engine.rateLimits.pause(key, this.#now() + Duration.toMillis(failure.retryAfter))
  }

  #sleep(reason: "retry" | "rateLimit", delayMillis: number): Effect.Effect<void> {
    if (delayMillis <= 0) return Effect.yieldNow
    this.#tell({ _tag: "Waiting", reason, delayMillis })
    return Effect.sleep(delayMillis)
  }

  #timeout(scope: "attempt" | "deadline"): CallError.Timeout {
    const millis = scope === "attempt" ? this.#engine.policy.timeoutMillis : this.#deadlineMillis
    return new CallError.Timeout({ ...this.#info(), category: "transient", scope, after: Duration.millis(millis ?? 0) })
  }

  #circuitOpen(key: string, retryAfterMillis: number): Effect.Effect<never, CallError.CircuitOpen> {
    const retryAfter = Duration.millis(retryAfterMillis)
    this.#attempts -= 1
    return Effect.fail(new CallError.CircuitOpen({ ...this.#info(), category: "transient", key, retryAfter }))
  }

  #rateLimited(limit: number, retryAfterMillis: number | undefined): Effect.Effect<never, CallError.RateLimited> {
    this.#attempts -= 1
    return Effect.fail(
      new CallError.RateLimited({
        ...this.#info(),
        category: "throttled",
        source: "local",
        limit,
        retryAfter: retryAfterMillis === undefined ? undefined : Duration.millis(retryAfterMillis),
        status: undefined
      })
    )
  }

  #throttled(failure: AttemptFailure<unknown>): CallError.RateLimited {
    return new CallError.RateLimited({
      ...this.#info(failure.requestId),
      category: "throttled",
      source: "remote",
      limit: undefined,
      retryAfter: failure.retryAfter,
      status: failure.status
    })
  }

  #ownKey(key: (call: { integration: string; endpoint: string; request: unknown }) => string): string {
    const { endpoint, integration } = this.#engine.call
    return `${integration}/${key({ integration, endpoint, request: this.#call.request })}`
  }

  #info(requestId?: string): CallError.CallInfo {
    return { ...this.#engine.call, attempts: this.#attempts, elapsed: Duration.millis(this.#elapsed()), requestId }
  }

  #remaining(now: number): number {
    return this.#deadlineMillis === undefined ? Infinity : this.#startedAt + this.#deadlineMillis - now
  }

  #elapsed(): number {
    return this.#now() - this.#startedAt
  }

  #now(): number {
    return this.#clock.currentTimeMillisUnsafe()
  }

  #tellTransition(transition: BreakerStore.Transition | undefined): void {
    if (transition !== undefined) this.#tell({ _tag: "CircuitChanged", transition })
  }

  #tell(event: EventOfThisCall): void {
    this.#observe?.({ ...event, integration: this.#engine.call.integration, endpoint: this.#engine.call.endpoint })
  }
}

interface Permit {
  readonly key: string
  readonly breaker: NonNullable<Compiled["circuitBreaker"]>
  readonly generation: number
}

type WithoutPlace<Event> = Event extends CallEvent ? Omit<Event, "integration" | "endpoint"> : never
type EventOfThisCall = WithoutPlace<CallEvent>

/** Goes on synchronously when a store has answered at once. */
const andThenNow = <A, B, E, R>(
  answer: Effect.Effect<A>,
  next: (value: A) => Effect.Effect<B, E, R>
): Effect.Effect<B, E, R> => {
  if (!Exit.isExit(answer)) return Effect.flatMap(answer, next)
  // An Effect<A> that is an Exit is an Exit<A>: the guard only knows Exit<unknown, unknown>.
  const exit = answer as Exit.Exit<A>
  return Exit.isSuccess(exit) ? next(exit.value) : Effect.failCause(exit.cause)
}

const failedWith = <E>(error: E & { readonly category: Category }): AttemptFailure<E> => ({
  error,
  category: error.category,
  retryAfter: undefined,
  sent: true,
  declared: false
})

const failureOf = <A, E>(exit: Exit.Exit<A, AttemptFailure<E>>): AttemptFailure<E> | undefined => {
  if (Exit.isSuccess(exit)) return undefined
  const found = Cause.findError(exit.cause)
  return Result.isSuccess(found) ? found.success : undefined
}

const outcomeOf = (exit: Exit.Exit<unknown, AttemptFailure<unknown>>): Category | "success" | undefined =>
  Exit.isSuccess(exit) ? "success" : failureOf(exit)?.category

/** Interruptions and defects say nothing about the provider, and being too fast does not mean that it is down. */
const breakerOutcome = (outcome: Category | "success" | undefined): BreakerStore.Outcome => {
  if (outcome === "transient") return "failure"
  return outcome === undefined || outcome === "throttled" ? "ignored" : "success"
}

const shorter = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined ? b : b === undefined ? a : Math.min(a, b)

const ownDeadline = (options: CallOptions): number | undefined =>
  options.deadline === undefined ? undefined : InvalidOption.positiveMillis("options.deadline", options.deadline)

const ownAttempts = (options: CallOptions): number =>
  options.attempts === undefined ? Infinity : InvalidOption.integer("options.attempts", options.attempts, 1)

const ownTokens = (options: CallOptions): number =>
  options.tokens === undefined ? 1 : InvalidOption.integer("options.tokens", options.tokens, 1)
