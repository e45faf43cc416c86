import { Effect } from "effect"

/** Beyond so many at once, a stale answer is given without asking anew: the next one asks. */
const mostAtOnce = 1_000

/** A request behind everybody's back must end by itself. */
const longestMillis = 60_000

/** Refreshes in the background, one at a time for each key. */
export class Revalidations {
  readonly #running = new Set<string>()

  /** Begins unless the key is being refreshed; what becomes of it is told to nobody. */
  begin<A, E, R>(key: string, refresh: Effect.Effect<A, E, R>): Effect.Effect<void, never, R> {
    return Effect.suspend(() => {
      if (this.#running.has(key) || this.#running.size >= mostAtOnce) return Effect.void
      this.#running.add(key)
      return refresh.pipe(
        Effect.timeout(longestMillis),
        Effect.ignoreCause,
        Effect.ensuring(Effect.sync(() => this.#running.delete(key))),
        Effect.forkDetach,
        Effect.asVoid
      )
    })
  }
}
