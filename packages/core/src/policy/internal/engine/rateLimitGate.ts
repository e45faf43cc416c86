import { Duration, Effect } from "effect"
import * as CallError from "../../CallError.ts"
import * as InvalidOption from "../../InvalidOption.ts"
import * as RateHeaders from "../../RateHeaders.ts"
import type { RateLimit } from "../../RateLimit.ts"
import type * as RateLimitStore from "../../RateLimitStore.ts"
import { andThenNow, type Answer, type AttemptEnd, type Entrant, type Gate, neverMade, type Pass } from "./Gate.ts"

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
    const place: Place = { store, limit, key, entrant }
    return andThenNow(decision, (turn) => {
      if (turn._tag !== "Admitted" || turn.delayMillis === 0) return Effect.succeed(answer(place, turn, false))
      entrant.tell({ _tag: "Waiting", reason: "rateLimit", delayMillis: turn.delayMillis })
      return Effect.map(turn.wait, (turn) => answer(place, turn, true))
    })
  }
})

type Store = RateLimitStore.RateLimitStore["Service"]

interface Place {
  readonly store: Store
  readonly limit: RateLimit
  readonly key: string
  readonly entrant: Entrant
}

const answer = (place: Place, turn: RateLimitStore.Decision, waited: boolean): Answer =>
  turn._tag === "Admitted" ? pass(place, turn, waited) : { _tag: "Refusal", error: rateLimited(place.entrant, turn) }

const pass = (place: Place, turn: RateLimitStore.Admitted, waited: boolean): Pass => ({
  _tag: "Pass",
  waited,
  leave: (end) => {
    if (end === neverMade) return turn.refund
    const corrected = correct(place, turn, end)
    const learned = learn(place, end)
    return corrected === Effect.void ? learned : Effect.andThen(corrected, learned)
  }
})

/** What the call has really cost, where the answer says it. */
const correct = ({ entrant, limit }: Place, turn: RateLimitStore.Admitted, end: AttemptEnd): Effect.Effect<void> => {
  const { costOf } = limit
  const { answer } = end
  if (costOf === undefined || answer === undefined) return Effect.void
  return Effect.suspend(() => {
    const { headers, status } = answer
    const cost = costOf({ status, headers, now: entrant.now(), value: entrant.decodedOf(end.success) })
    return cost !== undefined && cost >= 0 && cost <= mostTokens ? turn.adjust(Math.ceil(cost)) : Effect.void
  })
}

/** Sums of these are exact. */
const mostTokens = 1e9

/** What the provider has said holds for all that use its quota, not only for the call that was told. */
const learn = ({ entrant, key, limit, store }: Place, end: AttemptEnd): Effect.Effect<void> => {
  const now = entrant.now()
  const { answer, retryAfterMillis } = end
  const paused = retryAfterMillis === undefined ? Effect.void : store.pause(key, now + retryAfterMillis, now)
  if (answer === undefined || limit.learn.length === 0) return paused
  const observations = RateHeaders.observe(limit.learn, { status: answer.status, headers: answer.headers, now })
  if (observations.length === 0) return paused
  const learned = store.learn(key, observations, now)
  return paused === Effect.void ? learned : Effect.andThen(paused, learned)
}

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
