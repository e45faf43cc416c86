/**
 * Failure rules: data that classifies a response as a failure by its body, whatever its status.
 *
 * **When to use**
 *
 * For a provider that responds with 200 and `{ ok: false }` or `errors`, or one whose 403 means "too fast" only with a certain
 * body. Give the rules to one endpoint, or to the integration for all of its endpoints.
 *
 * **Details**
 *
 * `when` is matched against the body as parsed JSON. The first rule that matches fails the call, and its `category`
 * applies to retry, breaker, limits and metrics as that of a status does. `error` decodes the same body: the call fails with its
 * value, which is in the type of the method. Without `error`, and for a body that `error` does not decode, the call fails
 * with the general error of the category. An endpoint's rules go before its integration's.
 *
 * The wait is that of the body, else that of the headers, which are read as for a 429 if the category is `throttled`. `GraphQL.failures` and `SlackApi.failures` are ready-made. For a failed status whose category
 * depends on a code in its body, without a typed error, `ErrorCodes.classify` is shorter.
 *
 * **Gotchas**
 *
 * A body that is not JSON matches no rule. A streamed answer is matched only if it is not the declared stream: its status
 * is not a success, or its content type differs, such as JSON instead of events. With `responseMode: "response-only"`, a 2xx
 * is not read and not matched.
 *
 * **Example** (A provider that always responds with 200)
 *
 * ```ts
 * import { Schema } from "effect"
 * import { FailureRule } from "@causeway/core/client"
 *
 * class SlackError extends Schema.TaggedError<SlackError>()("SlackError", { error: Schema.String }) {}
 *
 * const notOk = FailureRule.make({
 *   when: Schema.Struct({ ok: Schema.Literal(false), error: Schema.String }),
 *   error: SlackError,
 *   category: (body) => (body.error === "ratelimited" ? "throttled" : "rejected")
 * })
 *
 * console.assert(notOk.error === SlackError)
 * ```
 *
 * @since 0.1.0
 */
import type { Duration, Schema } from "effect"
import type * as Failure from "../policy/Failure.ts"
import { checkRule } from "./internal/ruleChecks.ts"

/**
 * A rule that classifies a decoded body as a failure.
 *
 * @since 0.1.0
 * @category models
 */
export interface FailureRule<When extends Schema.Top, E extends Schema.Top | undefined = undefined> {
  /** The statuses to which the rule applies. Default: `"2xx"`. */
  readonly status?: number | "2xx" | "3xx" | "4xx" | "5xx"
  /** The bodies that are failures, as parsed JSON. */
  readonly when: When
  /** Decodes the same body; the call fails with its value. Default: the general error of the category. */
  readonly error?: E
  /** The category of the failure; if a function returns undefined, the status decides (`rejected` for a 2xx). */
  readonly category: Failure.Category | ((body: When["Type"]) => Failure.Category | undefined)
  /** The wait that the body states. Default: that of the headers. */
  readonly retryAfter?: Duration.Input | ((body: When["Type"]) => Duration.Input | undefined)
}

/**
 * Any rule.
 *
 * @since 0.1.0
 * @category models
 */
export interface Any {
  readonly status?: number | "2xx" | "3xx" | "4xx" | "5xx"
  readonly when: Schema.Top
  readonly error?: Schema.Top | undefined
  readonly category: Failure.Category | ((body: never) => Failure.Category | undefined)
  readonly retryAfter?: Duration.Input | ((body: never) => Duration.Input | undefined)
}

/**
 * Creates a rule; its functions receive the decoded type of `when`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <When extends Schema.Top, E extends Schema.Top | undefined = undefined>(
  rule: FailureRule<When, E>
): FailureRule<When, E> => {
  checkRule("failureRule", rule)
  return rule
}

/**
 * The schemas of the errors that rules declare.
 *
 * @since 0.1.0
 * @category utility types
 */
export type ErrorSchemas<Rules> =
  Rules extends ReadonlyArray<infer Rule>
    ? Rule extends { readonly error?: infer E }
      ? Extract<E, Schema.Top>
      : never
    : never

/**
 * The errors that rules declare.
 *
 * @since 0.1.0
 * @category utility types
 */
export type Errors<Rules> = ErrorSchemas<Rules>["Type"]
