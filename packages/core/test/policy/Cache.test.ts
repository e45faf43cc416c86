import { Cache, type CacheControl, CacheStore } from "@causeway/core/policy"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import { createHash } from "node:crypto"
import { randomFrom } from "./randomFrom.ts"

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const start = Date.parse("2026-03-01T12:00:00Z")
const url = "https://api.example/items"

const at = (millis: number): CacheControl.Times => ({ requestedAt: start + millis, respondedAt: start + millis })

const text = (body: Uint8Array): string => new TextDecoder().decode(body)

/** A cache, a store, and what a caller and a provider do with them at so many milliseconds after the start. */
const setUp = (options: Cache.Options = {}, bounds: CacheStore.MemoryOptions = {}) => {
  const cache = Cache.make(options)
  const store = CacheStore.makeMemory(bounds)
  const request = (parts: Partial<Cache.Request> = {}): Cache.Request => ({
    method: "GET",
    url,
    headers: {},
    partition: "us",
    ...parts
  })
  const responds = (
    millis: number,
    headers: CacheControl.HeaderRecord,
    parts: Partial<Cache.Request> & { readonly status?: number; readonly body?: string } = {},
    stale?: CacheStore.Entry
  ) => {
    const { body = "body", status = 200, ...asked } = parts
    const response = { status, headers, body: new TextEncoder().encode(body) }
    return Effect.runSync(Cache.update(cache, store, request(asked), response, at(millis), stale))
  }
  const asks = (millis: number, parts: Partial<Cache.Request> = {}): Cache.Decision =>
    Effect.runSync(Cache.lookup(cache, store, request(parts), start + millis))
  const renews = (millis: number, stale: Cache.Decision, headers: CacheControl.HeaderRecord) =>
    Effect.runSync(Cache.revalidated(cache, store, request(), staleEntry(stale), { headers }, at(millis)))
  const size = () => Effect.runSync(store.size)
  return { cache, store, request, responds, asks, renews, size }
}

const staleEntry = (decision: Cache.Decision): CacheStore.Entry => {
  if (decision._tag !== "Stale") throw new Error(`the decision is ${decision._tag}`)
  return decision.entry
}

const bodyOf = (decision: Cache.Decision): string | undefined =>
  decision._tag === "Fresh" || decision._tag === "Stale" ? text(decision.entry.body) : undefined

const maxAge = (seconds: number, more = "") => ({ "cache-control": `max-age=${seconds}${more}` })
const asking = (control: string) => ({ headers: { "cache-control": control } })

