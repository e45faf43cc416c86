import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Schedule, Schema } from "effect"
import { TestClock } from "effect/testing"
import { Endpoint, Integration } from "@causeway/core/client"
import { Failure, type Policy, RateHeaders, Retry, Wait } from "@causeway/core/policy"
import { Mock } from "@causeway/core/testing"
import { randomFrom } from "./randomFrom.ts"

const now = Date.UTC(2026, 9, 21, 7, 27, 30)
const epoch = now / 1_000
const century = 100 * 365 * 86_400_000

/** What providers, SDKs and specifications write, where that was seen, and what it means at 2026-10-21T07:27:30Z. */
const vectors: ReadonlyArray<readonly [text: string, millis: number, source: string]> = [
  ["120", 120_000, "RFC 9110, section 10.2.3"],
  ["0", 0, "RFC 9110, section 10.2.3"],
  [" 120\t", 120_000, "denoland/std#7299: white space around the value"],
  ['"30"', 30_000, "a value in the quotes of a structured field"],
  ["1.5", 1_500, "opensearch-project/data-prepper#6927"],
  ["2.0", 2_000, "Shopify REST Admin API: Retry-After: 2.0"],
  ["0.493", 493, "SpaceTradersAPI/api-docs#24"],
  ["299.997", 299_997, "microsoft/dotnet#955"],
  [".5", 500, "openai-node and anthropic-sdk read it by parseFloat"],
  ["1.", 1_000, "openai-node and anthropic-sdk read it by parseFloat"],
  ["6.1e-05", 1, "str() of a small float in Python"],
  ["1, 1", 1_000, "OpenFeign/feign#980: a header that was sent twice"],
  ["30, 60, 45", 60_000, "a header that two proxies have added"],
  ["10,20", 20_000, "a list without spaces"],
  ["1, 000", 1_000, "a list, because of its space"],
  ["1,0000", 1_000, "a list, because a group has four digits"],
  ["1,000", 1_000_000, "thousands separators"],
  ["1,234,567.5", 1_234_567_500, "thousands separators"],
  ["1,000, 2,000", 2_000_000, "a list of thousands"],
  ["60;comment=hourly", 60_000, "parameters, as of draft-polli-ratelimit-headers"],
  ["Wed, 21 Oct 2026 07:28:00 GMT", 30_000, "RFC 9110, section 5.6.7: IMF-fixdate"],
  ["Wednesday, 21-Oct-26 07:28:00 GMT", 30_000, "RFC 9110, section 5.6.7: RFC 850"],
  ["Wed Oct 21 07:28:00 2026", 30_000, "RFC 9110, section 5.6.7: asctime"],
  ["Sun Nov  1 00:00:00 2026", Date.UTC(2026, 10, 1) - now, "asctime with a day of one digit"],
  ["Sunday, 06-Nov-94 08:49:37 GMT", 0, "RFC 9110: 1994 is less than 50 years ago, and past"],
  ["Wednesday, 21-Oct-76 07:28:00 GMT", 0, "RFC 9110: more than 50 years ahead, so 1976"],
  [
    "Wednesday, 21-Oct-76 07:27:00 GMT",
    Date.UTC(2076, 9, 21, 7, 27) - now,
    "RFC 9110: not more than 50 years ahead, so 2076"
  ],
  ["wed, 21 oct 2026 07:28:00 gmt", 30_000, "lower case"],
  ["Wed, 21 Oct 2026 07:28:00 UTC", 30_000, "the zone that Java's and Python's formatters write"],
  ["Wed, 21 Oct 2026 07:28:00 +0000", 30_000, "RFC 5322, as email.utils.format_datetime writes it"],
  ["Wed, 21 Oct 2026 09:28:00 +0200", 30_000, "RFC 5322 with another zone"],
  ["Wed, 21 Oct 2026 03:28:00 EDT", 30_000, "RFC 822 with a named zone"],
  ["21 Oct 2026 07:28:00 GMT", 30_000, "no weekday"],
  ["Wed, 21 Oct 2026 07:28:00", 30_000, "no zone: dates of HTTP are UTC"],
  ["Wed Oct 21 07:28:00 UTC 2026", 30_000, "date(1)"],
  ["Sat, 31 Dec 2016 23:59:60 GMT", 0, "a leap second"],
  ["Wed, 21 Oct 2026 07:28:00 GMT, Wed, 21 Oct 2026 07:29:00 GMT", 90_000, "a date that was sent twice"],
  ["Wed, 21 Oct 2015 07:28:00 GMT", 0, "a date that is past"],
  ["2026-10-21T07:28:00Z", 30_000, "Anthropic's resets: RFC 3339"],
  ["2026-10-21T09:28:00+02:00", 30_000, "RFC 3339 with an offset"],
  ["2026-10-21t07:27:30.250z", 250, "RFC 3339 with a fraction, in lower case"],
  ["2026-10-21 07:28:00 UTC", 30_000, "Time#to_s of Ruby"],
  ["2026-10-21 07:28:00 +0000 UTC", 30_000, "Time.String of Go"],
  [`${epoch + 60}`, 60_000, "GitHub, X, Okta: seconds of the epoch"],
  [`${epoch + 60}.123`, 60_123, "Discord: x-ratelimit-reset with a fraction"],
  [`${now + 1_500}`, 1_500, "OpenRouter, Linear: milliseconds of the epoch"],
  [`${now + 1_500}000`, 1_500, "microseconds of the epoch"],
  [`${now + 1_500}000000`, 1_500, "nanoseconds of the epoch"],
  [`${epoch - 5}`, 0, "a reset that is past"],
  ["6m0s", 360_000, "OpenAI: x-ratelimit-reset-tokens"],
  ["1s", 1_000, "OpenAI: x-ratelimit-reset-requests"],
  ["20ms", 20, "OpenAI: x-ratelimit-reset-requests"],
  ["2m59.56s", 179_560, "Groq: x-ratelimit-reset-requests"],
  ["7.66s", 7_660, "Groq: x-ratelimit-reset-tokens"],
  ["1h2m3.5s", 3_723_500, "Go: time.Duration.String"],
  ["1d2h", 93_600_000, "OpenAI-compatible gateways, which add days to Go's units"],
  ["1h", 3_600_000, "Go: time.Duration"],
  ["100µs", 1, "Go: time.Duration.String; rounded up"],
  ["1500μs", 2, "Go accepts the Greek letter as well"],
  ["1500\u00c2\u00b5s", 2, "the UTF-8 of 1500µs, read as Latin-1"],
  ["1m 30s", 90_000, "units with a space between them"],
  ["30 seconds", 30_000, "words"],
  ["5 Minutes", 300_000, "words"],
  ["-1.5s", 0, "Go: a duration that is negative"],
  ["1s, 6m0s", 360_000, "a list of durations"],
  ["PT30S", 30_000, "ISO 8601"],
  ["PT1M0.5S", 60_500, "ISO 8601, as Java's Duration writes it"],
  ["P1DT2H", 93_600_000, "ISO 8601"],
  ["PT0,5S", 500, "ISO 8601 with a comma"],
  ["-3", 0, "mastra-ai/mastra#23778: no year, and no wait"],
  ["2147483647", 2_147_483_647_000 - now, "a largest integer as a wait without end"],
  ["9223372036854775807", century, "a largest integer as a wait without end"],
  ["99999999999", century, "a wait is a century at most"]
]

