import { type Cause, Duration, Effect } from "effect"

/**
 * Asks a store that may be away: never longer than `timeoutMillis`, and after a failure only once in `pauseMillis` until
 * it answers again, so that neither calls nor its client's queue pile up meanwhile.
 */
export class StoreAccess {
  readonly #timeoutMillis: number
  readonly #pauseMillis: number
  /** When it was last asked in vain; undefined while it answers. */
  #failedAt: number | undefined

  constructor(timeoutMillis: number, pauseMillis: number) {
    this.#timeoutMillis = timeoutMillis
    this.#pauseMillis = pauseMillis
  }

  /** The answer, or `otherwise` while the store is away. */
  ask<A, E>(question: Effect.Effect<A, E>, otherwise: Effect.Effect<A>, now: number): Effect.Effect<A> {
    if (this.#failedAt !== undefined) {
      if (Math.abs(now - this.#failedAt) < this.#pauseMillis) return otherwise
      this.#failedAt = now
    }
    return Effect.matchEffect(this.bounded(question), {
      onSuccess: (answer) => {
        this.#failedAt = undefined
        return Effect.succeed(answer)
      },
      onFailure: (error) => this.#fail(error, otherwise, now)
    })
  }

  /** Interruptible, because what is told at the end of an interrupted call must end in time as well. */
  bounded<A, E>(question: Effect.Effect<A, E>): Effect.Effect<A, E | Cause.TimeoutError> {
    return Effect.timeout(Effect.interruptible(question), Duration.millis(this.#timeoutMillis))
  }

  #fail<A>(error: unknown, otherwise: Effect.Effect<A>, now: number): Effect.Effect<A> {
    const known = this.#failedAt !== undefined
    this.#failedAt = now
    return known
      ? otherwise
      : Effect.andThen(Effect.logWarning("The store of circuits does not answer", error), otherwise)
  }
}
