/** The strategy of the rate limit: admits an attempt in its turn, or rejects it when the wait would exceed its limit. */
import { Duration, Effect, Exit } from "effect"
import type { Admission, AttemptEnd, CallContext, Decision, Permit } from "../../Admission.ts"
import * as CallError from "../../CallError.ts"
import * as InvalidOption from "../../InvalidOption.ts"
import * as RateHeaders from "../../RateHeaders.ts"
import type { RateLimit } from "../../RateLimit.ts"
import type * as RateLimitStore from "../../RateLimitStore.ts"
import * as AtOnce from "../AtOnce.ts"
import { isDecision, rejection } from "./permits.ts"

/** Admits an attempt in its turn, or rejects it when the wait or the queue would exceed its limit. */
export const rateLimitAdmission = (store: Store, limit: RateLimit, shared: string): Admission => ({
  acquire: (call) => {
    const key = call.keyOf(limit.key, shared)
    const now = call.now()
    const decision = store.reserve({
      key,
      now,
      limits: limit.limits,
      maxWaiting: limit.maxWaiting,
      maxWaitMillis: Math.min(limit.maxWaitMillis, call.remainingMillis(now)),
      tokens: call.options.tokens === undefined ? 1 : tokensOf(call.options.tokens),
      priority: call.options.priority ?? 0
    })
    const place = { store, limit, key, call }
    const exit = AtOnce.exitOf(decision)
    return exit !== undefined && Exit.isSuccess(exit)
      ? decided(place, exit.value)
      : Effect.flatMap(decision, (turn) => {
          const answer = decided(place, turn)
          return isDecision(answer) ? Effect.succeed(answer) : answer
        })
  }
})

type Store = RateLimitStore.RateLimitStore["Service"]

/** The limit of one call, and the key under which it counts. */
interface Place {
  readonly store: Store
  readonly limit: RateLimit
  readonly key: string
  readonly call: CallContext
}

const decided = (place: Place, turn: RateLimitStore.Decision): Decision | Effect.Effect<Decision> => {
  const { call, key } = place
  if (turn._tag !== "Admitted") {
    const delayMillis = turn._tag === "Refused" ? turn.retryAfterMillis : undefined
    call.emit({ _tag: "LimitReached", slot: "rateLimit", key, rejected: true, delayMillis })
    return rejection(rateLimited(call, turn))
  }
  if (turn.delayMillis === 0) return new RateLimitPermit(place, turn, false)
  const { delayMillis } = turn
  call.emit({ _tag: "Waiting", reason: "rateLimit", delayMillis })
  call.emit({ _tag: "LimitReached", slot: "rateLimit", key, rejected: false, delayMillis })
  return Effect.map(turn.wait, (turn) =>
    turn._tag === "Admitted" ? new RateLimitPermit(place, turn, true) : rejection(rateLimited(call, turn))
  )
}

/** A reserved turn, and what its attempt reports for later ones. */
class RateLimitPermit implements Permit {
  readonly _tag = "Permit"
  readonly waited: boolean
  readonly #place: Place
  readonly #turn: RateLimitStore.Admitted

  constructor(place: Place, turn: RateLimitStore.Admitted, waited: boolean) {
    this.#place = place
    this.#turn = turn
    this.waited = waited
  }

  release(end: AttemptEnd): Effect.Effect<void> {
    if (!end.attempted) return this.#turn.refund
    const { costOf, learn } = this.#place.limit
    if (costOf === undefined && learn.length === 0 && end.retryAfterMillis === undefined) return Effect.void
    const corrected = this.#correct(end)
    const learned = this.#learn(end)
    return corrected === Effect.void ? learned : Effect.andThen(corrected, learned)
  }

  /** The actual cost of the call, if the answer states it. */
  #correct({ answer, success }: AttemptEnd): Effect.Effect<void> {
    const { call, limit } = this.#place
    const { costOf } = limit
    if (costOf === undefined || answer === undefined) return Effect.void
    return Effect.suspend(() => {
      const { headers, status } = answer
      const cost = costOf({ status, headers, now: call.now(), value: call.decodedOf(success) })
      const isOne = cost !== undefined && cost >= 0 && cost <= mostTokens
      return isOne ? this.#turn.adjust(Math.ceil(cost)) : Effect.void
    })
  }

  /** The quota that the provider reported applies to all its users, not only to this call. */
  #learn({ answer, retryAfterMillis }: AttemptEnd): Effect.Effect<void> {
    const { call, key, limit, store } = this.#place
    const { learn } = limit
    if (retryAfterMillis === undefined && (answer === undefined || learn.length === 0)) return Effect.void
    const now = call.now()
    const paused = retryAfterMillis === undefined ? Effect.void : store.pause(key, now + retryAfterMillis, now)
    if (answer === undefined || learn.length === 0) return paused
    const observations = RateHeaders.observe(learn, { status: answer.status, headers: answer.headers, now })
    if (observations.length === 0) return paused
    const learned = store.learn(key, observations, now)
    return paused === Effect.void ? learned : Effect.andThen(paused, learned)
  }
}

/** Sums of these are exact. */
const mostTokens = 1e9

const tokensOf = (tokens: number): number => InvalidOption.integer("options.tokens", tokens, 1)

const rateLimited = (
  call: CallContext,
  rejected: RateLimitStore.Refused | RateLimitStore.Unavailable
): CallError.RateLimited => {
  const { limit, retryAfterMillis } = rejected._tag === "Refused" ? rejected : unknown
  return call.raise(
    () =>
      new CallError.RateLimited({
        ...call.info(),
        category: "throttled",
        source: "local",
        limit,
        retryAfter: retryAfterMillis === undefined ? undefined : Duration.millis(retryAfterMillis),
        status: undefined
      })
  )
}

const unknown = { limit: undefined, retryAfterMillis: undefined }
