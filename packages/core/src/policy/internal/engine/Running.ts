import { Cause, Duration, Effect, Exit, type Fiber, Pull, Random, Result, Schedule } from "effect"
import * as CallError from "../../CallError.ts"
import type { AttemptFailure, PolicyError } from "./failedAttempt.ts"
import type { Call, Engine } from "./model.ts"
import type { FailedAttempt } from "../../Failure.ts"
import * as InvalidOption from "../../InvalidOption.ts"
import type { CallOptions } from "../compiledPolicy.ts"
import type { KeyInput } from "../../RateLimit.ts"
import {
  type Answer,
  atOnce,
  type AttemptEnd,
  type EventOfCall,
  type Gate,
  isAnswer,
  leaveAll,
  neverMade,
  type Pass,
  type Refusal,
  refusal
} from "./Gate.ts"
import { deadlineMillis } from "./deadlineMillis.ts"
import { type CallOfDirect, DirectAttempt, type Restore } from "./DirectAttempt.ts"
import { hedged } from "./hedging.ts"
import { type CallOfAttempt, OneAttempt } from "./OneAttempt.ts"
import { type Surroundings, surroundingsOf } from "./surroundings.ts"

type Step = (now: number, input: FailedAttempt) => Pull.Pull<[unknown, Duration.Duration], never, unknown, never>

type Failed<E> = AttemptFailure<E | PolicyError>

/** One call while it runs. */
export class Running<A, E, R> implements CallOfDirect<A, E, R>, CallOfAttempt {
  readonly fiber: Fiber.Fiber<unknown, unknown>
  readonly options: CallOptions
  readonly #engine: Engine
  readonly #call: Call<A, E, R>
  readonly #around: Surroundings
  readonly #deadlineMillis: number | undefined
  /** When the time was first asked for. */
  #startedAt: number | undefined = undefined
  #attempts = 0
  #renewed = false
  #circuitOpened = false
  #step: Step | undefined
  /** The time, for as long as nothing is waited for: reading a clock costs more than most strategies do. */
  #moment: number | undefined

  constructor(engine: Engine, call: Call<A, E, R>, fiber: Fiber.Fiber<unknown, unknown>) {
    this.fiber = fiber
    this.options = call.options
    this.#engine = engine
    this.#call = call
    this.#around = surroundingsOf(fiber)
    this.#deadlineMillis = deadlineMillis(engine.policy, call.options)
  }