describe("a lookup", () => {
  const cases: ReadonlyArray<
    readonly [
      fact: string,
      tag: Cache.Decision["_tag"],
      stored: CacheControl.HeaderRecord,
      seconds: number,
      asked?: Partial<Cache.Request>
    ]
  > = [
    ["within its life an answer is fresh", "Fresh", maxAge(60), 59],
    ["at the end of its life it is stale", "Stale", { ...maxAge(60), etag: '"a"' }, 60],
    ["the age it came with counts", "Stale", { ...maxAge(60), etag: '"a"', age: "50" }, 10],
    [
      "the age that its Date shows counts",
      "Stale",
      { ...maxAge(60), etag: '"a"', date: new Date(start - 50 * second).toUTCString() },
      10
    ],
    ["without a validator or permission a stale one is of no use", "Miss", maxAge(60), 60],
    [
      "no-cache in the response is asked about each time",
      "Stale",
      { "cache-control": "no-cache, max-age=60", etag: '"a"' },
      0
    ],
    ["no-cache without a validator is of no use", "Miss", { "cache-control": "no-cache, max-age=60" }, 0],
    ["no-cache in the request asks anew", "Stale", { ...maxAge(60), etag: '"a"' }, 1, asking("no-cache")],
    ["Pragma: no-cache does too", "Stale", maxAge(60), 1, { headers: { pragma: "no-cache" } }],
    ["no-store in the request passes by", "Miss", maxAge(60), 1, asking("no-store")],
    ["max-age in the request is kept", "Fresh", maxAge(60), 10, asking("max-age=10")],
    ["what is older than it is asked about", "Stale", maxAge(60), 11, asking("max-age=10")],
    ["max-age=0 asks anew, however young", "Stale", maxAge(60), 0, asking("max-age=0")],
    [
      "what is immutable need not be asked about while fresh",
      "Fresh",
      maxAge(60, ", immutable"),
      1,
      asking("max-age=0")
    ],
    ["unless no-cache insists", "Stale", maxAge(60, ", immutable"), 1, asking("no-cache")],
    ["min-fresh must be left", "Fresh", maxAge(60), 50, asking("min-fresh=10")],
    ["less than min-fresh is asked about", "Stale", maxAge(60), 51, asking("min-fresh=10")],
    ["max-stale accepts what is stale", "Fresh", { ...maxAge(60), etag: '"a"' }, 70, asking("max-stale=10")],
    ["not what is staler", "Stale", { ...maxAge(60), etag: '"a"' }, 71, asking("max-stale=10")],
    ["max-stale alone accepts all", "Fresh", { ...maxAge(60), etag: '"a"' }, 3_600, asking("max-stale")],
    [
      "not what must be revalidated",
      "Stale",
      { ...maxAge(60, ", must-revalidate"), etag: '"a"' },
      61,
      asking("max-stale")
    ],
    ["what must be revalidated is fresh before", "Fresh", maxAge(60, ", must-revalidate"), 59],
    ["only-if-cached is answered from the cache", "Fresh", maxAge(60), 1, asking("only-if-cached")],
    [
      "only-if-cached gets a 504 instead of a question",
      "Unsatisfiable",
      { ...maxAge(60), etag: '"a"' },
      61,
      asking("only-if-cached")
    ],
    [
      "only-if-cached gets a 504 when nothing is known",
      "Unsatisfiable",
      { "cache-control": "no-store" },
      0,
      asking("only-if-cached")
    ],
    ["a condition of the caller's own passes by", "Miss", maxAge(60), 1, { headers: { "if-none-match": '"b"' } }],
    ["a range passes by", "Miss", maxAge(60), 1, { headers: { range: "bytes=0-1" } }],
    ["another method passes by", "Miss", maxAge(60), 1, { method: "POST" }],
    ["another URL knows nothing", "Miss", maxAge(60), 1, { url: `${url}?page=2` }],
    ["the fragment is not part of a URL", "Fresh", maxAge(60), 1, { url: `${url}#top` }],
    ["another partition knows nothing", "Miss", maxAge(60), 1, { partition: "them" }]
  ]
  for (const [fact, tag, stored, seconds, asked] of cases) {
    it(fact, () => {
      const { asks, responds } = setUp()
      responds(0, stored)
      assert.strictEqual(asks(seconds * second, asked)._tag, tag)
    })
  }

  it("answers at once over a store in memory", () => {
    const { cache, request, store } = setUp()
    assert.isTrue(Exit.isExit(Cache.lookup(cache, store, request(), start)))
    const response = { status: 200, headers: maxAge(60), body: new Uint8Array() }
    assert.isTrue(Exit.isExit(Cache.update(cache, store, request(), response, at(0))))
    assert.isTrue(Exit.isExit(Cache.lookup(cache, store, request(), start)))
  })

  it("a partition and a URL cannot pass for another pair", () => {
    const { asks, responds } = setUp()
    responds(0, maxAge(60), { partition: "ab", url: "c" })
    assert.strictEqual(asks(1, { partition: "a", url: "bc" })._tag, "Miss")
    assert.strictEqual(asks(1, { partition: "", url: "2:abc" })._tag, "Miss")
  })

  it("a key of one's own decides what is the same, within a partition", () => {
    const { asks, responds } = setUp({ key: (request) => request.url.split("?")[0] ?? "" })
    responds(0, maxAge(60), { url: `${url}?utm=1` })
    assert.strictEqual(asks(1, { url: `${url}?utm=2` })._tag, "Fresh")
    assert.strictEqual(asks(1, { url: `${url}?utm=2`, partition: "them" })._tag, "Miss")
  })

  it("an unavailable store is told", () => {
    const { cache, request } = setUp()
    const store = {
      ...CacheStore.makeMemory(),
      get: () => Effect.succeed<CacheStore.Unavailable>({ _tag: "Unavailable" })
    }
    assert.deepStrictEqual(Effect.runSync(Cache.lookup(cache, store, request(), start)), { _tag: "Unavailable" })
  })
})

