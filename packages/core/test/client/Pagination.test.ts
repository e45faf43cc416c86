import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Option, Schedule, Schema, Stream } from "effect"
import { type HttpClientRequest, UrlParams } from "effect/http"
import { TestClock } from "effect/testing"
import { Endpoint, Integration, Pagination } from "@causeway/core/client"
import { InvalidOption, Policy, Retry } from "@causeway/core/policy"
import { Mock } from "@causeway/core/testing"

const Page = Schema.Struct({ data: Schema.Array(Schema.Int), next: Schema.NullOr(Schema.String) })
const Numbers = Schema.Array(Schema.Int)

class Provider extends Integration.Service<Provider>()("test/Provider", {
  baseUrl: "https://provider.example/v1",
  endpoints: [
    Endpoint.get("byCursor", "/charges", {
      query: { cursor: Schema.optional(Schema.String), status: Schema.optional(Schema.String) },
      success: Page,
      policy: { retry: Retry.make({ schedule: Schedule.recurs(1) }) },
      pagination: Pagination.cursor(Page, { query: "cursor", next: (page) => page.next, items: (page) => page.data })
    }),
    Endpoint.get("byOffset", "/charges", {
      query: { offset: Schema.optional(Schema.Int), limit: Schema.optional(Schema.Int) },
      success: Numbers,
      pagination: Pagination.offset(Numbers, { items: (page) => page })
    }),
    Endpoint.get("byShortOffset", "/charges", {
      query: { start: Schema.optional(Schema.Int) },
      success: Numbers,
      pagination: Pagination.offset(Numbers, { query: "start", limit: 2, shortPageIsLast: true, items: (page) => page })
    }),
    Endpoint.get("byNumber", "/charges", {
      query: { page: Schema.optional(Schema.Int) },
      success: Numbers,
      pagination: Pagination.pageNumber(Numbers, { items: (page) => page })
    }),
    Endpoint.get("byShortNumber", "/charges", {
      query: { p: Schema.optional(Schema.Int) },
      success: Numbers,
      pagination: Pagination.pageNumber(Numbers, {
        query: "p",
        first: 0,
        size: 2,
        shortPageIsLast: true,
        items: (page) => page
      })
    }),
    Endpoint.get("byLink", "/charges", {
      query: { filter: Schema.optional(Schema.String) },
      success: Numbers,
      pagination: Pagination.linkHeader(Numbers, { items: (page) => page })
    }),
    Endpoint.get("limited", "/charges", {
      query: { cursor: Schema.optional(Schema.String) },
      success: Page,
      policy: { rateLimit: { limit: 1, window: "1 minute" } },
      pagination: Pagination.cursor(Page, { query: "cursor", next: (page) => page.next, items: (page) => page.data })
    })
  ],
  policy: Policy.none
}) {}

const queryOf = (request: HttpClientRequest.HttpClientRequest) => UrlParams.toString(request.urlParams)

/** Pages by the query with which they are asked for. */
const pages = (table: Readonly<Record<string, typeof Page.Type>>) =>
  Mock.by((request) => {
    const page = table[queryOf(request)]
    return page === undefined ? Mock.status(404) : Mock.ok(page)
  })

const lists = (table: Readonly<Record<string, ReadonlyArray<number>>>) =>
  Mock.by((request) => Mock.ok(table[queryOf(request)] ?? []))

const linked = (...replies: ReadonlyArray<readonly [body: ReadonlyArray<number>, link?: string]>) =>
  Mock.sequence(
    ...replies.map(([body, link]) =>
      Mock.status(200, { body, headers: { "content-type": "application/json", ...(link !== undefined && { link }) } })
    )
  )

/** What came before a stream ended, and what it failed with, if it did. */
const drained = <A, E, R>(stream: Stream.Stream<A, E, R>) =>
  Effect.gen(function* () {
    const seen: Array<A> = []
    const exit = yield* Effect.result(Stream.runForEach(stream, (item) => Effect.sync(() => seen.push(item))))
    return { seen, error: exit._tag === "Failure" ? exit.failure : undefined }
  })

