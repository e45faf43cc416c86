/**
 * Rules that classify an answer by a code in its body or headers, when its status alone is not enough.
 *
 * **When to use**
 *
 * As `classify` of an integration whose provider reports a throttled call, an expired token or an exhausted quota by a code
 * in the body, by a header, or by a non-standard status.
 *
 * **Details**
 *
 * A rule has statuses, the places of a code, the codes and the category. The first rule that matches applies; other answers
 * are classified by `otherwise`. The body is read only for an error status, and only if a rule for that status needs it.
 *
 * | rules | classifies |
 * |---|---|
 * | `airtable` | a 429, after which Airtable answers again in 30 seconds |
 * | `aws` | throttling and expired credentials, which most services send as a 400 |
 * | `github` | secondary limits, which are a 403 or 429 with a message: a wait of at least 1 minute |
 * | `google` | a 403 that is a rate limit, and the wait in `RetryInfo` |
 * | `hubspot` | a lock (423) and a migration (477) |
 * | `meta` | the codes of the Graph API, which sends most errors as a 400 |
 * | `microsoftGraph` | a 509, which is the limit of bandwidth |
 * | `notion` | a transient conflict |
 * | `openai` | a 429 for a quota that is used up: no wait helps |
 * | `openrouter` | the reset in the body of a 429 |
 * | `salesforce` | a 403 that is a limit, and locked rows |
 * | `shopify` | a 430, which is throttling |
 * | `stripe` | a second request with an idempotency key that is in use |
 * | `telegram` | the wait in the body of a 429 |
 * | `zoho` | a token endpoint that throttles with 400 |
 *
 * **Gotchas**
 *
 * A rule for a success has no effect on its body. Declare failures inside a 2xx, and those that need a typed error,
 * as `failures` of an endpoint or integration: see `FailureRule` in `@causeway/core/client`.
 *
 * **Example** (Google's rules, and a custom rule)
 *
 * ```ts
 * import { ErrorCodes } from "@causeway/core/policy"
 *
 * const busy: ErrorCodes.Rule = { statuses: [409], at: ["error.code"], codes: ["BUSY"], category: "transient" }
 * const classify = ErrorCodes.classify(["google", [busy]])
 *
 * const body = () => ({ error: { errors: [{ reason: "userRateLimitExceeded" }] } })
 * console.assert(classify({ status: 403, headers: {}, now: 0, body }).category === "throttled")
 * console.assert(classify({ status: 409, headers: {}, now: 0, body: () => ({ error: { code: "BUSY" } }) }).category === "transient")
 * ```
 *
 * @since 0.1.0
 */
import { Duration } from "effect"
import * as Failure from "./Failure.ts"
import { textsAt } from "./internal/errorCodes/textsAt.ts"
import { statedMillis } from "./internal/wait/headers.ts"
import * as InvalidOption from "./InvalidOption.ts"
import * as Wait from "./Wait.ts"
import * as OptionCheck from "./OptionCheck.ts"

/**
 * A rule: an answer with one of `statuses`, and with one of `codes` or `phrases` in its body or header, is of `category`. A
 * rule without codes and phrases matches by the status alone.
 *
 * A place in the body is a path such as `error.code`; `*` stands for each member of an array.
 *
 * @since 0.1.0
 * @category models
 */
export interface Rule {
  readonly statuses: ReadonlyArray<number>
  /** The places of the code or the message in the body. */
  readonly at?: ReadonlyArray<string>
  /** The header of the code or the message, in lower case. */
  readonly header?: string
  /** The codes, as they are written; a namespace before `#` and a text after `:` are not part of one. */
  readonly codes?: ReadonlyArray<string | number>
  /** Parts of a message, in lower case; upper and lower case of the message make no difference. */
  readonly phrases?: ReadonlyArray<string>
  readonly category: Failure.Category
  /** The place of the wait in the body. Headers take precedence. */
  readonly waitAt?: ReadonlyArray<string>
  /** The unit of a plain number at `waitAt`. Default: seconds. */
  readonly waitUnit?: Wait.Unit
  /** The wait when the answer states none. */
  readonly defaultWait?: Duration.Input
}

const forbiddenOrThrottled = [403, 429]

/**
 * Airtable: after a 429, requests are rejected for 30 seconds; no header states it.
 *
 * @see https://airtable.com/developers/web/api/rate-limits
 * @since 0.1.0
 * @category rules
 */
export const airtable: ReadonlyArray<Rule> = [{ statuses: [429], category: "throttled", defaultWait: "30 seconds" }]