describe("HEAD", () => {
  const both = { methods: ["GET", "HEAD"] } as const

  it("passes by unless it is asked for", () => {
    const { asks, responds } = setUp()
    responds(0, maxAge(60))
    assert.strictEqual(asks(1, { method: "HEAD" })._tag, "Miss")
  })

  it("is answered by what GET was answered", () => {
    const { asks, responds } = setUp(both)
    responds(0, maxAge(60))
    assert.strictEqual(asks(1, { method: "HEAD" })._tag, "Fresh")
  })

  it("does not answer GET", () => {
    const { asks, responds } = setUp(both)
    responds(0, maxAge(60), { method: "HEAD", body: "" })
    assert.strictEqual(asks(1)._tag, "Miss")
    assert.strictEqual(asks(1, { method: "HEAD" })._tag, "Fresh")
  })
})

describe("an answer that says nothing of its life", () => {
  const modified = { "last-modified": new Date(start - 1_000 * second).toUTCString() }

  it("is not kept by default", () => {
    const { responds, size } = setUp()
    assert.strictEqual(responds(0, {})._tag, "NotStored")
    assert.strictEqual(size(), 0)
  })

  it("is fresh for defaultTtl", () => {
    const { asks, responds } = setUp({ defaultTtl: "5 seconds" })
    responds(0, {})
    assert.deepStrictEqual([asks(4_999)._tag, asks(5_000)._tag], ["Fresh", "Miss"])
  })

  it("is fresh for a tenth of the time since its last change, when asked for", () => {
    const { asks, responds } = setUp({ heuristics: true })
    responds(0, modified)
    assert.deepStrictEqual([asks(99 * second)._tag, asks(100 * second)._tag], ["Fresh", "Stale"])
  })

  it("is kept to be asked about when it has a validator", () => {
    const { asks, responds } = setUp({ revalidateWithin: "1 hour" })
    responds(0, { etag: '"a"' })
    assert.deepStrictEqual([asks(0)._tag, asks(hour - 1)._tag, asks(hour)._tag], ["Stale", "Stale", "Miss"])
  })
})

describe("a stale answer", () => {
  const whileStale = (control: string, options: Cache.Options, seconds: number, asked = "") => {
    const { asks, responds } = setUp(options)
    responds(0, { "cache-control": `max-age=60${control}`, etag: '"a"' })
    const decision = asks(seconds * second, asked === "" ? {} : asking(asked))
    if (decision._tag !== "Stale") throw new Error(decision._tag)
    return decision
  }

  const revalidating: ReadonlyArray<
    readonly [fact: string, may: boolean, control: string, options: Cache.Options, seconds: number, asked?: string]
  > = [
    ["not by default", false, "", {}, 61],
    ["as the response permits", true, ", stale-while-revalidate=10", {}, 69],
    ["not longer", false, ", stale-while-revalidate=10", {}, 70],
    ["as the option permits", true, "", { staleWhileRevalidate: "10 seconds" }, 69],
    [
      "the response goes before the option",
      false,
      ", stale-while-revalidate=0",
      { staleWhileRevalidate: "10 seconds" },
      61
    ],
    ["not when it must be revalidated", false, ", must-revalidate", { staleWhileRevalidate: "10 seconds" }, 61],
    ["not when the caller says no-cache", false, ", stale-while-revalidate=10", {}, 61, "no-cache"],
    ["not when the caller says max-age", false, ", stale-while-revalidate=10", {}, 61, "max-age=5"],
    ["not when the caller says min-fresh", false, ", stale-while-revalidate=10", {}, 61, "min-fresh=5"]
  ]
  for (const [fact, may, control, options, seconds, asked] of revalidating) {
    it(`is given while it is revalidated: ${fact}`, () =>
      assert.strictEqual(whileStale(control, options, seconds, asked).mayServeWhileRevalidate, may))
  }

  const onError: ReadonlyArray<
    readonly [
      fact: string,
      until: number | undefined,
      control: string,
      options: Cache.Options,
      seconds: number,
      asked?: string
    ]
  > = [
    ["not by default", undefined, "", {}, 61],
    ["as the response permits", 70, ", stale-if-error=10", {}, 61],
    ["not longer", undefined, ", stale-if-error=10", {}, 70],
    ["as the option permits", 70, "", { staleIfError: "10 seconds" }, 61],
    ["the response goes before the option", undefined, ", stale-if-error=0", { staleIfError: "10 seconds" }, 61],
    ["the request goes before both", 65, ", stale-if-error=100", {}, 61, "stale-if-error=5"],
    ["not when it must be revalidated", undefined, ", must-revalidate", { staleIfError: "10 seconds" }, 61],
    ["not when the caller says no-cache", undefined, ", stale-if-error=10", {}, 61, "no-cache"]
  ]
  for (const [fact, until, control, options, seconds, asked] of onError) {
    it(`is given on an error: ${fact}`, () =>
      assert.strictEqual(
        whileStale(control, options, seconds, asked).mayServeOnErrorUntil,
        until === undefined ? undefined : start + until * second
      ))
  }

  it("is asked about by its validators", () => {
    const { asks, responds } = setUp()
    const modified = new Date(start).toUTCString()
    responds(0, { etag: 'W/"a"', "last-modified": modified })
    const decision = asks(1)
    assert.deepStrictEqual(decision._tag === "Stale" ? decision.conditionalHeaders : {}, {
      "if-none-match": 'W/"a"',
      "if-modified-since": modified
    })
  })
})