const queries = Effect.map(Mock.journal(Provider), ({ calls }) =>
  calls.flatMap(({ attempts }) => attempts.map(({ url }) => new URL(url).search))
)

describe("a cursor", () => {
  const table = {
    "status=paid": { data: [1, 2], next: "b" },
    "status=paid&cursor=b": { data: [], next: "c d" },
    "status=paid&cursor=c+d": { data: [3], next: null }
  }

  it.effect("leads through all pages, with the rest of the query unchanged, also past an empty page", () =>
    Effect.gen(function* () {
      const provider = yield* Provider
      const items = yield* Stream.runCollect(provider.byCursor.items({ query: { status: "paid" } }))
      assert.deepStrictEqual(items, [1, 2, 3])
      assert.deepStrictEqual(yield* queries, ["?status=paid", "?status=paid&cursor=b", "?status=paid&cursor=c+d"])
    }).pipe(Effect.provide(Provider.layerMock({ byCursor: pages(table) })))
  )

  it.effect("gives pages as well as items", () =>
    Effect.gen(function* () {
      const provider = yield* Provider
      const found = yield* Stream.runCollect(provider.byCursor.pages({ query: { status: "paid" } }))
      assert.deepStrictEqual(found, Object.values(table))
    }).pipe(Effect.provide(Provider.layerMock({ byCursor: pages(table) })))
  )

  it.effect("begins where the caller says", () =>
    Effect.gen(function* () {
      const provider = yield* Provider
      const items = yield* Stream.runCollect(provider.byCursor.items({ query: { status: "paid", cursor: "c d" } }))
      assert.deepStrictEqual(items, [3])
    }).pipe(
      Effect.provide(Provider.layerMock({ byCursor: pages({ "cursor=c+d&status=paid": { data: [3], next: null } }) }))
    )
  )

  it.effect("fetches a page when the one before it has been consumed, and not earlier", () =>
    Effect.gen(function* () {
      const provider = yield* Provider
      const items = provider.byCursor.items({ query: { status: "paid" } })
      assert.deepStrictEqual(yield* queries, [])
      assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(items, 2)), [1, 2])
      assert.strictEqual((yield* queries).length, 1)
      assert.deepStrictEqual(yield* Stream.runHead(items), Option.some(1))
      assert.strictEqual((yield* queries).length, 2)
      assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(items, 3)), [1, 2, 3])
      assert.strictEqual((yield* queries).length, 5)
    }).pipe(Effect.provide(Provider.layerMock({ byCursor: pages(table) })))
  )

  it.effect("that was seen before ends the stream with DecodeFailure, after the items that came", () =>
    Effect.gen(function* () {
      const provider = yield* Provider
      const { error, seen } = yield* drained(provider.byCursor.items({ query: {} }))
      assert.deepStrictEqual(seen, [1, 2, 3])
      assert.deepInclude(error, { _tag: "DecodeFailure", status: 200, endpoint: "byCursor" })
      assert.strictEqual((yield* queries).length, 3)
    }).pipe(
      Effect.provide(
        Provider.layerMock({
          byCursor: pages({
            "": { data: [1], next: "a" },
            "cursor=a": { data: [2], next: "b" },
            "cursor=b": { data: [3], next: "a" }
          })
        })
      )
    )
  )

  it.effect("of the page itself is one that was seen before", () =>
    Effect.gen(function* () {
      const provider = yield* Provider
      const { error, seen } = yield* drained(provider.byCursor.items({ query: { cursor: "a" } }))
      assert.deepStrictEqual(seen, [1])
      assert.strictEqual(error?._tag, "DecodeFailure")
    }).pipe(Effect.provide(Provider.layerMock({ byCursor: pages({ "cursor=a": { data: [1], next: "a" } }) })))
  )
})

