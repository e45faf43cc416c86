import { Duration, Effect, Exit } from "effect"
import * as CallError from "../../CallError.ts"
import * as InvalidOption from "../../InvalidOption.ts"
import * as RateHeaders from "../../RateHeaders.ts"
import type { RateLimit } from "../../RateLimit.ts"
import type * as RateLimitStore from "../../RateLimitStore.ts"
import * as AtOnce from "../AtOnce.ts"
import {
  type Answer,
  type AttemptEnd,
  type Entrant,
  type Gate,
  isAnswer,
  neverMade,
  type Pass,
  refusal
} from "./Gate.ts"

/** Lets an attempt through in its turn, or refuses it when the wait or the queue would pass its bound. */
export const rateLimitGate = (store: Store, limit: RateLimit, shared: string): Gate => ({
  enter: (entrant) => {
    const key = entrant.keyOf(limit.key, shared)
    const now = entrant.now()
    const decision = store.reserve({
      key,
      now,
      limits: limit.limits,
      maxWaiting: limit.maxWaiting,
      maxWaitMillis: Math.min(limit.maxWaitMillis, entrant.remainingMillis(now)),
      tokens: tokensOf(entrant),
      priority: entrant.options.priority ?? 0
    })
    const exit = AtOnce.exitOf(decision)
    return exit !== undefined && Exit.isSuccess(exit)
      ? decided(store, limit, key, entrant, exit.value)
      : Effect.flatMap(decision, (turn) => {
          const answer = decided(store, limit, key, entrant, turn)
          return isAnswer(answer) ? Effect.succeed(answer) : answer
        })
  }
})

type Store = RateLimitStore.RateLimitStore["Service"]

const decided = (
  store: Store,
  limit: RateLimit,
  key: string,
  entrant: Entrant,
  turn: RateLimitStore.Decision
): Answer | Effect.Effect<Answer> => {
  if (turn._tag !== "Admitted") return refusal(rateLimited(entrant, turn))
  if (turn.delayMillis === 0) return new RateLimitPass(store, limit, key, entrant, turn, false)
  entrant.tell({ _tag: "Waiting", reason: "rateLimit", delayMillis: turn.delayMillis })
  return Effect.map(turn.wait, (turn) =>
    turn._tag === "Admitted"
      ? new RateLimitPass(store, limit, key, entrant, turn, true)
      : refusal(rateLimited(entrant, turn))
  )
}

/** A turn, and what an attempt in it tells those that come after it. */
class RateLimitPass implements Pass {
  readonly _tag = "Pass"
  readonly waited: boolean
  readonly #store: Store
  readonly #limit: RateLimit
  readonly #key: string
  readonly #entrant: Entrant
  readonly #turn: RateLimitStore.Admitted

  constructor(
    store: Store,
    limit: RateLimit,
    key: string,
    entrant: Entrant,
    turn: RateLimitStore.Admitted,
    waited: boolean
  ) {
    this.#store = store
    this.#limit = limit
    this.#key = key
    this.#entrant = entrant
    this.#turn = turn
    this.waited = waited
  }

  leave(end: AttemptEnd): Effect.Effect<void> {
    if (end === neverMade) return this.#turn.refund
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
      const entrant = this.#entrant
      const cost = costOf({ status, headers, now: entrant.now(), value: entrant.decodedOf(success) })
      const isOne = cost !== undefined && cost >= 0 && cost <= mostTokens
      return isOne ? this.#turn.adjust(Math.ceil(cost)) : Effect.void
    })
  }

  /** What the provider has said holds for all that use its quota, not only for the call that was told. */
  #learn({ answer, retryAfterMillis }: AttemptEnd): Effect.Effect<void> {
    const { learn } = this.#limit
    if (retryAfterMillis === undefined && (answer === undefined || learn.length === 0)) return Effect.void
    const now = this.#entrant.now()
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

const tokensOf = ({ options }: Entrant): number =>
  options.tokens === undefined ? 1 : InvalidOption.integer("options.tokens", options.tokens, 1)

const rateLimited = (
  entrant: Entrant,
  refused: RateLimitStore.Refused | RateLimitStore.Unavailable
): CallError.RateLimited => {
  const { limit, retryAfterMillis } = refused._tag === "Refused" ? refused : unknown
  return entrant.raise(
    () =>
      new CallError.RateLimited({
        ...entrant.info(),
        category: "throttled",
        source: "local",
        limit,
        retryAfter: retryAfterMillis === undefined ? undefined : Duration.millis(retryAfterMillis),
        status: undefined
      })
  )
}

const unknown = { limit: undefined, retryAfterMillis: undefined }