describe("variants", () => {
  const inLanguage = (language: string) => ({ headers: { "accept-language": language } })
  const varied = { ...maxAge(60), vary: "Accept-Language" }

  it("answer those who ask alike", () => {
    const { asks, responds } = setUp()
    responds(0, varied, { ...inLanguage("de"), body: "hallo" })
    responds(0, varied, { ...inLanguage("en"), body: "hello" })
    assert.strictEqual(bodyOf(asks(1, inLanguage("de"))), "hallo")
    assert.strictEqual(bodyOf(asks(1, inLanguage("en"))), "hello")
    assert.strictEqual(asks(1, inLanguage("fr"))._tag, "Miss")
    assert.strictEqual(asks(1)._tag, "Miss")
  })

  it("of several that answer, the most recent does", () => {
    const { asks, responds } = setUp()
    responds(0, maxAge(60), { ...inLanguage("de"), body: "old" })
    responds(second, varied, { ...inLanguage("de"), body: "new" })
    assert.strictEqual(bodyOf(asks(2 * second, inLanguage("de"))), "new")
  })

  it("for credentials are kept apart without keeping the credentials", () => {
    const { asks, responds } = setUp()
    const as = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })
    const stored = responds(0, { ...maxAge(60), vary: "authorization" }, as("secret-1"))
    assert.strictEqual(asks(1, as("secret-1"))._tag, "Fresh")
    assert.strictEqual(asks(1, as("secret-2"))._tag, "Miss")
    assert.notInclude(JSON.stringify(stored), "secret-1")
  })
})

describe("a 304", () => {
  it("makes the entry fresh again, with the body it had", () => {
    const { asks, renews, responds } = setUp()
    responds(0, { ...maxAge(60), etag: '"a"', "x-test": "1" })
    const renewed = renews(100 * second, asks(100 * second), { "x-test": "2" })
    assert.strictEqual(renewed._tag, "Revalidated")
    const decision = asks(159 * second)
    assert.strictEqual(decision._tag, "Fresh")
    assert.strictEqual(bodyOf(decision), "body")
    assert.deepInclude(decision._tag === "Fresh" ? decision.entry.headers : {}, { "x-test": "2", etag: '"a"' })
    assert.strictEqual(asks(160 * second)._tag, "Stale")
  })

  it("may change how long", () => {
    const { asks, renews, responds } = setUp()
    responds(0, { ...maxAge(60), etag: '"a"' })
    renews(100 * second, asks(100 * second), { ...maxAge(5), age: "2" })
    assert.deepStrictEqual([asks(102 * second)._tag, asks(103 * second)._tag], ["Fresh", "Stale"])
  })

  it("may say anew what the answer varies by", () => {
    const { asks, renews, responds } = setUp()
    responds(0, { ...maxAge(60), etag: '"a"' })
    renews(100 * second, asks(100 * second), { vary: "x-a" })
    assert.strictEqual(asks(101 * second)._tag, "Fresh")
    assert.notStrictEqual(asks(101 * second, { headers: { "x-a": "1" } })._tag, "Fresh")
  })

  it("that varies by everything is the last answer from the store", () => {
    const { asks, renews, responds, size } = setUp()
    responds(0, { ...maxAge(60), etag: '"a"' })
    assert.strictEqual(renews(100 * second, asks(100 * second), { vary: "*" })._tag, "Revalidated")
    assert.strictEqual(size(), 0)
  })

  it("that forbids storing is the last answer from the store", () => {
    const { asks, renews, responds, size } = setUp()
    responds(0, { ...maxAge(60), etag: '"a"' })
    const renewed = renews(100 * second, asks(100 * second), { "cache-control": "no-store" })
    assert.strictEqual(renewed._tag, "Revalidated")
    assert.strictEqual(size(), 0)
  })

  it("about another answer forgets the entry", () => {
    const { asks, renews, responds, size } = setUp()
    responds(0, { ...maxAge(60), etag: '"a"' })
    assert.strictEqual(renews(100 * second, asks(100 * second), { etag: '"b"' })._tag, "Mismatched")
    assert.strictEqual(size(), 0)
  })
})