/** What says no wait. A year must not be read out of it, nor NaN, nor the start of a number. */
const garbage: ReadonlyArray<string> = [
  "",
  " ",
  ",",
  ", ,",
  ";",
  "soon",
  "never",
  "NaN",
  "Infinity",
  "-Infinity",
  "1e999",
  "0x10",
  "1000abc",
  "1.5.2",
  "1 2",
  "+-1",
  "6x",
  "s",
  "1h2",
  "P",
  "PT",
  "P1",
  "null",
  "undefined",
  "[object Object]",
  "<html>",
  "1/2",
  "99:99",
  "2026-10-21",
  "2026-10-21T07:28:00",
  "2026-13-01T12:00:00Z",
  "2026-02-30T12:00:00Z",
  "Wed, 31 Feb 2026 07:28:00 GMT",
  "Wed, 21 Foo 2026 07:28:00 GMT",
  "Wed, 21 Oct 2026 24:28:00 GMT",
  "Wed, 21 Oct",
  "Wed, 21 Oct 2026 07:28:00 XYZ",
  "Oct 2026",
  "21 Oct 2026 07:28:61 GMT",
  "9".repeat(30),
  "1".repeat(2_000)
]

describe("a wait that a provider asks for", () => {
  for (const [text, millis, source] of vectors) {
    it(`${JSON.stringify(text)} is ${millis} ms (${source})`, () => assert.strictEqual(Wait.millis(text, now), millis))
  }

  for (const text of garbage) {
    it(`${JSON.stringify(text.slice(0, 40))} states no wait`, () => assert.isUndefined(Wait.millis(text, now)))
  }

  for (const [unit, text, millis] of [
    ["millis", "250", 250],
    ["millis", "1,500", 1_500],
    ["millis", "0.4", 1],
    ["millis", `${now + 250}`, 250],
    ["millis", "2s", 2_000],
    ["epochSeconds", `${epoch + 60}`, 60_000],
    ["epochSeconds", `${now + 60_000}`, 60_000],
    ["epochSeconds", "60", 0],
    ["epochMillis", `${now + 60}`, 60],
    ["epochMillis", `${epoch + 60}`, 60_000],
    ["duration", "0", 0],
    ["dateTime", `${epoch + 60}`, 60_000]
  ] as const) {
    it(`a plain number is read by its unit: ${text} as ${unit} is ${millis} ms`, () =>
      assert.strictEqual(Wait.millis(text, now, unit), millis))
  }

  it("is a whole number from 0 to a century, or nothing, whatever the text", () => {
    const random = randomFrom(11)
    const alphabet = "0123456789.,;:+-/ \"'TZtzpPhmsdGUCgutcWedOct\u00b5e\u00e9\u0000"
    for (let run = 0; run < 20_000; run += 1) {
      const mutated = Array.from(vectors[random(vectors.length)]?.[0] ?? "")
      for (let change = random(4); change > 0; change -= 1)
        mutated[random(mutated.length)] = alphabet[random(alphabet.length)] ?? ""
      const text = mutated.join("")
      const millis = Wait.millis(text, now)
      assert.isTrue(
        millis === undefined || (Number.isInteger(millis) && millis >= 0 && millis <= century),
        JSON.stringify(text)
      )
    }
  })

  it("is read in linear time and from no more than a thousand characters", () => {
    for (const part of [
      "1",
      "1,",
      "1s",
      " ",
      "1, ",
      "1;",
      "1m ",
      "wed ",
      "1-",
      '"',
      "1.",
      ",000",
      "1 ",
      "p1",
      "gmt "
    ]) {
      for (let run = 0; run < 50; run += 1) Wait.millis(part.repeat(Math.floor(1_024 / part.length)), now)
      assert.isUndefined(Wait.millis(part.repeat(1_000_000), now))
    }
  })
})

