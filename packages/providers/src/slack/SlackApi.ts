/**
 * Failure rules for Slack's Web API, which reports errors with status 200 and `ok: false`.
 *
 * **When to use**
 *
 * Give {@link failures} to your integration of the Web API. A call then fails with {@link SlackError}, and retry, breaker,
 * limits, credentials and pages use the category of the error.
 *
 * **Details**
 *
 * `ratelimited` is throttled, with the wait of `Retry-After`; `invalid_auth`, `not_authed`, `token_expired`, `token_revoked`
 * and `account_inactive` are unauthorized, so that a token that can be renewed is renewed once; `internal_error`,
 * `fatal_error`, `service_unavailable` and `request_timeout` are transient; malformed arguments are invalid; every other
 * error is rejected.
 *
 * **Gotchas**
 *
 * A POST is repeated only if its endpoint has `idempotent: true`: set it on methods that only read, or that may safely run
 * twice.
 *
 * **Example** (A page with an error fails the list)
 *
 * ```ts
 * import { Effect, Schema, Stream } from "effect"
 * import { Endpoint, Integration, Pagination } from "@causeway/core/client"
 * import { Mock } from "@causeway/core/testing"
 * import { SlackApi } from "@causeway/providers/slack"
 *
 * const Members = Schema.Struct({
 *   members: Schema.Array(Schema.Struct({ id: Schema.String })),
 *   response_metadata: Schema.optional(Schema.Struct({ next_cursor: Schema.String }))
 * })
 *
 * class Slack extends Integration.Service<Slack>()("app/Slack", {
 *   baseUrl: "https://slack.com/api",
 *   failures: SlackApi.failures,
 *   endpoints: [
 *     Endpoint.get("usersList", "/users.list", {
 *       query: { cursor: Schema.optional(Schema.String) },
 *       success: Members,
 *       pagination: Pagination.cursor(Members, {
 *         query: "cursor",
 *         next: (page) => page.response_metadata?.next_cursor,
 *         items: (page) => page.members
 *       })
 *     })
 *   ]
 * }) {}
 *
 * const program = Effect.gen(function* () {
 *   const slack = yield* Slack
 *   return yield* slack.usersList.items().pipe(Stream.runCollect)
 * }).pipe(Effect.catchTag("SlackError", (error) => Effect.succeed(error.error)))
 *
 * const mocked = Slack.layerMock({ usersList: Mock.fail(new SlackApi.SlackError({ error: "missing_scope" })) })
 * console.assert((await Effect.runPromise(Effect.provide(program, mocked))) === "missing_scope")
 * ```
 *
 * @see https://docs.slack.dev/apis/web-api/#responses
 * @since 0.1.0
 */
import { FailureRule } from "@causeway/core/client"
import { type Failure, Redact } from "@causeway/core/policy"
import { Effect, Schema } from "effect"

const ok = Schema.Literal(false).pipe(Schema.withConstructorDefault(Effect.succeed(false as const)))

/**
 * Slack returned an error: `error` is its code, such as `channel_not_found`; `needed` is the scope that `missing_scope` needs.
 *
 * @see https://docs.slack.dev/apis/web-api/#responses
 * @since 0.1.0
 * @category errors
 */
export class SlackError extends Schema.TaggedError<SlackError>()("SlackError", {
  ok,
  error: Redact.Excerpt,
  needed: Schema.optional(Redact.Excerpt),
  provided: Schema.optional(Redact.Excerpt)
}) {
  override get message(): string {
    return this.needed === undefined
      ? `Slack returned the error ${this.error}`
      : `Slack returned the error ${this.error} (needed: ${this.needed})`
  }
}

/**
 * The rules of the Web API, for `failures` of an integration or an endpoint.
 *
 * @see https://docs.slack.dev/apis/web-api/#responses
 * @since 0.1.0
 * @category rules
 */
export const failures = [
  FailureRule.make({
    when: Schema.Struct({ ok: Schema.Literal(false), error: Schema.String }),
    error: SlackError,
    category: ({ error }) => categoryOf(error)
  }),
  FailureRule.make({ when: Schema.Struct({ ok: Schema.Literal(false) }), category: "rejected" })
] as const

/**
 * The category of a Slack error code; `rejected` for an unknown code.
 *
 * @since 0.1.0
 * @category getters
 */
export const categoryOf = (error: string): Failure.Category =>
  (Object.hasOwn(categories, error) ? categories[error] : undefined) ?? "rejected"

const categories: Readonly<Record<string, Failure.Category>> = {
  account_inactive: "unauthorized",
  invalid_auth: "unauthorized",
  not_authed: "unauthorized",
  token_expired: "unauthorized",
  token_revoked: "unauthorized",
  ratelimited: "throttled",
  rate_limited: "throttled",
  fatal_error: "transient",
  internal_error: "transient",
  request_timeout: "transient",
  service_unavailable: "transient",
  invalid_arguments: "invalid",
  invalid_arg_name: "invalid",
  invalid_json: "invalid",
  json_not_object: "invalid"
}
