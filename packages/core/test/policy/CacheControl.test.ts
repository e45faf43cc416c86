import { CacheControl } from "@causeway/core/policy"
import { assert, describe, it } from "@effect/vitest"

const second = 1_000
const day = 86_400 * second
const respondedAt = Date.parse("2026-03-01T12:00:00Z")
const date = (millis: number): string => new Date(millis).toUTCString()
const times: CacheControl.Times = { requestedAt: respondedAt, respondedAt }
const get: CacheControl.Request = { method: "GET", headers: {} }

describe("Cache-Control is read so that", () => {
  const none = CacheControl.parse(undefined)

  const cases: ReadonlyArray<readonly [fact: string, header: string, found: Partial<CacheControl.Directives>]> = [
    ["a missing value is empty", "", {}],
    ["names have no case", "Max-Age=5, NO-STORE", { maxAgeMillis: 5_000, noStore: true }],
    ["spaces and empty elements mean nothing", " ,, max-age=5 ,\t, no-cache ,", { maxAgeMillis: 5_000, noCache: true }],
    ["several lines are one list", "max-age=5, must-revalidate", { maxAgeMillis: 5_000, mustRevalidate: true }],
    ["a number may be quoted", 'max-age="5"', { maxAgeMillis: 5_000 }],
    ["a number may begin with zeros", "max-age=0005", { maxAgeMillis: 5_000 }],
    ["a directive inside of quotes is none", 'x="no-store, max-age=5", immutable', { immutable: true }],
    ["an escaped quote ends nothing", 'x="a\\", no-store, b", max-age=5', { maxAgeMillis: 5_000 }],
    ["unknown directives are skipped", "community=uci, max-age=5, bar", { maxAgeMillis: 5_000 }],
    ["an element that is none is skipped", "@@ foo bar, max-age=5", { maxAgeMillis: 5_000 }],
    ["junk with quotes in it is skipped whole", 'a b "x, no-store" c, max-age=5', { maxAgeMillis: 5_000 }],
    ["no-cache with fields is no-cache", 'no-cache="set-cookie, x"', { noCache: true }],
    ["private with fields is private", 'private="x"', { isDeclared: true }],
    ["public is a declaration too", "public", { isDeclared: true }],
    ["the first of two counts", "max-age=5, max-age=500", { maxAgeMillis: 5_000 }],
    ["a fraction counts as nothing", "max-age=5.5", { maxAgeMillis: 0 }],
    ["a negative number counts as nothing", "max-age=-5", { maxAgeMillis: 0 }],
    ["a word counts as nothing", "max-age=soon", { maxAgeMillis: 0 }],
    ["single quotes are no quotes", "max-age='5'", { maxAgeMillis: 0 }],
    ["a number that is missing counts as nothing", "max-age", { maxAgeMillis: 0 }],
    ["a space before the equals sign makes it junk", "max-age =5", {}],
    ["a huge number is cut to 2^31 seconds", "max-age=99999999999999999999", { maxAgeMillis: 2 ** 31 * 1_000 }],
    ["max-stale without a value has no end", "max-stale", { maxStaleMillis: Infinity }],
    ["max-stale with a value has one", "max-stale=5", { maxStaleMillis: 5_000 }],
    ["s-maxage is for others", "s-maxage=500, proxy-revalidate", {}],
    [
      "extensions are known",
      "stale-while-revalidate=5, stale-if-error=6, must-understand, only-if-cached, min-fresh=7",
      {
        staleWhileRevalidateMillis: 5_000,
        staleIfErrorMillis: 6_000,
        mustUnderstand: true,
        onlyIfCached: true,
        minFreshMillis: 7_000
      }
    ],
    ["a quote that never ends forbids all", 'x="a, max-age=5', { noStore: true, noCache: true }]
  ]
  for (const [fact, header, found] of cases) {
    it(`${fact}: ${header}`, () => assert.deepStrictEqual(CacheControl.parse(header), { ...none, ...found }))
  }

  it("a header of 16 KiB of commas and quotes is read in no time", () => {
    for (const piece of [",", "a=", '"', '",', "\\", 'a="b",', " ", "a b"]) {
      assert.isBoolean(CacheControl.parse(piece.repeat(16_384 / piece.length)).noStore)
    }
  })

  it("Pragma: no-cache counts only without Cache-Control", () => {
    assert.isTrue(CacheControl.requestDirectives({ pragma: "x, No-Cache" }).noCache)
    assert.isFalse(CacheControl.requestDirectives({ pragma: "no-cache", "cache-control": "max-age=5" }).noCache)
  })
})