  start(): Effect.Effect<A, E | PolicyError, R> {
    if (this.#around.observe === undefined) return this.#nextAttempt()
    this.tell({ _tag: "CallStarted" })
    return Effect.onExit(this.#nextAttempt(), (exit) =>
      Effect.sync(() => {
        const elapsedMillis = this.#elapsed()
        this.tell({ _tag: "CallEnded", succeeded: Exit.isSuccess(exit), attempts: this.#attempts, elapsedMillis })
      })
    )
  }

  get gates(): ReadonlyArray<Gate> {
    return this.#engine.gates
  }

  #nextAttempt(): Effect.Effect<A, E | PolicyError, R> {
    const { begin } = this.#call
    if (begin !== undefined && this.#engine.hedge === undefined) {
      return Effect.callback((resume) => new DirectAttempt(this, begin, resume).start())
    }
    return Effect.catchCause(this.#hedgedAttempt(), (cause) => this.afterFailure(cause))
  }

  #hedgedAttempt(): Effect.Effect<A, Failed<E>, R> {
    const { hedge } = this.#engine
    if (hedge === undefined || this.#call.hedgeable === false || !this.#isRepeatable()) return this.#attempt()
    return hedged(hedge, this.#mostAttempts() - this.#attempts, {
      attempt: () => this.#attempt(),
      tell: (event) => this.tell(event)
    })
  }

  /** What a gate has let in is held by somebody at every moment: only the waits and the attempt can be interrupted. */
  #attempt(): Effect.Effect<A, Failed<E>, R> {
    if (this.#engine.gates.length === 0) return this.#execute([], unchanged)
    return Effect.uninterruptibleMask((restore) => this.#enter(0, [], restore))
  }

  /** Through the gates that are left, synchronously for as long as each of them answers at once. */
  #enter(from: number, passed: ReadonlyArray<Pass>, restore: Restore): Effect.Effect<A, Failed<E>, R> {
    const passes = [...passed]
    return this.atOneMoment(
      () => this.#enterNow(from, passes, restore),
      (defect) => Effect.andThen(leaveAll(passes, neverMade), Effect.die(defect))
    )
  }

  atOneMoment<B>(run: () => B, onDefect: (defect: unknown) => B): B {
    this.#moment = this.now()
    try {
      return run()
    } catch (defect) {
      return onDefect(defect)
    } finally {
      this.#moment = undefined
    }
  }

  #enterNow(from: number, passes: Array<Pass>, restore: Restore): Effect.Effect<A, Failed<E>, R> {
    for (let index = from; index < this.#engine.gates.length; index += 1) {
      const gate = this.#engine.gates[index]
      if (gate === undefined) continue
      const answer = atOnce(gate.enter(this))
      if (!isAnswer(answer)) return this.afterAnswer(index, passes, answer, restore)
      if (answer._tag === "Refusal") return this.#refused(passes, answer)
      passes.push(answer)
    }
    return this.#execute(passes, restore)
  }

  afterAnswer(
    index: number,
    passes: ReadonlyArray<Pass>,
    answer: Effect.Effect<Answer>,
    restore: Restore
  ): Effect.Effect<A, Failed<E>, R> {
    const waited = Effect.onInterrupt(restore(answer), () => leaveAll(passes, neverMade))
    return Effect.flatMap(waited, (answer) => this.#afterWait(index, passes, answer, restore))
  }

  /** What the earlier gates said may no longer hold: those that can tell are asked again. */
  #afterWait(
    index: number,
    passes: ReadonlyArray<Pass>,
    answer: Answer,
    restore: Restore
  ): Effect.Effect<A, Failed<E>, R> {
    if (answer._tag === "Refusal") return this.#refused(passes, answer)
    if (!answer.waited) return this.#enter(index + 1, [...passes, answer], restore)
    return Effect.flatMap(this.#confirmed(passes), (confirmed) =>
      confirmed._tag === "Refusal"
        ? Effect.andThen(leaveAll([answer], neverMade), this.#refused([], confirmed))
        : this.#enter(index + 1, [...confirmed.passes, answer], restore)
    )
  }

  #confirmed(passes: ReadonlyArray<Pass>): Effect.Effect<Confirmed> {
    return passes.reduce<Effect.Effect<Confirmed>>(
      (before, pass) =>
        Effect.flatMap(before, (sofar) => {
          if (sofar._tag === "Refusal") return Effect.as(leaveAll([pass], neverMade), sofar)
          if (pass.confirm === undefined) return Effect.succeed({ _tag: "Passes", passes: [...sofar.passes, pass] })
          return Effect.flatMap(pass.confirm(), (answer) =>
            answer._tag === "Refusal"
              ? Effect.as(leaveAll(sofar.passes, neverMade), answer)
              : Effect.succeed<Confirmed>({ _tag: "Passes", passes: [...sofar.passes, answer] })
          )
        }),
      Effect.succeed({ _tag: "Passes", passes: [] })
    )
  }

  #refused(passes: ReadonlyArray<Pass>, { attempt }: Refusal): Effect.Effect<never, Failed<E>> {
    const left = leaveAll(passes, neverMade)
    return left === Effect.void ? attempt : Effect.andThen(left, attempt)
  }

