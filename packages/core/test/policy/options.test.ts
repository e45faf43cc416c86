import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import { Breaker, Failure, InvalidOption, Policy, RateLimit, Redact, Retry } from "@causeway/core/policy"

const thrownBy = (make: () => unknown): InvalidOption.InvalidOption => {
  try {
    make()
  } catch (error) {
    if (error instanceof InvalidOption.InvalidOption) return error
    throw error
  }
  throw new Error("nothing was thrown")
}

describe("an option that makes no sense fails where the value is made, and says what it accepts", () => {
  const cases: ReadonlyArray<readonly [name: string, make: () => unknown, message: string]> = [
    ["no attempts", () => Retry.make({ attempts: 0 }), "retry.attempts is 0, but must be a whole number of at least 1"],
    [
      "no text",
      () => InvalidOption.nonEmpty("outbox.name", ""),
      'outbox.name is "", but must be a text that is not empty'
    ],
    [
      "a header's name with a space",
      () => InvalidOption.httpToken("retry.header", "x key"),
      'retry.header is "x key", but must be a name of visible ASCII without separators'
    ],
    [
      "half an attempt",
      () => Retry.make({ attempts: 1.5 }),
      "retry.attempts is 1.5, but must be a whole number of at least 1"
    ],
    [
      "no limit",
      () => RateLimit.make({ limit: 0, window: 1 }),
      "rateLimit.limit is 0, but must be a whole number of at least 1"
    ],
    [
      "an empty window",
      () => RateLimit.make({ limit: 1, window: 0 }),
      "rateLimit.window is 0, but must be a duration above zero"
    ],
    [
      "an endless window",
      () => RateLimit.make({ limit: 1, window: Duration.infinity }),
      'rateLimit.window is Infinity, but must be a finite duration such as "2 seconds", or a number of milliseconds'
    ],
    [
      "a threshold of nothing",
      () => Breaker.failureRate({ threshold: 0 }),
      "circuitBreaker.threshold is 0, but must be a ratio above 0 and at most 1"
    ],
    [
      "no failures",
      () => Breaker.consecutive({ failures: 0 }),
      "circuitBreaker.failures is 0, but must be a whole number of at least 1"
    ],
    [
      "a negative timeout",
      () => Policy.compile({ timeout: -1 }),
      'timeout is -1, but must be a finite duration such as "2 seconds", or a number of milliseconds'
    ]
  ]
  for (const [name, make, message] of cases) {
    it(name, () => assert.strictEqual(thrownBy(make).message, message))
  }
})

describe("the classification of a response", () => {
  const classify = (status: number, headers: Record<string, string> = {}) =>
    Failure.classify({ status, headers, now: Date.UTC(2026, 0, 1) })

  for (const [status, category] of [
    [200, "success"],
    [204, "success"],
    [301, "rejected"],
    [400, "rejected"],
    [401, "unauthorized"],
    [403, "rejected"],
    [404, "rejected"],
    [408, "transient"],
    [425, "transient"],
    [429, "throttled"],
    [500, "transient"],
    [503, "transient"]
  ] as const) {
    it(`${status} is ${category}`, () => assert.strictEqual(classify(status).category, category))
  }

  for (const [name, headers, millis] of [
    ["seconds", { "retry-after": "7" }, 7_000],
    ["a date", { "retry-after": "Thu, 01 Jan 2026 00:00:30 GMT" }, 30_000],
    ["a date that is past", { "retry-after": "Wed, 31 Dec 2025 00:00:00 GMT" }, 0],
    ["milliseconds, which go first", { "retry-after-ms": "250", "retry-after": "7" }, 250],
    ["nonsense", { "retry-after": "soon" }, undefined],
    ["nothing", {}, undefined]
  ] as const) {
    it(`Retry-After as ${name}`, () => {
      const { retryAfter } = classify(503, headers)
      assert.strictEqual(retryAfter === undefined ? undefined : Duration.toMillis(retryAfter), millis)
    })
  }
})

describe("secrets in foreign text", () => {
  for (const [name, text, clean] of [
    ["a JSON field", '{"client_secret":"s3cr3t","id":1}', '{"client_secret":"<redacted>","id":1}'],
    ["a JSON field cut off in the middle", '{"access_token":"abcdef', '{"access_token":"<redacted>"'],
    ["a form field", "grant=x&refresh_token=abc.def&scope=y", "grant=x&refresh_token=<redacted>&scope=y"],
    ["a bearer token", "authorization failed for Bearer abc.def-123", "authorization failed for Bearer <redacted>"],
    ["a JSON Web Token", "got eyJhbGciOi.eyJzdWIiOi.c2ln here", "got <redacted> here"]
  ] as const) {
    it(`${name} is removed`, () => assert.strictEqual(Redact.secrets(text, []), clean))
  }

  it("a known secret is removed in every form that a provider may echo", () => {
    const text = Redact.secrets('key a/b+c" came as a%2Fb%2Bc%22 and as "a/b+c\\""', ['a/b+c"'])
    assert.strictEqual(text, 'key <redacted> came as <redacted> and as "<redacted>"')
  })

  it("innocent text stays", () => {
    const text = '{"message":"the tokenizer is basically fine","count":3}'
    assert.strictEqual(Redact.secrets(text, ["abc"]), text)
  })
})
