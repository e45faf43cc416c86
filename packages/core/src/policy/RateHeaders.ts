/**
 * What providers say of their limits in headers, as data: each dialect is a record, read by one interpreter.
 *
 * **When to use**
 *
 * In `RateLimit.make({ learn })`, so that a limit slows down before the provider refuses; and as `classify` of an
 * integration whose provider throttles with another status than 429.
 *
 * **Details**
 *
 * A dialect names headers and units; `observe` turns a response into observations: what is left of which quota, and
 * when it is there again. `Retry-After` of a 429 or a 503 is an observation that nothing is left.
 *
 * | dialect | reads |
 * |---|---|
 * | `ietf` | `RateLimit` and `RateLimit-Policy` (structured fields), and the older `RateLimit-Limit`, `-Remaining`, `-Reset` |
 * | `xRateLimit` | `X-RateLimit-Limit`, `-Remaining`, `-Reset` in seconds, or as a time in seconds or milliseconds |
 * | `anthropic` | `anthropic-ratelimit-<quota>-*` with times as RFC 3339 writes them |
 * | `discord` | `X-RateLimit-*` by `X-RateLimit-Bucket`, with `-Reset-After` |
 * | `github` | `x-ratelimit-*` by `x-ratelimit-resource`; a 403 throttles too |
 * | `hubspot` | `X-HubSpot-RateLimit-*` of the short interval and of the day |
 * | `linear` | `X-RateLimit-Requests-*` and `X-RateLimit-Complexity-*` with times in milliseconds |
 * | `openai` | `x-ratelimit-*-requests` and `x-ratelimit-*-tokens` with durations such as `6m0s` |
 * | `reddit` | `X-Ratelimit-Used`, `-Remaining` (with decimals) and `-Reset` in seconds |
 * | `shopify` | `X-Shopify-Shop-Api-Call-Limit`, a bucket that drains within 20 seconds |
 * | `twitter` | `x-rate-limit-*` |
 *
 * Providers that send only `Retry-After` (Slack, Stripe, Notion) need no dialect: any of them reads it.
 *
 * **Gotchas**
 *
 * An invalid header is ignored, alone. Reading a response never throws and gives at most 16 observations. A reset that is a
 * time is measured from the response's own `Date`, so that the wait is right whatever the local clock says.
 *
 * **Example** (What OpenAI says)
 *
 * ```ts
 * import { RateHeaders } from "@causeway/core/policy"
 *
 * const headers = { "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s" }
 * const [observation] = RateHeaders.observe("openai", { status: 429, headers, now: 0 })
 *
 * console.assert(observation?.remaining === 0 && observation.resetAfterMillis === 360_000)
 * ```
 *
 * @since 0.1.0
 */
import { Duration } from "effect"
import * as Failure from "./Failure.ts"
import * as ErrorCodes from "./ErrorCodes.ts"
import * as structuredFields from "./internal/rateHeaders/structuredFields.ts"
import { numberOf, usageOf } from "./internal/rateHeaders/values.ts"
import { statedMillis } from "./internal/wait/headers.ts"
import * as Wait from "./Wait.ts"
import type * as OptionCheck from "./OptionCheck.ts"
import { checkInput } from "./internal/rateHeaders/dialect.ts"

/**
 * What a provider has said of one quota. What it has not said is missing.
 *
 * @since 0.1.0
 * @category models
 */
export interface Observation {
  /** How much there is in a window. */
  readonly limit?: number
  /** How much is left. */
  readonly remaining?: number
  /** Milliseconds until there is more. */
  readonly resetAfterMillis?: number
  readonly windowMillis?: number
  /** Which of the provider's quotas: its name, resource or bucket. */
  readonly scope?: string
  /** What the numbers count: calls, or what a call costs in `tokens`. Default: tokens. */
  readonly counts?: "calls" | "tokens"
}

/**
 * The headers that describe one quota, by their names in lower case.
 *
 * @since 0.1.0
 * @category models
 */
export interface Quota {
  /** What the quota is called. */
  readonly scope?: string
  /** The header that says what the quota is called. */
  readonly scopeHeader?: string
  readonly limit?: string
  readonly remaining?: string
  /** A header such as `32/40`: what is used of the limit. */
  readonly usage?: string
  readonly reset?: string
  /** The unit of a plain number in `reset`; dates and durations are recognised by their form. Default: seconds. */
  readonly resetUnit?: Wait.Unit
  /** The header with the length of the window in milliseconds. */
  readonly windowHeader?: string
  readonly windowMillis?: number
  /** For a bucket that drains steadily: milliseconds in which a full one is empty. */
  readonly drainMillis?: number
  readonly counts?: "calls" | "tokens"
}