describe("an offset", () => {
  it.effect("grows by the items that came, until a page is empty", () =>
    Effect.gen(function* () {
      const provider = yield* Provider
      const items = yield* Stream.runCollect(provider.byOffset.items({ query: { limit: 2 } }))
      assert.deepStrictEqual(items, [1, 2, 3])
      assert.deepStrictEqual(yield* queries, ["?limit=2", "?limit=2&offset=2", "?limit=2&offset=3"])
    }).pipe(Effect.provide(Provider.layerMock({ byOffset: lists({ "limit=2": [1, 2], "limit=2&offset=2": [3] }) })))
  )

  it.effect("begins where the caller says", () =>
    Effect.gen(function* () {
      const provider = yield* Provider
      yield* Stream.runDrain(provider.byOffset.items({ query: { offset: 10 } }))
      assert.deepStrictEqual(yield* queries, ["?offset=10", "?offset=12"])
    }).pipe(Effect.provide(Provider.layerMock({ byOffset: lists({ "offset=10": [1, 2] }) })))
  )

  it.effect("whose short page is said to be the last ends at the first page that is not full", () =>
    Effect.gen(function* () {
      const provider = yield* Provider
      assert.deepStrictEqual(yield* Stream.runCollect(provider.byShortOffset.items({ query: {} })), [1, 2, 3])
      assert.deepStrictEqual(yield* queries, ["", "?start=2"])
    }).pipe(Effect.provide(Provider.layerMock({ byShortOffset: lists({ "": [1, 2], "start=2": [3] }) })))
  )
})

describe("a page number", () => {
  it.effect("counts from 1, until a page is empty", () =>
    Effect.gen(function* () {
      const provider = yield* Provider
      assert.deepStrictEqual(yield* Stream.runCollect(provider.byNumber.items({ query: {} })), [1, 2, 3])
      assert.deepStrictEqual(yield* queries, ["", "?page=2", "?page=3"])
    }).pipe(Effect.provide(Provider.layerMock({ byNumber: lists({ "": [1, 2], "page=2": [3] }) })))
  )

  it.effect("goes on from the caller's", () =>
    Effect.gen(function* () {
      const provider = yield* Provider
      yield* Stream.runDrain(provider.byNumber.items({ query: { page: 7 } }))
      assert.deepStrictEqual(yield* queries, ["?page=7", "?page=8"])
    }).pipe(Effect.provide(Provider.layerMock({ byNumber: lists({ "page=7": [1] }) })))
  )

  it.effect("can count from 0 and know its page size", () =>
    Effect.gen(function* () {
      const provider = yield* Provider
      assert.deepStrictEqual(yield* Stream.runCollect(provider.byShortNumber.items({ query: {} })), [1, 2, 3])
      assert.deepStrictEqual(yield* queries, ["", "?p=1"])
    }).pipe(Effect.provide(Provider.layerMock({ byShortNumber: lists({ "": [1, 2], "p=1": [3] }) })))
  )
})