describe("another answer than a 304", () => {
  const cases: ReadonlyArray<readonly [fact: string, kept: string | undefined, status: number, control: string]> = [
    ["takes the place of the entry", "new", 200, "max-age=60"],
    ["that may not be kept removes it", undefined, 200, "no-store"],
    ["of not found removes it", undefined, 404, "no-store"],
    ["of gone removes it", undefined, 410, "no-store"],
    ["of an outage leaves it", "old", 503, "max-age=60"],
    ["of too much leaves it", "old", 429, "max-age=60"],
    ["of unauthorized leaves it", "old", 401, "max-age=60"]
  ]
  for (const [fact, kept, status, control] of cases) {
    it(fact, () => {
      const { asks, responds } = setUp()
      responds(0, { ...maxAge(60), etag: '"a"' }, { body: "old" })
      const stale = staleEntry(asks(100 * second))
      responds(100 * second, { "cache-control": control, etag: '"b"' }, { status, body: "new" }, stale)
      assert.strictEqual(bodyOf(asks(101 * second)), kept)
    })
  }
})

describe("an unsafe method", () => {
  const stored = (method: string, status: number, headers: CacheControl.HeaderRecord = {}, partition = "us") => {
    const { asks, responds } = setUp()
    for (const each of [url, `${url}/1`]) responds(0, maxAge(60), { url: each })
    const updated = responds(1, headers, { method, status, partition })
    return [updated._tag, asks(2)._tag, asks(2, { url: `${url}/1` })._tag]
  }

  it("that succeeded forgets what its URL answered", () =>
    assert.deepStrictEqual(stored("DELETE", 204), ["Invalidated", "Miss", "Fresh"]))

  it("forgets the URL of Location too", () =>
    assert.deepStrictEqual(stored("POST", 201, { location: "/items/1" }), ["Invalidated", "Miss", "Miss"]))

  it("that failed forgets nothing", () => assert.deepStrictEqual(stored("PUT", 503), ["NotStored", "Fresh", "Fresh"]))

  it("forgets nothing of another partition", () =>
    assert.deepStrictEqual(stored("PUT", 200, {}, "them"), ["Invalidated", "Fresh", "Fresh"]))

  it("forgets all variants", () => {
    const { asks, responds } = setUp()
    const in_ = (language: string) => ({ headers: { "accept-language": language } })
    for (const each of ["de", "en"]) responds(0, { ...maxAge(60), vary: "accept-language" }, in_(each))
    responds(1, {}, { method: "PATCH" })
    assert.deepStrictEqual([asks(2, in_("de"))._tag, asks(2, in_("en"))._tag], ["Miss", "Miss"])
  })
})

describe("a body", () => {
  it("larger than maxBodyBytes is not kept, and neither is what it replaces", () => {
    const { asks, responds, size } = setUp({ maxBodyBytes: 4 })
    responds(0, { ...maxAge(60), etag: '"a"' }, { body: "four" })
    assert.strictEqual(size(), 1)
    const stale = staleEntry(asks(100 * second))
    assert.strictEqual(responds(100 * second, maxAge(60), { body: "fives" }, stale)._tag, "NotStored")
    assert.strictEqual(size(), 0)
  })

  it("need not be read when it will not be kept", () => {
    const { cache, request } = setUp()
    const may = (headers: CacheControl.HeaderRecord) =>
      Cache.isStorable(cache, request(), { status: 200, headers }, at(0))
    assert.isTrue(may(maxAge(60)))
    assert.isTrue(may({ etag: '"a"' }))
    assert.isFalse(may({}))
    assert.isFalse(may({ "cache-control": "no-cache" }))
    assert.isFalse(may(maxAge(0)))
    assert.isFalse(may({ ...maxAge(60), age: "60" }))
    assert.isFalse(may({ ...maxAge(60), "content-type": "text/event-stream" }))
  })
})