/**
 * How a provider speaks of its limits.
 *
 * @since 0.1.0
 * @category models
 */
export interface Dialect {
  readonly quotas: ReadonlyArray<Quota>
  /** Whether the IETF's `RateLimit` and `RateLimit-Policy` are read too. Default: false. */
  readonly structured?: boolean
  /** The statuses with which it throttles. Default: 429. */
  readonly throttlesWith?: ReadonlyArray<number>
  /** Rules about bodies and other headers, for {@link classify}. Default: none. */
  readonly rules?: ReadonlyArray<ErrorCodes.Rule>
}

const triple = (prefix: string): Quota => ({
  limit: `${prefix}limit`,
  remaining: `${prefix}remaining`,
  reset: `${prefix}reset`,
  resetUnit: "secondsOrEpoch"
})

/**
 * The IETF's fields, in the drafts' present form and in the older ones.
 *
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
 * @since 0.1.0
 * @category dialects
 */
export const ietf: Dialect = { structured: true, quotas: [triple("ratelimit-")] }

/**
 * `X-RateLimit-Limit`, `-Remaining` and `-Reset`, which many providers send: seconds, or a time in seconds or
 * milliseconds.
 *
 * @since 0.1.0
 * @category dialects
 */
export const xRateLimit: Dialect = { quotas: [triple("x-ratelimit-")] }

const anthropicQuota = (scope: string, counts: "calls" | "tokens"): Quota => ({
  scope,
  counts,
  limit: `anthropic-ratelimit-${scope}-limit`,
  remaining: `anthropic-ratelimit-${scope}-remaining`,
  reset: `anthropic-ratelimit-${scope}-reset`,
  resetUnit: "dateTime"
})

/**
 * Anthropic: requests, and tokens in all, in and out.
 *
 * @see https://docs.anthropic.com/en/api/rate-limits#response-headers
 * @since 0.1.0
 * @category dialects
 */
export const anthropic: Dialect = {
  quotas: [
    anthropicQuota("requests", "calls"),
    anthropicQuota("tokens", "tokens"),
    anthropicQuota("input-tokens", "tokens"),
    anthropicQuota("output-tokens", "tokens")
  ]
}

/**
 * Discord: a quota for each bucket of routes. Give the limit a `key` by route.
 *
 * @see https://docs.discord.com/developers/topics/rate-limits#header-format
 * @since 0.1.0
 * @category dialects
 */
export const discord: Dialect = {
  quotas: [
    {
      scopeHeader: "x-ratelimit-bucket",
      counts: "calls",
      limit: "x-ratelimit-limit",
      remaining: "x-ratelimit-remaining",
      reset: "x-ratelimit-reset-after"
    }
  ]
}

/**
 * GitHub: the primary limit of each resource, and the secondary ones, which are a 403 or 429 with `Retry-After` or with a
 * message about a secondary limit.
 *
 * @see https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
 * @since 0.1.0
 * @category dialects
 */
export const github: Dialect = {
  throttlesWith: [403, 429],
  rules: ErrorCodes.github,
  quotas: [
    {
      scopeHeader: "x-ratelimit-resource",
      counts: "calls",
      limit: "x-ratelimit-limit",
      remaining: "x-ratelimit-remaining",
      reset: "x-ratelimit-reset",
      resetUnit: "epochSeconds"
    }
  ]
}

/**
 * HubSpot: the short interval, whose length it sends, and the day, whose end it does not.
 *
 * @see https://developers.hubspot.com/docs/guides/apps/api-usage/usage-details
 * @since 0.1.0
 * @category dialects
 */
export const hubspot: Dialect = {
  rules: ErrorCodes.hubspot,
  quotas: [
    {
      scope: "interval",
      counts: "calls",
      limit: "x-hubspot-ratelimit-max",
      remaining: "x-hubspot-ratelimit-remaining",
      windowHeader: "x-hubspot-ratelimit-interval-milliseconds"
    },
    {
      scope: "daily",
      counts: "calls",
      limit: "x-hubspot-ratelimit-daily",
      remaining: "x-hubspot-ratelimit-daily-remaining"
    }
  ]
}

const linearQuota = (scope: string, counts: "calls" | "tokens"): Quota => ({
  scope,
  counts,
  limit: `x-ratelimit-${scope}-limit`,
  remaining: `x-ratelimit-${scope}-remaining`,
  reset: `x-ratelimit-${scope}-reset`,
  resetUnit: "epochMillis"
})

/**
 * Linear: requests, and the complexity of queries.
 *
 * @see https://linear.app/developers/rate-limiting
 * @since 0.1.0
 * @category dialects
 */