describe("a Link header", () => {
  it.effect("leads on with its whole query, relative or absolute", () =>
    Effect.gen(function* () {
      const provider = yield* Provider
      const items = yield* Stream.runCollect(provider.byLink.items({ query: { filter: "open" } }))
      assert.deepStrictEqual(items, [1, 2, 3, 4])
      const { calls } = yield* Mock.journal(Provider)
      assert.deepStrictEqual(
        calls.flatMap(({ attempts }) => attempts.map(({ url }) => url.replace(/^https?:\/\/[^/]+/, ""))),
        ["/charges?filter=open", "/charges?page=2", "/charges/more?page=3", "/elsewhere"]
      )
    }).pipe(
      Effect.provide(
        Provider.layerMock({
          byLink: linked(
            [[1], '<?page=2>; rel="next"'],
            [[2], '<charges/more?page=3>; rel="next"'],
            [[3], "</elsewhere>; rel=next"],
            [[4], '</charges>; rel="first"']
          )
        })
      )
    )
  )

  it.effect("to another origin is refused after the items that came, and nothing goes there", () =>
    Effect.gen(function* () {
      const provider = yield* Provider
      const { error, seen } = yield* drained(provider.byLink.items({ query: {} }))
      assert.deepStrictEqual(seen, [1])
      assert.deepInclude(error, { _tag: "DecodeFailure", endpoint: "byLink" })
      assert.include(String(error), "another origin")
      assert.strictEqual((yield* queries).length, 1)
    }).pipe(
      Effect.provide(Provider.layerMock({ byLink: linked([[1], '<https://evil.example/charges?page=2>; rel="next"']) }))
    )
  )

  for (const link of [
    "<http://[>; rel=next",
    '<//mock.invalid:81/x>; rel="next"',
    '<https://mock.invalid/x>; rel="next"'
  ]) {
    it.effect(`that is ${link} is refused`, () =>
      Effect.gen(function* () {
        const provider = yield* Provider
        const { error, seen } = yield* drained(provider.byLink.items({ query: {} }))
        assert.deepStrictEqual(seen, [1])
        assert.strictEqual(error?._tag, "DecodeFailure")
      }).pipe(Effect.provide(Provider.layerMock({ byLink: linked([[1], link]) })))
    )
  }

  const next: ReadonlyArray<readonly [what: string, header: string, target: string | undefined]> = [
    ["one link", '<https://h/p?page=2>; rel="next"', "https://h/p?page=2"],
    ["several links", '<https://h/1>; rel="prev", <https://h/3>; rel="next", <https://h/9>; rel="last"', "https://h/3"],
    ["a relation without quotes", "</a>; rel=prev, </b>; rel=next", "/b"],
    ["several relations in one link", '</b>; rel="last  next"', "/b"],
    ["another case", '</b>; REL="NEXT"', "/b"],
    ["a comma and a semicolon in the URL", '</b?ids=1,2;3>; rel="next"', "/b?ids=1,2;3"],
    ["a quoted comma in another parameter", '</a>; title="x, <y>; rel=next"; rel="prev", </b>; rel="next"', "/b"],
    ["an escaped quote in another parameter", '</a>; title="x\\", y"; rel="prev", </b>; rel="next"', "/b"],
    ["parameters before the relation", '</b>; type="text/html"; rel="next"; title="n"', "/b"],
    ["space everywhere", '  < /b > ;  rel = "next" ', " /b "],
    ["no next", '</a>; rel="prev"', undefined],
    ["a relation that only begins like next", '</a>; rel="next-archive"', undefined],
    ["a parameter that only ends like rel", '</a>; xrel="next"', undefined],
    ["no results, as Sentry says", '</b>; rel="next"; results="false"; cursor="0:100:0"', undefined],
    ["results, as Sentry says", '</a>; rel="previous"; results="false", </b>; rel="next"; results="true"', "/b"],
    ["another anchor", '</b>; rel="next"; anchor="https://h/other", </c>; rel="next"', "/c"],
    ["the page itself as its anchor", '</b>; rel="next"; anchor="/p"', "/b"],
    ["an empty anchor", '</b>; rel="next"; anchor=""', "/b"],
    ["a part of the page as its anchor", '</b>; rel="next"; anchor="#part"', undefined],
    ["rel given twice: the first counts", '</a>; rel="prev"; rel="next"', undefined],
    ["nothing", "", undefined],
    ["no end of the URL", "<https://h/p", undefined],
    ["no links at all", "next, next; rel=next", undefined]
  ]
  for (const [what, header, target] of next) {
    it(`with ${what} leads to ${target ?? "no further page"}`, () =>
      assert.strictEqual(Pagination.nextLink(header, "https://h/p"), target))
  }

  it("that is absurdly long or full of openings is read in no time", () => {
    assert.isUndefined(Pagination.nextLink("<".repeat(16_000)))
    assert.isUndefined(Pagination.nextLink('<a>;rel="' + "x".repeat(16_000)))
    assert.isUndefined(Pagination.nextLink(`${'<a>; rel="prev", '.repeat(5_000)}<b>; rel="next"`))
  })
})

