/** What one call may set for itself. */
import type { Duration } from "effect"

/**
 * What one call may set for itself.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallOptions {
  /** The longest that this call takes in all; the shorter of this and the policy's deadline applies. Adds `Timeout`. */
  readonly deadline?: Duration.Input
  /** The most attempts of this call; never more than the policy's. */
  readonly attempts?: number
  /** The idempotency key of this call: the same at each attempt. It makes an unsafe method safe to retry. */
  readonly idempotencyKey?: string
  /** Headers of this call alone, such as `stripe-account`; they replace those of the integration and of the endpoint. */
  readonly headers?: Readonly<Record<string, string>>
  /** The longest that a streamed answer of this call may be silent. Adds `Timeout` to the stream. Default: the policy's. */
  readonly idleTimeout?: Duration.Input
  /** How many tokens of the rate limit this call costs. Default: 1. */
  readonly tokens?: number
  /** The priority among waiting calls; higher numbers go first. Default: 0. */
  readonly priority?: number
}