export const linear: Dialect = { quotas: [linearQuota("requests", "calls"), linearQuota("complexity", "tokens")] }

const openaiQuota = (scope: string, counts: "calls" | "tokens"): Quota => ({
  scope,
  counts,
  limit: `x-ratelimit-limit-${scope}`,
  remaining: `x-ratelimit-remaining-${scope}`,
  reset: `x-ratelimit-reset-${scope}`,
  resetUnit: "duration"
})

/**
 * OpenAI, and those that speak as it does: requests and tokens.
 *
 * @see https://platform.openai.com/docs/guides/rate-limits#rate-limits-in-headers
 * @since 0.1.0
 * @category dialects
 */
export const openai: Dialect = {
  rules: ErrorCodes.openai,
  quotas: [openaiQuota("requests", "calls"), openaiQuota("tokens", "tokens")]
}

/**
 * Reddit: what is left, with decimals, and the seconds to the end of the period.
 *
 * @see https://support.reddithelp.com/hc/en-us/articles/16160319875092-Reddit-Data-API-Wiki
 * @since 0.1.0
 * @category dialects
 */
export const reddit: Dialect = {
  quotas: [{ counts: "calls", remaining: "x-ratelimit-remaining", reset: "x-ratelimit-reset" }]
}

/**
 * Shopify's REST Admin API: a bucket of calls, of which a twentieth drains each second whatever the plan.
 *
 * @see https://shopify.dev/docs/api/usage/limits
 * @since 0.1.0
 * @category dialects
 */
export const shopify: Dialect = {
  rules: ErrorCodes.shopify,
  quotas: [{ counts: "calls", usage: "x-shopify-shop-api-call-limit", drainMillis: 20_000 }]
}

/**
 * X, and others that write `x-rate-limit-*` with a time in seconds, such as Okta.
 *
 * @see https://docs.x.com/x-api/fundamentals/rate-limits
 * @since 0.1.0
 * @category dialects
 */
export const twitter: Dialect = { quotas: [{ ...triple("x-rate-limit-"), counts: "calls" }] }

const dialects = {
  anthropic,
  discord,
  github,
  hubspot,
  ietf,
  linear,
  openai,
  reddit,
  shopify,
  twitter,
  xRateLimit
}

/**
 * The dialects by name.
 *
 * @since 0.1.0
 * @category models
 */
export type Name = keyof typeof dialects

/**
 * A dialect, the name of one, or several of them.
 *
 * @since 0.1.0
 * @category models
 */
export type Input = Name | Dialect | ReadonlyArray<Name | Dialect>

/**
 * Throws `InvalidOption` for what is no dialect, no name of one, and no list of them.
 *
 * @since 0.1.0
 * @category validation
 */
export const check: OptionCheck.Check = checkInput(Object.keys(dialects))

/**
 * The dialects that an input means.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromInput = (input: Input): ReadonlyArray<Dialect> => {
  check("rateHeaders", input)
  return dialectsOf(input)
}

/** Without a check: it is called for each response. */
const dialectsOf = (input: Input): ReadonlyArray<Dialect> =>
  (isSeveral(input) ? input : [input]).map((one) => (typeof one === "string" ? dialects[one] : one))

const isSeveral = (input: Input): input is ReadonlyArray<Name | Dialect> => Array.isArray(input)

/** No response tells of more quotas than this. */
const mostObservations = 16

const longestScope = 64

/**
 * What a response says of the provider's quotas, in the dialects given.
 *
 * @since 0.1.0
 * @category running
 */
export const observe = (input: Input, response: Failure.Response): ReadonlyArray<Observation> => {
  const time = Wait.timeOf(response)
  const found = dialectsOf(input).flatMap((dialect) => [
    ...retryAfterOf(dialect, response),
    ...dialect.quotas.flatMap((quota) => quotaOf(quota, response, time)),
    ...(dialect.structured === true ? structuredOf(response, time) : [])
  ])
  return found.slice(0, mostObservations)
}