const awsPlaces = { header: "x-amzn-errortype", at: ["__type", "code", "Code", "error.code"] } as const

/**
 * AWS services that speak JSON. Throttling, expired credentials and time-outs come with a 400 or 403 and a code in
 * `x-amzn-errortype` or the body. For signed requests, pass `AwsSignature.classify` as `otherwise`, which detects a wrong
 * clock.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 * @since 0.1.0
 * @category rules
 */
export const aws: ReadonlyArray<Rule> = [
  {
    ...awsPlaces,
    statuses: [400, 403, 429, 500, 503],
    codes: [
      "BandwidthLimitExceeded",
      "EC2ThrottledException",
      "LimitExceededException",
      "PriorRequestNotComplete",
      "ProvisionedThroughputExceededException",
      "RequestLimitExceeded",
      "RequestThrottled",
      "RequestThrottledException",
      "SlowDown",
      "ThrottledException",
      "Throttling",
      "ThrottlingException",
      "TooManyRequestsException",
      "TransactionInProgressException"
    ],
    category: "throttled"
  },
  {
    ...awsPlaces,
    statuses: [400],
    codes: ["RequestTimeout", "RequestTimeoutException", "InternalError", "IDPCommunicationError"],
    category: "transient"
  },
  {
    ...awsPlaces,
    statuses: [400, 403],
    codes: ["ExpiredToken", "ExpiredTokenException", "RequestExpired", "UnrecognizedClientException"],
    category: "unauthorized"
  }
]

/**
 * GitHub: the secondary limits, which an answer may report only in its message. GitHub requires a wait of at least 1 minute,
 * and longer after each further limit: use an exponential schedule for the retry.
 *
 * @see https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
 * @since 0.1.0
 * @category rules
 */
export const github: ReadonlyArray<Rule> = [
  {
    statuses: forbiddenOrThrottled,
    at: ["message", "documentation_url"],
    phrases: ["secondary rate limit", "secondary-rate-limit", "abuse detection", "abuse-rate-limit"],
    category: "throttled",
    defaultWait: "1 minute"
  },
  { statuses: forbiddenOrThrottled, at: ["message"], phrases: ["api rate limit exceeded"], category: "throttled" }
]

const googleWait = ["error.details.*.retryDelay"]

/**
 * Google's APIs: rate limits and quotas by the `reason` of a 403, and the wait in `google.rpc.RetryInfo`.
 *
 * @see https://developers.google.com/workspace/drive/api/guides/handle-errors
 * @see https://google.aip.dev/193
 * @since 0.1.0
 * @category rules
 */
export const google: ReadonlyArray<Rule> = [
  {
    statuses: [403],
    at: ["error.errors.*.reason", "error.details.*.reason", "error.status"],
    codes: [
      "concurrentLimitExceeded",
      "dailyLimitExceeded",
      "quotaExceeded",
      "rateLimitExceeded",
      "servingLimitExceeded",
      "sharingRateLimitExceeded",
      "userRateLimitExceeded",
      "RATE_LIMIT_EXCEEDED",
      "RESOURCE_EXHAUSTED"
    ],
    category: "throttled",
    waitAt: googleWait
  },
  { statuses: [429], category: "throttled", waitAt: googleWait },
  { statuses: [500, 503, 504], category: "transient", waitAt: googleWait }
]

/**
 * HubSpot: a lock on records, which lasts for 2 seconds, and a migration of the account, with `Retry-After`.
 *
 * @see https://developers.hubspot.com/docs/api-reference/error-handling
 * @since 0.1.0
 * @category rules
 */
export const hubspot: ReadonlyArray<Rule> = [
  { statuses: [423], category: "transient", defaultWait: "2 seconds" },
  { statuses: [477], category: "transient" }
]

const metaStatuses = [400, 401, 403, 429, 500]

/**
 * Meta: the Graph API with Facebook, Instagram, Marketing and WhatsApp. Limits, time-outs and expired tokens have a code in
 * `error.code`.
 *
 * @see https://developers.facebook.com/docs/graph-api/guides/error-handling
 * @see https://developers.facebook.com/docs/graph-api/overview/rate-limiting
 * @see https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes
 * @since 0.1.0
 * @category rules
 */