describe("who is asking", () => {
  it("is a digest of the headers that hold secrets, whatever their order", () => {
    const one = Cache.partitionOf({ headers: { authorization: "Bearer é", "x-api-key": "k", accept: "a/b" } })
    const other = Cache.partitionOf({ headers: { "x-api-key": "k", authorization: "Bearer é" } })
    const given = [
      ["authorization", "Bearer é"],
      ["x-api-key", "k"]
    ]
    const expected = JSON.stringify(["", [], given])
    assert.strictEqual(one, createHash("sha256").update(expected).digest("hex"))
    assert.strictEqual(one, other)
  })

  it("is told apart at any length of a secret", () => {
    for (let length = 0; length < 200; length += 1) {
      const authorization = "a€".repeat(length)
      const expected = createHash("sha256").update(JSON.stringify(["", [], [["authorization", authorization]]]))
      assert.strictEqual(Cache.partitionOf({ headers: { authorization } }), expected.digest("hex"))
    }
  })

  const base = { url: "https://api.example/things?page=2", headers: { accept: "a/b" } }
  const told: ReadonlyArray<readonly [what: string, asker: Cache.Asker]> = [
    "authorization",
    "cookie",
    "proxy-authorization",
    "x-api-key",
    "x-auth-token",
    "x-amz-security-token",
    "x-goog-api-key",
    "private-token",
    "ocp-apim-subscription-key",
    "stripe-account",
    "xero-tenant-id",
    "openai-organization",
    "login-customer-id",
    "x-goog-user-project"
  ].map((name) => [`the header ${name}`, { ...base, headers: { [name]: "a" } }] as const)
  const other: ReadonlyArray<readonly [what: string, asker: Cache.Asker]> = [
    ["an api key in the URL", { ...base, url: "https://api.example/things?api_key=a" }],
    ["a signature in the URL", { ...base, url: "https://api.example/things?X-Amz-Signature=a" }],
    ["a user in the URL", { ...base, url: "https://ann:a@api.example/things" }],
    ["a redacted name", { headers: { "x-shop": "a" }, redactedNames: ["X-Shop"] }],
    ["a redacted pattern", { headers: { "x-shop": "a" }, redactedNames: [/^x-sh/] }],
    ["a scope", { ...base, scope: "app/Payments" }],
    ["an identity", { ...base, identity: ["a"] }]
  ]
  for (const [what, asker] of [...told, ...other]) {
    it(`is told apart by ${what}, and the digest does not show it`, () => {
      assert.match(Cache.partitionOf(asker), /^[0-9a-f]{64}$/)
      assert.notStrictEqual(Cache.partitionOf(asker), Cache.partitionOf(base))
    })
  }

  it("does not confuse the parts of two askers", () => {
    const names = [
      { headers: {}, scope: "a", identity: ["b"] },
      { headers: {}, scope: "ab", identity: [] },
      { headers: {}, scope: "a", identity: ["b", ""] },
      { headers: { authorization: "b" }, scope: "a" },
      { headers: { "x-api-key": "b" }, scope: "a" }
    ].map(Cache.partitionOf)
    assert.strictEqual(new Set(names).size, names.length)
  })

  it("is not told by what belongs to one request or page", () => {
    const headers = { accept: "a/b", "idempotency-key": "k", "x-request-id": "r", traceparent: "t", "user-agent": "u" }
    assert.strictEqual(Cache.partitionOf({ headers, url: "https://api.example/things?page_token=abc" }), "")
  })

  it("is nobody without them", () => assert.strictEqual(Cache.partitionOf({ headers: { accept: "a/b" } }), ""))
})

describe("options", () => {
  it("have their defaults", () => {
    const { key, methods, ...numbers } = Cache.make()
    assert.isUndefined(key)
    assert.deepStrictEqual([...methods], ["GET"])
    assert.deepInclude(numbers, {
      maxBytes: 16 * 1024 * 1024,
      maxEntries: 1_000,
      maxBodyBytes: 1024 * 1024,
      defaultTtlMillis: 0,
      heuristics: false,
      staleWhileRevalidateMillis: 0,
      staleIfErrorMillis: 0,
      revalidateWithinMillis: 24 * hour
    })
  })

  const nonsense: ReadonlyArray<readonly [option: string, Cache.Options]> = [
    ["cache.maxBytes", { maxBytes: 0 }],
    ["cache.maxEntries", { maxEntries: 1.5 }],
    ["cache.maxBodyBytes", { maxBodyBytes: -1 }],
    ["cache.defaultTtl", { defaultTtl: -1 }],
    ["cache.staleWhileRevalidate", { staleWhileRevalidate: Infinity }],
    ["cache.staleIfError", { staleIfError: "-1 second" }],
    ["cache.revalidateWithin", { revalidateWithin: -5 }]
  ]
  for (const [option, options] of nonsense) {
    it(`${option} is refused by name when it makes no sense`, () => assert.throws(() => Cache.make(options), option))
  }
})

