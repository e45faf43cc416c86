/** Runs a long-running operation: starts its job, waits, polls, and cancels it when it is interrupted or times out. */
import { Cause, type Clock, Duration, Effect, Exit, Pull, Schedule } from "effect"
import * as CallError from "../../policy/CallError.ts"
import type { Category } from "../../policy/Failure.ts"
import * as Wait from "../../policy/Wait.ts"
import { OperationCanceled, OperationExpired, OperationTimeout } from "./operationErrors.ts"
import type { AnyState, Event, Pending } from "./operationStates.ts"

/** An operation as the driver sees it: its functions fit each other, and every error is one of `E`. */
export interface Driven<in Input, in out Started, out Value, out Progress, out E, out R> {
  readonly name: string
  readonly start: (input: Input) => Effect.Effect<Started, E, R>
  readonly poll: (started: Started) => Effect.Effect<unknown, E, R>
  readonly state: (answer: unknown, started: Started) => AnyState
  readonly startState?: (started: Started) => AnyState
  readonly result?: (done: unknown, started: Started) => Effect.Effect<Value, E, R>
  readonly cancel?: (started: Started) => Effect.Effect<unknown, unknown, R>
  readonly deadlineMillis: number
  readonly schedule: Schedule.Schedule<unknown, AnyState>
  readonly expiredStatuses: ReadonlyArray<number>
  readonly failedPolls: number
  readonly "~Progress"?: Progress
}

type Report<Started, Progress> = (event: Event<Started, Progress, never>) => Effect.Effect<void>

/** The longest that canceling takes. */
const cancelTime = "10 seconds"

/** Runs an operation from what starts its job, or stands for one that was started before. */
export const drive = <Input, Started, Value, Progress, E, R>(
  driven: Driven<Input, Started, Value, Progress, E, R>,
  begin: Effect.Effect<Started, E, R>,
  report: Report<Started, Progress>
): Effect.Effect<Value, E, R> =>
  Effect.clockWith((clock) =>
    Effect.flatMap(Schedule.toStep(driven.schedule), (step) => new Driver({ driven, clock, report, step }).run(begin))
  )

type Step = (now: number, input: AnyState) => Pull.Pull<[unknown, Duration.Duration], never, unknown>

interface Parts<Input, Started, Value, Progress, E, R> {
  readonly driven: Driven<Input, Started, Value, Progress, E, R>
  readonly clock: Clock.Clock
  readonly report: Report<Started, Progress>
  readonly step: Step
}

/** A response and its state. */
interface Told {
  readonly state: AnyState
  readonly answer: unknown
}

const begun: Pending = { _tag: "Pending", progress: undefined, status: undefined, retryAfter: undefined }

class Driver<Input, Started, Value, Progress, E, R> {
  readonly #parts: Parts<Input, Started, Value, Progress, E, R>
  readonly #beganAt: number
  #seen: OperationTimeout["state"] = "Starting"
  #last: Pending<unknown> = begun
  #polls = 0
  #failedInARow = 0

  constructor(parts: Parts<Input, Started, Value, Progress, E, R>) {
    this.#parts = parts
    this.#beganAt = parts.clock.currentTimeMillisUnsafe()
  }

  /** Between the start of a job and its end, leaving cancels it. */
  run(begin: Effect.Effect<Started, E, R>): Effect.Effect<Value, E, R> {
    const { driven, report } = this.#parts
    return Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(restore(this.#inTime(begin)), (started) => {
        this.#seen = "Started"
        const followed = Effect.andThen(report({ _tag: "Started", started }), this.#inTime(this.#follow(started)))
        const ended = Effect.onExit(restore(followed), (exit) => this.#cancelIfLeft(exit, started))
        return Effect.flatMap(ended, (value) => {
          // Without `result`, the value of the state is that of the operation.
          return driven.result === undefined ? Effect.succeed(value as Value) : restore(driven.result(value, started))
        })
      })
    )
  }

  #follow(started: Started): Effect.Effect<unknown, E, R> {
    const { driven } = this.#parts
    const { startState } = driven
    return Effect.suspend(() => {
      const told = { state: startState?.(started) ?? begun, answer: started }
      return startState === undefined ? this.#waitAndPoll(told, started) : this.#settle(told, started)
    })
  }

  #settle(told: Told, started: Started): Effect.Effect<unknown, E, R> {
    const { state } = told
    switch (state._tag) {
      case "Done":
        return Effect.succeed(state.value)
      case "Failed":
        return this.#fail(state.error)
      case "Expired":
        return this.#fail(new OperationExpired(this.#facts()))
      case "Canceled":
        return this.#fail(new OperationCanceled(this.#facts()))
      case "Pending": {
        this.#seen = "Pending"
        this.#last = state
        const { elapsed, polls } = this.#facts()
        // The progress of the states of this operation.
        const progress = state.progress as Progress
        const reported = this.#parts.report({ _tag: "Pending", progress, polls, elapsed })
        return Effect.andThen(reported, this.#waitAndPoll(told, started))
      }
    }
  }

  #waitAndPoll(told: Told, started: Started): Effect.Effect<unknown, E, R> {
    return Effect.flatMap(this.#waitAfter(told), (millis) => {
      if (millis === undefined) return this.#fail(this.#timeout("schedule"))
      // A poll that would start after the deadline is not awaited.
      if (millis >= this.#leftMillis()) return this.#fail(this.#timeout("deadline"))
      return Effect.andThen(Effect.sleep(Duration.millis(millis)), this.#poll(told, started))
    })
  }

