/** What Slack's own words for a refusal mean. */
import type { Failure } from "@causeway/core/policy"

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

/** The category of a refusal; `rejected` for a word that is not known. */
export const categoryOf = (error: string): Failure.Category =>
  Object.hasOwn(categories, error) ? (categories[error] ?? "rejected") : "rejected"