describe("storing", () => {
  const fresh = { "cache-control": "max-age=60" }
  const cases: ReadonlyArray<
    readonly [fact: string, stored: boolean, request: Partial<CacheControl.Request>, CacheControl.Response]
  > = [
    ["a GET with a life is kept", true, {}, { status: 200, headers: fresh }],
    ["a HEAD with a life is kept", true, { method: "HEAD" }, { status: 200, headers: fresh }],
    ["a POST is not kept", false, { method: "POST" }, { status: 200, headers: fresh }],
    [
      "no-store in the response forbids",
      false,
      {},
      { status: 200, headers: { "cache-control": "no-store, max-age=60" } }
    ],
    [
      "no-store in the request forbids",
      false,
      { headers: { "cache-control": "no-store" } },
      { status: 200, headers: fresh }
    ],
    ["private permits", true, {}, { status: 200, headers: { "cache-control": "private, max-age=60" } }],
    ["no-cache permits", true, {}, { status: 200, headers: { "cache-control": "no-cache" } }],
    [
      "an authorized request permits",
      true,
      { headers: { authorization: "Bearer x" } },
      { status: 200, headers: fresh }
    ],
    ["Vary: * forbids", false, {}, { status: 200, headers: { ...fresh, vary: "*" } }],
    ["a star among the names of Vary forbids", false, {}, { status: 200, headers: { ...fresh, vary: "accept, *" } }],
    ["a part is not kept", false, {}, { status: 206, headers: fresh }],
    ["the answer to a range is not kept", false, { headers: { range: "bytes=0-1" } }, { status: 200, headers: fresh }],
    [
      "the answer to a condition is not kept",
      false,
      { headers: { "if-none-match": '"a"' } },
      { status: 200, headers: fresh }
    ],
    ["a 304 is not kept", false, {}, { status: 304, headers: fresh }],
    ["a 200 that says nothing may be kept", true, {}, { status: 200, headers: {} }],
    ["a 404 that says nothing may be kept", true, {}, { status: 404, headers: {} }],
    ["a 302 that says nothing is not kept", false, {}, { status: 302, headers: {} }],
    ["a 302 with a life is kept", true, {}, { status: 302, headers: fresh }],
    ["an unknown status with a life is kept", true, {}, { status: 299, headers: fresh }],
    [
      "an unknown status that must be understood is not",
      false,
      {},
      { status: 299, headers: { "cache-control": "max-age=60, must-understand" } }
    ],
    ["a 403 with Expires is kept", true, {}, { status: 403, headers: { expires: date(respondedAt + second) } }],
    ["a 403 that says it is public is kept", true, {}, { status: 403, headers: { "cache-control": "public" } }],
    [
      "an event stream is not kept",
      false,
      {},
      { status: 200, headers: { ...fresh, "content-type": "text/event-stream; x=y" } }
    ],
    ...[100, 401, 408, 425, 429, 500, 502, 503, 504].map(
      (status) => [`a ${status} is not kept, whatever it says`, false, {}, { status, headers: fresh }] as const
    )
  ]
  for (const [fact, stored, request, response] of cases) {
    it(fact, () => assert.strictEqual(CacheControl.isStorable({ ...get, ...request }, response), stored))
  }

  it("headers of the connection, cookies and Age are not kept, and Date is added", () => {
    const headers = {
      connection: "X-Hop, keep-alive",
      "x-hop": "a",
      "keep-alive": "timeout=5",
      "transfer-encoding": "chunked",
      "proxy-authenticate": "Basic",
      "set-cookie": "a=b",
      age: "7",
      etag: '"a"',
      "x-test": "kept",
      missing: undefined
    }
    assert.deepStrictEqual(CacheControl.keptHeaders(headers, respondedAt), {
      etag: '"a"',
      "x-test": "kept",
      date: date(respondedAt)
    })
  })
})

