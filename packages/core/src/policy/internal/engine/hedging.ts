/** Hedging: a second attempt beside a slow first one. */
import { Deferred, Effect, type Exit } from "effect"
import type { AttemptEnd } from "../../Admission.ts"

/** When a second attempt is begun beside a slow first one, and whether that may be afforded. */
export interface Hedging {
  readonly maxHedges: number
  /** Undefined while too little is known to say. */
  readonly delayMillis: () => number | undefined
  readonly mayHedge: () => boolean
  readonly observe: (end: AttemptEnd) => void
}

/** A call that may be hedged: how its attempts are made, and who hears of the hedges. */
export interface Hedged<A, E, R> {
  readonly attempt: () => Effect.Effect<A, E, R>
  readonly emit: (event: { readonly _tag: "Hedged"; readonly delayMillis: number }) => void
}

/**
 * The first attempt to succeed wins, and the others are interrupted. One that fails before the next has begun fails at
 * once: hedging is for slow answers, retrying for failed ones. There are at most `attempts` in all.
 */
export const hedged = <A, E, R>(hedging: Hedging, attempts: number, call: Hedged<A, E, R>): Effect.Effect<A, E, R> => {
  const delay = hedging.delayMillis()
  return delay === undefined ? call.attempt() : raced(hedging, delay, call, Math.min(hedging.maxHedges, attempts - 1))
}

const raced = <A, E, R>(
  hedging: Hedging,
  delay: number,
  call: Hedged<A, E, R>,
  hedges: number
): Effect.Effect<A, E, R> =>
  hedges <= 0
    ? call.attempt()
    : Effect.flatMap(Deferred.make<Exit.Exit<A, E>>(), (ended) => {
        const first = Effect.onExit(call.attempt(), (exit) => Deferred.succeed(ended, exit))
        const second = Effect.flatMap(
          Effect.raceFirst(
            Effect.as(Effect.sleep(delay), undefined),
            Effect.map(Deferred.await(ended), (exit) => exit)
          ),
          (exit) => exit ?? nextOrFirst(hedging, delay, call, hedges, Deferred.await(ended))
        )
        return Effect.raceAll([first, second])
      })

const nextOrFirst = <A, E, R>(
  hedging: Hedging,
  delay: number,
  call: Hedged<A, E, R>,
  hedges: number,
  first: Effect.Effect<Exit.Exit<A, E>>
): Effect.Effect<A, E, R> => {
  if (!hedging.mayHedge()) return Effect.flatMap(first, (exit) => exit)
  call.emit({ _tag: "Hedged", delayMillis: delay })
  return raced(hedging, delay, call, hedges - 1)
}
