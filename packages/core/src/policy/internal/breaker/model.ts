import type { Duration } from "effect"

/**
 * The states of a circuit. `isolated` is open by hand: only `close` or `reset` ends it.
 *
 * @since 0.1.0
 * @category models
 */
export type Phase = "closed" | "open" | "half-open" | "isolated"

/**
 * A circuit's change of state, at a time in milliseconds of the epoch.
 *
 * @since 0.1.0
 * @category models
 */
export interface Transition {
  readonly key: string
  readonly from: Phase
  readonly to: Phase
  readonly at: number
}

/**
 * What the breaker says of an attempt: go, with the generation to report under; not before `retryAfterMillis`, which is
 * undefined for a circuit that is isolated; or that the store could not be asked and is set to refuse then.
 *
 * @since 0.1.0
 * @category models
 */
export type Admission =
  | { readonly _tag: "Admitted"; readonly generation: number; readonly transition: Transition | undefined }
  | { readonly _tag: "Open"; readonly retryAfterMillis: number | undefined }
  | { readonly _tag: "Unavailable" }

/**
 * How an admitted attempt ended, as far as the breaker cares.
 *
 * @since 0.1.0
 * @category models
 */
export type Outcome = "success" | "failure" | "ignored"

/**
 * How long an attempt took, and the wait that the provider asked for with its answer.
 *
 * @since 0.1.0
 * @category models
 */
export interface AttemptEnd {
  readonly elapsedMillis: number
  readonly retryAfterMillis: number | undefined
}

/**
 * A circuit as it is now.
 *
 * @since 0.1.0
 * @category models
 */
export interface Snapshot {
  readonly key: string
  readonly phase: Phase
  /** When it came to this phase, in milliseconds of the epoch; for one that never changed, when its store was first used. */
  readonly since: number
  /** The attempts that count: those its strategy (the first of several) looks at; of an open one, those that opened it; of a half-open one, its probes. */
  readonly calls: number
  /** Those of them that failed, or were too slow. */
  readonly failures: number
  /** When an open circuit lets the next probe through. */
  readonly retryAfter: Duration.Duration | undefined
}
