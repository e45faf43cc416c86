import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { RateHeaders, RateLimit, RateLimitStore } from "@causeway/core/policy"
import { randomFrom } from "./randomFrom.ts"

const now = Date.UTC(2026, 0, 1, 12)
const epoch = now / 1_000

type HeaderSet = Readonly<Record<string, string>>

const observe = (dialect: RateHeaders.Input, headers: HeaderSet, status = 200) =>
  RateHeaders.observe(dialect, { status, headers, now })

interface Case {
  readonly name: string
  readonly dialect: RateHeaders.Input
  readonly status?: number
  readonly headers: HeaderSet
  readonly observations: ReadonlyArray<RateHeaders.Observation>
}

const cases: ReadonlyArray<Case> = [
  {
    name: "the IETF's two fields, with several policies",
    dialect: "ietf",
    headers: {
      "ratelimit-policy": '"burst";q=100;w=60,"daily";q=1000;w=86400',
      ratelimit: '"burst";r=50;t=30, "daily";r=900'
    },
    observations: [
      { scope: "burst", limit: 100, windowMillis: 60_000, remaining: 50, resetAfterMillis: 30_000 },
      { scope: "daily", limit: 1_000, windowMillis: 86_400_000, remaining: 900 }
    ]
  },
  {
    name: "a partition key, a name with separators in it, and a policy that is not for this response",
    dialect: "ietf",
    headers: {
      "ratelimit-policy": '"per;user, \\"a\\"";q=10;w=1;pk=:dHJpYWw=:, "other";q=5',
      ratelimit: '"per;user, \\"a\\"";r=0;t=1;pk=:dHJpYWw=:'
    },
    observations: [
      { scope: 'per;user, "a" :dHJpYWw=:', limit: 10, windowMillis: 1_000, remaining: 0, resetAfterMillis: 1_000 }
    ]
  },
  {
    name: "a quota of bytes, and one of concurrent requests, which is none of a window",
    dialect: "ietf",
    headers: {
      "ratelimit-policy": '"peruser";q=65535;qu="content-bytes";w=10, "open";q=5;qu="concurrent-requests"',
      ratelimit: '"peruser";r=1000;t=4, "open";r=0;t=9'
    },
    observations: [{ scope: "peruser", limit: 65_535, windowMillis: 10_000, remaining: 1_000, resetAfterMillis: 4_000 }]
  },
  {
    name: "the IETF's seventh draft, a dictionary",
    dialect: "ietf",
    headers: { ratelimit: "limit=100, remaining=37, reset=50", "ratelimit-policy": "100;w=60" },
    observations: [{ limit: 100, remaining: 37, resetAfterMillis: 50_000 }]
  },
  {
    name: "the IETF's first drafts, three headers with a policy in one",
    dialect: "ietf",
    headers: {
      "ratelimit-limit": "100, 100;w=60;comment=hourly",
      "ratelimit-remaining": "0",
      "ratelimit-reset": "50"
    },
    observations: [{ limit: 100, remaining: 0, resetAfterMillis: 50_000 }]
  },
  {
    name: "GitLab, which writes a time where the draft has seconds",
    dialect: "ietf",
    headers: {
      "ratelimit-limit": "60",
      "ratelimit-name": "throttle_authenticated_web",
      "ratelimit-observed": "67",
      "ratelimit-remaining": "0",
      "ratelimit-reset": `${epoch + 60}`,
      "retry-after": "60"
    },
    status: 429,
    observations: [
      { scope: "retry-after", remaining: 0, resetAfterMillis: 60_000 },
      { limit: 60, remaining: 0, resetAfterMillis: 60_000 }
    ]
  },
  {
    name: "X-RateLimit with a time in seconds",
    dialect: "xRateLimit",
    headers: { "x-ratelimit-limit": "60", "x-ratelimit-remaining": "58", "x-ratelimit-reset": `${epoch + 90}` },
    observations: [{ limit: 60, remaining: 58, resetAfterMillis: 90_000 }]
  },
  {
    name: "X-RateLimit with a time in milliseconds",
    dialect: "xRateLimit",
    headers: { "x-ratelimit-limit": "60", "x-ratelimit-remaining": "58", "x-ratelimit-reset": `${now + 1_500}` },
    observations: [{ limit: 60, remaining: 58, resetAfterMillis: 1_500 }]
  },
  {
    name: "X-RateLimit with seconds, and with less than nothing left",
    dialect: "xRateLimit",
    headers: { "x-ratelimit-limit": "60", "x-ratelimit-remaining": "-3", "x-ratelimit-reset": "12.5" },
    observations: [{ limit: 60, remaining: 0, resetAfterMillis: 12_500 }]
  },
  {
    name: "a time that is past",
    dialect: "xRateLimit",
    headers: { "x-ratelimit-limit": "60", "x-ratelimit-remaining": "0", "x-ratelimit-reset": `${epoch - 5}` },
    observations: [{ limit: 60, remaining: 0, resetAfterMillis: 0 }]
  },
  {
    name: "GitHub's primary limit",
    dialect: "github",
    headers: {
      "x-ratelimit-limit": "5000",
      "x-ratelimit-remaining": "4987",
      "x-ratelimit-used": "13",
      "x-ratelimit-reset": `${epoch + 1_800}`,
      "x-ratelimit-resource": "core"
    },
    observations: [{ scope: "core", counts: "calls", limit: 5_000, remaining: 4_987, resetAfterMillis: 1_800_000 }]
  },
  {
    name: "GitHub's secondary limit, a 403 with plenty left",
    dialect: "github",
    status: 403,
    headers: {
      "retry-after": "60",
      "x-ratelimit-limit": "30",
      "x-ratelimit-remaining": "27",
      "x-ratelimit-reset": `${epoch + 40}`,
      "x-ratelimit-resource": "search"
    },
    observations: [
      { scope: "retry-after", remaining: 0, resetAfterMillis: 60_000 },
      { scope: "search", counts: "calls", limit: 30, remaining: 27, resetAfterMillis: 40_000 }
    ]
  },
  {
    name: "OpenAI's requests and tokens",
    dialect: "openai",
    headers: {
      "x-ratelimit-limit-requests": "60",
      "x-ratelimit-limit-tokens": "150000",
      "x-ratelimit-remaining-requests": "59",
      "x-ratelimit-remaining-tokens": "149984",
      "x-ratelimit-reset-requests": "1s",
      "x-ratelimit-reset-tokens": "6m0s"
    },
    observations: [
      { scope: "requests", counts: "calls", limit: 60, remaining: 59, resetAfterMillis: 1_000 },
      { scope: "tokens", counts: "tokens", limit: 150_000, remaining: 149_984, resetAfterMillis: 360_000 }
    ]
  },
  {
    name: "OpenAI's other durations",
    dialect: "openai",
    headers: {
      "x-ratelimit-remaining-requests": "0",
      "x-ratelimit-reset-requests": "20ms",
      "x-ratelimit-remaining-tokens": "1",
      "x-ratelimit-reset-tokens": "1h2m3.5s"
    },
    observations: [
      { scope: "requests", counts: "calls", remaining: 0, resetAfterMillis: 20 },
      { scope: "tokens", counts: "tokens", remaining: 1, resetAfterMillis: 3_723_500 }
    ]
  },
  {
    name: "Anthropic's times",
    dialect: "anthropic",
    headers: {
      "anthropic-ratelimit-requests-limit": "50",
      "anthropic-ratelimit-requests-remaining": "49",
      "anthropic-ratelimit-requests-reset": "2026-01-01T12:00:30Z",
      "anthropic-ratelimit-input-tokens-limit": "30000",
      "anthropic-ratelimit-input-tokens-remaining": "0",
      "anthropic-ratelimit-input-tokens-reset": "2026-01-01T13:01:00+01:00"
    },
    observations: [
      { scope: "requests", counts: "calls", limit: 50, remaining: 49, resetAfterMillis: 30_000 },
      { scope: "input-tokens", counts: "tokens", limit: 30_000, remaining: 0, resetAfterMillis: 60_000 }
    ]
  },
  {
    name: "Shopify's bucket",
    dialect: "shopify",
    headers: { "x-shopify-shop-api-call-limit": "32/40" },
    observations: [{ counts: "calls", limit: 40, remaining: 8, resetAfterMillis: 500 }]
  },
  {
    name: "Shopify's bucket when it is full, with a wait that has decimals",
    dialect: "shopify",
    status: 429,
    headers: { "x-shopify-shop-api-call-limit": "80/80", "retry-after": "2.0" },
    observations: [
      { scope: "retry-after", remaining: 0, resetAfterMillis: 2_000 },
      { counts: "calls", limit: 80, remaining: 0, resetAfterMillis: 250 }
    ]
  },
  {
    name: "Discord's bucket",
    dialect: "discord",
    headers: {
      "x-ratelimit-limit": "5",
      "x-ratelimit-remaining": "0",
      "x-ratelimit-reset": `${epoch + 1}.123`,
      "x-ratelimit-reset-after": "1.123",
      "x-ratelimit-bucket": "abcd1234"
    },
    observations: [{ scope: "abcd1234", counts: "calls", limit: 5, remaining: 0, resetAfterMillis: 1_123 }]
  },
  {
    name: "Discord's global limit",
    dialect: "discord",
    status: 429,
    headers: { "retry-after": "65", "x-ratelimit-global": "true", "x-ratelimit-scope": "global" },
    observations: [{ scope: "retry-after", remaining: 0, resetAfterMillis: 65_000 }]
  },
  {
    name: "HubSpot's interval and day",
    dialect: "hubspot",
    headers: {
      "x-hubspot-ratelimit-daily": "250000",
      "x-hubspot-ratelimit-daily-remaining": "249930",
      "x-hubspot-ratelimit-interval-milliseconds": "10000",
      "x-hubspot-ratelimit-max": "100",
      "x-hubspot-ratelimit-remaining": "0",
      "x-hubspot-ratelimit-secondly": "10",
      "x-hubspot-ratelimit-secondly-remaining": "9"
    },
    observations: [
      { scope: "interval", counts: "calls", limit: 100, remaining: 0, windowMillis: 10_000 },
      { scope: "daily", counts: "calls", limit: 250_000, remaining: 249_930 }
    ]
  },
  {
    name: "Reddit's decimals",
    dialect: "reddit",
    headers: { "x-ratelimit-used": "3", "x-ratelimit-remaining": "596.7", "x-ratelimit-reset": "348" },
    observations: [{ counts: "calls", remaining: 596, resetAfterMillis: 348_000 }]
  },
  {
    name: "X's three headers",
    dialect: "twitter",
    headers: { "x-rate-limit-limit": "900", "x-rate-limit-remaining": "0", "x-rate-limit-reset": `${epoch + 900}` },
    observations: [{ counts: "calls", limit: 900, remaining: 0, resetAfterMillis: 900_000 }]
  },
  {
    name: "Linear's requests and complexity",
    dialect: "linear",
    headers: {
      "x-ratelimit-requests-limit": "1500",
      "x-ratelimit-requests-remaining": "1499",
      "x-ratelimit-requests-reset": `${now + 3_600_000}`,
      "x-ratelimit-complexity-limit": "250000",
      "x-ratelimit-complexity-remaining": "0",
      "x-ratelimit-complexity-reset": `${now + 60_000}`
    },
    observations: [
      { scope: "requests", counts: "calls", limit: 1_500, remaining: 1_499, resetAfterMillis: 3_600_000 },
      { scope: "complexity", counts: "tokens", limit: 250_000, remaining: 0, resetAfterMillis: 60_000 }
    ]
  },
  {
    name: "Retry-After of a 503, as a date",
    dialect: "xRateLimit",
    status: 503,
    headers: { "retry-after": "Thu, 01 Jan 2026 12:00:07 GMT" },
    observations: [{ scope: "retry-after", remaining: 0, resetAfterMillis: 7_000 }]
  },
  {
    name: "Slack, which says nothing but Retry-After",
    dialect: ["ietf", "xRateLimit"],
    status: 429,
    headers: { "retry-after": "30" },
    observations: [
      { scope: "retry-after", remaining: 0, resetAfterMillis: 30_000 },
      { scope: "retry-after", remaining: 0, resetAfterMillis: 30_000 }
    ]
  },
  {
    name: "Retry-After of a redirect, which is about something else",
    dialect: "github",
    status: 301,
    headers: { "retry-after": "30" },
    observations: []
  },
  {
    name: "a dialect of one's own",
    dialect: { quotas: [{ scope: "api", usage: "sforce-limit-info", windowMillis: 86_400_000 }] },
    headers: { "sforce-limit-info": "18/5000" },
    observations: [{ scope: "api", limit: 5_000, remaining: 4_982, windowMillis: 86_400_000 }]
  }
]