export const meta: ReadonlyArray<Rule> = [
  {
    statuses: metaStatuses,
    at: ["error.code"],
    codes: [
      4, 17, 32, 341, 613, 80_000, 80_001, 80_002, 80_003, 80_004, 80_005, 80_006, 80_007, 80_008, 80_009, 80_014
    ].concat([130_429, 131_048, 131_056]),
    category: "throttled"
  },
  { statuses: metaStatuses, at: ["error.code"], codes: [102, 190], category: "unauthorized" },
  { statuses: metaStatuses, at: ["error.code"], codes: [1, 2], category: "transient" },
  { statuses: metaStatuses, at: ["error.is_transient"], codes: ["true"], category: "transient" }
]

/**
 * Microsoft Graph: a 509 is the limit of bandwidth, not an outage. Its other limits are a 429 with `Retry-After`.
 *
 * @see https://learn.microsoft.com/graph/errors
 * @since 0.1.0
 * @category rules
 */
export const microsoftGraph: ReadonlyArray<Rule> = [
  { statuses: [509], category: "throttled" },
  {
    statuses: [403, 503],
    at: ["error.code"],
    codes: ["activityLimitReached", "TooManyRequests"],
    category: "throttled"
  }
]

/**
 * Notion: two concurrent changes, of which one must be retried.
 *
 * @see https://developers.notion.com/reference/status-codes
 * @since 0.1.0
 * @category rules
 */
export const notion: ReadonlyArray<Rule> = [
  { statuses: [409], at: ["code"], codes: ["conflict_error"], category: "transient" }
]

/**
 * OpenAI: a 429 for a quota or a budget that is used up, which no wait helps, as opposed to too many requests.
 *
 * @see https://platform.openai.com/docs/guides/error-codes
 * @since 0.1.0
 * @category rules
 */
export const openai: ReadonlyArray<Rule> = [
  {
    statuses: [429],
    at: ["error.code", "error.type"],
    codes: ["insufficient_quota", "billing_hard_limit_reached", "billing_not_active"],
    category: "rejected"
  }
]

/**
 * OpenRouter: the reset of a 429 is in its body, in milliseconds of the epoch.
 *
 * @see https://openrouter.ai/docs/api-reference/limits
 * @since 0.1.0
 * @category rules
 */
export const openrouter: ReadonlyArray<Rule> = [
  { statuses: [429], category: "throttled", waitAt: ["error.metadata.headers.X-RateLimit-Reset"] }
]

/**
 * Salesforce: the limits of an org, which are a 403, and rows that another change has locked.
 *
 * @see https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/errorcodes.htm
 * @since 0.1.0
 * @category rules
 */
export const salesforce: ReadonlyArray<Rule> = [
  { statuses: forbiddenOrThrottled, at: ["*.errorCode"], codes: ["REQUEST_LIMIT_EXCEEDED"], category: "throttled" },
  {
    statuses: [400, 500, 503],
    at: ["*.errorCode"],
    codes: ["UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE"],
    category: "transient"
  }
]

/**
 * Shopify: a 430 is a call rejected by its attack protection, which also rejects calls that are too fast.
 *
 * @see https://shopify.dev/docs/api/usage/response-codes
 * @since 0.1.0
 * @category rules
 */
export const shopify: ReadonlyArray<Rule> = [{ statuses: [430], category: "throttled" }]

/**
 * Stripe: a request whose idempotency key is in use by another request, and a lock timeout.
 *
 * @see https://docs.stripe.com/error-codes
 * @since 0.1.0
 * @category rules
 */
export const stripe: ReadonlyArray<Rule> = [
  {
    statuses: [400, 409, 429],
    at: ["error.code"],
    codes: ["idempotency_key_in_use", "lock_timeout"],
    category: "transient"
  }
]

/**
 * Telegram: the seconds to wait are in the body.
 *
 * @see https://core.telegram.org/bots/api#responseparameters
 * @since 0.1.0
 * @category rules
 */
export const telegram: ReadonlyArray<Rule> = [
  { statuses: [429], category: "throttled", waitAt: ["parameters.retry_after"] }
]

/**
 * Zoho: the token endpoint throttles with a 400.
 *
 * @see https://www.zoho.com/accounts/protocol/oauth/web-apps/access-token.html
 * @since 0.1.0
 * @category rules
 */
export const zoho: ReadonlyArray<Rule> = [
  { statuses: [400], at: ["error_description"], phrases: ["too many requests"], category: "throttled" }
]

const ready = {
  airtable,
  aws,
  github,
  google,
  hubspot,
  meta,
  microsoftGraph,
  notion,
  openai,
  openrouter,
  salesforce,
  shopify,
  stripe,
  telegram,
  zoho
}

