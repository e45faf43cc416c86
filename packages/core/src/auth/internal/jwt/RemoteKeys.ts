import { Clock, Deferred, Duration, Effect, Exit, Result, type Scope } from "effect"
import { EndpointUnavailable, type MalformedAnswer } from "../../AuthError.ts"
import type { KeySet } from "./KeySet.ts"
import { type KeyFailure, type KeySource, noKey } from "./KeySource.ts"
import type { VerifyingKey } from "./keys.ts"
import { attempt, refuse } from "./refusal.ts"
import type { Header } from "./token.ts"

export type FetchFailure = EndpointUnavailable | MalformedAnswer

export interface Timing {
  readonly timeToLiveMillis: number
  readonly staleIfErrorMillis: number
  readonly cooldownMillis: number
}

/** From this share of its time on, a set is fetched anew by the first who asks, and nobody waits for it. */
const ahead = 0.8

/** How long an endpoint that fails is left alone, where the cooldown is no shorter. */
const restAfterFailureMillis = 5_000

/** The scope of the set has ended, and its requests with it. */
const notFetched = new EndpointUnavailable({
  endpoint: "the key set",
  status: undefined,
  detail: "its scope has ended",
  retryAfter: undefined
})

interface Held {
  readonly set: KeySet
  readonly fetchedAt: number
}

/** A key set that is fetched, kept for a while, and fetched anew when a token names a key that it does not have. */
export class RemoteKeys implements KeySource {
  readonly #fetch: (before: KeySet | undefined) => Effect.Effect<KeySet, FetchFailure>
  readonly #timing: Timing
  readonly #scope: Scope.Scope
  #held: Held | undefined
  #failure: FetchFailure | undefined
  #restUntil = -Infinity
  #flight: Deferred.Deferred<void> | undefined

  constructor(
    fetch: (before: KeySet | undefined) => Effect.Effect<KeySet, FetchFailure>,
    timing: Timing,
    scope: Scope.Scope
  ) {
    this.#fetch = fetch
    this.#timing = timing
    this.#scope = scope
  }

  candidates(header: Header, now: number): ReadonlyArray<VerifyingKey> | undefined {
    if (!this.#isWithin(now, this.#timing.timeToLiveMillis) || this.#isDue(now)) return undefined
    const found = this.#held?.set.find(header)
    return found === undefined || found.length === 0 ? undefined : found
  }

  ask(header: Header): Effect.Effect<ReadonlyArray<VerifyingKey>, KeyFailure> {
    return Effect.withFiber((fiber) => {
      const clock = fiber.getRef(Clock.Clock)
      const now = clock.currentTimeMillisUnsafe()
      const settled = Effect.suspend(() => this.#settle(header, clock.currentTimeMillisUnsafe()))
      const known = attempt(() => this.#known(header, now))
      if (Result.isFailure(known)) return Effect.fail(known.failure)
      if (known.success !== undefined) {
        return this.#isDue(now) ? Effect.as(this.#begin(now), known.success) : Effect.succeed(known.success)
      }
      if (this.#flight !== undefined) return Effect.andThen(Deferred.await(this.#flight), settled)
      if (now < this.#restUntil) return settled
      return Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(this.#begin(now), (flight) => Effect.andThen(restore(Deferred.await(flight)), settled))
      )
    })
  }

  holds(key: VerifyingKey, now: number): boolean {
    return this.#isWithin(now, this.#timing.timeToLiveMillis) && this.#held?.set.has(key) === true
  }

  #known(header: Header, now: number): ReadonlyArray<VerifyingKey> | undefined {
    const found = this.#isWithin(now, this.#timing.timeToLiveMillis) ? this.#held?.set.find(header) : undefined
    return found === undefined || found.length === 0 ? undefined : found
  }

  /** What is to be said once nothing more can be fetched now. */
  #settle(header: Header, now: number): Effect.Effect<ReadonlyArray<VerifyingKey>, KeyFailure> {
    const { staleIfErrorMillis, timeToLiveMillis } = this.#timing
    const usable = this.#isWithin(now, timeToLiveMillis + staleIfErrorMillis) ? this.#held?.set : undefined
    const found = attempt(() => usable?.find(header) ?? [])
    if (Result.isFailure(found)) return Effect.fail(found.failure)
    if (found.success.length > 0) return Effect.succeed(found.success)
    if (this.#failure !== undefined) return Effect.fail(this.#failure)
    if (usable === undefined) return Effect.fail(notFetched)
    return Effect.fromResult(attempt(() => refuse("key", noKey(header))))
  }

  #isWithin(now: number, millis: number): boolean {
    return this.#held !== undefined && now - this.#held.fetchedAt < millis
  }

  #isDue(now: number): boolean {
    return (
      this.#flight === undefined &&
      now >= this.#restUntil &&
      !this.#isWithin(now, this.#timing.timeToLiveMillis * ahead)
    )
  }

  /** The fetch belongs to none of those who wait for it: whoever is interrupted leaves it well. */
  #begin(now: number): Effect.Effect<Deferred.Deferred<void>> {
    const flight = Deferred.makeUnsafe<void>()
    this.#flight = flight
    this.#restUntil = now + this.#timing.cooldownMillis
    return Effect.map(Effect.forkIn(Effect.interruptible(this.#refresh()), this.#scope), (fiber) => {
      fiber.addObserver(() => {
        this.#flight = undefined
        Deferred.doneUnsafe(flight, Exit.void)
      })
      return flight
    })
  }

  #refresh(): Effect.Effect<void> {
    return Effect.flatMap(Effect.result(this.#fetch(this.#held?.set)), (fetched) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        if (Result.isSuccess(fetched)) {
          this.#held = { set: fetched.success, fetchedAt: now }
          this.#failure = undefined
        } else {
          this.#failure = fetched.failure
          this.#restUntil = now + this.#restAfter(fetched.failure)
        }
      })
    )
  }

  #restAfter(failure: FetchFailure): number {
    const asked = failure._tag === "EndpointUnavailable" ? failure.retryAfter : undefined
    const rest = Math.max(restAfterFailureMillis, asked === undefined ? 0 : Duration.toMillis(asked))
    return Math.min(rest, this.#timing.cooldownMillis)
  }
}