describe("what a provider says of its limits", () => {
  for (const { dialect, headers, name, observations, status } of cases) {
    it(name, () => assert.deepStrictEqual(observe(dialect, headers, status), observations))
  }

  for (const [name, dialect, headers] of [
    ["words", "xRateLimit", { "x-ratelimit-limit": "many", "x-ratelimit-remaining": "few" }],
    ["an empty header", "xRateLimit", { "x-ratelimit-limit": "", "x-ratelimit-remaining": " " }],
    ["numbers that are none", "xRateLimit", { "x-ratelimit-remaining": "Infinity", "x-ratelimit-limit": "0x10" }],
    ["a bucket without a size", "shopify", { "x-shopify-shop-api-call-limit": "32/" }],
    ["a list of nothing", "ietf", { ratelimit: ",;,=,;;" }],
    ["a member without parameters", "ietf", { ratelimit: '"default"' }],
    ["a string that never ends", "ietf", { ratelimit: '"default;r=0;t=10' }]
  ] as const) {
    it(`nothing, for ${name}`, () => assert.deepStrictEqual(observe(dialect, headers), []))
  }

  for (const [name, reset] of [
    ["a word", "soon"],
    ["a date without a zone", "2026-01-01T12:00:30"],
    ["a month that is none", "2026-13-01T12:00:00Z"],
    ["a unit that is none", "6x"]
  ] as const) {
    it(`a reset that is ${name} is left out, alone`, () => {
      const headers = { "x-ratelimit-remaining-tokens": "5", "x-ratelimit-reset-tokens": reset }
      assert.deepStrictEqual(observe("openai", headers), [{ scope: "tokens", counts: "tokens", remaining: 5 }])
      const anthropic = { "anthropic-ratelimit-tokens-remaining": "5", "anthropic-ratelimit-tokens-reset": reset }
      assert.deepStrictEqual(observe("anthropic", anthropic), [{ scope: "tokens", counts: "tokens", remaining: 5 }])
    })
  }

  it("no header makes it throw, run long, or tell more than sixteen things", () => {
    const random = randomFrom(7)
    const alphabet = '0123456789.,;="\\:/-+TZhmsrtqw \u00e9\u0000'
    const names = cases.flatMap(({ headers }) => Object.keys(headers))
    const dialects = cases.map(({ dialect }) => dialect)
    for (let run = 0; run < 3_000; run += 1) {
      const length = random(50) === 0 ? 20_000 : random(40)
      const junk = () => Array.from({ length }, () => alphabet[random(alphabet.length)]).join("")
      const headers = Object.fromEntries(Array.from({ length: 6 }, () => [names[random(names.length)], junk()]))
      const observations = observe(dialects[random(dialects.length)] ?? "ietf", headers, 429)
      assert.isAtMost(observations.length, 16)
      for (const { remaining = 0, resetAfterMillis = 0, scope = "" } of observations) {
        assert.isTrue(remaining >= 0 && resetAfterMillis >= 0 && Number.isFinite(remaining + resetAfterMillis))
        assert.isAtMost(scope.length, 64)
      }
    }
    const many = Array.from({ length: 500 }, (_, index) => `"p${index}";r=1;t=1`).join(",")
    assert.lengthOf(observe("ietf", { ratelimit: many }), 16)
  })
})

