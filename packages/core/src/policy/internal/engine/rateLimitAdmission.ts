/** The strategy of the rate limit: admits an attempt in its turn, or rejects it when the wait would pass its bound. */
import { Duration, Effect, Exit } from "effect"
import type { Admission, AttemptEnd, CallContext, Decision, Permit } from "../../Admission.ts"
import * as CallError from "../../CallError.ts"
import * as InvalidOption from "../../InvalidOption.ts"
import * as RateHeaders from "../../RateHeaders.ts"
import type { RateLimit } from "../../RateLimit.ts"
import type * as RateLimitStore from "../../RateLimitStore.ts"
import * as AtOnce from "../AtOnce.ts"
import { isDecision, rejection } from "./permits.ts"

/** Lets an attempt through in its turn, or refuses it when the wait or the queue would pass its bound. */
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
      tokens: tokensOf(call),
      priority: call.options.priority ?? 0
    })
    const exit = AtOnce.exitOf(decision)
    return exit !== undefined && Exit.isSuccess(exit)
      ? decided(store, limit, key, call, exit.value)
      : Effect.flatMap(decision, (turn) => {
          const answer = decided(store, limit, key, call, turn)
          return isDecision(answer) ? Effect.succeed(answer) : answer
        })
  }
})

type Store = RateLimitStore.RateLimitStore["Service"]

const decided = (
  store: Store,
  limit: RateLimit,
  key: string,
  call: CallContext,
  turn: RateLimitStore.Decision
): Decision | Effect.Effect<Decision> => {
  if (turn._tag !== "Admitted") {
    const delayMillis = turn._tag === "Refused" ? turn.retryAfterMillis : undefined
    call.emit({ _tag: "LimitReached", slot: "rateLimit", key, rejected: true, delayMillis })
    return rejection(rateLimited(call, turn))
  }
  if (turn.delayMillis === 0) return new RateLimitPermit(store, limit, key, call, turn, false)
  const { delayMillis } = turn
  call.emit({ _tag: "Waiting", reason: "rateLimit", delayMillis })
  call.emit({ _tag: "LimitReached", slot: "rateLimit", key, rejected: false, delayMillis })
  return Effect.map(turn.wait, (turn) =>
    turn._tag === "Admitted"
      ? new RateLimitPermit(store, limit, key, call, turn, true)
      : rejection(rateLimited(call, turn))
  )
}

/** A turn, and what an attempt in it tells those that come after it. */
class RateLimitPermit implements Permit {
  readonly _tag = "Permit"
  readonly waited: boolean
  readonly #store: Store
  readonly #limit: RateLimit
  readonly #key: string
  readonly #call: CallContext
  readonly #turn: RateLimitStore.Admitted

  constructor(
    store: Store,
    limit: RateLimit,
    key: string,
    call: CallContext,
    turn: RateLimitStore.Admitted,
    waited: boolean
  ) {
    this.#store = store
    this.#limit = limit
    this.#key = key
    this.#call = call
    this.#turn = turn
    this.waited = waited
  }

  release(end: AttemptEnd): Effect.Effect<void> {
    if (!end.attempted) return this.#turn.refund
    const corrected = this.#correct(end)
    const learned = this.#learn(end)
    return corrected === Effect.void ? learned : Effect.andThen(corrected, learned)
  }

  /** What the call has really cost, where the answer says it. */
  #correct({ answer, success }: AttemptEnd): Effect.Effect<void> {
    const { costOf } = this.#limit
    if (costOf === undefined || answer === undefined) return Effect.void
    return Effect.suspend(() => {
      const { headers, status } = answer
      const call = this.#call
      const cost = costOf({ status, headers, now: call.now(), value: call.decodedOf(success) })
      const isOne = cost !== undefined && cost >= 0 && cost <= mostTokens
      return isOne ? this.#turn.adjust(Math.ceil(cost)) : Effect.void
    })
  }

  /** What the provider has said holds for all that use its quota, not only for the call that was told. */
  #learn({ answer, retryAfterMillis }: AttemptEnd): Effect.Effect<void> {
    const { learn } = this.#limit
    if (retryAfterMillis === undefined && (answer === undefined || learn.length === 0)) return Effect.void
    const now = this.#call.now()
    const paused =
      retryAfterMillis === undefined ? Effect.void : this.#store.pause(this.#key, now + retryAfterMillis, now)
    if (answer === undefined || learn.length === 0) return paused
    const observations = RateHeaders.observe(learn, { status: answer.status, headers: answer.headers, now })
    if (observations.length === 0) return paused
    const learned = this.#store.learn(this.#key, observations, now)
    return paused === Effect.void ? learned : Effect.andThen(paused, learned)
  }
}

/** Sums of these are exact. */
const mostTokens = 1e9

const tokensOf = ({ options }: CallContext): number =>
  options.tokens === undefined ? 1 : InvalidOption.integer("options.tokens", options.tokens, 1)

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
