/** Lists as real providers page them: the shapes are those of their documentation and SDKs. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schema, Stream } from "effect"
import type { HttpClientRequest } from "effect/http"
import { TestClock } from "effect/testing"
import { Endpoint, Integration, Pagination } from "@causeway/core/client"
import { InvalidOption, Policy } from "@causeway/core/policy"
import { Mock } from "@causeway/core/testing"

const text = Schema.optional(Schema.String)
const int = Schema.optional(Schema.Int)
const Ids = Schema.Array(Schema.String)

// stripe-node, autoPagination: `starting_after` is the id of the last item, and `has_more` tells the end.
const StripePage = Schema.Struct({ data: Schema.Array(Schema.Struct({ id: Schema.String })), has_more: Schema.Boolean })
// @notionhq/client, iteratePaginatedAPI.
const NotionPage = Schema.Struct({
  results: Ids,
  has_more: Schema.Boolean,
  next_cursor: Schema.NullOr(Schema.String)
})
// @hubspot/api-client, crm/objects/search: `after` in the body, `paging` is missing on the last page.
const HubSpotPage = Schema.Struct({
  results: Ids,
  paging: Schema.optional(Schema.Struct({ next: Schema.optional(Schema.Struct({ after: Schema.String })) }))
})
// googleapis: `nextPageToken` is missing on the last page.
const GooglePage = Schema.Struct({ files: Ids, nextPageToken: text })
// @slack/web-api, cursor pagination: an empty `next_cursor` ends it.
const SlackPage = Schema.Struct({ channels: Ids, response_metadata: Schema.Struct({ next_cursor: text }) })
// auth0, include_totals: pages from 0, and the total.
const Auth0Page = Schema.Struct({ users: Ids, start: Schema.Int, limit: Schema.Int, total: Schema.Int })
const SalesforcePage = Schema.Struct({ records: Ids, done: Schema.Boolean, nextRecordsUrl: text })
const GraphPage = Schema.Struct({ value: Ids, next: text }).pipe(Schema.encodeKeys({ next: "@odata.nextLink" }))
const DjangoPage = Schema.Struct({ count: Schema.Int, next: Schema.NullOr(Schema.String), results: Ids })
const GraphQlPage = Schema.Struct({
  data: Schema.Struct({
    nodes: Ids,
    pageInfo: Schema.Struct({ hasNextPage: Schema.Boolean, endCursor: Schema.NullOr(Schema.String) })
  })
})

class Variables extends Schema.Class<Variables>("Variables")({ first: Schema.Int, after: text }) {}

class Provider extends Integration.Service<Provider>()("test/Provider", {
  baseUrl: "https://provider.example/v1",
  policy: Policy.none,
  endpoints: [
    Endpoint.get("stripe", "/list", {
      query: { limit: int, starting_after: text },
      success: StripePage,
      pagination: Pagination.cursor(StripePage, {
        query: "starting_after",
        hasMore: (page) => page.has_more,
        next: (page) => page.data.at(-1)?.id,
        items: (page) => page.data.map(({ id }) => id)
      })
    }),
    Endpoint.post("notion", "/list", {
      payload: { filter: Schema.Struct({ property: Schema.String }), start_cursor: text },
      success: NotionPage,
      pagination: Pagination.cursor(NotionPage, {
        payload: "start_cursor",
        hasMore: (page) => page.has_more,
        next: (page) => page.next_cursor,
        items: (page) => page.results
      })
    }),
    Endpoint.post("hubspot", "/list", {
      payload: Schema.Struct({ limit: Schema.Int, from: text }).pipe(Schema.encodeKeys({ from: "after" })),
      success: HubSpotPage,
      pagination: Pagination.cursor(HubSpotPage, {
        payload: "from",
        next: (page) => page.paging?.next?.after,
        items: (page) => page.results
      })
    }),
    Endpoint.get("google", "/list", {
      query: { pageToken: text },
      success: GooglePage,
      pagination: Pagination.cursor(GooglePage, {
        query: "pageToken",
        next: (page) => page.nextPageToken,
        items: (page) => page.files
      })
    }),
    Endpoint.get("slack", "/list", {
      query: { cursor: text },
      success: SlackPage,
      pagination: Pagination.cursor(SlackPage, {
        query: "cursor",
        next: (page) => page.response_metadata.next_cursor,
        items: (page) => page.channels
      })
    }),
    Endpoint.get("auth0", "/list", {
      query: { page: int, per_page: int },
      success: Auth0Page,
      pagination: Pagination.pageNumber(Auth0Page, {
        first: 0,
        total: (page) => page.total,
        items: (page) => page.users
      })
    }),
    Endpoint.get("sentry", "/list", {
      success: Ids,
      pagination: Pagination.linkHeader(Ids, { items: (page) => page })
    }),
    Endpoint.get("salesforce", "/list", {
      query: { q: Schema.optional(Schema.String) },
      success: SalesforcePage,
      pagination: Pagination.nextUrl(SalesforcePage, {
        next: (page) => page.nextRecordsUrl,
        items: (page) => page.records
      })
    }),
    Endpoint.get("graph", "/list", {
      success: GraphPage,
      pagination: Pagination.nextUrl(GraphPage, { next: (page) => page.next, items: (page) => page.value })
    }),
    Endpoint.get("django", "/list", {
      success: DjangoPage,
      pagination: Pagination.nextUrl(DjangoPage, { next: (page) => page.next, items: (page) => page.results })
    }),
    Endpoint.get("gitlab", "/list", {
      query: { page: int },
      success: Ids,
      pagination: Pagination.cursor(Ids, {
        query: "page",
        next: (_, { headers }) => headers["x-next-page"],
        items: (page) => page
      })
    }),
    Endpoint.get("gitlabPages", "/list", {
      query: { page: int },
      success: Ids,
      pagination: Pagination.pageNumber(Ids, {
        totalPages: (_, { headers }) => headers["x-total-pages"],
        items: (page) => page
      })
    }),
    Endpoint.post("graphql", "/list", {
      payload: { query: Schema.String, variables: Variables },
      success: GraphQlPage,
      pagination: Pagination.cursor(GraphQlPage, {
        payload: ["variables", "after"],
        hasMore: ({ data }) => data.pageInfo.hasNextPage,
        next: ({ data }) => data.pageInfo.endCursor,
        items: ({ data }) => data.nodes
      })
    }),
    Endpoint.get("odata", "/list", {
      query: Schema.Struct({ skip: int, top: int }).pipe(Schema.encodeKeys({ skip: "$skip", top: "$top" })),
      success: Ids,
      pagination: Pagination.offset(Ids, {
        query: "skip",
        total: (_, { headers }) => headers["x-total-count"],
        items: (page) => page
      })
    }),
    // The name on the wire, and a value that is a text here and a number in the page.
    Endpoint.get("wire", "/list", {
      query: Schema.Struct({ skip: text }).pipe(Schema.encodeKeys({ skip: "$skip" })),
      success: Ids,
      pagination: Pagination.offset(Ids, { query: "$skip", items: (page) => page })
    }),
    Endpoint.get("texts", "/list", {
      query: { offset: text },
      success: Ids,
      pagination: Pagination.offset(Ids, { items: (page) => page })
    }),
    Endpoint.post("numbers", "/list", {
      payload: { page: Schema.Struct({ offset: int }) },
      success: Ids,
      pagination: Pagination.cursor(Ids, {
        payload: ["page", "offset"],
        next: (_, { headers }) => headers["x-next-offset"],
        items: (page) => page
      })
    }),
    Endpoint.get("full", "/list", {
      query: { offset: int, limit: int },
      success: Ids,
      pagination: Pagination.offset(Ids, {
        limit: ({ limit }) => Number(limit ?? 100),
        shortPageIsLast: true,
        items: (page) => page
      })
    }),
    Endpoint.get("recent", "/list", {
      query: { page: int },
      success: Ids,
      pagination: Pagination.pageNumber(Ids, { items: (page) => page, until: (page) => page.includes("old") })
    })
  ]
}) {}

const reply = (body: unknown, headers: Record<string, string> = {}) =>
  // The mock takes a body as it is on the wire.
  Mock.status(200, { body: body as never, headers: { "content-type": "application/json", ...headers } })

/** What the pages were requested with: the query, or the body where there is one. */
const requested = () => {
  const seen: Array<string> = []
  const by = (...replies: ReadonlyArray<ReturnType<typeof reply>>) =>
    Mock.by((request: HttpClientRequest.HttpClientRequest) => {
      const query = request.urlParams.params.map(([name, value]) => `${name}=${String(value)}`).join("&")
      const path = new URL(request.url).pathname.replace(/^(?:\/v1)?\/list$/, "")
      const body = request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""
      seen.push(path + (query === "" ? "" : `?${query}`) + body)
      return replies[seen.length - 1] ?? Mock.status(500)
    })
  return { seen, by }
}