describe("a provider's way to throttle", () => {
  const classify = (dialect: RateHeaders.Input, status: number, headers: HeaderSet) => {
    const { category, retryAfter } = RateHeaders.classify(dialect)({ status, headers, now })
    return [category, retryAfter === undefined ? undefined : Duration.toMillis(retryAfter)]
  }
  const exhausted = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": `${epoch + 40}` }

  it("a 403 of GitHub with nothing left is throttled until the reset", () =>
    assert.deepStrictEqual(classify("github", 403, exhausted), ["throttled", 40_000]))

  it("a 403 of GitHub that asks to wait is throttled for as long", () =>
    assert.deepStrictEqual(classify("github", 403, { "retry-after": "60" }), ["throttled", 60_000]))

  it("a 403 of GitHub with something left is a refusal", () =>
    assert.deepStrictEqual(classify("github", 403, { "x-ratelimit-remaining": "12" }), ["rejected", undefined]))

  it("a 403 of another provider is a refusal, whatever is left", () =>
    assert.deepStrictEqual(classify("xRateLimit", 403, exhausted), ["rejected", undefined]))

  it("a 429 without Retry-After waits for the reset", () =>
    assert.deepStrictEqual(classify("xRateLimit", 429, exhausted), ["throttled", 40_000]))

  it("Retry-After goes before a reset", () =>
    assert.deepStrictEqual(classify("xRateLimit", 429, { ...exhausted, "retry-after": "3" }), ["throttled", 3_000]))

  it("a success is one, even with the last call of a window", () =>
    assert.deepStrictEqual(classify("github", 200, exhausted), ["success", undefined]))
})