/**
 * The ready-made rules by name.
 *
 * @since 0.1.0
 * @category models
 */
export type Name = keyof typeof ready

/**
 * Rules by name, custom rules, or a list of both, of which the first that matches applies.
 *
 * @since 0.1.0
 * @category models
 */
export type Input = Name | ReadonlyArray<Name | ReadonlyArray<Rule>>

const lowerCaseHeader: OptionCheck.Check = (option, value) => {
  OptionCheck.httpToken(option, value)
  const lower = String(value).toLowerCase()
  if (value !== lower) InvalidOption.reject(option, value, `a name in lower case: ${JSON.stringify(lower)}`)
}

/**
 * Throws `InvalidOption` for a rule that makes no sense.
 *
 * @since 0.1.0
 * @category validation
 */
export const checkRule: OptionCheck.Check = OptionCheck.record<Rule>({
  statuses: OptionCheck.required(OptionCheck.list(OptionCheck.integer(100, 599))),
  at: OptionCheck.list(OptionCheck.text),
  header: lowerCaseHeader,
  codes: OptionCheck.list(
    OptionCheck.either((code) => typeof code === "number", OptionCheck.number(-Infinity), OptionCheck.text)
  ),
  phrases: OptionCheck.list(OptionCheck.text),
  category: OptionCheck.required(OptionCheck.oneOf("transient", "throttled", "unauthorized", "rejected", "invalid")),
  waitAt: OptionCheck.list(OptionCheck.text),
  waitUnit: Wait.checkUnit,
  defaultWait: OptionCheck.duration
})

const checkName: OptionCheck.Check = (option, value) => OptionCheck.oneOf(...Object.keys(ready))(option, value)

const checkInput = OptionCheck.either(
  Array.isArray,
  OptionCheck.list(OptionCheck.either(Array.isArray, OptionCheck.list(checkRule), checkName)),
  checkName
)

/**
 * A classification by rules. An answer without a matching rule is classified by `otherwise`. Default: `Failure.classify`.
 *
 * The wait is that of the answer's headers, else of the body, else of `otherwise`, else the rule's default.
 *
 * @since 0.1.0
 * @category constructors
 */
export const classify = (input: Input, otherwise: Failure.Classify = Failure.classify): Failure.Classify => {
  checkInput("errorCodes", input)
  OptionCheck.callback("errorCodes.otherwise", otherwise)
  const rules = (typeof input === "string" ? [input] : input).flatMap((rules) =>
    typeof rules === "string" ? ready[rules] : rules
  )
  return (response) => {
    const verdict = otherwise(response)
    const rule = rules.find((rule) => matches(rule, response))
    if (rule === undefined) return verdict
    return { ...verdict, category: rule.category, retryAfter: waitOf(rule, response, verdict) }
  }
}

const matches = ({ at, codes, header, phrases, statuses }: Rule, response: Failure.Response): boolean => {
  if (!statuses.includes(response.status)) return false
  if (codes === undefined && phrases === undefined) return true
  const inHeader = header === undefined ? undefined : response.headers[header]
  const means = (text: string): boolean =>
    codes?.some((code) => String(code) === text || String(code) === codeOf(text)) === true ||
    phrases?.some((phrase) => text.toLowerCase().includes(phrase)) === true
  return (inHeader !== undefined && means(inHeader)) || textsAt(response.body?.(), at ?? []).some(means)
}

/** AWS writes `com.amazonaws.dynamodb.v20120810#ThrottlingException` and `ThrottlingException:http://internal.amazon.com/`. */
const codeOf = (text: string): string => text.slice(text.lastIndexOf("#") + 1).split(":", 1)[0] ?? ""

const waitOf = (
  rule: Rule,
  response: Failure.Response,
  verdict: Failure.Classification
): Duration.Duration | undefined => {
  if (rule.category !== "throttled" && rule.category !== "transient") return undefined
  const millis = statedMillis(response) ?? bodyMillis(rule, response)
  if (millis !== undefined) return Duration.millis(millis)
  return verdict.retryAfter ?? (rule.defaultWait === undefined ? undefined : Duration.fromInputUnsafe(rule.defaultWait))
}

const bodyMillis = ({ waitAt, waitUnit }: Rule, response: Failure.Response): number | undefined => {
  if (waitAt === undefined) return undefined
  const time = Wait.timeOf(response)
  const waits = textsAt(response.body?.(), waitAt).flatMap((text) => Wait.millis(text, time, waitUnit) ?? [])
  return waits.length === 0 ? undefined : Math.max(...waits)
}
