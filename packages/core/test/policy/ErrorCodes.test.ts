import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import { Failure, ErrorCodes, InvalidOption, RateHeaders } from "@causeway/core/policy"

const now = Date.UTC(2026, 0, 1, 12)

interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

const verdictOf = (classify: Failure.Classify, { body, headers = {}, status }: Answer) => {
  const { category, retryAfter } = classify({ status, headers, now, body: () => body })
  return [category, retryAfter === undefined ? undefined : Duration.toMillis(retryAfter)]
}

type Sample = readonly [
  rules: ErrorCodes.Name,
  what: string,
  answer: Answer,
  category: Failure.Category,
  millis?: number
]

const google = (status: number, reason: string): Answer => ({
  status,
  body: { error: { code: status, message: "Limit Exceeded", errors: [{ domain: "usageLimits", reason }] } }
})

const graph = (status: number, code: number, more: object = {}): Answer => ({
  status,
  body: { error: { message: `(#${code})`, type: "OAuthException", code, fbtrace_id: "AzxA48LyH/z", ...more } }
})

/** Answers as the providers' documentation and public bug reports show them. */
const samples: ReadonlyArray<Sample> = [
  [
    "airtable",
    "a 429 without a header",
    { status: 429, body: { errors: [{ error: "RATE_LIMIT_REACHED" }] } },
    "throttled",
    30_000
  ],
  ["airtable", "a 429 with one", { status: 429, headers: { "retry-after": "5" } }, "throttled", 5_000],
  [
    "aws",
    "a 400 of DynamoDB",
    {
      status: 400,
      body: { __type: "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException", message: "" }
    },
    "throttled"
  ],
  ["aws", "a 400 by its header", { status: 400, headers: { "x-amzn-errortype": "ThrottlingException" } }, "throttled"],
  [
    "aws",
    "a 400 by its header with a link",
    { status: 400, headers: { "x-amzn-errortype": "ThrottlingException:http://internal.amazon.com/coral/" } },
    "throttled"
  ],
  ["aws", "a 400 by its code", { status: 400, body: { code: "RequestLimitExceeded" } }, "throttled"],
  ["aws", "a 503 of S3 or SES that is too fast", { status: 503, body: { code: "SlowDown" } }, "throttled"],
  [
    "aws",
    "an expired token",
    { status: 400, body: { __type: "com.amazon.coral.service#ExpiredTokenException" } },
    "unauthorized"
  ],
  ["aws", "a time-out of theirs", { status: 400, body: { __type: "RequestTimeoutException" } }, "transient"],
  [
    "aws",
    "a 400 that is one",
    { status: 400, body: { __type: "com.amazon.coral.validate#ValidationException" } },
    "rejected"
  ],
  ["google", "rateLimitExceeded", google(403, "rateLimitExceeded"), "throttled"],
  ["google", "userRateLimitExceeded", google(403, "userRateLimitExceeded"), "throttled"],
  ["google", "quotaExceeded", google(403, "quotaExceeded"), "throttled"],
  ["google", "dailyLimitExceeded", google(403, "dailyLimitExceeded"), "throttled"],
  ["google", "insufficientPermissions", google(403, "insufficientPermissions"), "rejected"],
  [
    "google",
    "RetryInfo of Gemini",
    {
      status: 429,
      body: {
        error: {
          code: 429,
          status: "RESOURCE_EXHAUSTED",
          details: [
            { "@type": "type.googleapis.com/google.rpc.QuotaFailure" },
            { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "34.074824224s" }
          ]
        }
      }
    },
    "throttled",
    34_075
  ],
  [
    "google",
    "an ErrorInfo with a 403",
    { status: 403, body: { error: { details: [{ reason: "RATE_LIMIT_EXCEEDED", domain: "googleapis.com" }] } } },
    "throttled"
  ],
  ["hubspot", "a lock", { status: 423 }, "transient", 2_000],
  ["hubspot", "a migration", { status: 477, headers: { "retry-after": "3600" } }, "transient", 3_600_000],
  ["meta", "the limit of an app", graph(400, 4, { is_transient: true }), "throttled"],
  ["meta", "the limit of a user", graph(400, 17), "throttled"],
  ["meta", "the limit of a page", graph(400, 32), "throttled"],
  ["meta", "a custom limit", graph(403, 613), "throttled"],
  ["meta", "the limit of an ad account", graph(400, 80_004), "throttled"],
  ["meta", "the limit of WhatsApp for a pair", graph(400, 131_056), "throttled"],
  ["meta", "an expired token", graph(400, 190, { error_subcode: 463 }), "unauthorized"],
  ["meta", "a fault of theirs", graph(400, 2), "transient"],
  ["meta", "a fault that is said to pass", graph(400, 9_999, { is_transient: true }), "transient"],
  ["meta", "a wrong parameter", graph(400, 100, { is_transient: false }), "rejected"],
  ["microsoftGraph", "the limit of bandwidth", { status: 509, headers: { "retry-after": "10" } }, "throttled", 10_000],
  [
    "microsoftGraph",
    "an activity limit",
    { status: 503, body: { error: { code: "activityLimitReached" } } },
    "throttled"
  ],
  [
    "notion",
    "a conflict",
    { status: 409, body: { object: "error", status: 409, code: "conflict_error" } },
    "transient"
  ],
  [
    "openai",
    "a quota that is used up",
    {
      status: 429,
      headers: { "retry-after": "1" },
      body: { error: { type: "insufficient_quota", code: "insufficient_quota" } }
    },
    "rejected"
  ],
  [
    "openai",
    "too many requests",
    {
      status: 429,
      headers: { "retry-after-ms": "250" },
      body: { error: { type: "requests", code: "rate_limit_exceeded" } }
    },
    "throttled",
    250
  ],
  [
    "openrouter",
    "the reset in its body",
    { status: 429, body: { error: { code: 429, metadata: { headers: { "X-RateLimit-Reset": `${now + 42_000}` } } } } },
    "throttled",
    42_000
  ],
  [
    "salesforce",
    "a limit of the org",
    { status: 403, body: [{ message: "TotalRequests Limit exceeded.", errorCode: "REQUEST_LIMIT_EXCEEDED" }] },
    "throttled"
  ],
  [
    "salesforce",
    "a locked row",
    { status: 400, body: [{ message: "", errorCode: "UNABLE_TO_LOCK_ROW" }] },
    "transient"
  ],
  [
    "salesforce",
    "a missing right",
    { status: 403, body: [{ message: "", errorCode: "INSUFFICIENT_ACCESS" }] },
    "rejected"
  ],
  ["shopify", "a 430", { status: 430 }, "throttled"],
  [
    "stripe",
    "a key in use",
    { status: 409, body: { error: { code: "idempotency_key_in_use", type: "idempotency_error" } } },
    "transient"
  ],
  [
    "telegram",
    "a flood",
    { status: 429, body: { ok: false, error_code: 429, parameters: { retry_after: 35 } } },
    "throttled",
    35_000
  ],
  [
    "zoho",
    "the token endpoint",
    {
      status: 400,
      body: {
        error: "Access Denied",
        error_description: "You have made too many requests continuously. Please try again after some time."
      }
    },
    "throttled"
  ],
  ["zoho", "a wrong code", { status: 400, body: { error: "invalid_code" } }, "rejected"]
]