describe("a dialect whose provider tells in the body what the headers do not", () => {
  const classify = (dialect: RateHeaders.Input, status: number, body: unknown, headers: HeaderSet = {}) => {
    const { category, retryAfter } = RateHeaders.classify(dialect)({ status, headers, now, body: () => body })
    return [category, retryAfter === undefined ? undefined : Duration.toMillis(retryAfter)]
  }
  const secondary = { message: "You have exceeded a secondary rate limit. Please wait a few minutes." }
  const usedUp = { error: { type: "insufficient_quota", code: "insufficient_quota" } }

  for (const [name, found, expected] of [
    ["GitHub's secondary limit", classify("github", 403, secondary), ["throttled", 60_000]],
    ["GitHub's refusal", classify("github", 403, { message: "Must have admin rights" }), ["rejected", undefined]],
    ["OpenAI's quota that is used up", classify("openai", 429, usedUp), ["rejected", undefined]],
    ["HubSpot's lock", classify("hubspot", 423, undefined), ["transient", 2_000]],
    ["Shopify's 430", classify(["ietf", "shopify"], 430, undefined), ["throttled", undefined]],
    [
      "a user's own rule",
      classify(
        { quotas: [], rules: [{ statuses: [400], at: ["code"], codes: ["BUSY"], category: "throttled" }] },
        400,
        { code: "BUSY" },
        { "retry-after": "1.5" }
      ),
      ["throttled", 1_500]
    ]
  ] as const) {
    it(`is read for ${name}`, () => assert.deepStrictEqual(found, [...expected]))
  }
})

