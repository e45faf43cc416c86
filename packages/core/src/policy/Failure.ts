/**
 * One classification of what came back, shared by retry, breaker, limiter, metrics and logs.
 *
 * **When to use**
 *
 * Pass your own `classify` to an integration whose provider says things in its own way, such as GitHub's `403` when it
 * throttles. `RateHeaders.classify` and `ErrorCodes.classify` make one from data. Everything else reads the category and
 * never the status.
 *
 * **Details**
 *
 * | category | what it means | retried | counts for the breaker |
 * |---|---|---|---|
 * | `transient` | may go away by itself: 408, 425, 5xx, a reset, a timeout | yes | as a failure |
 * | `throttled` | we are too fast: 429 | yes | not at all |
 * | `unauthorized` | we are not who we should be: 401 | no | as a success |
 * | `rejected` | the provider understood and said no: other 4xx, 3xx | no | as a success |
 * | `invalid` | what was to be sent, or what came back, does not fit its schema | no | as a success |
 *
 * **Gotchas**
 *
 * A `403` is `rejected`: no credential that could be renewed would change it.
 *
 * **Example** (A provider that throttles with 403)
 *
 * ```ts
 * import { Failure } from "@causeway/core/policy"
 *
 * const classify: Failure.Classify = (response) =>
 *   response.status === 403 && response.headers["x-ratelimit-remaining"] === "0"
 *     ? { category: "throttled", retryAfter: undefined }
 *     : Failure.classify(response)
 *
 * console.assert(classify({ status: 403, headers: { "x-ratelimit-remaining": "0" }, now: 0 }).category === "throttled")
 * console.assert(classify({ status: 503, headers: {}, now: 0 }).category === "transient")
 * ```
 *
 * @since 0.1.0
 */
import { Duration } from "effect"
import * as waits from "./internal/wait/headers.ts"

/**
 * What a failure is, whoever sent it.
 *
 * @since 0.1.0
 * @category models
 */
export type Category = "transient" | "throttled" | "unauthorized" | "rejected" | "invalid"

/**
 * The part of a response that a classification may look at: status, headers in lower case, the time it arrived (epoch
 * milliseconds), and the body of an unsuccessful answer.
 *
 * @since 0.1.0
 * @category models
 */
export interface Response {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly now: number
  /**
   * Reads the body as JSON; undefined if it is not JSON or not available. Only an unsuccessful answer has it, and only its
   * first bytes are read.
   */
  readonly body?: (() => unknown) | undefined
}

/**
 * The verdict on a response: `success`, or a {@link Category}, and how long the provider asked to wait.
 *
 * @since 0.1.0
 * @category models
 */
export interface Classification {
  readonly category: Category | "success"
  readonly retryAfter: Duration.Duration | undefined
  /** What the provider says of a retry, as OpenAI and Stripe do. */
  readonly shouldRetry?: boolean | undefined
}

/**
 * Turns a response into a {@link Classification}; an integration can bring its own.
 *
 * @since 0.1.0
 * @category models
 */
export type Classify = (response: Response) => Classification

/**
 * What a retry `Schedule` sees of a failed attempt: the category, the wait that the provider asked for, the number of
 * the attempt (the first is 1), and the error that the call would fail with.
 *
 * @since 0.1.0
 * @category models
 */
export interface FailedAttempt {
  readonly category: Category
  readonly retryAfter: Duration.Duration | undefined
  readonly attempt: number
  readonly error: unknown
  readonly shouldRetry?: boolean | undefined
}

const transientStatuses: ReadonlySet<number> = new Set([408, 425])

/**
 * The verdict on what needs no other.
 *
 * @since 0.1.0
 * @category models
 */
export const success: Classification = { category: "success", retryAfter: undefined }

/**
 * The default classification, by status, with the wait of {@link retryAfter}.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-status-codes
 * @since 0.1.0
 * @category constructors
 */
export const classify: Classify = (response) => {
  const category = categoryOfStatus(response.status)
  return category === "success"
    ? success
    : { category, retryAfter: retryAfter(response), shouldRetry: shouldRetry(response) }
}

/**
 * What the provider says of a retry in `X-Should-Retry`: `true`, `false`, or nothing.
 *
 * @see https://docs.stripe.com/api/errors
 * @since 0.1.0
 * @category getters
 */
export const shouldRetry = ({ headers }: Response): boolean | undefined => {
  const header = headers["x-should-retry"] ?? headers["stripe-should-retry"]
  return header === "true" ? true : header === "false" ? false : undefined
}

/**
 * The category of a status code alone.
 *
 * @since 0.1.0
 * @category constructors
 */
export const categoryOfStatus = (status: number): Category | "success" => {
  if (status >= 200 && status < 300) return "success"
  if (status === 401) return "unauthorized"
  if (status === 429) return "throttled"
  if (status >= 500 || transientStatuses.has(status)) return "transient"
  return "rejected"
}

/**
 * The wait that the provider stated, in any form that `Wait` reads: `Retry-After-Ms` or `X-Ms-Retry-After-Ms`
 * (milliseconds), else `Retry-After`, else `X-RateLimit-Retry-After`. For a 429 without them, until the reset of the quota
 * that is used up: `RateLimit-Reset`, `X-RateLimit-Reset-After`, `X-RateLimit-Reset`, `X-Rate-Limit-Reset`, or the resets that
 * OpenAI and Anthropic send for requests and tokens. Dates and times since the epoch are measured from the answer's own
 * `Date`. Other values are ignored.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 * @since 0.1.0
 * @category getters
 */
export const retryAfter = (response: Response): Duration.Duration | undefined => {
  const millis = waits.statedMillis(response) ?? (response.status === 429 ? waits.resetMillis(response) : undefined)
  return millis === undefined ? undefined : Duration.millis(millis)
}