describe("the rules of a provider", () => {
  for (const [name, what, answer, category, millis] of samples) {
    it(`${name}: ${what} (${answer.status}) is ${category}${millis === undefined ? "" : `, for ${millis} ms`}`, () =>
      assert.deepStrictEqual(verdictOf(ErrorCodes.classify(name), answer), [category, millis]))
  }

  it("leave what they do not know as it was", () => {
    for (const name of new Set(samples.map(([rules]) => rules))) {
      for (const status of [200, 204, 401, 404, 422]) {
        const classified = ErrorCodes.classify(name)({ status, headers: {}, now })
        assert.strictEqual(classified.category, Failure.categoryOfStatus(status), `${name} ${status}`)
      }
    }
  })

  it("take any body, and none", () => {
    const bodies = [
      undefined,
      null,
      7,
      "error",
      true,
      [],
      {},
      [[]],
      [null],
      { error: null },
      { error: [] },
      { error: "x" }
    ]
    for (const [name, , { status }] of samples) {
      const classify = ErrorCodes.classify(name)
      const bare = classify({ status, headers: {}, now })
      for (const body of bodies) assert.deepStrictEqual(classify({ status, headers: {}, now, body: () => body }), bare)
    }
  })
})

describe("rules", () => {
  it("can be mixed with the included ones, and the first that matches applies", () => {
    const own: ErrorCodes.Rule = {
      statuses: [403, 420],
      at: ["errors.*.kind", "kind"],
      codes: ["slow_down", 7],
      category: "throttled",
      waitAt: ["wait.millis"],
      waitUnit: "millis",
      defaultWait: "5 seconds"
    }
    const classify = ErrorCodes.classify([[own], "google"])
    const cases = [
      [{ status: 420, body: { kind: "slow_down" } }, ["throttled", 5_000]],
      [{ status: 420, body: { kind: 7, wait: { millis: 250 } } }, ["throttled", 250]],
      [
        { status: 403, body: { errors: [{}, { kind: "slow_down" }] }, headers: { "retry-after": "9" } },
        ["throttled", 9_000]
      ],
      [{ status: 403, body: { kind: "forbidden" } }, ["rejected", undefined]],
      [google(403, "rateLimitExceeded"), ["throttled", undefined]]
    ] as const
    for (const [answer, verdict] of cases) assert.deepStrictEqual(verdictOf(classify, answer), [...verdict])
  })

  it("stand over another classification", () => {
    const classify = ErrorCodes.classify("github", RateHeaders.classify("github"))
    const headers = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": `${now / 1_000 + 40}` }
    assert.deepStrictEqual(verdictOf(classify, { status: 403, headers }), ["throttled", 40_000])
    const body = { message: "You have exceeded a secondary rate limit." }
    assert.deepStrictEqual(verdictOf(classify, { status: 403, body }), ["throttled", 60_000])
  })

  it("ask for the body only where a rule for the status looks at it", () => {
    const unread = () => assert.fail("the body was read")
    for (const [name, status] of [
      ["github", 500],
      ["google", 200],
      ["hubspot", 423],
      ["openai", 400]
    ] as const)
      ErrorCodes.classify(name)({ status, headers: {}, now, body: unread })
  })

  it("find what stands under a name that every object has only where the body has it", () => {
    const rule: ErrorCodes.Rule = {
      statuses: [400],
      at: ["constructor.name"],
      codes: ["Object"],
      category: "transient"
    }
    assert.deepStrictEqual(verdictOf(ErrorCodes.classify([[rule]]), { status: 400, body: {} }), ["rejected", undefined])
  })

  it("that make no sense fail where they are made", () => {
    const rule = { statuses: [400], category: "transient" } as const
    assert.throws(() => ErrorCodes.classify([[{ ...rule, header: "X-Error" }]]), InvalidOption.InvalidOption)
    assert.throws(
      () => ErrorCodes.classify([[{ ...rule, defaultWait: Duration.infinity }]]),
      InvalidOption.InvalidOption
    )
  })
})
