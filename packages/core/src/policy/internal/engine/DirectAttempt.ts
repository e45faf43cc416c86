import { type Cause, Effect, Exit, Fiber } from "effect"
import type { CallError } from "../../CallError.ts"
import * as AtOnce from "../AtOnce.ts"
import { type Answer, atOnce, type Entrant, type Gate, isAnswer, leaveAll, neverMade, type Pass } from "./Gate.ts"
import type { AttemptFailure, PolicyError } from "./failedAttempt.ts"
import type { Begin } from "./model.ts"
import { OneAttempt } from "./OneAttempt.ts"

type Failed<E> = AttemptFailure<E | PolicyError>

export type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** What a direct attempt asks of its call. */
export interface CallOfDirect<A, E, R> extends Entrant {
  readonly gates: ReadonlyArray<Gate>
  atOneMoment<B>(run: () => B, onDefect: (defect: unknown) => B): B
  /** The attempt that begins now; the error instead when there is no time left for it. */
  beginAttempt(): OneAttempt | CallError
  /** Tells all that must know how an attempt has ended. */
  ended(attempt: OneAttempt, passes: ReadonlyArray<Pass>, exit: Exit.Exit<A, Failed<E>>): Effect.Effect<void>
  afterFailure(cause: Cause.Cause<Failed<E>>): Outcome<A, E, R>
  /** Goes on with a gate that has not answered at once. */
  afterAnswer(
    index: number,
    passes: ReadonlyArray<Pass>,
    answer: Effect.Effect<Answer>,
    restore: Restore
  ): Effect.Effect<A, Failed<E>, R>
  /** Goes on with an attempt that has passed all gates. */
  make(attempt: OneAttempt, passes: ReadonlyArray<Pass>, restore: Restore): Effect.Effect<A, Failed<E>, R>
}

type Outcome<A, E, R> = Effect.Effect<A, E | PolicyError, R>

/**
 * An attempt as one wait, for as long as all that is asked answers at once: whoever is interrupted in it lets go of what
 * the gates have let in. What takes longer goes on from where it is, by what a fibre needs to be held together.
 */
export class DirectAttempt<A, E, R> {
  readonly #call: CallOfDirect<A, E, R>
  readonly #begin: Begin<A, E, R>
  readonly #resume: (outcome: Outcome<A, E, R>) => void
  readonly #passes: Array<Pass> = []
  #attempt: OneAttempt | undefined = undefined
  /** Ends what was begun. */
  #stop: () => void = nothing
  #clearAlarm: () => void = nothing
  /** The wait at a gate, before it has begun. */
  #waiting: Effect.Effect<Answer> | undefined = undefined
  /** Whether what was let in is held here. */
  #isHolding = true
  /** What is still to be done before it has let go of everything. */
  #left: Effect.Effect<void> = Effect.void

  constructor(call: CallOfDirect<A, E, R>, begin: Begin<A, E, R>, resume: (outcome: Outcome<A, E, R>) => void) {
    this.#call = call
    this.#begin = begin
    this.#resume = resume
  }

  /** Gives what is to be done when the fibre is interrupted. */
  start(): Effect.Effect<void> {
    this.#call.atOneMoment(
      () => this.#enter(),
      (defect) => this.#refuse(Effect.die(defect))
    )
    return Effect.suspend(() => this.#interrupted())
  }