  #execute(passes: ReadonlyArray<Pass>, restore: Restore): Effect.Effect<A, Failed<E>, R> {
    const attempt = this.beginAttempt()
    return attempt instanceof OneAttempt ? this.make(attempt, passes, restore) : this.#refused(passes, refusal(attempt))
  }

  beginAttempt(): OneAttempt | CallError.Timeout {
    const beganAt = this.now()
    const remaining = this.remainingMillis(beganAt)
    if (remaining <= 0) return this.timeout("deadline")
    this.#attempts += 1
    if (this.#around.observe !== undefined) this.tell({ _tag: "AttemptStarted", attempt: this.#attempts })
    return new OneAttempt(this, this.#attempts, beganAt, remaining, this.#engine.policy.timeoutMillis ?? Infinity)
  }

  make(attempt: OneAttempt, passes: ReadonlyArray<Pass>, restore: Restore): Effect.Effect<A, Failed<E>, R> {
    const made = this.#call.attempt(attempt)
    const timed = this.#call.timed === true ? made : attempt.inTime(made)
    // Where nobody is told of its end, nothing need be done at its end.
    if (passes.length === 0 && this.#around.observe === undefined && this.#engine.hedge === undefined)
      return restore(timed)
    return Effect.onExit(restore(timed), (exit) => this.ended(attempt, passes, exit))
  }

  ended(attempt: OneAttempt, passes: ReadonlyArray<Pass>, exit: Exit.Exit<A, Failed<E>>): Effect.Effect<void> {
    return this.atOneMoment(() => this.#ended(attempt, passes, exit), Effect.die)
  }

  #ended(
    { answer, beganAt, number }: OneAttempt,
    passes: ReadonlyArray<Pass>,
    exit: Exit.Exit<A, Failed<E>>
  ): Effect.Effect<void> {
    const end = endOf(exit, this.now() - beganAt, answer)
    if (this.#around.observe !== undefined) {
      this.tell({ _tag: "AttemptEnded", attempt: number, outcome: end.category, elapsedMillis: end.elapsedMillis })
    }
    this.#engine.hedge?.observe(end)
    return leaveAll(passes, end)
  }

  afterFailure(cause: Cause.Cause<Failed<E>>): Effect.Effect<A, E | PolicyError, R> {
    const found = Cause.findError(cause)
    if (Result.isFailure(found)) return Effect.failCause(found.failure)
    const failure = found.success
    if (failure.refused !== undefined) return failure.refused
    if (failure.renewed === true && this.#mayRepeat()) return this.#nextAttempt()
    if (!this.#mayRetry(failure)) return Effect.fail(failure.error)
    if (this.#asksTooMuch(failure)) return Effect.fail(this.#asDeclared(failure))
    return this.#afterSchedule(failure)
  }

  /** Once per call, and within the attempts that the caller allows: the provider has refused, so nothing was done. */
  #mayRepeat(): boolean {
    if (this.#renewed || this.#attempts >= this.#mostAttempts()) return false
    this.#renewed = true
    return true
  }

  #mostAttempts(): number {
    return Math.min(this.#engine.policy.retry?.attempts ?? Infinity, ownAttempts(this.options))
  }

  #mayRetry(failure: Failed<E>): boolean {
    const { retry } = this.#engine.policy
    if (retry === undefined || this.#attempts >= this.#mostAttempts()) return false
    if (!retry.when(this.#failedAttempt(failure))) return false
    return !failure.sent || this.#isRepeatable()
  }

  #isRepeatable(): boolean {
    return this.#call.idempotent && this.#call.replayable
  }

  #asksTooMuch(failure: Failed<E>): boolean {
    const longest = this.#engine.policy.retry?.maxRetryAfterMillis ?? Infinity
    return failure.retryAfter !== undefined && Duration.toMillis(failure.retryAfter) > longest
  }

  /** Who is not waited for any longer: what the endpoint declares for it stays what it is. */
  #asDeclared(failure: Failed<E>): E | PolicyError {
    return failure.declared ? failure.error : this.#throttled(failure)
  }

  #afterSchedule(failure: Failed<E>): Effect.Effect<A, E | PolicyError, R> {
    return Effect.matchCauseEffect(this.#scheduled(failure), {
      onSuccess: ([, delay]) => this.#retryAfter(delay, failure),
      onFailure: (cause) =>
        Pull.isDoneCause(cause) ? Effect.fail(failure.error) : Effect.failCause(Cause.map(cause, () => failure.error))
    })
  }

  #scheduled(failure: Failed<E>): Pull.Pull<[unknown, Duration.Duration], never, unknown> {
    const input = this.#failedAttempt(failure)
    if (this.#step !== undefined) return this.#step(this.now(), input)
    const schedule = this.#engine.policy.retry?.schedule ?? Schedule.recurs(0)
    return Effect.flatMap(Schedule.toStep(schedule), (step) => {
      this.#step = step
      return step(this.now(), input)
    })
  }

  #failedAttempt({ category, error, retryAfter, shouldRetry }: Failed<E>): FailedAttempt {
    return { category, retryAfter, attempt: this.#attempts, error, shouldRetry }
  }

  #retryAfter(delay: Duration.Duration, failure: Failed<E>): Effect.Effect<A, E | PolicyError, R> {
    const asked = failure.retryAfter === undefined ? 0 : Duration.toMillis(failure.retryAfter)
    const millis = Math.max(asked, Duration.toMillis(delay))
    if (millis >= this.remainingMillis(this.now())) {
      return Effect.fail(asked > 0 ? this.#asDeclared(failure) : failure.error)
    }
    return Effect.flatMap(this.#engine.withdraw(this), (allowed) => {
      // Whose failure opened the circuit finds it open: there is nothing to wait for.
      const waited = this.#circuitOpened ? Effect.void : this.#sleep(millis)
      if (allowed) return Effect.flatMap(waited, () => this.#nextAttempt())
      this.tell({ _tag: "RetryBudgetEmpty" })
      return Effect.fail(failure.error)
    })
  }

  #sleep(delayMillis: number): Effect.Effect<void> {
    if (delayMillis <= 0) return Effect.yieldNow
    this.tell({ _tag: "Waiting", reason: "retry", delayMillis })
    return Effect.sleep(delayMillis)
  }

  timeout(scope: "attempt" | "deadline"): CallError.Timeout {
    const millis = scope === "attempt" ? this.#engine.policy.timeoutMillis : this.#deadlineMillis
    const after = Duration.millis(millis ?? 0)
    return this.raise(() => new CallError.Timeout({ ...this.info(), category: "transient", scope, after }))
  }

  #throttled(failure: Failed<unknown>): CallError.RateLimited {
    return new CallError.RateLimited({
      ...this.info(failure.requestId),
      category: "throttled",
      source: "remote",
      limit: undefined,
      retryAfter: failure.retryAfter,
      status: failure.status
    })
  }

  keyOf(key: ((call: KeyInput) => string) | undefined, shared: string): string {
    if (key === undefined) return shared
    const { endpoint, integration } = this.#engine.call
    return `${this.#engine.scope}/${key({ integration, endpoint, request: this.#call.request })}`
  }

  decodedOf(success: unknown): unknown {
    // Only what an attempt of this call has succeeded with comes here.
    return this.#call.decodedOf?.(success as A)
  }

  random(): number {
    return this.fiber.getRef(Random.Random).nextDoubleUnsafe()
  }

  raise<Failure>(make: () => Failure): Failure {
    return this.#around.debug ? make() : withoutStack(make)
  }

  info(requestId?: string): CallError.CallInfo {
    return { ...this.#engine.call, attempts: this.#attempts, elapsed: Duration.millis(this.#elapsed()), requestId }
  }

  remainingMillis(now: number): number {
    return this.#deadlineMillis === undefined ? Infinity : (this.#startedAt ?? now) + this.#deadlineMillis - now
  }

  now(): number {
    const now = this.#moment ?? this.#around.clock.currentTimeMillisUnsafe()
    this.#startedAt ??= now
    return now
  }

  get isUntried(): boolean {
    return this.#attempts === 0 && this.#elapsed() === 0 && !this.#around.debug
  }

  get isObserved(): boolean {
    return this.#around.observe !== undefined
  }

  tell(event: EventOfCall): void {
    if (event._tag === "CircuitChanged") this.#circuitOpened = event.transition.to === "open"
    if (this.#around.observe === undefined) return
    const { endpoint, integration, tenant } = this.#engine.call
    this.#around.observe({ ...event, integration, endpoint, ...(tenant !== undefined && { tenant }) })
  }

  #elapsed(): number {
    const now = this.now()
    return now - (this.#startedAt ?? now)
  }
}

const unchanged: Restore = (effect) => effect

type Confirmed =
  | { readonly _tag: "Passes"; readonly passes: ReadonlyArray<Pass> }
  | Extract<Answer, { readonly _tag: "Refusal" }>

const withoutStack = <Failure>(make: () => Failure): Failure => {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  try {
    return make()
  } finally {
    Error.stackTraceLimit = limit
  }
}

const endOf = (
  exit: Exit.Exit<unknown, AttemptFailure<unknown>>,
  elapsedMillis: number,
  answer: AttemptEnd["answer"]
): AttemptEnd => {
  if (Exit.isSuccess(exit)) {
    return { category: "success", elapsedMillis, retryAfterMillis: undefined, answer, success: exit.value }
  }
  const found = Cause.findError(exit.cause)
  const failure = Result.isSuccess(found) ? found.success : undefined
  const retryAfterMillis = failure?.retryAfter === undefined ? undefined : Duration.toMillis(failure.retryAfter)
  return { category: failure?.category, elapsedMillis, retryAfterMillis, answer, success: undefined }
}

const ownAttempts = (options: CallOptions): number =>
  options.attempts === undefined ? Infinity : InvalidOption.integer("options.attempts", options.attempts, 1)