const millisOf = (response: Failure.Response): number | undefined => {
  const wait = Failure.retryAfter(response)
  return wait === undefined ? undefined : Duration.toMillis(wait)
}

describe("the wait of an answer", () => {
  const reset = `${epoch + 60}`
  for (const [name, status, headers, millis] of [
    ["Retry-After-Ms goes before Retry-After", 503, { "retry-after-ms": "250", "retry-after": "7" }, 250],
    ["Retry-After-Ms may have a fraction, as OpenAI reads it", 503, { "retry-after-ms": "250.5" }, 251],
    ["x-ms-retry-after-ms of Azure is read", 429, { "x-ms-retry-after-ms": "10" }, 10],
    ["a header that says no wait is passed over", 503, { "retry-after-ms": "soon", "retry-after": "7" }, 7_000],
    ["Retry-After goes before a reset", 429, { "retry-after": "3", "x-ratelimit-reset": reset }, 3_000],
    ["X-RateLimit-Retry-After of Symfony is read", 429, { "x-ratelimit-retry-after": reset }, 60_000],
    ["a 429 without Retry-After waits for the reset", 429, { "x-ratelimit-reset": reset }, 60_000],
    ["a 429 of the IETF's waits for the reset", 429, { "ratelimit-reset": "50", "ratelimit-remaining": "0" }, 50_000],
    ["a 429 of X or Okta waits for the reset", 429, { "x-rate-limit-reset": reset }, 60_000],
    [
      "a 429 of Discord waits for its exact reset",
      429,
      { "x-ratelimit-reset": reset, "x-ratelimit-reset-after": "59.2" },
      59_200
    ],
    [
      "a quota of which something remains did not cause the 429",
      429,
      { "x-ratelimit-reset": reset, "x-ratelimit-remaining": "12" },
      undefined
    ],
    [
      "of OpenAI's quotas the one that is used up counts",
      429,
      {
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "8.64s",
        "x-ratelimit-remaining-tokens": "10",
        "x-ratelimit-reset-tokens": "6m0s"
      },
      8_640
    ],
    [
      // https://github.com/anthropics/anthropic-sdk-typescript/issues/357
      "of Anthropic's quotas the one that is used up counts",
      429,
      {
        "anthropic-ratelimit-requests-remaining": "0",
        "anthropic-ratelimit-requests-reset": "2026-10-21T07:28:00Z",
        "anthropic-ratelimit-tokens-remaining": "16000",
        "anthropic-ratelimit-tokens-reset": "2026-10-21T07:29:00Z"
      },
      30_000
    ],
    ["a reset says nothing about a 503", 503, { "x-ratelimit-reset": reset }, undefined],
    ["a reset says nothing about a 403 in general", 403, { "x-ratelimit-reset": reset }, undefined]
  ] as const) {
    it(name, () => assert.strictEqual(millisOf({ status, headers, now }), millis))
  }
})