type Name = Exclude<keyof Provider["Service"], symbol>

const lists: ReadonlyArray<{
  readonly name: Name
  readonly input?: object
  readonly replies: ReadonlyArray<readonly [body: unknown, headers?: Record<string, string>]>
  readonly items: ReadonlyArray<string>
  readonly seen: ReadonlyArray<string>
}> = [
  {
    name: "stripe",
    input: { query: { limit: 2 } },
    replies: [
      [{ data: [{ id: "a" }, { id: "b" }], has_more: true }],
      [{ data: [{ id: "c" }], has_more: true }],
      [{ data: [{ id: "d" }], has_more: false }]
    ],
    items: ["a", "b", "c", "d"],
    seen: ["?limit=2", "?limit=2&starting_after=b", "?limit=2&starting_after=c"]
  },
  {
    name: "notion",
    input: { payload: { filter: { property: "p" } } },
    replies: [
      [{ results: ["a"], has_more: true, next_cursor: "x" }],
      [{ results: [], has_more: true, next_cursor: "y" }],
      [{ results: ["b"], has_more: false, next_cursor: "ignored" }]
    ],
    items: ["a", "b"],
    seen: [
      '{"filter":{"property":"p"}}',
      '{"filter":{"property":"p"},"start_cursor":"x"}',
      '{"filter":{"property":"p"},"start_cursor":"y"}'
    ]
  },
  {
    name: "hubspot",
    input: { payload: { limit: 1 } },
    replies: [[{ results: ["a"], paging: { next: { after: "1" } } }], [{ results: ["b"] }]],
    items: ["a", "b"],
    seen: ['{"limit":1}', '{"limit":1,"after":"1"}']
  },
  {
    name: "google",
    input: { query: {} },
    replies: [[{ files: ["a"], nextPageToken: "t~1" }], [{ files: ["b"] }]],
    items: ["a", "b"],
    seen: ["", "?pageToken=t~1"]
  },
  {
    name: "slack",
    input: { query: {} },
    replies: [
      [{ channels: ["a"], response_metadata: { next_cursor: "dGVhbTpDMDI=" } }],
      [{ channels: ["b"], response_metadata: { next_cursor: "" } }]
    ],
    items: ["a", "b"],
    seen: ["", "?cursor=dGVhbTpDMDI="]
  },
  {
    name: "auth0",
    input: { query: { per_page: 50 } },
    replies: [
      [{ users: ["a", "b"], start: 0, limit: 50, total: 3 }],
      [{ users: ["c"], start: 2, limit: 50, total: 3 }]
    ],
    items: ["a", "b", "c"],
    seen: ["?per_page=50", "?per_page=50&page=1"]
  },
  {
    name: "sentry",
    replies: [
      [
        ["a"],
        {
          link: '</v1/list?cursor=0:0:1>; rel="previous"; results="false"; cursor="0:0:1", </v1/list?cursor=0:100:0>; rel="next"; results="true"; cursor="0:100:0"'
        }
      ],
      [["b"], { link: '</v1/list?cursor=0:200:0>; rel="next"; results="false"; cursor="0:200:0"' }]
    ],
    items: ["a", "b"],
    seen: ["", "?cursor=0:100:0"]
  },
  {
    name: "salesforce",
    input: { query: { q: "SELECT Id FROM Account" } },
    replies: [
      [{ records: ["a"], done: false, nextRecordsUrl: "/services/data/v60.0/query/01gD-2000" }],
      [{ records: ["b"], done: true }]
    ],
    items: ["a", "b"],
    seen: ["?q=SELECT Id FROM Account", "/services/data/v60.0/query/01gD-2000"]
  },
  {
    name: "graph",
    replies: [[{ value: ["a"], "@odata.nextLink": "http://mock.invalid/v1/list?$skiptoken=X" }], [{ value: ["b"] }]],
    items: ["a", "b"],
    seen: ["", "?$skiptoken=X"]
  },
  {
    name: "django",
    replies: [[{ count: 2, next: "?page=2", results: ["a"] }], [{ count: 2, next: null, results: ["b"] }]],
    items: ["a", "b"],
    seen: ["", "?page=2"]
  },
  {
    name: "gitlab",
    input: { query: {} },
    replies: [
      [["a"], { "x-next-page": "2" }],
      [["b"], { "x-next-page": "" }]
    ],
    items: ["a", "b"],
    seen: ["", "?page=2"]
  },
  {
    name: "gitlabPages",
    input: { query: {} },
    replies: [
      [["a"], { "x-total-pages": "3" }],
      [[], { "x-total-pages": "3" }],
      [["b"], { "x-total-pages": "3" }]
    ],
    items: ["a", "b"],
    seen: ["", "?page=2", "?page=3"]
  },
  {
    name: "graphql",
    input: { payload: { query: "{ nodes }", variables: new Variables({ first: 1 }) } },
    replies: [
      [{ data: { nodes: ["a"], pageInfo: { hasNextPage: true, endCursor: "c1" } } }],
      [{ data: { nodes: ["b"], pageInfo: { hasNextPage: false, endCursor: "c2" } } }]
    ],
    items: ["a", "b"],
    seen: [
      '{"query":"{ nodes }","variables":{"first":1}}',
      '{"query":"{ nodes }","variables":{"first":1,"after":"c1"}}'
    ]
  },
  {
    name: "odata",
    input: { query: { skip: 20, top: 2 } },
    replies: [
      [["a", "b"], { "x-total-count": "23" }],
      [["c"], { "x-total-count": "23" }]
    ],
    items: ["a", "b", "c"],
    seen: ["?$skip=20&$top=2", "?$skip=22&$top=2"]
  },
  {
    name: "wire",
    input: { query: { skip: "20" } },
    replies: [[["a", "b"]], [["c"]], [[]]],
    items: ["a", "b", "c"],
    seen: ["?$skip=20", "?$skip=22", "?$skip=23"]
  },
  {
    name: "texts",
    input: { query: { offset: "5" } },
    replies: [[["a"]], [[]]],
    items: ["a"],
    seen: ["?offset=5", "?offset=6"]
  },
  {
    name: "numbers",
    input: { payload: { page: {} } },
    replies: [[["a"], { "x-next-offset": "100" }], [["b"]]],
    items: ["a", "b"],
    seen: ['{"page":{}}', '{"page":{"offset":100}}']
  },
  {
    name: "full",
    input: { query: { limit: 2 } },
    replies: [[["a", "b"]], [["c"]]],
    items: ["a", "b", "c"],
    seen: ["?limit=2", "?limit=2&offset=2"]
  },
  {
    name: "recent",
    input: { query: {} },
    replies: [[["new"]], [["new", "old"]]],
    items: ["new", "new", "old"],
    seen: ["", "?page=2"]
  }
]