/**
 * A classification that knows the provider's way to throttle: one of its statuses, with nothing left or with a wait, is
 * `throttled` until the quota is there again. Its dialect's rules decide before that. Everything else is classified by
 * `Failure.classify`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const classify = (input: Input): Failure.Classify => {
  const known = fromInput(input)
  const byHeaders = classifyByHeaders(known)
  const rules = known.flatMap(({ rules }) => rules ?? [])
  return rules.length === 0 ? byHeaders : ErrorCodes.classify([rules], byHeaders)
}

const classifyByHeaders = (known: ReadonlyArray<Dialect>): Failure.Classify => {
  const throttling = new Set(known.flatMap(throttlesWith))
  return (response) => {
    const verdict = Failure.classify(response)
    if (!throttling.has(response.status)) return verdict
    const waits = observe(known, response).flatMap(({ remaining, ...quota }) =>
      remaining === 0 ? [waitOf(quota)] : []
    )
    if (waits.length === 0) return verdict
    const longest = statedMillis(response) ?? Math.max(...waits)
    return { ...verdict, category: "throttled", retryAfter: longest > 0 ? Duration.millis(longest) : undefined }
  }
}

const waitOf = ({ resetAfterMillis, windowMillis }: Observation): number => resetAfterMillis ?? windowMillis ?? 0

const throttlesWith = (dialect: Dialect): ReadonlyArray<number> => dialect.throttlesWith ?? [429]

const retryAfterOf = (dialect: Dialect, response: Failure.Response): ReadonlyArray<Observation> => {
  if (response.status !== 503 && !throttlesWith(dialect).includes(response.status)) return []
  const millis = statedMillis(response)
  return millis === undefined ? [] : [{ scope: "retry-after", remaining: 0, resetAfterMillis: millis }]
}

const quotaOf = (quota: Quota, { headers }: Failure.Response, time: number): ReadonlyArray<Observation> => {
  const header = (name: string | undefined) => (name === undefined ? undefined : headers[name])
  const usage = usageOf(header(quota.usage))
  const limit = usage?.limit ?? positive(numberOf(header(quota.limit)))
  const remaining = usage === undefined ? numberOf(header(quota.remaining)) : usage.limit - usage.used
  const reset = Wait.millis(header(quota.reset), time, quota.resetUnit) ?? drainOf(quota, limit)
  if (remaining === undefined && limit === undefined) return []
  return [
    observation({
      limit,
      remaining,
      resetAfterMillis: reset,
      windowMillis: quota.windowMillis ?? positive(numberOf(header(quota.windowHeader))),
      scope: header(quota.scopeHeader) ?? quota.scope,
      counts: quota.counts
    })
  ]
}

/** One place in a bucket is free again after its share of the time in which it drains. */
const drainOf = ({ drainMillis }: Quota, limit: number | undefined): number | undefined =>
  drainMillis === undefined || limit === undefined ? undefined : Math.ceil(drainMillis / limit)

const structuredOf = ({ headers }: Failure.Response, time: number): ReadonlyArray<Observation> => {
  const members = structuredFields.parse(headers["ratelimit"])
  const policies = structuredFields.parse(headers["ratelimit-policy"])
  if (members.some(({ value }) => value !== undefined)) return dictionaryOf(members, time)
  return members.flatMap(({ name, parameters }) => {
    const policy = policies.find((policy) => policy.name === name)?.parameters
    const remaining = numberOf(parameters.get("r"))
    if (remaining === undefined || policy?.get("qu") === "concurrent-requests") return []
    return [
      observation({
        limit: positive(numberOf(policy?.get("q"))),
        remaining,
        resetAfterMillis: Wait.millis(parameters.get("t"), time),
        windowMillis: positive(Wait.millis(policy?.get("w"), time)),
        scope: [name, parameters.get("pk")].filter((part) => part !== undefined).join(" "),
        counts: undefined
      })
    ]
  })
}

/** The seventh draft's form: `limit=100, remaining=50, reset=30`. */
const dictionaryOf = (members: ReadonlyArray<structuredFields.Member>, time: number): ReadonlyArray<Observation> => {
  const value = (name: string) => members.find((member) => member.name === name)?.value
  const remaining = numberOf(value("remaining"))
  if (remaining === undefined) return []
  return [
    observation({
      limit: positive(numberOf(value("limit"))),
      remaining,
      resetAfterMillis: Wait.millis(value("reset"), time),
      windowMillis: undefined,
      scope: undefined,
      counts: undefined
    })
  ]
}

const positive = (value: number | undefined) => (value !== undefined && value > 0 ? value : undefined)

/** Leaves out what was not said. A quota of which less than one is left has none. */
const observation = (found: {
  readonly [Field in keyof Observation]-?: Observation[Field] | undefined
}): Observation => {
  const { counts, limit, remaining, resetAfterMillis, scope, windowMillis } = found
  return {
    ...(limit === undefined ? {} : { limit }),
    ...(remaining === undefined ? {} : { remaining: Math.max(0, Math.floor(remaining)) }),
    ...(resetAfterMillis === undefined ? {} : { resetAfterMillis }),
    ...(windowMillis === undefined ? {} : { windowMillis }),
    ...(scope === undefined || scope === "" ? {} : { scope: scope.slice(0, longestScope) }),
    ...(counts === undefined ? {} : { counts })
  }
}