describe("freshness", () => {
  const made = { date: date(respondedAt) }
  const cases: ReadonlyArray<
    readonly [fact: string, millis: number, headers: CacheControl.HeaderRecord, status?: number]
  > = [
    ["max-age is the life", 60 * second, { "cache-control": "max-age=60" }],
    [
      "max-age goes before Expires",
      60 * second,
      { ...made, "cache-control": "max-age=60", expires: date(respondedAt) }
    ],
    ["s-maxage is no life here", 0, { "cache-control": "s-maxage=60" }],
    [
      "a bad max-age is none, also beside Expires",
      0,
      { ...made, "cache-control": "max-age=x", expires: date(respondedAt + day) }
    ],
    ["Expires less Date is the life", 30 * second, { ...made, expires: date(respondedAt + 30 * second) }],
    ["Expires without Date counts from the arrival", 30 * second, { expires: date(respondedAt + 30 * second) }],
    ["Expires before Date is no life", 0, { ...made, expires: date(respondedAt - second) }],
    ["Expires: 0 is no life", 0, { ...made, expires: "0" }],
    ["an Expires that is no date is no life", 0, { ...made, expires: "tomorrow" }],
    ["two Expires are no life", 0, { ...made, expires: `${date(respondedAt + day)}, ${date(respondedAt + day)}` }],
    [
      "Expires may be in the form of RFC 850",
      38 * 365 * day + 9 * day,
      { date: "Sunday, 06-Nov-88 08:49:37 GMT", expires: "Saturday, 06-Nov-26 08:49:37 GMT" }
    ],
    [
      "Expires may be in the form of asctime",
      60 * second,
      { date: "Sun, 06 Nov 1994 08:49:37 GMT", expires: "Sun Nov  6 08:50:37 1994" }
    ],
    ["nothing is no life", 0, {}]
  ]
  for (const [fact, millis, headers, status = 200] of cases) {
    it(fact, () => assert.strictEqual(CacheControl.lifetimeMillis({ status, headers }, respondedAt), millis))
  }

  const heuristics: CacheControl.Fallback = { heuristics: true, defaultTtlMillis: 5 * second }
  const modified = { ...made, "last-modified": date(respondedAt - 1_000 * second) }
  const fallbacks: ReadonlyArray<
    readonly [fact: string, millis: number, headers: CacheControl.HeaderRecord, status: number, CacheControl.Fallback]
  > = [
    ["a tenth of the time since the last change", 100 * second, modified, 200, heuristics],
    ["at most a day", day, { ...made, "last-modified": date(0) }, 200, heuristics],
    ["none for a change in the future", 0, { ...made, "last-modified": date(respondedAt + day) }, 200, heuristics],
    ["only when asked for", 5 * second, modified, 200, { ...heuristics, heuristics: false }],
    ["else the default", 5 * second, made, 200, heuristics],
    ["never in the place of what is said", second, { ...modified, "cache-control": "max-age=1" }, 200, heuristics],
    ["not for a status that must say it", 0, modified, 403, heuristics]
  ]
  for (const [fact, millis, headers, status, fallback] of fallbacks) {
    it(`is guessed: ${fact}`, () =>
      assert.strictEqual(CacheControl.lifetimeMillis({ status, headers }, respondedAt, fallback), millis))
  }
})

