/** What http-tests/cache-tests requires of caches, as far as it concerns a private one: two requests, and who answers. */
import { Cache, CacheControl } from "@causeway/core/policy"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { HttpClient, HttpClientRequest, HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"

type Headers = Readonly<Record<string, string>>

/** The time of the test clock, or so many seconds from then. */
const date = (seconds = 0) => new Date(seconds * 1000).toUTCString()

interface Vector {
  readonly name: string
  /** What the provider says at first. */
  readonly said: Headers
  readonly status?: number
  readonly asked?: Headers
  readonly waits?: number
  readonly between?: readonly [method: "POST" | "PUT" | "DELETE" | "PATCH" | "HEAD", status: number, headers?: Headers]
  readonly again?: Headers
  readonly answers: "cache" | "provider"
}

const fresh = { "cache-control": "max-age=3600" }

const vectors: ReadonlyArray<Vector> = [
  { name: "max-age", said: fresh, answers: "cache" },
  { name: "max-age that is over", said: { "cache-control": "max-age=2" }, waits: 3, answers: "provider" },
  { name: "max-age=0", said: { "cache-control": "max-age=0" }, answers: "provider" },
  { name: "max-age beyond 31 bits", said: { "cache-control": "max-age=99999999999" }, waits: 60, answers: "cache" },
  { name: "max-age in another case", said: { "cache-control": "MaX-aGe=3600" }, answers: "cache" },
  { name: "max-age with an extension", said: { "cache-control": "foobar, max-age=3600" }, answers: "cache" },
  { name: "max-age in single quotes", said: { "cache-control": "max-age='3600'" }, answers: "provider" },
  { name: "a negative max-age", said: { "cache-control": "max-age=-3600" }, answers: "provider" },
  {
    name: "max-age inside a quoted extension",
    said: { "cache-control": 'extension="max-age=3600"' },
    answers: "provider"
  },
  { name: "Age beyond max-age", said: { ...fresh, age: "7200" }, answers: "provider" },
  { name: "Age within max-age", said: { ...fresh, age: "30" }, answers: "cache" },
  { name: "Expires in the future", said: { expires: date(3600), date: date() }, answers: "cache" },
  { name: "Expires in the past", said: { expires: date(-3600), date: date() }, answers: "provider" },
  { name: "Expires: 0", said: { expires: "0" }, answers: "provider" },
  { name: "Expires that is no date", said: { expires: "Thu, 99 Foo 2070 00:00:00" }, answers: "provider" },
  { name: "max-age before an old Expires", said: { ...fresh, expires: date(-3600) }, answers: "cache" },
  {
    name: "no max-age before a late Expires",
    said: { "cache-control": "max-age=0", expires: date(3600) },
    answers: "provider"
  },
  { name: "no-store", said: { "cache-control": "no-store, max-age=3600" }, answers: "provider" },
  { name: "no-store that comes last", said: { "cache-control": "max-age=3600, NO-STORE" }, answers: "provider" },
  { name: "no-cache", said: { "cache-control": "no-cache, max-age=3600" }, answers: "provider" },
  { name: "private", said: { "cache-control": "private, max-age=3600" }, answers: "cache" },
  { name: "Vary: *", said: { ...fresh, vary: "*" }, answers: "provider" },
  {
    name: "Vary: * in a list",
    said: { ...fresh, vary: "foo, *" },
    asked: { foo: "1" },
    again: { foo: "1" },
    answers: "provider"
  },
  {
    name: "Vary that matches",
    said: { ...fresh, vary: "Foo" },
    asked: { foo: "1" },
    again: { foo: "1" },
    answers: "cache"
  },
  {
    name: "Vary that does not match",
    said: { ...fresh, vary: "Foo" },
    asked: { foo: "1" },
    again: { foo: "2" },
    answers: "provider"
  },
  {
    name: "Vary by a header that is missing now",
    said: { ...fresh, vary: "Foo" },
    asked: { foo: "1" },
    answers: "provider"
  },
  {
    name: "Vary by a header that was missing",
    said: { ...fresh, vary: "Foo" },
    again: { foo: "1" },
    answers: "provider"
  },
  {
    name: "Vary by two headers of which one differs",
    said: { ...fresh, vary: "foo, Bar" },
    asked: { foo: "1", bar: "a" },
    again: { foo: "1", bar: "b" },
    answers: "provider"
  },
  {
    name: "Vary by a language in another case",
    said: { ...fresh, vary: "Accept-Language" },
    asked: { "accept-language": "en, de" },
    again: { "accept-language": "EN,  DE" },
    answers: "cache"
  },
  { name: "no-cache asked for", said: fresh, again: { "cache-control": "no-cache" }, answers: "provider" },
  { name: "no-store asked for", said: fresh, asked: { "cache-control": "no-store" }, answers: "provider" },
  { name: "Pragma: no-cache asked for", said: fresh, again: { pragma: "no-cache" }, answers: "provider" },
  { name: "max-age=0 asked for", said: fresh, again: { "cache-control": "max-age=0" }, answers: "provider" },
  {
    name: "min-fresh that can't be",
    said: { "cache-control": "max-age=1500" },
    again: { "cache-control": "min-fresh=2000" },
    answers: "provider"
  },
  { name: "a 206", said: { ...fresh, "content-range": "bytes 0-1/4" }, status: 206, answers: "provider" },
  { name: "a 404 with max-age", said: fresh, status: 404, answers: "cache" },
  { name: "a 299 with max-age", said: fresh, status: 299, answers: "cache" },
  { name: "a 299 without", said: { "last-modified": date(-100_000) }, status: 299, answers: "provider" },
  {
    name: "must-understand of a known status, with no-store for caches that don't know the directive",
    said: { "cache-control": "max-age=3600, must-understand, no-store" },
    answers: "cache"
  },
  {
    name: "must-understand of an unknown status, with no-store",
    said: { "cache-control": "max-age=3600, must-understand, no-store" },
    status: 299,
    answers: "provider"
  },
  {
    name: "must-understand of an unknown status",
    said: { "cache-control": "max-age=3600, must-understand" },
    status: 299,
    answers: "provider"
  },
  {
    name: "a request with Authorization, by the same",
    said: fresh,
    asked: { authorization: "a" },
    again: { authorization: "a" },
    answers: "cache"
  },
  {
    name: "a request with Authorization, by another",
    said: fresh,
    asked: { authorization: "a" },
    again: { authorization: "b" },
    answers: "provider"
  },
  {
    name: "a request with Authorization, without an identity",
    said: fresh,
    asked: { authorization: "a" },
    answers: "provider"
  },
  { name: "a cookie that is set", said: { ...fresh, "set-cookie": "a=b" }, answers: "cache" },
  ...(["POST", "PUT", "DELETE", "PATCH"] as const).flatMap((method): ReadonlyArray<Vector> => [
    { name: `${method} that succeeds`, said: fresh, between: [method, 200], answers: "provider" },
    { name: `${method} that fails`, said: fresh, between: [method, 500], answers: "cache" },
    {
      name: `${method} elsewhere with Location here`,
      said: fresh,
      between: [method, 201, { location: "/x" }],
      answers: "provider"
    },
    {
      name: `${method} elsewhere with Content-Location here`,
      said: fresh,
      between: [method, 200, { "content-location": "/x" }],
      answers: "provider"
    }
  ]),
  { name: "HEAD in between", said: fresh, between: ["HEAD", 200], answers: "cache" }
]

const answeredBy = ({ again = {}, asked = {}, between, said, status = 200, waits = 0 }: Vector) =>
  Effect.gen(function* () {
    let requests = 0
    const provider = HttpClient.make((request) =>
      Effect.sync(() => {
        if (request.method === "GET") requests += 1
        const [, failing, headers] = between ?? []
        const answer =
          request.method === "GET"
            ? new Response("x", { status, headers: said })
            : new Response(null, { status: failing ?? 200, headers: headers ?? {} })
        return HttpClientResponse.fromWeb(request, answer)
      })
    )
    const client = provider.pipe(Cache.withCache(Cache.make()))
    const get = (headers: Headers) =>
      Effect.flatMap(client.get("https://api.example/x", { headers }), (got) => got.text)
    yield* get(asked)
    if (between !== undefined) {
      const [method, , headers] = between
      const url = headers === undefined ? "https://api.example/x" : "https://api.example/y"
      yield* client.execute(HttpClientRequest.make(method)(url))
    }
    yield* TestClock.adjust(`${waits} seconds`)
    yield* get(again)
    return requests === 1 ? "cache" : "provider"
  })

describe("a second request is answered as HTTP requires it, after", () => {
  for (const vector of vectors) {
    it.effect(vector.name, () =>
      Effect.map(answeredBy(vector), (answers) => assert.strictEqual(answers, vector.answers))
    )
  }
})

describe("an outage is", () => {
  const cases: ReadonlyArray<readonly [what: string, error: unknown, isOutage: boolean]> = [
    ["a status that says so", { _tag: "UnexpectedStatus", status: 503 }, true],
    ["not a status that answers", { _tag: "UnexpectedStatus", status: 429 }, false],
    ["a throttle with 503", { _tag: "RateLimited", source: "remote", status: 503 }, true],
    ["not a throttle of this process", { _tag: "RateLimited", source: "local", status: undefined }, false],
    ["not a full bulkhead", { _tag: "BulkheadFull" }, false],
    ["an open circuit", { _tag: "CircuitOpen" }, true],
    ["a connection that is refused", { _tag: "TransportFailure", reason: "Connect" }, true],
    ["not a URL that can't be", { _tag: "TransportFailure", reason: "InvalidUrl" }, false],
    ["not a request that does not encode", { _tag: "EncodeFailure" }, false],
    ["not a malformed 200", { _tag: "DecodeFailure", status: 200 }, false],
    ["a malformed 502", { _tag: "DecodeFailure", status: 502 }, true],
    ["not credentials that can't be made", { _tag: "Unauthorized", status: undefined }, false],
    ["not a text", "down", false]
  ]
  for (const [what, error, isOutage] of cases) {
    it(what, () => assert.strictEqual(Cache.isOutage(error), isOutage))
  }

  it("the declared status applies, whatever status the error has", () => {
    assert.isTrue(Cache.isOutage("down", 503))
    assert.isFalse(Cache.isOutage({ status: 503 }, 404))
  })
})

describe("the strictest of a Cache-Control counts", () => {
  it("also when its quotes never end", () =>
    assert.isTrue(CacheControl.parse('max-age=3600, extension="never ends').noStore))
})
