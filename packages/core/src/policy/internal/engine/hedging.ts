import { Deferred, Effect, type Exit } from "effect"
import type { AttemptEnd } from "./Gate.ts"

/** When a second attempt is begun beside a slow first one, and whether that may be afforded. */
export interface Hedging {
  readonly maxHedges: number
  /** Undefined while too little is known to say. */
  readonly delayMillis: () => number | undefined
  readonly mayHedge: () => boolean
  readonly observe: (end: AttemptEnd) => void
}

/**
 * The first attempt to succeed wins, and the others are interrupted. One that fails before the next has begun fails at
 * once: hedging is for slow answers, retrying for failed ones. There are at most `attempts` in all.
 */
export const hedged = <A, E, R>(
  hedging: Hedging,
  attempts: number,
  attempt: () => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> => {
  const delay = hedging.delayMillis()
  return delay === undefined ? attempt() : raced(hedging, delay, attempt, Math.min(hedging.maxHedges, attempts - 1))
}

const raced = <A, E, R>(
  hedging: Hedging,
  delay: number,
  attempt: () => Effect.Effect<A, E, R>,
  hedges: number
): Effect.Effect<A, E, R> =>
  hedges <= 0
    ? attempt()
    : Effect.flatMap(Deferred.make<Exit.Exit<A, E>>(), (ended) => {
        const first = Effect.onExit(attempt(), (exit) => Deferred.succeed(ended, exit))
        const second = Effect.flatMap(
          Effect.raceFirst(
            Effect.as(Effect.sleep(delay), undefined),
            Effect.map(Deferred.await(ended), (exit) => exit)
          ),
          (exit) => exit ?? nextOrFirst(hedging, delay, attempt, hedges, Deferred.await(ended))
        )
        return Effect.raceAll([first, second])
      })

const nextOrFirst = <A, E, R>(
  hedging: Hedging,
  delay: number,
  attempt: () => Effect.Effect<A, E, R>,
  hedges: number,
  first: Effect.Effect<Exit.Exit<A, E>>
): Effect.Effect<A, E, R> =>
  hedging.mayHedge() ? raced(hedging, delay, attempt, hedges - 1) : Effect.flatMap(first, (exit) => exit)