describe("a dialect that a user has written", () => {
  const acme: RateHeaders.Dialect = {
    throttlesWith: [420, 429],
    quotas: [
      {
        scopeHeader: "x-acme-pool",
        counts: "calls",
        limit: "x-acme-max",
        remaining: "x-acme-left",
        reset: "x-acme-in"
      },
      {
        scope: "day",
        usage: "x-acme-day",
        reset: "x-acme-day-ends",
        resetUnit: "epochMillis",
        windowMillis: 86_400_000
      }
    ]
  }
  const headers = {
    date: new Date(now - 300_000).toUTCString(),
    "x-acme-pool": "search",
    "x-acme-max": "5,000",
    "x-acme-left": "0",
    "x-acme-in": "1m30s",
    "x-acme-day": "32/40",
    "x-acme-day-ends": `${now - 300_000 + 60_000}`
  }

  it("is read as those that come with the library are", () => {
    assert.deepStrictEqual(observe(acme, headers), [
      { scope: "search", counts: "calls", limit: 5_000, remaining: 0, resetAfterMillis: 90_000 },
      { scope: "day", limit: 40, remaining: 8, resetAfterMillis: 60_000, windowMillis: 86_400_000 }
    ])
  })

  it("says with which statuses the provider throttles", () => {
    const verdict = RateHeaders.classify(acme)({ status: 420, headers, now })
    assert.deepStrictEqual([verdict.category, verdict.retryAfter], ["throttled", Duration.millis(90_000)])
    assert.strictEqual(RateHeaders.classify(acme)({ status: 403, headers, now }).category, "rejected")
  })

  it.effect("slows a limit down", () =>
    Effect.gen(function* () {
      const store = RateLimitStore.makeMemory()
      yield* store.learn("key", observe(acme, headers), now)
      const { limits, maxWaiting } = RateLimit.make({ limit: 10, window: "1 second", learn: ["ietf", acme] })
      const decision = yield* store.reserve({ key: "key", limits, maxWaiting, maxWaitMillis: 0, tokens: 1, now })
      assert.deepInclude(decision, { _tag: "Refused", retryAfterMillis: 90_000 })
    })
  )
})

describe("a rate limit that learns", () => {
  it("takes dialects by name and as records", () => {
    const own: RateHeaders.Dialect = { quotas: [{ remaining: "left" }] }
    const { learn } = RateLimit.make({ limit: 1, window: 1, learn: ["openai", own] })
    assert.deepStrictEqual(learn, [RateHeaders.openai, own])
    assert.deepStrictEqual(RateLimit.make({ limit: 1, window: 1 }).learn, [])
  })

  for (const [name, dialect, headers, waits] of [
    ["OpenAI's minutes are not seconds", "openai", { requests: "6m0s" }, 360_000],
    ["OpenAI's milliseconds are not seconds", "openai", { requests: "20ms" }, 20]
  ] as const) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const store = RateLimitStore.makeMemory()
        const said = { "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": headers.requests }
        yield* store.learn("key", observe(dialect, said), now)
        const { limits, maxWaiting } = RateLimit.make({ limit: 10, window: "1 second" })
        const decision = yield* store.reserve({ key: "key", limits, maxWaiting, maxWaitMillis: 0, tokens: 1, now })
        assert.deepInclude(decision, { _tag: "Refused", retryAfterMillis: waits })
      })
    )
  }
})