  #enter(): void {
    const { gates } = this.#call
    for (let index = 0; index < gates.length; index += 1) {
      const gate = gates[index]
      if (gate === undefined) continue
      const answer = atOnce(gate.enter(this.#call))
      if (!isAnswer(answer)) return this.#wait(index, answer)
      if (answer._tag === "Refusal") return this.#refuse(answer.call)
      this.#passes.push(answer)
    }
    this.#make()
  }

  #make(): void {
    const attempt = this.#call.beginAttempt()
    // Only who has a deadline runs out of time, and that is an error of the policy or of the call's own options.
    if (!(attempt instanceof OneAttempt)) return this.#refuse(Effect.fail(attempt as PolicyError))
    this.#attempt = attempt
    const stop = this.#begin(attempt, (take) => this.#told(attempt, take))
    if (stop === undefined) return this.#byFibre((restore) => this.#call.make(attempt, this.#passes, restore))
    this.#stop = stop
    this.#clearAlarm = attempt.alarm((tooLong) => {
      stop()
      this.#resume(Effect.suspend(() => this.#end(attempt, Exit.fail(tooLong))))
    })
  }

  #wait(index: number, answer: Effect.Effect<Answer>): void {
    this.#waiting = answer
    this.#byFibre((restore) => this.#call.afterAnswer(index, this.#passes, answer, restore))
  }

  /** Later, because until its register has returned nothing is done when the fibre of a wait is interrupted. */
  #byFibre(goOn: (restore: Restore) => Effect.Effect<A, Failed<E>, R>): void {
    const held = Effect.uninterruptibleMask((restore) => {
      this.#isHolding = false
      return goOn(restore)
    })
    queueMicrotask(() => this.#resume(Effect.catchCause(held, (cause) => this.#call.afterFailure(cause))))
  }

  #refuse(outcome: Outcome<A, E, R>): void {
    this.#isHolding = false
    const left = leaveAll(this.#passes, neverMade)
    if (left === Effect.void) return this.#resume(outcome)
    this.#left = once(left)
    queueMicrotask(() => this.#resume(this.#afterLeft(outcome)))
  }

  #told(attempt: OneAttempt, take: Take<A, E, R>): void {
    this.#clearAlarm()
    this.#resume(
      Effect.withFiber((fiber) => {
        const taken = attempt.inTime(orDie(() => take(fiber)))
        const exit = AtOnce.exitOf(taken)
        if (exit !== undefined) return this.#end(attempt, exit)
        return Effect.matchCauseEffect(taken, {
          onSuccess: (value) => this.#end(attempt, Exit.succeed(value)),
          onFailure: (cause) => this.#end(attempt, Exit.failCause(cause))
        })
      })
    )
  }

  #end(attempt: OneAttempt, exit: Exit.Exit<A, Failed<E>>): Outcome<A, E, R> {
    this.#isHolding = false
    const left = this.#call.ended(attempt, this.#passes, exit)
    const outcome = Exit.isSuccess(exit) ? Effect.succeed(exit.value) : this.#call.afterFailure(exit.cause)
    if (left === Effect.void) return outcome
    this.#left = once(left)
    return this.#afterLeft(outcome)
  }

  #afterLeft(outcome: Outcome<A, E, R>): Outcome<A, E, R> {
    return Effect.flatMap(Effect.uninterruptible(this.#left), () => outcome)
  }

  #interrupted(): Effect.Effect<void> {
    if (!this.#isHolding) return this.#left
    this.#isHolding = false
    this.#clearAlarm()
    this.#stop()
    const attempt = this.#attempt
    if (attempt !== undefined) return this.#call.ended(attempt, this.#passes, Exit.interrupt())
    const left = leaveAll(this.#passes, neverMade)
    return this.#waiting === undefined ? left : Effect.andThen(givenUp(this.#waiting), left)
  }
}

type Take<A, E, R> = Parameters<Parameters<Begin<A, E, R>>[1]>[0]

const nothing = (): void => {}

const orDie = <A, E, R>(make: () => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => {
  try {
    return make()
  } catch (defect) {
    return Effect.die(defect)
  }
}

/** What is told to others is told once, whoever comes first. */
const once = (effect: Effect.Effect<void>): Effect.Effect<void> => {
  let isDone = false
  return Effect.suspend(() => {
    if (isDone) return Effect.void
    isDone = true
    return effect
  })
}

/** Only a wait that has begun can be given up, and then gives back what it holds. */
const givenUp = (answer: Effect.Effect<Answer>): Effect.Effect<void> => {
  const left = Effect.flatMap(answer, (answer) =>
    answer._tag === "Pass" ? leaveAll([answer], neverMade) : Effect.void
  )
  return Effect.flatMap(Effect.forkChild(left, { startImmediately: true }), Fiber.interrupt)
}
