/** One call while it runs: the interpreter of a compiled policy. */
import { Cause, Duration, Effect, Exit, type Fiber, Pull, Random, Result, Schedule } from "effect"
import type { AttemptEnd, CallContext, Decision, Permit, Rejection } from "../../Admission.ts"
import * as CallError from "../../CallError.ts"
import type { FailedAttempt } from "../../Failure.ts"
import * as InvalidOption from "../../InvalidOption.ts"
import type { KeyInput } from "../../RateLimit.ts"
import type { CallOptions } from "../callOptions.ts"
import { Attempt, type CallOfAttempt, type Time } from "./Attempt.ts"
import type { AttemptFailure, PolicyError } from "./attemptFailure.ts"
import { hedged, type Hedging } from "./hedging.ts"
import type { Call, Engine, Progress, Sharing } from "./model.ts"
import { exitOf } from "../AtOnce.ts"
import { detached, discardAll, withoutBody, withoutStack } from "./failedAttempts.ts"
import { confirmed, decided, isDecision, neverMade, rejection, releaseAll } from "./permits.ts"
import { isOperational } from "./OperationsLog.ts"
import { type RuntimeContext, runtimeContextOf } from "./RuntimeContext.ts"
import { timeLimited } from "./timeLimit.ts"

type Step = (now: number, input: FailedAttempt) => Pull.Pull<[unknown, Duration.Duration], never, unknown, never>

type Failed<E, A> = AttemptFailure<E | PolicyError, A>

type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

export class Execution<A, E, R> implements CallContext, CallOfAttempt, Progress {
  readonly fiber: Fiber.Fiber<unknown, unknown>
  readonly options: CallOptions
  readonly #engine: Engine
  readonly #call: Call<A, E, R>
  readonly #runtime: RuntimeContext
  /** The shorter of the policy's deadline and the call's own; `Infinity` without either. */
  readonly deadlineMillis: number
  /** Of the deadlines that the endpoint or the call states: they hold for all that is streamed too. */
  readonly statedDeadlineMillis: number
  /** How long the deadline stood still, because a body was being sent. */
  #pausedMillis = 0
  /** When the time was first read. */
  #startedAt: number | undefined = undefined
  #attempts = 0
  #renewed = false
  #circuitOpened = false
  #step: Step | undefined = undefined
  /** A failure that is worth a retry, so that the policy's `when` is asked once. */
  #retryable: Failed<E, A> | undefined = undefined
  /** The time, for as long as nothing is waited for: reading a clock costs more than most strategies do. */
  #moment: number | undefined = undefined
  /** Makes the attempts in the place of this one, when the answer is shared. */
  #leader: Progress | undefined = undefined

  constructor(engine: Engine, call: Call<A, E, R>, fiber: Fiber.Fiber<unknown, unknown>) {
    this.fiber = fiber
    this.options = call.options
    this.#engine = engine
    this.#call = call
    this.#runtime = runtimeContextOf(fiber)
    const deadlineMillis = engine.policy.deadline?.millis ?? Infinity
    const own = call.options.deadline
    this.deadlineMillis = own === undefined ? deadlineMillis : Math.min(ownDeadlineMillis(own), deadlineMillis)
    this.statedDeadlineMillis = statedDeadlineMillisOf(engine, call.options)
  }

  run(): Effect.Effect<A, E | PolicyError, R> {
    const sharing = this.#engine.steps.length === 0 ? undefined : this.#call.sharing
    return sharing === undefined ? this.#alone() : this.#throughSteps(sharing)
  }

