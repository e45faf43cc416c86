import { Cause, Effect, Exit, type Scope } from "effect"
import * as Attempt from "../Attempt.ts"
import type { Part, Problem, Watch, WorkerHealth } from "../InboxHealth.ts"
import { errorOf } from "./inboxSupervision.ts"

/** After this time without an answer, a store counts as stalled. */
const stalledMillis = 60_000

interface Watched {
  readonly watch: Watch
  readonly health: (now: number) => WorkerHealth
  readonly stop: (cause: Cause.Cause<unknown>, at: number) => void
}

const makeWatched = (source: string): Watched => {
  const failing = new Set<Part>()
  let askedAt: number | undefined
  let lastPoll: number | undefined
  let lastError: Problem | undefined
  let restarts = 0
  let stopped = false
  const state = (now: number): WorkerHealth["state"] => {
    if (stopped) return "stopped"
    if (failing.has("claiming")) return "restarting"
    return askedAt !== undefined && now - askedAt >= stalledMillis ? "stalled" : "running"
  }
  return {
    watch: {
      asked: (now) => {
        askedAt = now
      },
      answered: (now) => {
        askedAt = undefined
        lastPoll = now ?? lastPoll
      },
      succeeded: (part) => {
        failing.delete(part)
      },
      failed: (problem) => {
        failing.add(problem.part)
        lastError = problem
        restarts += 1
      }
    },
    health: (now) => ({ source, state: state(now), failing: [...failing], lastPoll, lastError, restarts }),
    stop: (cause, at) => {
      stopped = true
      lastError = { part: "claiming", at, ...Attempt.describeError(errorOf(cause), "Defect") }
    }
  }
}

/** The workers of an inbox in this process. */
export interface Watches {
  /** Watches a worker until the scope ends: one that ends by itself stays, as stopped. */
  readonly watch: (source: string) => Effect.Effect<Watch, never, Scope.Scope>
  readonly health: Effect.Effect<ReadonlyArray<WorkerHealth>>
}

export const makeWatches = (): Watches => {
  const all = new Set<Watched>()
  return {
    watch: (source) =>
      Effect.map(
        Effect.acquireRelease(
          Effect.sync(() => {
            const watched = makeWatched(source)
            all.add(watched)
            return watched
          }),
          (watched, exit) =>
            Effect.clockWith((clock) =>
              Effect.sync(() => {
                if (Exit.isFailure(exit) && !Cause.hasInterrupts(exit.cause)) {
                  watched.stop(exit.cause, clock.currentTimeMillisUnsafe())
                } else all.delete(watched)
              })
            )
        ),
        ({ watch }) => watch
      ),
    health: Effect.clockWith((clock) =>
      Effect.sync(() => [...all].map(({ health }) => health(clock.currentTimeMillisUnsafe())))
    )
  }
}