  /** In milliseconds; undefined when the schedule has ended. */
  #waitAfter({ answer, state }: Told): Effect.Effect<number | undefined> {
    const now = this.#parts.clock.currentTimeMillisUnsafe()
    const asked =
      state._tag === "Pending" && state.retryAfter !== undefined
        ? Duration.toMillis(Duration.fromInputUnsafe(state.retryAfter))
        : retryAfterOf(answer, now)
    const scheduled = Pull.matchEffect(this.#parts.step(now, state), {
      onSuccess: ([, delay]) => Effect.succeed(asked > 0 ? asked : Duration.toMillis(delay)),
      onFailure: (cause) => Effect.failCause(cause),
      onDone: () => Effect.undefined
    })
    return scheduled
  }

  #poll(before: Told, started: Started): Effect.Effect<unknown, E, R> {
    const { driven } = this.#parts
    return Effect.matchEffect(
      Effect.suspend(() => driven.poll(started)),
      {
        onFailure: (error) => this.#pollFailed(error, before, started),
        onSuccess: (answer) => {
          this.#polls += 1
          this.#failedInARow = 0
          return this.#settle({ state: driven.state(answer, started), answer }, started)
        }
      }
    )
  }

  #pollFailed(error: E, { state }: Told, started: Started): Effect.Effect<unknown, E, R> {
    const { expiredStatuses, failedPolls } = this.#parts.driven
    const { category, retryAfter, status } = factsOf(error)
    if (status !== undefined && expiredStatuses.includes(status)) {
      return this.#fail(new OperationExpired({ ...this.#facts(), cause: error }))
    }
    const mayPass = category === "transient" || category === "throttled"
    if (!mayPass || this.#failedInARow >= failedPolls) return Effect.fail(error)
    this.#failedInARow += 1
    const waiting: AnyState = state._tag === "Pending" ? { ...state, retryAfter } : state
    return this.#waitAndPoll({ state: waiting, answer: undefined }, started)
  }

  #inTime<A>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.suspend(() =>
      Effect.timeoutOrElse(effect, {
        duration: Duration.millis(this.#leftMillis()),
        orElse: () => this.#fail(this.#timeout("deadline"))
      })
    )
  }

  #leftMillis(): number {
    return Math.max(0, this.#parts.driven.deadlineMillis - this.#elapsedMillis())
  }

  #elapsedMillis(): number {
    return Math.max(0, this.#parts.clock.currentTimeMillisUnsafe() - this.#beganAt)
  }

  #cancelIfLeft(exit: Exit.Exit<unknown, E>, started: Started): Effect.Effect<void, never, R> {
    const { cancel } = this.#parts.driven
    if (cancel === undefined || Exit.isSuccess(exit)) return Effect.void
    const isLeft = Cause.hasInterruptsOnly(exit.cause) || exit.cause.reasons.some((reason) => this.#isTimeout(reason))
    return isLeft ? Effect.ignore(Effect.timeout(Effect.interruptible(cancel(started)), cancelTime)) : Effect.void
  }

  #isTimeout(reason: Cause.Reason<E>): boolean {
    return Cause.isFailReason(reason) && reason.error instanceof OperationTimeout
  }

  #timeout(reason: OperationTimeout["reason"]): OperationTimeout {
    const deadline = Duration.millis(this.#parts.driven.deadlineMillis)
    return new OperationTimeout({ ...this.#facts(), reason, deadline, state: this.#seen })
  }

  #facts() {
    const { progress, status } = this.#last
    const elapsed = Duration.millis(this.#elapsedMillis())
    return { operation: this.#parts.driven.name, elapsed, polls: this.#polls, status, progress }
  }

  /** The errors of an operation are those of its states and these; its type says so. */
  #fail(error: unknown): Effect.Effect<never, E> {
    return Effect.fail(error as E)
  }
}

/** Milliseconds by the `Retry-After` of a response, or of headers beside a body; 0 without one. */
const retryAfterOf = (answer: unknown, now: number): number => {
  const holder: unknown = Array.isArray(answer) ? answer[1] : answer
  const headers = isRecord(holder) && isRecord(holder["headers"]) ? holder["headers"] : {}
  const given = headers["retry-after"]
  const date = headers["date"]
  const base = typeof date === "string" ? Wait.timeOf({ headers: { date }, now }) : now
  return (typeof given === "string" || typeof given === "number" ? Wait.millis(String(given), base) : undefined) ?? 0
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null

interface ErrorFacts {
  readonly status: number | undefined
  readonly category: Category | undefined
  readonly retryAfter: Duration.Duration | undefined
}

/** The facts of a general error, or of a declared one. */
const factsOf = (error: unknown): ErrorFacts => {
  const retryAfter = isRecord(error) && Duration.isDuration(error["retryAfter"]) ? error["retryAfter"] : undefined
  const { category, status } = (isRecord(error) ? CallError.infoOf(error) : undefined) ?? {}
  if (category !== undefined || !CallError.is(error)) return { category, status, retryAfter }
  return { category: error.category, status: "status" in error ? error.status : undefined, retryAfter }
}