describe("whatever is stored and asked, in any order", () => {
  const controls = [
    "max-age=30",
    "max-age=0",
    "no-store, max-age=30",
    "no-cache",
    "max-age=10, must-revalidate",
    "max-age=10, stale-while-revalidate=20",
    "max-age=10, stale-if-error=40",
    "private, max-age=60, immutable",
    'junk="',
    undefined
  ]
  const varies = [undefined, "x-a", "X-B, x-a", "*"]

  for (let seed = 1; seed <= 60; seed += 1) {
    it(`nobody gets what is not theirs, too old, or was never to be kept (seed ${seed})`, () => {
      const random = randomFrom(seed)
      const pick = <A>(from: ReadonlyArray<A>): A | undefined => from[random(from.length)]
      const staleIfError = random(2) * 30 * second
      const { asks, responds } = setUp({ staleIfError, heuristics: random(2) === 0 }, { maxEntries: 1 + random(50) })
      const stored = new Map<
        string,
        { readonly made: number; readonly control: string; readonly asked: Cache.Request; readonly vary: string }
      >()
      let now = 0
      for (let step = 0; step < 300; step += 1) {
        now += random(4) === 0 ? -random(5_000) : random(15_000)
        const asked: Cache.Request = {
          method: "GET",
          url: `${url}/${random(3)}`,
          headers: {
            "x-a": pick(["1", "2", undefined]),
            "x-b": pick(["1", undefined]),
            "cache-control": pick(["max-age=5", "max-stale=5", "min-fresh=5", undefined, undefined])
          },
          partition: `${random(2)}`
        }
        if (random(2) === 0) {
          const control = pick(controls)
          const vary = pick(varies)
          const body = `${seed}/${step}`
          const age = random(3) === 0 ? `${random(20)}` : undefined
          const made = now - Number(age ?? 0) * second
          stored.set(body, { made, control: control ?? "", asked, vary: vary ?? "" })
          responds(
            now,
            { "cache-control": control, vary, age, etag: pick([`"${step}"`, undefined]) },
            { ...asked, body }
          )
          continue
        }
        const decision = asks(now, asked)
        if (decision._tag !== "Fresh" && decision._tag !== "Stale") continue
        const origin = stored.get(text(decision.entry.body))
        if (origin === undefined) throw new Error("an answer came from nowhere")
        assert.isAtLeast(decision.ageMillis, 0)
        assert.strictEqual(origin.asked.partition, asked.partition)
        assert.strictEqual(origin.asked.url, asked.url)
        assert.notInclude(origin.control, "no-store")
        assert.notInclude(origin.control, '"')
        assert.notInclude(origin.vary, "*")
        for (const name of origin.vary
          .toLowerCase()
          .split(", ")
          .filter((each) => each !== "")) {
          assert.strictEqual(origin.asked.headers[name], asked.headers[name])
        }
        const life = Number(/max-age=(\d+)/.exec(origin.control)?.[1] ?? 0) * second
        const tolerated = asked.headers["cache-control"] === "max-stale=5" ? 5 * second : 0
        if (decision._tag === "Fresh") {
          assert.notInclude(origin.control, "no-cache")
          assert.isAtMost(now - origin.made, life + tolerated)
        }
        if (decision._tag === "Stale" && decision.mayServeWhileRevalidate) {
          const permitted = Number(/stale-while-revalidate=(\d+)/.exec(origin.control)?.[1] ?? 0) * second
          assert.isBelow(now - origin.made, life + permitted)
        }
        if (decision._tag === "Stale" && decision.mayServeOnErrorUntil !== undefined) {
          const permitted = Number(/stale-if-error=(\d+)/.exec(origin.control)?.[1] ?? staleIfError / second) * second
          assert.isAtMost(decision.mayServeOnErrorUntil - start - origin.made, life + permitted)
        }
      }
    })
  }
})
