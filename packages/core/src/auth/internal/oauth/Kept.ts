import { Clock, Deferred, Effect } from "effect"
import type { AuthError } from "../../AuthError.ts"

export interface Times {
  readonly timeToLiveMillis: number
  readonly staleIfErrorMillis: number
}

interface Held<A> {
  readonly value: A
  readonly at: number
}

/** How long a failure is told to whoever asks, without asking again. */
const failureMillis = 5_000

/** What is asked for once for all who want it, and kept: an old one is better than none for a while. */
export class Kept<A> {
  readonly #ask: Effect.Effect<A, AuthError>
  readonly #times: Times
  #held: Held<A> | undefined
  #failed: Held<AuthError> | undefined
  #asking: Deferred.Deferred<A, AuthError> | undefined

  constructor(ask: Effect.Effect<A, AuthError>, times: Times) {
    this.#ask = ask
    this.#times = times
  }

  get value(): Effect.Effect<A, AuthError> {
    return Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const held = this.#held
      if (held !== undefined && now < held.at + this.#times.timeToLiveMillis) return Effect.succeed(held.value)
      const failed = this.#failed
      return failed !== undefined && now < failed.at + failureMillis ? this.#orStale(failed.value, now) : this.#renewed
    })
  }

  /** What was got last, however long ago. */
  get held(): A | undefined {
    return this.#held?.value
  }

  /** Asks once more, for the next of those who want it. */
  get anew(): Effect.Effect<A, AuthError> {
    return this.#renewed
  }

  /** The answer under way, or a new one on a fibre of its own: whoever is interrupted leaves it well. */
  get #renewed(): Effect.Effect<A, AuthError> {
    return Effect.suspend(() => {
      if (this.#asking !== undefined) return Deferred.await(this.#asking)
      const asking = (this.#asking = Deferred.makeUnsafe<A, AuthError>())
      const ended = Effect.onExit(this.#renew, (exit) =>
        Effect.sync(() => {
          this.#asking = undefined
          Deferred.doneUnsafe(asking, exit)
        })
      )
      return Effect.andThen(Effect.forkDetach(ended, { startImmediately: true }), Deferred.await(asking))
    })
  }

  get #renew(): Effect.Effect<A, AuthError> {
    return Effect.matchEffect(this.#ask, {
      onSuccess: (value) => Effect.map(Clock.currentTimeMillis, (at) => this.#hold({ value, at })),
      onFailure: (value) =>
        Effect.flatMap(Clock.currentTimeMillis, (at) => {
          this.#failed = { value, at }
          return this.#orStale(value, at)
        })
    })
  }

  #hold(held: Held<A>): A {
    this.#held = held
    this.#failed = undefined
    return held.value
  }

  #orStale(error: AuthError, now: number): Effect.Effect<A, AuthError> {
    const { staleIfErrorMillis, timeToLiveMillis } = this.#times
    const held = this.#held
    return held !== undefined && now < held.at + timeToLiveMillis + staleIfErrorMillis
      ? Effect.succeed(held.value)
      : Effect.fail(error)
  }
}
