/** The states of a long-running operation, as a poll reports them. */
import type { Duration } from "effect"

/**
 * The job is still running.
 *
 * @since 0.1.0
 * @category states
 */
export interface Pending<out P = undefined> {
  readonly _tag: "Pending"
  readonly progress: P
  readonly status: string | undefined
  readonly retryAfter: Duration.Input | undefined
}

/**
 * The job is done.
 *
 * @since 0.1.0
 * @category states
 */
export interface Done<out A> {
  readonly _tag: "Done"
  readonly value: A
}

/**
 * The job failed.
 *
 * @since 0.1.0
 * @category states
 */
export interface Failed<out E> {
  readonly _tag: "Failed"
  readonly error: E
}

/**
 * The job or its result is gone.
 *
 * @since 0.1.0
 * @category states
 */
export interface Expired {
  readonly _tag: "Expired"
}

/**
 * The job was canceled.
 *
 * @since 0.1.0
 * @category states
 */
export interface Canceled {
  readonly _tag: "Canceled"
}

/**
 * Any state.
 *
 * @since 0.1.0
 * @category states
 */
export type AnyState = Pending<unknown> | Done<unknown> | Failed<unknown> | Expired | Canceled

/**
 * What happens to a job.
 *
 * @since 0.1.0
 * @category models
 */
export type Event<Started, Progress, Value> =
  | { readonly _tag: "Started"; readonly started: Started }
  | {
      readonly _tag: "Pending"
      readonly progress: Progress
      readonly polls: number
      readonly elapsed: Duration.Duration
    }
  | { readonly _tag: "Done"; readonly value: Value }