describe("a list is read to its end", () => {
  for (const { input, items, name, replies, seen } of lists) {
    it.effect(`as ${name} pages it`, () => {
      const { by, seen: found } = requested()
      const layer = Provider.layerMock({ [name]: by(...replies.map(([body, headers]) => reply(body, headers))) })
      return Effect.gen(function* () {
        const provider = yield* Provider
        // Each name has its own input; the table has the one that fits.
        const method = provider[name] as unknown as { items: (input?: object) => Stream.Stream<string, unknown> }
        assert.deepStrictEqual(yield* Stream.runCollect(method.items(input)), items)
        assert.deepStrictEqual(found, seen)
      }).pipe(Effect.provide(layer))
    })
  }
})

describe("a list that goes wrong is never ended as a success", () => {
  const failing = (name: Name, input: object, ...replies: ReadonlyArray<ReturnType<typeof reply>>) =>
    Effect.gen(function* () {
      const provider = yield* Provider
      const method = provider[name] as unknown as {
        items: (input?: object) => Stream.Stream<string, { readonly _tag: string }>
      }
      const got: Array<string> = []
      const error = yield* Effect.flip(
        Stream.runForEach(method.items(input), (item) => Effect.sync(() => got.push(item)))
      )
      return { got, tag: error._tag, message: String(error) }
    }).pipe(Effect.provide(Provider.layerMock({ [name]: Mock.sequence(...replies) })))

  it.effect("when the same cursor comes again in a payload", () =>
    Effect.gen(function* () {
      const page = reply({ results: ["a"], has_more: true, next_cursor: "x" })
      const { got, tag } = yield* failing("notion", { payload: { filter: { property: "p" } } }, page, page, page)
      assert.deepStrictEqual([got, tag], [["a", "a"], "DecodeFailure"])
    })
  )

  it.effect("when a page reports more items without a cursor or URL of the next page", () =>
    Effect.gen(function* () {
      const page = reply({ data: [], has_more: true })
      const { tag } = yield* failing("stripe", { query: {} }, page)
      assert.strictEqual(tag, "DecodeFailure")
    })
  )

  it.effect("when the second page fails", () =>
    Effect.gen(function* () {
      const page = reply({ files: ["a"], nextPageToken: "t" })
      const { got, tag } = yield* failing("google", { query: {} }, page, Mock.status(500))
      assert.deepStrictEqual([got, tag], [["a"], "UnexpectedStatus"])
    })
  )

  it.effect("when a URL in the body leads to another origin", () =>
    Effect.gen(function* () {
      const page = reply({ count: 2, next: "https://evil.example/v1/list?page=2", results: ["a"] })
      const { got, message, tag } = yield* failing("django", {}, page)
      assert.deepStrictEqual([got, tag], [["a"], "DecodeFailure"])
      assert.include(message, "another origin")
    })
  )

  it.effect("when a Link header is too long to be read", () =>
    Effect.gen(function* () {
      const page = reply(["a"], { link: `</v1/list?cursor=${"x".repeat(17_000)}>; rel="next"` })
      const { got, tag } = yield* failing("sentry", {}, page)
      assert.deepStrictEqual([got, tag], [["a"], "DecodeFailure"])
    })
  )
})

