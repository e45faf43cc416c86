/**
 * What happens in the calls of a process, as it happens: attempts, waits, changes of circuits, ends.
 *
 * **When to use**
 *
 * To count, to show progress, to feed metrics.
 *
 * **Details**
 *
 * The observer is called synchronously, on the fibre of the call; without one nothing is built.
 *
 * **Gotchas**
 *
 * It must be quick and must not throw: a defect in it fails the call.
 *
 * **Example** (Counting retries)
 *
 * ```ts
 * import { Layer } from "effect"
 * import { CallObserver } from "@causeway/core/policy"
 *
 * let retries = 0
 * const counting = CallObserver.layer((event) => {
 *   if (event._tag === "AttemptStarted" && event.attempt > 1) retries += 1
 * })
 *
 * console.assert(Layer.isLayer(counting) && retries === 0)
 * ```
 *
 * @since 0.1.0
 */
import { Context, Layer } from "effect"
import type { Transition } from "./BreakerStore.ts"
import type { Category } from "./Failure.ts"
import * as OptionCheck from "./OptionCheck.ts"

interface Where {
  readonly integration: string
  /** On whose behalf, where an integration has tenants. There may be many: no label for a metric. */
  readonly tenant?: string
  readonly endpoint: string
}

/**
 * One event of a call. Times are in milliseconds; `attempt` counts from 1; `outcome` is undefined for a call that was
 * interrupted or died.
 *
 * @since 0.1.0
 * @category models
 */
export type CallEvent = Where &
  (
    | { readonly _tag: "AttemptStarted"; readonly attempt: number }
    | {
        readonly _tag: "AttemptEnded"
        readonly attempt: number
        readonly outcome: Category | "success" | undefined
        readonly elapsedMillis: number
      }
    | { readonly _tag: "Waiting"; readonly reason: "retry" | "rateLimit"; readonly delayMillis: number }
    | { readonly _tag: "Hedged"; readonly delayMillis: number }
    | { readonly _tag: "RetryBudgetEmpty" }
    /** How many retries a budget still holds, parts of one included, after a deposit or a withdrawal. */
    | { readonly _tag: "RetryBudgetChanged"; readonly key: string; readonly retries: number }
    | { readonly _tag: "CacheAnswered"; readonly result: "hit" | "stale" | "revalidated" | "miss" }
    | {
        readonly _tag: "CircuitChanged"
        readonly transition: Transition
        /** The rule of the circuit and its open duration, as text. */
        readonly breaker: string
      }
    /** A limit makes an attempt wait, or rejects it. */
    | {
        readonly _tag: "LimitReached"
        readonly slot: "rateLimit" | "bulkhead" | "concurrency" | "throttle"
        readonly key: string
        readonly rejected: boolean
        /** The wait of the attempt, or the time until it may be retried; absent if unknown. */
        readonly delayMillis?: number | undefined
      }
    | { readonly _tag: "CallStarted" }
    | {
        readonly _tag: "CallEnded"
        readonly attempts: number
        readonly succeeded: boolean
        readonly elapsedMillis: number
        /** The error that the call failed with; absent for a success, an interruption or a defect. */
        readonly error?: unknown
        /** Present for a call that was interrupted. */
        readonly interrupted?: true
      }
  )

/**
 * The observer of this fibre, or none.
 *
 * @since 0.1.0
 * @category references
 */
export const CallObserver = Context.Reference<((event: CallEvent) => void) | undefined>(
  "causeway/policy/CallObserver",
  {
    defaultValue: () => undefined
  }
)

/**
 * Observes the calls made below this Layer.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (observer: (event: CallEvent) => void): Layer.Layer<never> => {
  OptionCheck.callback("callObserver", observer)
  return Layer.succeed(CallObserver, observer)
}