// octokit/plugin-throttling.js#599, octokit/octokit.js#1849: a local clock that is off makes waits too long or too short.
describe("a wait until a time of day is measured by the provider's clock", () => {
  const date = new Date(now).toUTCString()
  const later = (seconds: number) => epoch + seconds

  for (const skew of [-300_000, -1_000, 0, 1_000, 300_000, 86_400_000]) {
    const local = now + skew
    it(`with a local clock that is ${skew} ms ahead, for Retry-After`, () => {
      for (const value of [
        new Date(now + 30_000).toUTCString(),
        new Date(now + 30_000).toISOString(),
        `${later(30)}`,
        "30"
      ]) {
        assert.strictEqual(
          millisOf({ status: 503, headers: { date, "retry-after": value }, now: local }),
          30_000,
          value
        )
      }
    })

    for (const [dialect, headers] of [
      ["github", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": `${later(60)}` }],
      ["xRateLimit", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": `${later(60)}` }],
      ["twitter", { "x-rate-limit-remaining": "0", "x-rate-limit-reset": `${later(60)}` }],
      ["linear", { "x-ratelimit-requests-remaining": "0", "x-ratelimit-requests-reset": `${later(60)}000` }],
      [
        "anthropic",
        { "anthropic-ratelimit-tokens-remaining": "0", "anthropic-ratelimit-tokens-reset": "2026-10-21T07:28:30Z" }
      ],
      ["openai", { "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1m0s" }],
      ["ietf", { "ratelimit-remaining": "0", "ratelimit-reset": `${later(60)}` }],
      ["ietf", { ratelimit: '"default";r=0;t=60' }],
      ["discord", { "x-ratelimit-remaining": "0", "x-ratelimit-reset-after": "60.0" }],
      ["reddit", { "x-ratelimit-remaining": "0.0", "x-ratelimit-reset": "60" }]
    ] as const) {
      it(`with a local clock that is ${skew} ms ahead, in the dialect ${dialect}: ${Object.values(headers).join()}`, () => {
        const response = { status: 429, headers: { date, ...headers }, now: local }
        assert.strictEqual(RateHeaders.observe(dialect, response)[0]?.resetAfterMillis, 60_000)
        const { category, retryAfter } = RateHeaders.classify(dialect)(response)
        assert.deepStrictEqual([category, retryAfter], ["throttled", Duration.millis(60_000)])
      })
    }
  }

  for (const [name, headers, millis] of [
    ["without Date the local clock counts", {}, 90_000],
    ["an invalid Date leaves the local clock", { date: "yesterday" }, 90_000],
    ["an answer from a cache is measured by the local clock", { date, age: "120" }, 90_000],
    ["an Age that is no number is an answer from a cache too", { date, age: "old" }, 90_000],
    ["an Age of 0 is an answer that was made now", { date, age: "0" }, 30_000],
    ["a Date in an obsolete form counts", { date: "Wednesday, 21-Oct-26 07:27:30 GMT" }, 30_000]
  ] as const) {
    it(name, () => {
      const retryAfter = new Date(now + 30_000).toUTCString()
      const response = { status: 503, headers: { ...headers, "retry-after": retryAfter }, now: now - 60_000 }
      assert.strictEqual(millisOf(response), millis)
    })
  }
})

const integrationWith = <const P extends Policy.Policy>(policy: Policy.Exact<P>) => {
  class Provider extends Integration.Service<Provider>()("test/Provider", {
    baseUrl: "https://provider.example",
    endpoints: [Endpoint.get("read", "/read", { success: Schema.String })],
    classify: RateHeaders.classify("github"),
    policy
  }) {}
  return Provider
}

const ok = Mock.ok("fine")

describe("a call", () => {
  // The local clock of a test is at 1970: whatever the provider's Date says, the wait is the same.
  for (const [name, headers, millis] of [
    ["a fraction", { "retry-after": "1.5" }, 1_500],
    ["a list", { "retry-after": "1, 2" }, 2_000],
    ["a date", { date: new Date(now).toUTCString(), "retry-after": new Date(now + 3_000).toUTCString() }, 3_000],
    [
      "a reset",
      { date: new Date(now).toUTCString(), "x-ratelimit-remaining": "0", "x-ratelimit-reset": `${epoch + 4}` },
      4_000
    ]
  ] as const) {
    it.effect(`is made again after the wait that ${name} asks for, and not before`, () => {
      const Provider = integrationWith({ retry: Retry.make({ schedule: Schedule.spaced(1), attempts: 2 }) })
      return Effect.gen(function* () {
        const provider = yield* Provider
        const call = yield* Effect.forkChild(provider.read())
        yield* TestClock.adjust(millis - 1)
        assert.isUndefined(call.pollUnsafe())
        yield* TestClock.adjust(1)
        assert.strictEqual(yield* Fiber.join(call), "fine")
      }).pipe(Effect.provide(Provider.layerMock({ read: Mock.sequence(Mock.status(429, { headers }), ok) })))
    })
  }

  it.effect("waits in a rate limit for the reset that the provider's clock tells", () => {
    const Provider = integrationWith({ rateLimit: { limit: 10, window: "1 second", maxWait: 0, learn: "github" } })
    const headers = {
      date: new Date(now).toUTCString(),
      "x-ratelimit-remaining": "0",
      "x-ratelimit-reset": `${epoch + 60}`
    }
    return Effect.gen(function* () {
      const provider = yield* Provider
      yield* provider.read()
      const refused = yield* Effect.flip(provider.read())
      assert.deepInclude(refused, { _tag: "RateLimited", source: "local", retryAfter: Duration.seconds(60) })
      yield* TestClock.adjust("60 seconds")
      assert.strictEqual(yield* provider.read(), "fine")
    }).pipe(
      Effect.provide(Provider.layerMock({ read: Mock.sequence(Mock.status(200, { headers, body: '"fine"' }), ok) }))
    )
  })
})