describe("a style that an endpoint doesn't fit is refused where it is defined", () => {
  const items = () => []
  const next = () => "x"
  const cursor = (target: Pagination.Target) => Pagination.cursor({ ...target, next, items })
  const cases: ReadonlyArray<readonly [what: string, make: () => unknown, says: RegExp]> = [
    [
      "a misspelled query",
      () =>
        Endpoint.get("list", "/l", {
          query: { starting_after: text, limit: int },
          pagination: cursor({ query: "startingAfter" })
        }),
      /pagination\.query of endpoint list is "startingAfter".*"starting_after"/
    ],
    [
      "a query where none is declared",
      () => Endpoint.get("list", "/l", { pagination: cursor({ query: "cursor" }) }),
      /declares none/
    ],
    [
      "a query that is in the payload",
      () => Endpoint.post("list", "/l", { payload: { cursor: text }, pagination: cursor({ query: "cursor" }) }),
      /use pagination\.payload/
    ],
    [
      "a payload that has another name",
      () => Endpoint.post("list", "/l", { payload: { after: text }, pagination: cursor({ payload: "affter" }) }),
      /pagination\.payload of endpoint list is "affter".*"after"/
    ],
    [
      "a path into a payload that ends early",
      () =>
        Endpoint.post("list", "/l", {
          payload: { variables: Schema.Struct({ first: int }) },
          pagination: cursor({ payload: ["variables", "after"] })
        }),
      /"variables\.after"/
    ]
  ]
  for (const [what, make, says] of cases) {
    it(what, () => {
      assert.throws(make, InvalidOption.InvalidOption)
      assert.throws(make, says)
    })
  }

  it("but not names of any kind, nor names on the wire", () => {
    const wire = Schema.Struct({ skip: int }).pipe(Schema.encodeKeys({ skip: "$skip" }))
    assert.doesNotThrow(() => {
      Endpoint.get("wire", "/l", { query: wire, pagination: Pagination.offset({ query: "$skip", items }) })
      Endpoint.post("any", "/l", {
        payload: { variables: Schema.Record(Schema.String, Schema.Unknown) },
        pagination: cursor({ payload: ["variables", "after"] })
      })
      Endpoint.post("unknown", "/l", { payload: Schema.Unknown, pagination: cursor({ payload: ["a", "b"] }) })
    })
  })
})

it.effect("a list under the standard policy may take longer than a deadline, which holds for each page", () => {
  const Page = Schema.Struct({ items: Schema.Array(Schema.Int) })
  class Lists extends Integration.Service<Lists>()("test/Lists", {
    baseUrl: "https://provider.example",
    endpoints: [
      Endpoint.get("list", "/list", {
        query: { page: Schema.optional(Schema.Int) },
        success: Page,
        pagination: Pagination.pageNumber(Page, { items: (page) => page.items })
      })
    ]
  }) {}
  const pages = [[1], [2], [3], [4], []].map((items) => Mock.delay("9 seconds", Mock.ok({ items })))
  return Effect.gen(function* () {
    const lists = yield* Lists
    const read = Stream.mapEffect(lists.list.items({ query: {} }), (item) =>
      Effect.as(Effect.sleep("40 seconds"), item)
    )
    const fiber = yield* Effect.forkChild(Stream.runCollect(read))
    yield* TestClock.adjust("5 minutes")
    assert.deepStrictEqual(Array.from(yield* Fiber.join(fiber)), [1, 2, 3, 4])
  }).pipe(Effect.provide(Lists.layerMock({ list: Mock.sequence(...pages) })))
})
