/**
 * Whether the inbox workers of a process do their work: for a health check, and for a person.
 *
 * **When to use**
 *
 * Read it with `Inbox.health`, or let a health check fail with `Inbox.checkHealth`. It says what this process does; what
 * waits in the store is in the metrics.
 *
 * **Details**
 *
 * A worker has four parts: it claims events (`claiming`), purges (`retention`), measures what waits (`measuring`), and
 * hears of events that other processes stored (`listening`). A part that fails is logged, counted in
 * `causeway_inbox_worker_restarts` (`source`, `part`) and begins again after a delay that doubles from at most 1 second up
 * to 30 seconds (upkeep: from 5 seconds up to 1 minute).
 *
 * | state | what it means |
 * |---|---|
 * | `running` | it claims events, or all its places are taken |
 * | `restarting` | its last turn failed; the next begins after a delay |
 * | `stalled` | the store has not answered it for a minute |
 * | `stopped` | it ended by a defect, or does not exist |
 *
 * A worker that is interrupted, such as by the end of its Layer, is no longer listed.
 *
 * **Gotchas**
 *
 * A database that is away makes every worker on it unhealthy, and restarting the process does not bring it back: use the
 * check to alert and to hold back a deployment, not as a liveness probe.
 *
 * **Example** (A check that fails without a worker)
 *
 * ```ts
 * import { Inbox } from "@causeway/core/webhook"
 * import { Effect } from "effect"
 *
 * const check = Inbox.checkHealth({ sources: ["github"] }).pipe(Effect.provide(Inbox.layerMemory))
 * const error = await Effect.runPromise(Effect.flip(check))
 * console.assert(error.message === 'The inbox is unhealthy: the worker of "github" is stopped')
 * ```
 *
 * @since 0.1.0
 */
import { Data } from "effect"

/**
 * What a worker does, by itself or for its handlers.
 *
 * @since 0.1.0
 * @category models
 */
export type Part = "claiming" | "retention" | "measuring" | "listening"

/**
 * A failure of a part of a worker. `at` is in epoch milliseconds; the message has no secrets.
 *
 * @since 0.1.0
 * @category models
 */
export interface Problem {
  readonly part: Part
  readonly at: number
  readonly tag: string
  readonly message: string
}

/**
 * How one worker is.
 *
 * @since 0.1.0
 * @category models
 */
export interface WorkerHealth {
  readonly source: string
  readonly state: "running" | "restarting" | "stalled" | "stopped"
  /** The parts whose last turn failed. */
  readonly failing: ReadonlyArray<Part>
  /** When the store last answered what is due, in epoch milliseconds. */
  readonly lastPoll: number | undefined
  /** The last failure of any part, though it may be over. */
  readonly lastError: Problem | undefined
  /** How often a part began again after a failure. */
  readonly restarts: number
}

/**
 * How the workers of this process are.
 *
 * @since 0.1.0
 * @category models
 */
export interface Health {
  /** Whether all workers are `running`, and no part of one is failing. */
  readonly healthy: boolean
  readonly workers: ReadonlyArray<WorkerHealth>
}

/**
 * A worker is not running, or a part of one is failing. The message names each.
 *
 * @since 0.1.0
 * @category errors
 */
export class InboxUnhealthy extends Data.TaggedError("InboxUnhealthy")<{
  readonly workers: ReadonlyArray<WorkerHealth>
}> {
  override get message(): string {
    return `The inbox is unhealthy: ${this.workers.map(describe).join("; ")}`
  }
}

/**
 * What a worker reports of itself.
 *
 * @since 0.1.0
 * @category models
 */
export interface Watch {
  /** The store was asked, at a time in epoch milliseconds. */
  readonly asked: (now: number) => void
  /** The store has answered or failed; `now` where it said what is due. */
  readonly answered: (now: number | undefined) => void
  /** A part did its work. */
  readonly succeeded: (part: Part) => void
  /** A part failed, and begins again. */
  readonly failed: (problem: Problem) => void
}

/**
 * Whether a worker is running and no part of it is failing.
 *
 * @since 0.1.0
 * @category guards
 */
export const isHealthy = ({ failing, state }: WorkerHealth): boolean => state === "running" && failing.length === 0

/**
 * The health of a source that has no worker.
 *
 * @since 0.1.0
 * @category constructors
 */
export const stopped = (source: string): WorkerHealth => ({
  source,
  state: "stopped",
  failing: [],
  lastPoll: undefined,
  lastError: undefined,
  restarts: 0
})

const describe = ({ failing, lastError, source, state }: WorkerHealth): string => {
  const what = state === "running" ? `is failing at ${failing.join(" and ")}` : `is ${state}`
  const why = lastError === undefined ? "" : ` (${lastError.tag}: ${lastError.message})`
  return `the worker of ${JSON.stringify(source)} ${what}${why}`
}