describe("age", () => {
  const cases: ReadonlyArray<
    readonly [fact: string, millis: number, headers: CacheControl.HeaderRecord, CacheControl.Times?]
  > = [
    ["nothing known is zero", 0, {}],
    ["Age counts", 7 * second, { age: "7" }],
    ["Date counts when it shows more", 20 * second, { age: "7", date: date(respondedAt - 20 * second) }],
    ["Age counts when it shows more", 70 * second, { age: "70", date: date(respondedAt - 20 * second) }],
    ["a Date in the future is not negative", 0, { date: date(respondedAt + day) }],
    ["the way adds to Age", 9 * second, { age: "7" }, { requestedAt: respondedAt - 2 * second, respondedAt }],
    ["the way alone counts", 2 * second, {}, { requestedAt: respondedAt - 2 * second, respondedAt }],
    ["a clock that was set back on the way counts as no way", 0, {}, { requestedAt: respondedAt + day, respondedAt }],
    ["of several Ages the first counts", 7 * second, { age: "7, 900" }],
    ["a negative Age is ignored", 0, { age: "-7" }],
    ["a word for an Age is ignored", 0, { age: "old" }],
    ["a huge Age is cut", 2 ** 31 * second, { age: "99999999999999" }]
  ]
  for (const [fact, millis, headers, on = times] of cases) {
    it(fact, () => assert.strictEqual(CacheControl.initialAgeMillis(headers, on), millis))
  }

  it("grows with the time in store, and never falls when the clock is set back", () => {
    const stored = { storedAt: respondedAt, initialAgeMillis: 5 * second }
    assert.strictEqual(CacheControl.currentAgeMillis(stored, respondedAt + 3 * second), 8 * second)
    assert.strictEqual(CacheControl.currentAgeMillis(stored, respondedAt - day), 5 * second)
  })
})

describe("Vary", () => {
  const answers = (vary: string, stored: CacheControl.HeaderRecord, asked: CacheControl.HeaderRecord): boolean => {
    const varying = CacheControl.varyingBy(vary, stored)
    return varying !== undefined && CacheControl.answers(varying, asked)
  }
  const cases: ReadonlyArray<
    readonly [
      fact: string,
      matches: boolean,
      vary: string,
      stored: CacheControl.HeaderRecord,
      asked: CacheControl.HeaderRecord
    ]
  > = [
    ["the same value matches", true, "accept", { accept: "a/b" }, { accept: "a/b" }],
    ["another value does not", false, "accept", { accept: "a/b" }, { accept: "a/c" }],
    ["names have no case", true, "ACCEPT", { accept: "a/b" }, { accept: "a/b" }],
    ["a header that was there must be there", false, "x", { x: "1" }, {}],
    ["a header that was missing must be missing", false, "x", {}, { x: "1" }],
    ["missing is not empty", false, "x", {}, { x: "" }],
    ["missing both times matches", true, "x", {}, {}],
    ["all names must match", false, "x, y", { x: "1", y: "1" }, { x: "1", y: "2" }],
    ["other headers do not matter", true, "x", { x: "1", y: "1" }, { x: "1", y: "2" }],
    ["a star never matches", false, "*", {}, {}],
    ["an empty Vary matches all", true, "", { x: "1" }, { x: "2" }],
    [
      "spaces around a comma do not matter in a list",
      true,
      "accept-language",
      { "accept-language": "de,  en" },
      { "accept-language": "de,en" }
    ],
    ["elsewhere they do", false, "x", { x: "a, b" }, { x: "a,b" }],
    ["in a quoted string they do", false, "accept", { accept: 'a/b;x="1, 2"' }, { accept: 'a/b;x="1,2"' }],
    ["order matters", false, "accept", { accept: "a/b, a/c" }, { accept: "a/c, a/b" }],
    [
      "credentials are told apart",
      false,
      "authorization",
      { authorization: "Bearer a" },
      { authorization: "Bearer b" }
    ],
    ["credentials are recognised", true, "authorization", { authorization: "Bearer a" }, { authorization: "Bearer a" }]
  ]
  for (const [fact, matches, vary, stored, asked] of cases) {
    it(fact, () => assert.strictEqual(answers(vary, stored, asked), matches))
  }

  it("keeps its names in lower case, sorted and once", () =>
    assert.deepStrictEqual(CacheControl.varyingBy("X, accept,,x", { x: "1" }), [
      ["accept", null],
      ["x", "1"]
    ]))

  it("keeps no secret", () => {
    const varying = CacheControl.varyingBy("authorization, cookie, x-api-key, x-session-token", {
      authorization: "secret-1",
      cookie: "secret-2",
      "x-api-key": "secret-3",
      "x-session-token": "secret-4"
    })
    assert.notInclude(JSON.stringify(varying), "secret-")
  })
})

