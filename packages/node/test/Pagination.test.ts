import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Schedule, Schema, Stream } from "effect"
import { Auth } from "@causeway/core/auth"
import { Endpoint, Integration, Pagination } from "@causeway/core/client"
import { Policy, Retry } from "@causeway/core/policy"
import { answer, type Handler, layerAt, providerUrl, serve, transports } from "./server.ts"

const Page = Schema.Struct({ data: Schema.Array(Schema.Int), next: Schema.NullOr(Schema.String) })
const Numbers = Schema.Array(Schema.Int)
const items = [1, 2, 3, 4, 5]

class Provider extends Integration.Service<Provider>()("test/Pages", {
  baseUrl: providerUrl,
  endpoints: [
    Endpoint.get("cursor", "/cursor", {
      query: { cursor: Schema.optional(Schema.String) },
      success: Page,
      pagination: Pagination.cursor(Page, { query: "cursor", next: (page) => page.next, items: (page) => page.data })
    }),
    Endpoint.get("offset", "/offset", {
      query: { offset: Schema.optional(Schema.Int) },
      success: Numbers,
      pagination: Pagination.offset(Numbers, { items: (page) => page })
    }),
    Endpoint.get("number", "/number", {
      query: { page: Schema.optional(Schema.Int) },
      success: Numbers,
      pagination: Pagination.pageNumber(Numbers, { size: 2, items: (page) => page })
    }),
    Endpoint.get("link", "/link", {
      query: { "filter[]": Schema.optional(Schema.Array(Schema.String)) },
      success: Numbers,
      pagination: Pagination.linkHeader(Numbers, { items: (page) => page })
    })
  ],
  policy: { ...Policy.none, retry: Retry.make({ schedule: Schedule.recurs(1) }) }
}) {}

/** A provider that pages in each style, two items at a time. */
const paged: Handler = (response, { url }) => {
  const { pathname, searchParams } = new URL(url, "http://here")
  const from = (start: number) => items.slice(start, start + 2)
  switch (pathname) {
    case "/cursor": {
      const start = Number(searchParams.get("cursor")?.replace("item ", "") ?? 0)
      return answer(response, 200, { data: from(start), next: start + 2 < items.length ? `item ${start + 2}` : null })
    }
    case "/offset":
      return answer(response, 200, from(Number(searchParams.get("offset") ?? 0)))
    case "/number":
      return answer(response, 200, from((Number(searchParams.get("page") ?? 1) - 1) * 2))
    default: {
      const start = Number(searchParams.get("start") ?? 0)
      searchParams.set("start", String(start + 2))
      const link = `</link?${searchParams}>; rel="next", </link>; rel="first"`
      return answer(response, 200, from(start), start + 2 < items.length ? { link } : {})
    }
  }
}

for (const transport of transports) {
  describe(`a paginated endpoint over ${transport.name}`, () => {
    const running = <A, E>(handle: Handler, use: (provider: Provider["Service"]) => Effect.Effect<A, E>) =>
      Effect.gen(function* () {
        const server = yield* serve(handle)
        const key = Auth.apiKey(Provider, { in: "query", name: "key" }, Effect.succeed(Redacted.make("k&y")))
        const live = Provider.layer.pipe(Layer.provide([key, transport.layer, layerAt(server)]))
        const result = yield* Effect.provide(Effect.flatMap(Provider, use), live)
        return { result, urls: server.arrivals.map(({ url }) => url) }
      })

    it.effect("gives all items, in each style, with the credentials on each page", () =>
      Effect.gen(function* () {
        for (const style of ["cursor", "offset", "number", "link"] as const) {
          const { result, urls } = yield* running(paged, (provider) =>
            Stream.runCollect(provider[style].items({ query: {} }))
          )
          assert.deepStrictEqual(result, items)
          for (const url of urls)
            assert.deepStrictEqual(new URL(url, "http://here").searchParams.getAll("key"), ["k&y"])
        }
      })
    )

    it.effect("follows a link that repeats the key, without sending it twice", () =>
      Effect.gen(function* () {
        const { urls } = yield* running(paged, (provider) =>
          Stream.runDrain(provider.link.items({ query: { "filter[]": ["a", "b"] } }))
        )
        assert.deepStrictEqual(
          urls.map((url) =>
            Array.from(new URL(url, "http://here").searchParams)
              .map((pair) => pair.join("="))
              .toSorted()
          ),
          [
            ["filter[]=a", "filter[]=b", "key=k&y"],
            ["filter[]=a", "filter[]=b", "key=k&y", "start=2"],
            ["filter[]=a", "filter[]=b", "key=k&y", "start=4"]
          ]
        )
      })
    )

    it.effect("retries a page in the middle, and goes on", () =>
      Effect.gen(function* () {
        let arrivals = 0
        const { result, urls } = yield* running(
          (response, arrival) => (++arrivals === 2 ? answer(response, 503, "down") : paged(response, arrival)),
          (provider) => Stream.runCollect(provider.cursor.items({ query: {} }))
        )
        assert.deepStrictEqual(result, items)
        assert.strictEqual(urls.length, 4)
        assert.strictEqual(urls[1], urls[2])
      })
    )

    it.effect("sends nothing to another origin that a Link names", () =>
      Effect.gen(function* () {
        const elsewhere = yield* serve((response) => answer(response, 200, [9]))
        const { result, urls } = yield* running(
          (response) => answer(response, 200, [1], { link: `<${elsewhere.url}/link?start=2>; rel="next"` }),
          (provider) => Effect.flip(Stream.runDrain(provider.link.items({ query: {} })))
        )
        assert.deepInclude(result, { _tag: "DecodeFailure", endpoint: "link" })
        assert.strictEqual(urls.length, 1)
        assert.strictEqual(elsewhere.open.size, 0)
      })
    )
  })
}
