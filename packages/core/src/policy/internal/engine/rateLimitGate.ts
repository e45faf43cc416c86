import { Duration, Effect } from "effect"
import * as CallError from "../../CallError.ts"
import * as InvalidOption from "../../InvalidOption.ts"
import type { RateLimit } from "../../RateLimit.ts"
import type * as RateLimitStore from "../../RateLimitStore.ts"
import { andThenNow, type Answer, type AttemptEnd, type Entrant, type Gate, type Pass, refuse } from "./Gate.ts"

/** Lets an attempt through in its turn, or refuses it when the wait or the queue would pass its bound. */
export const rateLimitGate = (store: Store, limit: RateLimit, shared: string): Gate => ({
  enter: (entrant) => {
    const key = entrant.keyOf(limit.key, shared)
    const now = entrant.now()
    const decision = store.reserve({
      key,
      now,
      limit: limit.limit,
      windowMillis: limit.windowMillis,
      maxWaiting: limit.maxWaiting,
      maxWaitMillis: Math.min(limit.maxWaitMillis, entrant.remainingMillis(now)),
      tokens: tokensOf(entrant)
    })
    return andThenNow(decision, (turn): Effect.Effect<Answer> => {
      if (turn._tag === "Refused") return refuse(rateLimited(limit, turn.retryAfterMillis, entrant))
      return turn.delayMillis > 0 ? wait(store, key, turn, entrant) : Effect.succeed(pass(store, key, false, entrant))
    })
  }
})

type Store = RateLimitStore.RateLimitStore["Service"]

const wait = (store: Store, key: string, turn: RateLimitStore.Admitted, entrant: Entrant): Effect.Effect<Answer> => {
  entrant.tell({ _tag: "Waiting", reason: "rateLimit", delayMillis: turn.delayMillis })
  return Effect.sleep(turn.delayMillis).pipe(
    Effect.onInterrupt(() => turn.refund),
    Effect.map(() => pass(store, key, true, entrant))
  )
}

const pass = (store: Store, key: string, waited: boolean, entrant: Entrant): Pass => ({
  _tag: "Pass",
  waited,
  leave: (end) => pauseWhenThrottled(store, key, end, entrant)
})

/** The whole process slows down, not only the call that was told to. */
const pauseWhenThrottled = (store: Store, key: string, end: AttemptEnd, entrant: Entrant): Effect.Effect<void> =>
  end.retryAfterMillis === undefined ? Effect.void : store.pause(key, entrant.now() + end.retryAfterMillis)

const tokensOf = ({ options }: Entrant): number =>
  options.tokens === undefined ? 1 : InvalidOption.integer("options.tokens", options.tokens, 1)

const rateLimited = (limit: RateLimit, retryAfterMillis: number | undefined, entrant: Entrant): CallError.RateLimited =>
  new CallError.RateLimited({
    ...entrant.info(),
    category: "throttled",
    source: "local",
    limit: limit.limit,
    retryAfter: retryAfterMillis === undefined ? undefined : Duration.millis(retryAfterMillis),
    status: undefined
  })