describe("validation", () => {
  const modified = date(respondedAt - day)
  const cases: ReadonlyArray<
    readonly [fact: string, stored: CacheControl.HeaderRecord, asked: Record<string, string>]
  > = [
    ["a strong tag is asked about", { etag: '"a"' }, { "if-none-match": '"a"' }],
    ["a weak tag is asked about", { etag: 'W/"a"' }, { "if-none-match": 'W/"a"' }],
    ["an empty tag is a tag", { etag: '""' }, { "if-none-match": '""' }],
    ["a tag without quotes is none", { etag: "a" }, {}],
    ["a tag with a line break is none", { etag: '"a\r\nx: y"' }, {}],
    ["a change is asked about", { "last-modified": modified }, { "if-modified-since": modified }],
    [
      "both are sent",
      { etag: '"a"', "last-modified": modified },
      { "if-none-match": '"a"', "if-modified-since": modified }
    ],
    ["a change that is no date is none", { "last-modified": "yesterday" }, {}],
    ["without either there is nothing to ask", {}, {}]
  ]
  for (const [fact, stored, asked] of cases) {
    it(fact, () => assert.deepStrictEqual(CacheControl.conditionalHeaders(stored), asked))
  }

  const notModified: ReadonlyArray<
    readonly [fact: string, meant: boolean, stored: string | undefined, tag: string | undefined]
  > = [
    ["without a tag it means the one that was asked about", true, '"a"', undefined],
    ["with the same strong tag too", true, '"a"', '"a"'],
    ["with the same weak tag too", true, 'W/"a"', 'W/"a"'],
    ["with the weak form of a strong tag too", true, '"a"', 'W/"a"'],
    ["with the strong form of a weak tag it does not", false, 'W/"a"', '"a"'],
    ["with another tag it does not", false, '"a"', '"b"'],
    ["with a tag where none was it does not", false, undefined, '"b"']
  ]
  for (const [fact, meant, etag, tag] of notModified) {
    it(`a 304: ${fact}`, () => assert.strictEqual(CacheControl.isFreshenedBy({ etag }, { etag: tag }), meant))
  }

  it("a 304 replaces headers, except those that describe the body", () =>
    assert.deepStrictEqual(
      CacheControl.freshenedHeaders(
        { "content-type": "a/b", "content-length": "5", etag: '"a"', "x-test": "1", date: date(0) },
        {
          "content-type": "c/d",
          "content-length": "0",
          "content-encoding": "gzip",
          "x-test": "2",
          "x-new": "3",
          age: "5"
        },
        respondedAt
      ),
      {
        "content-type": "a/b",
        "content-length": "5",
        etag: '"a"',
        "x-test": "2",
        "x-new": "3",
        date: date(respondedAt)
      }
    ))
})

describe("invalidation", () => {
  const url = "https://api.example/items/1"
  const cases: ReadonlyArray<
    readonly [fact: string, method: string, CacheControl.Response, urls: ReadonlyArray<string>]
  > = [
    ...["POST", "PUT", "PATCH", "DELETE", "UNKNOWN"].map(
      (method) => [`a ${method} that succeeds forgets its URL`, method, { status: 204, headers: {} }, [url]] as const
    ),
    ["a redirect forgets it too", "POST", { status: 303, headers: {} }, [url]],
    ...["GET", "HEAD", "OPTIONS", "TRACE", "QUERY"].map(
      (method) => [`a ${method} forgets nothing`, method, { status: 200, headers: {} }, []] as const
    ),
    ["an error forgets nothing", "PUT", { status: 500, headers: {} }, []],
    ["a rejection forgets nothing", "PUT", { status: 404, headers: {} }, []],
    [
      "Location at the same origin is forgotten",
      "POST",
      { status: 201, headers: { location: "/items/2" } },
      [url, "https://api.example/items/2"]
    ],
    [
      "Content-Location at the same origin is forgotten",
      "POST",
      { status: 200, headers: { "content-location": "2" } },
      [url, "https://api.example/items/2"]
    ],
    ["another origin's is not", "POST", { status: 201, headers: { location: "https://evil.example/items/2" } }, [url]],
    ["a Location that is no URL is not", "POST", { status: 201, headers: { location: "http://[" } }, [url]]
  ]
  for (const [fact, method, response, urls] of cases) {
    it(fact, () => assert.deepStrictEqual(CacheControl.invalidatedUrls({ method, url }, response), urls))
  }
})