describe("the pages of a list", () => {
  it.effect("are fetched under the endpoint's policies: a 503 on the second is retried", () =>
    Effect.gen(function* () {
      const provider = yield* Provider
      assert.deepStrictEqual(yield* Stream.runCollect(provider.byCursor.items({ query: {} })), [1, 2])
      const { calls } = yield* Mock.journal(Provider)
      assert.deepStrictEqual(
        calls.flatMap(({ attempts }) => attempts.map(({ outcome }) => outcome)),
        [200, 503, 200]
      )
    }).pipe(
      Effect.provide(
        Provider.layerMock({
          byCursor: Mock.sequence(
            Mock.ok({ data: [1], next: "b" }),
            Mock.status(503),
            Mock.ok({ data: [2], next: null })
          )
        })
      )
    )
  )

  it.effect("pay for themselves at the rate limit, one by one", () =>
    Effect.gen(function* () {
      const provider = yield* Provider
      const seen: Array<number> = []
      const reader = yield* Effect.forkChild(
        Stream.runForEach(provider.limited.items({ query: {} }, { tokens: 1 }), (item) =>
          Effect.sync(() => seen.push(item))
        )
      )
      yield* Effect.yieldNow
      yield* TestClock.adjust("29 seconds")
      assert.deepStrictEqual(seen, [1])
      const error = yield* Effect.flip(Fiber.join(reader))
      assert.deepInclude(error, { _tag: "RateLimited", source: "local", retryAfter: Duration.minutes(1) })
    }).pipe(
      Effect.provide(
        Provider.layerMock({ limited: pages({ "": { data: [1], next: "b" }, "cursor=b": { data: [2], next: null } }) })
      )
    )
  )

  it.effect("that fail in the middle fail the stream after the items before", () =>
    Effect.gen(function* () {
      const provider = yield* Provider
      const { error, seen } = yield* drained(provider.byCursor.items({ query: {} }))
      assert.deepStrictEqual(seen, [1])
      assert.deepInclude(error, { _tag: "UnexpectedStatus", status: 404 })
    }).pipe(Effect.provide(Provider.layerMock({ byCursor: pages({ "": { data: [1], next: "b" } }) })))
  )

  it.effect("that do not match their schema fail the stream", () =>
    Effect.gen(function* () {
      const provider = yield* Provider
      const { error, seen } = yield* drained(provider.byCursor.items({ query: {} }))
      assert.deepStrictEqual(seen, [])
      assert.strictEqual(error?._tag, "DecodeFailure")
    }).pipe(Effect.provide(Provider.layerMock({ byCursor: Mock.status(200, { body: { data: "none" } }) })))
  )

  it.effect("can be read again from the beginning", () =>
    Effect.gen(function* () {
      const provider = yield* Provider
      const items = provider.byCursor.items({ query: {} })
      assert.deepStrictEqual(yield* Stream.runCollect(items), [1, 2])
      assert.deepStrictEqual(yield* Stream.runCollect(items), [1, 2])
    }).pipe(
      Effect.provide(
        Provider.layerMock({ byCursor: pages({ "": { data: [1], next: "b" }, "cursor=b": { data: [2], next: null } }) })
      )
    )
  )

  it.effect("are a plain call too", () =>
    Effect.gen(function* () {
      const provider = yield* Provider
      assert.deepStrictEqual(yield* provider.byCursor({ query: {} }), { data: [1], next: "b" })
    }).pipe(Effect.provide(Provider.layerMock({ byCursor: pages({ "": { data: [1], next: "b" } }) })))
  )
})

describe("a style that makes no sense", () => {
  for (const [option, make] of [
    ["pagination.limit", () => Pagination.offset({ limit: 0, items: () => [] })],
    ["pagination.size", () => Pagination.pageNumber({ size: 1.5, items: () => [] })],
    ["pagination.first", () => Pagination.pageNumber({ first: -1, items: () => [] })],
    ["pagination.query", () => Pagination.cursor({ query: "", next: () => "", items: () => [] })],
    ["pagination.limit", () => Pagination.offset({ shortPageIsLast: true, items: () => [] })],
    ["pagination.size", () => Pagination.pageNumber({ shortPageIsLast: true, items: () => [] })],
    ["pagination.payload", () => Pagination.cursor({ payload: [], next: () => "", items: () => [] })],
    ["pagination.relation", () => Pagination.linkHeader({ relation: "", items: () => [] })],
    ["pagination.query", () => Pagination.offset({ query: "", items: () => [] })],
    ["pagination.query", () => Pagination.pageNumber({ query: "", items: () => [] })]
  ] as const) {
    it(`is refused where it is written: ${option}`, () => {
      assert.throws(make, InvalidOption.InvalidOption)
      assert.throws(make, option)
    })
  }
})