  /** An answer from a cache or from another call emits no events of a call. */
  #alone(): Effect.Effect<A, E | PolicyError, R> {
    return this.#runtime.observe === undefined ? this.#nextAttempt() : this.#observed()
  }

  #observed(): Effect.Effect<A, E | PolicyError, R> {
    this.emit({ _tag: "CallStarted" })
    return Effect.onExit(this.#nextAttempt(), (exit) =>
      Effect.sync(() => {
        const elapsedMillis = this.#elapsed()
        const found = Exit.isSuccess(exit) ? undefined : Cause.findError(exit.cause)
        const error = found !== undefined && Result.isSuccess(found) ? found.success : undefined
        const ended = { succeeded: Exit.isSuccess(exit), attempts: this.#attempts, elapsedMillis }
        const isInterrupted = Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)
        const why = isInterrupted ? { interrupted: true as const } : error !== undefined && { error }
        this.emit({ _tag: "CallEnded", ...ended, ...why })
      })
    )
  }

  /** Whose answer may be shared depends on the credentials, which are read before the first attempt. */
  #throughSteps(sharing: Sharing<A, E, R>): Effect.Effect<A, E | PolicyError, R> {
    return this.#beforeDeadline(
      Effect.flatMap(sharing.partition, (partition) => {
        const alone = Effect.suspend(() => this.#alone())
        if (partition === undefined) return alone
        const stepped = {
          // Each step adds the errors of policies to those of the call.
          sharing: sharing as Sharing<A, E | PolicyError, R>,
          partition,
          context: this,
          progress: this,
          run: <B>(call: Call<B, E | PolicyError, R>) => this.#instead(call),
          follow: (progress: Progress) => {
            this.#leader = progress
          }
        }
        return this.#engine.steps.reduceRight<Effect.Effect<A, E | PolicyError, R>>(
          (next, { around }) => around(stepped, next),
          alone
        )
      })
    )
  }

  #instead<B>(call: Call<B, E | PolicyError, R>): Effect.Effect<B, E | PolicyError, R> {
    return Effect.withFiber((fiber) => {
      const execution = new Execution(this.#engine, call, fiber)
      this.#leader ??= execution
      return execution.#alone()
    })
  }

  #beforeDeadline<B, E2>(effect: Effect.Effect<B, E2, R>): Effect.Effect<B, E2 | PolicyError, R> {
    const remaining = this.remainingMillis(this.now())
    return remaining === Infinity ? effect : timeLimited(effect, remaining, () => Effect.fail(this.timeout("deadline")))
  }

  #nextAttempt(): Effect.Effect<A, E | PolicyError, R> {
    const { hedge } = this.#engine
    const attempt = hedge === undefined ? this.#attempt() : this.#hedgedAttempt(hedge)
    return Effect.catchCause(attempt, (cause) => this.#afterFailure(cause))
  }

  #hedgedAttempt(hedge: Hedging): Effect.Effect<A, Failed<E, A>, R> {
    if (this.#call.hedgeable === false || !this.#isRepeatable()) return this.#attempt()
    const failures = new Set<Failed<E, A>>()
    const raced = hedged(hedge, this.#maxAttempts() - this.#attempts, {
      attempt: () => Effect.tapError(this.#attempt(), (failure) => Effect.sync(() => failures.add(failure))),
      emit: (event) => this.emit(event)
    })
    return Effect.onExit(raced, (exit) => discardAll(failures, exit))
  }

  /** A permit is held by somebody at every moment: only the waits and the attempt can be interrupted. */
  #attempt(): Effect.Effect<A, Failed<E, A>, R> {
    if (this.#engine.admissions.length === 0) return this.#made([], unchanged)
    return Effect.uninterruptibleMask((restore) => this.#acquire(0, [], restore))
  }

  /** Acquires the permits that are left, synchronously for as long as each strategy answers at once. */
  #acquire(from: number, permits: Array<Permit>, restore: Restore): Effect.Effect<A, Failed<E, A>, R> {
    this.#moment = this.now()
    try {
      for (let index = from; index < this.#engine.admissions.length; index += 1) {
        const answer = decided(this.#engine.admissions[index]?.acquire(this) ?? neverNeeded)
        if (!isDecision(answer)) return this.#afterWait(index, permits, answer, restore)
        if (answer._tag === "Rejection") return this.#rejected(permits, answer)
        permits.push(answer)
      }
      return this.#made(permits, restore)
    } catch (defect) {
      return Effect.andThen(releaseAll(permits, neverMade), Effect.die(defect))
    } finally {
      this.#moment = undefined
    }
  }

  #afterWait(
    index: number,
    permits: Array<Permit>,
    answer: Effect.Effect<Decision>,
    restore: Restore
  ): Effect.Effect<A, Failed<E, A>, R> {
    let last: Decision | undefined
    const kept = Effect.tap(answer, (decision) => Effect.sync(() => (last = decision)))
    // An interruption or a defect; a permit that came too late to be used is released too.
    const waited = Effect.onError(restore(this.#untilDeadline(kept)), () =>
      releaseAll(last?._tag === "Permit" ? [...permits, last] : permits, neverMade)
    )
    return Effect.flatMap(waited, (answer) => {
      if (answer._tag === "Rejection") return this.#rejected(permits, answer)
      if (!answer.waited) return this.#acquire(index + 1, [...permits, answer], restore)
      return Effect.flatMap(confirmed(permits), (earlier) =>
        "_tag" in earlier ? this.#rejected([answer], earlier) : this.#acquire(index + 1, [...earlier, answer], restore)
      )
    })
  }

  #untilDeadline(answer: Effect.Effect<Decision>): Effect.Effect<Decision> {
    const remaining = this.remainingMillis(this.now())
    return remaining === Infinity
      ? answer
      : timeLimited(answer, remaining, () => Effect.sync(() => rejection(this.timeout("deadline"))))
  }

  #rejected(permits: ReadonlyArray<Permit>, { attempt }: Rejection): Effect.Effect<never, Failed<E, A>> {
    // The errors of a user's own strategies are in the type that its policy adds to the method.
    const rejected = attempt as Effect.Effect<never, Failed<E, A>>
    const released = releaseAll(permits, neverMade)
    return released === Effect.void ? rejected : Effect.andThen(released, rejected)
  }

  #made(permits: ReadonlyArray<Permit>, restore: Restore): Effect.Effect<A, Failed<E, A>, R> {
    const beganAt = this.now()
    const remainingMillis = this.remainingMillis(beganAt)
    if (remainingMillis <= 0) return this.#rejected(permits, rejection(this.timeout("deadline")))
    this.#attempts += 1
    const attempt = new Attempt(this, this.#attempts, this.#timeFrom(beganAt, remainingMillis))
    if (this.#runtime.observe !== undefined) this.emit({ _tag: "AttemptStarted", attempt: this.#attempts })
    const made = this.#call.attempt(attempt)
    const inTime = this.#call.timed === true ? made : attempt.inTime(made)
    const timed = restore(this.#withErrorBody(attempt, inTime, permits.length > 0))
    // Without permits and observers, the end of an attempt needs no work.
    if (permits.length === 0 && this.#runtime.observe === undefined && this.#engine.hedge === undefined) return timed
    return Effect.onExit(timed, (exit) => this.#ended(attempt, permits, exit))
  }

  #timeFrom(beganAt: number, remainingMillis: number): Time {
    const timeoutMillis = this.#engine.policy.timeout ?? Infinity
    const timeout = this.#engine.isTimeoutOwn ? timeoutMillis : Infinity
    const deadline = (this.#startedAt ?? beganAt) + this.statedDeadlineMillis - beganAt
    return { beganAt, remainingMillis, timeoutMillis, statedMillis: { timeout, deadline } }
  }

  /**
   * The body of an error is in flight until it is read or discarded: an attempt holds its permits for as long, within its
   * time. Without permits, a body that is discarded holds up nothing.
   */
  #withErrorBody(
    attempt: Attempt,
    made: Effect.Effect<A, Failed<E, A>, R>,
    hasPermits: boolean
  ): Effect.Effect<A, Failed<E, A>, R> {
    if (exitOf(made) !== undefined) return made
    return Effect.catch(made, (failure) => {
      if (failure.readError === undefined) return Effect.fail(failure)
      if (this.#mayFollow(failure)) {
        const failed = Effect.fail(failure)
        if (!hasPermits || failure.discard === undefined) return failed
        return Effect.andThen(attempt.within(failure.discard, undefined), failed)
      }
      return Effect.flatMap(attempt.within(failure.readError, failure.error), (error) =>
        Effect.fail<Failed<E, A>>({ ...withoutBody(failure), error, isLast: true })
      )
    })
  }

  #mayFollow(failure: Failed<E, A>): boolean {
    return this.#mayRepeat(failure) || this.#mayRetry(failure)
  }

  #ended(
    { answer, number, time }: Attempt,
    permits: ReadonlyArray<Permit>,
    exit: Exit.Exit<A, Failed<E, A>>
  ): Effect.Effect<void> {
    this.#moment = this.now()
    try {
      const end = endOf(exit, this.#moment - time.beganAt, answer)
      if (this.#runtime.observe !== undefined) {
        this.emit({ _tag: "AttemptEnded", attempt: number, outcome: end.category, elapsedMillis: end.elapsedMillis })
      }
      this.#engine.hedge?.observe(end)
      return releaseAll(permits, end)
    } catch (defect) {
      return Effect.die(defect)
    } finally {
      this.#moment = undefined
    }
  }

  #afterFailure(cause: Cause.Cause<Failed<E, A>>): Effect.Effect<A, E | PolicyError, R> {
    const found = Cause.findError(cause)
    if (Result.isFailure(found)) return Effect.failCause(found.failure)
    const failure = found.success
    if (failure.isRejection === true) return Effect.fail(failure.error)
    if (failure.isLast === true) return this.#concluded(failure)
    if (this.#mayRepeat(failure)) {
      this.#renewed = true
      return this.#again(failure, Effect.void)
    }
    if (!this.#mayRetry(failure)) return this.#concluded(failure)
    if (this.#asksTooMuch(failure)) return this.#givenUp(failure)
    return this.#afterSchedule(failure)
  }

  /** Once per call, and within the attempts that the caller allows: the provider has refused, so nothing was done. */
  #mayRepeat({ renewed }: Failed<E, A>): boolean {
    return renewed === true && !this.#renewed && this.#attempts < this.#maxAttempts()
  }

  #maxAttempts(): number {
    const own = this.options.attempts
    const limit = own === undefined ? Infinity : InvalidOption.integer("options.attempts", own, 1)
    return Math.min(this.#engine.policy.retry?.attempts ?? Infinity, limit)
  }

  #mayRetry(failure: Failed<E, A>): boolean {
    const { retry } = this.#engine.policy
    // A hedge may have been sent since the failure was found to be worth a retry.
    if (retry === undefined || this.#attempts >= this.#maxAttempts()) return false
    if (failure === this.#retryable) return true
    if (!retry.when(this.#failedAttempt(failure)) || !this.#isSafeAfter(failure)) return false
    this.#retryable = failure
    return true
  }

  #isSafeAfter({ isUnprocessed, sent }: Failed<E, A>): boolean {
    return !sent || (this.#call.replayable && (this.#call.idempotent || isUnprocessed === true))
  }

  #isRepeatable(): boolean {
    return this.#call.idempotent && this.#call.replayable
  }

  #asksTooMuch({ retryAfter }: Failed<E, A>): boolean {
    const longest = this.#engine.policy.retry?.maxRetryAfterMillis ?? Infinity
    return retryAfter !== undefined && Duration.toMillis(retryAfter) > longest
  }

  /** The provider asked for a longer wait than the policy allows: an error that the endpoint declares stays as it is. */
  #givenUp(failure: Failed<E, A>): Effect.Effect<A, E | PolicyError> {
    if (failure.declared) return this.#concluded(failure)
    const { discard = Effect.void, requestId, retryAfter, status } = failure
    const info = this.info(requestId)
    const facts = { category: "throttled", source: "remote", limit: undefined, retryAfter, status } as const
    return Effect.andThen(detached(discard), Effect.fail(new CallError.RateLimited({ ...info, ...facts })))
  }

  #afterSchedule(failure: Failed<E, A>): Effect.Effect<A, E | PolicyError, R> {
    return Effect.matchCauseEffect(this.#scheduled(failure), {
      onSuccess: ([, delay]) => this.#retryAfter(delay, failure),
      onFailure: (cause) =>
        Pull.isDoneCause(cause) ? this.#concluded(failure) : Effect.failCause(Cause.map(cause, () => failure.error))
    })
  }

  #scheduled(failure: Failed<E, A>): Pull.Pull<[unknown, Duration.Duration], never, unknown> {
    const input = this.#failedAttempt(failure)
    if (this.#step !== undefined) return this.#step(this.now(), input)
    const schedule = this.#engine.policy.retry?.schedule ?? Schedule.recurs(0)
    return Effect.flatMap(Schedule.toStep(schedule), (step) => {
      this.#step = step
      return step(this.now(), input)
    })
  }

  #failedAttempt({ category, error, retryAfter, shouldRetry }: Failed<E, A>): FailedAttempt {
    return { category, retryAfter, attempt: this.#attempts, error, shouldRetry }
  }

  #retryAfter(delay: Duration.Duration, failure: Failed<E, A>): Effect.Effect<A, E | PolicyError, R> {
    const asked = failure.retryAfter === undefined ? 0 : Duration.toMillis(failure.retryAfter)
    const millis = Math.max(asked, Duration.toMillis(delay))
    if (millis >= this.remainingMillis(this.now())) return asked > 0 ? this.#givenUp(failure) : this.#concluded(failure)
    const withdrawn = Effect.onInterrupt(this.#engine.withdraw(this), () => failure.discard ?? Effect.void)
    return Effect.flatMap(withdrawn, (allowed) => {
      // After a failure that opened the circuit, there is nothing to wait for.
      if (allowed) return this.#again(failure, this.#circuitOpened ? Effect.void : this.#sleep(millis))
      this.emit({ _tag: "RetryBudgetEmpty" })
      return this.#concluded(failure)
    })
  }

  /** What is still unread is discarded in the background: it holds up neither the wait nor the next attempt. */
  #again(failure: Failed<E, A>, wait: Effect.Effect<void>): Effect.Effect<A, E | PolicyError, R> {
    const waited = failure.discard === undefined ? wait : Effect.andThen(detached(failure.discard), wait)
    return Effect.flatMap(waited, () => this.#nextAttempt())
  }

  #concluded({ answer, error, readError }: Failed<E, A>): Effect.Effect<A, E | PolicyError> {
    if (answer !== undefined) return answer
    if (readError === undefined) return Effect.fail(error)
    const remaining = this.remainingMillis(this.now())
    const read = remaining === Infinity ? readError : timeLimited(readError, remaining, () => Effect.succeed(error))
    return Effect.flatMap(read, (error) => Effect.fail(error))
  }

  #sleep(delayMillis: number): Effect.Effect<void> {
    if (delayMillis <= 0) return Effect.yieldNow
    this.emit({ _tag: "Waiting", reason: "retry", delayMillis })
    return Effect.sleep(delayMillis)
  }

  timeout(scope: CallError.Timeout["scope"], millis?: number): CallError.Timeout {
    const limit = scope === "attempt" ? (this.#engine.policy.timeout ?? 0) : this.deadlineMillis
    const after = Duration.millis(millis ?? limit)
    return this.raise(() => new CallError.Timeout({ ...this.info(), category: "transient", scope, after }))
  }

  get integration(): string {
    return this.#engine.call.integration
  }

  get endpoint(): string {
    return this.#engine.call.endpoint
  }

  get tenant(): string | undefined {
    return this.#engine.call.tenant
  }

  get attempts(): number {
    return this.#leader?.attempts ?? this.#attempts
  }

  keyOf(key: ((call: KeyInput) => string) | undefined, shared: string): string {
    if (key === undefined) return shared
    const { endpoint, integration } = this
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
    return this.#runtime.debug ? make() : withoutStack(make)
  }

  info(requestId?: string): CallError.CallInfo {
    return { ...this.#engine.call, attempts: this.attempts, elapsed: Duration.millis(this.#elapsed()), requestId }
  }

  remainingMillis(now: number): number {
    const left = (this.#startedAt ?? now) + this.deadlineMillis - now
    return this.#pausedMillis === 0
      ? left
      : Math.min(left + this.#pausedMillis, left + this.statedDeadlineMillis - this.deadlineMillis)
  }

  paused(millis: number): void {
    this.#pausedMillis += millis
  }

  now(): number {
    const now = this.#moment ?? this.#runtime.clock.currentTimeMillisUnsafe()
    this.#startedAt ??= now
    return now
  }

  get isUntried(): boolean {
    return this.#attempts === 0 && this.#elapsed() === 0 && !this.#runtime.debug
  }

  get isObserved(): boolean {
    return this.#runtime.observe !== undefined
  }

  emit(event: Parameters<CallContext["emit"]>[0]): void {
    if (event._tag === "CircuitChanged") this.#circuitOpened = event.transition.to === "open"
    const { observe, operations } = this.#runtime
    const isLogged = isOperational(event) && operations.isNews(event, this.now())
    if (!isLogged && observe === undefined) return
    const { endpoint, integration, tenant } = this
    const placed = { ...event, integration, endpoint, ...(tenant !== undefined && { tenant }) }
    if (isLogged) operations.log(placed, this.fiber)
    observe?.(placed)
  }

  #elapsed(): number {
    const now = this.now()
    return now - (this.#startedAt ?? now)
  }
}

const unchanged: Restore = (effect) => effect

/** A list of admissions has no holes. */
const neverNeeded: Permit = { _tag: "Permit", waited: false, release: () => Effect.void }

const ownDeadlineMillis = (deadline: Duration.Input): number =>
  InvalidOption.positiveMillis("options.deadline", deadline)

/** The deadline that the endpoint or the call states itself; `Infinity` without one. */
const statedDeadlineMillisOf = ({ isDeadlineOwn, policy }: Engine, options: CallOptions): number => {
  const own = isDeadlineOwn ? (policy.deadline?.millis ?? Infinity) : Infinity
  return options.deadline === undefined
    ? own
    : Math.min(own, InvalidOption.positiveMillis("options.deadline", options.deadline))
}

const endOf = (
  exit: Exit.Exit<unknown, AttemptFailure<unknown, unknown>>,
  elapsedMillis: number,
  answer: AttemptEnd["answer"]
): AttemptEnd => {
  const attempted = true
  if (Exit.isSuccess(exit)) {
    return { attempted, category: "success", elapsedMillis, retryAfterMillis: undefined, answer, success: exit.value }
  }
  const found = Cause.findError(exit.cause)
  const failure = Result.isSuccess(found) ? found.success : undefined
  const retryAfterMillis = failure?.retryAfter === undefined ? undefined : Duration.toMillis(failure.retryAfter)
  const category = failure?.isUncounted === true ? undefined : failure?.category
  return { attempted, category, elapsedMillis, retryAfterMillis, answer, success: undefined }
}
