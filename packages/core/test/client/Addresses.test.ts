import { assert, describe, it } from "@effect/vitest"
import { Config, ConfigProvider, Effect, Fiber, Layer, Redacted, Schema, Stream } from "effect"
import { FetchHttpClient, Headers, HttpClient, HttpClientResponse } from "effect/http"
import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from "effect/http-api"
import { TestClock } from "effect/testing"
import { readFileSync } from "node:fs"
import { Auth } from "@causeway/core/auth"
import { Endpoint, Integration, Pagination } from "@causeway/core/client"
import { Cache, Policy } from "@causeway/core/policy"

/** A request as it came to the network. */
interface Seen {
  readonly url: string
  readonly method: string
  readonly headers: Headers.Headers
  readonly body: string
}

/** A network that answers with `answer`, and what came to it. */
const network = (answer: (seen: Seen, index: number) => Response = () => Response.json("ok")) => {
  const seen: Array<Seen> = []
  const fetched = async (input: RequestInfo | URL, init?: RequestInit) => {
    const request = new Request(input, init)
    const one = {
      url: request.url,
      method: request.method,
      headers: Headers.fromInput(Object.fromEntries(request.headers)),
      body: await request.text()
    }
    seen.push(one)
    return answer(one, seen.length - 1)
  }
  const layer = FetchHttpClient.layer.pipe(Layer.provide(Layer.succeed(FetchHttpClient.Fetch, fetched)))
  return { seen, layer }
}

const token = (text: string) => Effect.succeed(Redacted.make(text))

describe("the default headers", () => {
  class Plain extends Integration.Service<Plain>()("app/Plain (ü)", {
    baseUrl: "https://plain.example",
    policy: Policy.none,
    endpoints: [
      Endpoint.get("json", "/json", { success: Schema.String }),
      Endpoint.get("vendor", "/vendor", {
        success: Schema.String.pipe(HttpApiSchema.asJson({ contentType: "application/vnd.api+json" }))
      }),
      Endpoint.get("events", "/events", { success: HttpApiSchema.StreamSse({ data: Schema.String }) }),
      Endpoint.get("lines", "/lines", { success: HttpApiSchema.StreamNdjson({ schema: Schema.String }) }),
      Endpoint.get("bytes", "/bytes", { success: HttpApiSchema.StreamUint8Array() }),
      Endpoint.get("maybe", "/maybe", { success: [Schema.String, HttpApiSchema.NoContent] }),
      Endpoint.delete("nothing", "/nothing"),
      Endpoint.get("own", "/own", { constants: { headers: { Accept: "text/csv", "User-Agent": "mine/1" } } }),
      Endpoint.get("given", "/given", { headers: { accept: Schema.optional(Schema.String) }, success: Schema.String })
    ]
  }) {}

  it.effect(
    "an accept that fits the declared successes goes along, and the caller's, the endpoint's own in its place",
    () => {
      const { layer, seen } = network()
      return Effect.gen(function* () {
        const plain = yield* Plain
        const raw = { responseMode: "response-only" } as const
        yield* plain.json(raw)
        yield* plain.vendor(raw)
        yield* plain.events(raw)
        yield* plain.lines(raw)
        yield* plain.bytes(raw)
        yield* plain.maybe(raw)
        yield* plain.nothing(raw)
        yield* plain.own(raw)
        yield* plain.given({ ...raw, headers: { accept: "text/plain" } })
        yield* plain.given(raw)
        assert.deepStrictEqual(
          seen.map(({ headers }) => headers["accept"]),
          [
            "application/json",
            "application/vnd.api+json",
            "text/event-stream",
            "application/x-ndjson",
            "*/*",
            "application/json",
            "*/*",
            "text/csv",
            "text/plain",
            "application/json"
          ]
        )
      }).pipe(Effect.provide(Plain.layer.pipe(Layer.provide([Auth.none(Plain), layer]))))
    }
  )

  it.effect("the user-agent names Causeway, its version and the integration, unless another one is set", () => {
    const { layer, seen } = network()
    const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"))
    return Effect.gen(function* () {
      const plain = yield* Plain
      yield* plain.json()
      yield* plain.own()
      yield* plain.json({}, { headers: { "user-agent": "call/1" } })
      const { version } = manifest as { readonly version: string }
      assert.deepStrictEqual(
        seen.map(({ headers }) => headers["user-agent"]),
        [`causeway/${version} (app/Plain____)`, "mine/1", "call/1"]
      )
    }).pipe(Effect.provide(Plain.layer.pipe(Layer.provide([Auth.none(Plain), layer]))))
  })

  it.effect("the endpoints of an HttpApi have them too", () => {
    const api = HttpApi.make("a").add(
      HttpApiGroup.make("g").add(HttpApiEndpoint.get("one", "/one", { success: Schema.String }))
    )
    class Described extends Integration.Service<Described>()(
      "app/Described",
      Integration.fromHttpApi(api, { baseUrl: "https://described.example" })
    ) {}
    const { layer, seen } = network()
    return Effect.gen(function* () {
      yield* (yield* Described).g.one()
      assert.strictEqual(seen[0]?.headers["accept"], "application/json")
      assert.include(seen[0]?.headers["user-agent"], "(app/Described)")
    }).pipe(Effect.provide(Described.layer.pipe(Layer.provide([Auth.none(Described), layer]))))
  })
})

describe("headers by precedence", () => {
  class Pay extends Integration.Service<Pay>()("app/Pay", {
    baseUrl: "https://pay.example",
    headers: { "x-a": "integration", "x-b": "integration", "x-c": "integration", "x-d": "integration" },
    endpoints: [
      Endpoint.get("one", "/one", {
        constants: { headers: { "x-c": "endpoint", "x-d": "endpoint" } },
        success: Schema.String
      })
    ],
    policy: Policy.none
  }) {}

  const headersOf = ({ headers }: Seen) => ["x-a", "x-b", "x-c", "x-d"].map((name) => headers[name])

  it.effect(
    "a call's go over the endpoint's, the tenant's and the integration's, and never over the credentials",
    () => {
      const { layer, seen } = network()
      const tenants = Pay.layerTenants(() =>
        Layer.merge(
          Auth.bearer(Pay, token("t0k3n")),
          Pay.layerAddress({ headers: { "X-B": "tenant", "x-c": "tenant", "x-d": "tenant" } })
        )
      )
      return Effect.gen(function* () {
        const pay = yield* Pay.forTenant("acme")
        yield* pay.one({}, { headers: { "X-D": "call", Authorization: "Bearer other" } })
        assert.deepStrictEqual(seen.map(headersOf), [["integration", "tenant", "endpoint", "call"]])
        assert.strictEqual(seen[0]?.headers["authorization"], "Bearer t0k3n")
      }).pipe(Effect.provide(tenants.pipe(Layer.provide(layer))))
    }
  )

  for (const [what, headers] of [
    ["a line break", { "stripe-account": "acct_1\r\nx: y" }],
    ["a character beyond Latin-1", { "stripe-account": "acct_✓" }],
    ["a name that is no token", { "stripe account": "acct_1" }]
  ] as const) {
    it.effect(`a header of a call with ${what} is an EncodeFailure of the headers, and nothing is sent`, () => {
      const { layer, seen } = network()
      return Effect.gen(function* () {
        const error = yield* Effect.flip((yield* Pay).one({}, { headers }))
        assert.strictEqual(error._tag, "EncodeFailure")
        assert.strictEqual(error._tag === "EncodeFailure" ? error.part : "", "headers")
        assert.notInclude(error.message, "acct_")
        assert.strictEqual(seen.length, 0)
      }).pipe(Effect.provide(Pay.layer.pipe(Layer.provide([Auth.none(Pay), layer]))))
    })
  }
})

describe("addresses", () => {
  const Page = Schema.Struct({ items: Schema.Array(Schema.Int), next: Schema.optional(Schema.String) })

  class Shop extends Integration.Service<Shop>()("app/Shop", {
    baseUrl: Integration.perTenant,
    endpoints: [
      Endpoint.get("who", "/who", { success: Schema.String }),
      Endpoint.get("list", "/list", {
        query: { cursor: Schema.optional(Schema.String) },
        success: Page,
        pagination: Pagination.nextUrl(Page, {
          next: (page) => page.next,
          items: (page) => page.items
        })
      }),
      Endpoint.get("at", Endpoint.url, { success: Schema.String }),
      Endpoint.post("upload", "/files", { baseUrl: "https://uploads.shop.example/v2/", success: Schema.String })
    ],
    policy: Policy.none
  }) {}

  const tenants = Shop.layerTenants((tenant) =>
    tenant === "nobody"
      ? undefined
      : Layer.merge(
          Auth.bearer(Shop, token(`t0k3n-${tenant}`)),
          Shop.layerAddress({ baseUrl: `https://${tenant}.shop.example/admin` })
        )
  )

  it.effect(
    "each tenant is called at its base URL with its own credentials, an endpoint with a baseUrl at that one",
    () => {
      const { layer, seen } = network()
      return Effect.gen(function* () {
        yield* (yield* Shop.forTenant("north")).who()
        yield* (yield* Shop.forTenant("south")).who()
        yield* (yield* Shop.forTenant("south")).upload()
        assert.deepStrictEqual(
          seen.map(({ headers, url }) => [url, headers["authorization"]]),
          [
            ["https://north.shop.example/admin/who", "Bearer t0k3n-north"],
            ["https://south.shop.example/admin/who", "Bearer t0k3n-south"],
            ["https://uploads.shop.example/v2/files", "Bearer t0k3n-south"]
          ]
        )
      }).pipe(Effect.provide(tenants.pipe(Layer.provide(layer))))
    }
  )

  it.effect("the credentials of a tenant go to no other origin, that of another tenant included", () => {
    const next = "https://south.shop.example/admin/list?cursor=2"
    const { layer, seen } = network(({ url }) =>
      url.endsWith("/list") ? Response.json({ items: [1], next }) : Response.json("ok")
    )
    return Effect.gen(function* () {
      const north = yield* Shop.forTenant("north")
      yield* north.at({ url: "https://south.shop.example/admin/who" })
      yield* north.at({ url: "https://north.shop.example.evil.example/who" })
      yield* north.at({ url: "https://north.shop.example:8443/who" })
      yield* north.at({ url: "//evil.example/who" })
      assert.deepStrictEqual(
        seen.map(({ headers }) => headers["authorization"]),
        [undefined, undefined, undefined, undefined]
      )
      const error = yield* Effect.flip(Stream.runDrain(north.list.items()))
      assert.strictEqual(error._tag, "DecodeFailure")
      yield* north.at({ url: "/other?x=1" })
      assert.strictEqual(seen.at(-1)?.url, "https://north.shop.example/other?x=1")
      assert.strictEqual(seen.at(-1)?.headers["authorization"], "Bearer t0k3n-north")
      assert.strictEqual(seen.length, 6)
    }).pipe(Effect.provide(tenants.pipe(Layer.provide(layer))))
  })

  it.effect("an address from an Effect is read when the tenant is built, and again after its release", () => {
    const { layer, seen } = network()
    let reads = 0
    // what a login told: the extra field `instance_url` of its token
    const instanceUrl = Effect.sync(() => ({ baseUrl: `https://na${(reads += 1)}.force.example` }))
    const live = Shop.layerTenants(() => Layer.merge(Auth.none(Shop), Shop.layerAddress(instanceUrl)))
    return Effect.gen(function* () {
      yield* (yield* Shop.forTenant("acme")).who()
      yield* (yield* Shop.forTenant("acme")).who()
      yield* (yield* Shop.tenants).release("acme")
      yield* (yield* Shop.forTenant("acme")).who()
      assert.deepStrictEqual(
        seen.map(({ url }) => url),
        ["https://na1.force.example/who", "https://na1.force.example/who", "https://na2.force.example/who"]
      )
    }).pipe(Effect.provide(live.pipe(Layer.provide(layer))))
  })

  it.effect("an address from Config serves an integration without tenants", () => {
    const { layer, seen } = network()
    const address = Shop.layerAddress(Config.map(Config.String("SHOP_URL"), (baseUrl) => ({ baseUrl })))
    const live = Shop.layer.pipe(
      Layer.provide([address, Auth.none(Shop), layer]),
      Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({ SHOP_URL: "https://one.shop.example/" })))
    )
    return Effect.gen(function* () {
      yield* (yield* Shop).who()
      assert.strictEqual(seen[0]?.url, "https://one.shop.example/who")
    }).pipe(Effect.provide(live))
  })

  for (const [what, address] of [
    ["a base URL with a password", { baseUrl: "https://user:s3cret@shop.example" }],
    ["a base URL of another scheme", { baseUrl: "ftp://shop.example" }],
    ["a text that is no URL", { baseUrl: "shop.example" }],
    ["a base URL with a query", { baseUrl: "https://shop.example?key=s3cret" }],
    ["a header with a line break", { baseUrl: "https://shop.example", headers: { "x-a": "s3cret\n" } }],
    ["no base URL", {}]
  ] as const) {
    it.effect(
      `a tenant whose address has ${what} is unavailable, and the integration's Layer fails with InvalidAddress`,
      () => {
        const { layer } = network()
        const live = Shop.layerTenants(() => Layer.merge(Auth.none(Shop), Shop.layerAddress(address)))
        const single = Shop.layer.pipe(Layer.provide([Shop.layerAddress(address), Auth.none(Shop), layer]))
        return Effect.gen(function* () {
          const error = yield* Effect.flip(Effect.provide(Shop.forTenant("acme"), live.pipe(Layer.provide(layer))))
          assert.strictEqual(error._tag, "TenantUnavailable")
          assert.strictEqual(error._tag === "TenantUnavailable" ? error.category : "", "invalid")
          assert.include(error.message, "the address of")
          assert.notInclude(error.message, "s3cret")
          const failed = yield* Effect.flip(Effect.provide(Shop, single))
          assert.strictEqual(failed._tag, "InvalidAddress")
        })
      }
    )
  }
})

describe("an endpoint whose URL is given by each call", () => {
  class Files extends Integration.Service<Files>()("app/Files", {
    baseUrl: "https://api.files.example/v1",
    origins: ["https://cdn.files.example", "http://plain.files.example:8080/"],
    headers: { "x-api-version": "3", "x-api-key": "k3y-of-all" },
    endpoints: [
      Endpoint.get("download", Endpoint.url, {
        query: { part: Schema.optional(Schema.Int) },
        headers: { range: Schema.optional(Schema.String) },
        constants: { headers: { "x-fixed": "1", "x-fixed-token": "s3cret" } },
        success: Schema.String
      })
    ]
  }) {}

  const live = (layer: ReturnType<typeof network>["layer"]) =>
    Files.layer.pipe(Layer.provide([Auth.bearer(Files, token("t0k3n")), layer]))

  it.effect("an origin that is listed gets the credentials and all headers", () => {
    const { layer, seen } = network()
    return Effect.gen(function* () {
      const files = yield* Files
      yield* files.download({ url: "https://cdn.files.example/a?sig=x#top", query: { part: 2 } })
      yield* files.download({ url: "http://plain.files.example:8080/a" })
      yield* files.download({ url: "https://api.files.example/elsewhere" })
      assert.deepStrictEqual(
        seen.map(({ headers, url }) => [url, headers["authorization"], headers["x-api-key"], headers["x-fixed-token"]]),
        [
          ["https://cdn.files.example/a?sig=x&part=2", "Bearer t0k3n", "k3y-of-all", "s3cret"],
          ["http://plain.files.example:8080/a", "Bearer t0k3n", "k3y-of-all", "s3cret"],
          ["https://api.files.example/elsewhere", "Bearer t0k3n", "k3y-of-all", "s3cret"]
        ]
      )
    }).pipe(Effect.provide(live(layer)))
  })

  it.effect("another origin gets no credential and no secret header, and its 401 renews nothing", () => {
    const { layer, seen } = network(() => new Response("", { status: 401 }))
    return Effect.gen(function* () {
      const files = yield* Files
      const request = { url: "https://bucket.s3.example/a?X-Amz-Signature=x", headers: { range: "bytes=0-9" } }
      const error = yield* Effect.flip(files.download(request, { headers: { "x-mine": "1" } }))
      assert.strictEqual(error._tag, "Unauthorized")
      assert.strictEqual(seen.length, 1)
      const headers = seen[0]?.headers ?? Headers.empty
      assert.deepStrictEqual(
        ["authorization", "cookie", "x-api-key", "x-fixed-token", "x-fixed", "x-mine", "range"].map(
          (name) => headers[name]
        ),
        [undefined, undefined, undefined, undefined, "1", "1", "bytes=0-9"]
      )
      assert.include(headers["user-agent"], "causeway/")
    }).pipe(Effect.provide(live(layer)))
  })

  it.effect("a header of the redacted set goes to no other origin either", () => {
    const { layer, seen } = network()
    return Effect.gen(function* () {
      yield* (yield* Files).download({ url: "https://other.example/a" })
      assert.strictEqual(seen[0]?.headers["x-fixed"], undefined)
    }).pipe(Effect.provideService(Headers.CurrentRedactedNames, ["x-fixed"]), Effect.provide(live(layer)))
  })

  for (const [what, url, part] of [
    ["a URL with a user", "https://user:s3cret@files.example/a", "user name"],
    ["a file URL", "file:///etc/passwd", "http or https"],
    ["a data URL", "data:,x", "http or https"],
    ["plain http to another host", "http://other.example/a", "plain http"],
    ["a text that is no URL", "https://", "not a URL"]
  ] as const) {
    it.effect(`${what} is a TransportFailure with the reason InvalidUrl, and nothing is sent`, () => {
      const { layer, seen } = network()
      return Effect.gen(function* () {
        const error = yield* Effect.flip((yield* Files).download({ url }))
        assert.strictEqual(error._tag === "TransportFailure" ? error.reason : error._tag, "InvalidUrl")
        assert.include(error._tag === "TransportFailure" ? error.detail : "", part)
        assert.notInclude(JSON.stringify(error), "s3cret")
        assert.strictEqual(seen.length, 0)
      }).pipe(Effect.provide(live(layer)))
    })
  }

  it("contradicting options and invalid origins throw InvalidOption where they are defined", () => {
    // @ts-expect-error an endpoint at `Endpoint.url` has no params
    assert.throws(() => Endpoint.get("a", Endpoint.url, { params: { id: Schema.String } }), /params/)
    assert.throws(() => Endpoint.get("a", Endpoint.url, { constants: { query: { a: 1 } } }), /constants.query/)
    assert.throws(() => Endpoint.get("a", "/a", { baseUrl: "ftp://a" }), /baseUrl of endpoint a/)
    for (const origin of ["files.example", "https://files.example/path", "https://u:s3cret@files.example", "null"]) {
      assert.throws(
        () =>
          Integration.Service<object>()("app/O", { baseUrl: "https://a.example", origins: [origin], endpoints: [] }),
        /origins of app\/O/
      )
    }
  })
})

describe("pages at other origins", () => {
  const Page = Schema.Struct({ items: Schema.Array(Schema.Int), next: Schema.optional(Schema.String) })
  const pagination = Pagination.nextUrl(Page, { next: (page) => page.next, items: (page) => page.items })
  class Lists extends Integration.Service<Lists>()("app/Lists", {
    baseUrl: "https://lists.example",
    origins: ["https://lists-eu.example"],
    policy: Policy.none,
    endpoints: [
      Endpoint.get("list", "/list", { success: Page, pagination }),
      Endpoint.get("at", Endpoint.url, { success: Page, pagination })
    ]
  }) {}

  const live = (layer: ReturnType<typeof network>["layer"]) =>
    Lists.layer.pipe(Layer.provide([Auth.bearer(Lists, token("t0k3n")), layer]))

  it.effect("a page at a listed origin is fetched, with credentials", () => {
    const next = "https://lists-eu.example/list?page=2"
    const { layer, seen } = network(({ url }) => Response.json(url === next ? { items: [2] } : { items: [1], next }))
    return Effect.gen(function* () {
      assert.deepStrictEqual(yield* Stream.runCollect((yield* Lists).list.items()), [1, 2])
      assert.deepStrictEqual(
        seen.map(({ headers, url }) => [url, headers["authorization"]]),
        [
          ["https://lists.example/list", "Bearer t0k3n"],
          [next, "Bearer t0k3n"]
        ]
      )
    }).pipe(Effect.provide(live(layer)))
  })

  it.effect("an unlisted origin is paged without credentials, and its pages never lead to a listed origin", () => {
    const { layer, seen } = network(({ url }) =>
      Response.json({ items: [1], next: url.endsWith("/a") ? "/b" : "https://lists.example/list" })
    )
    return Effect.gen(function* () {
      const error = yield* Effect.flip(Stream.runDrain((yield* Lists).at.items({ url: "https://other.example/a" })))
      assert.strictEqual(error._tag, "DecodeFailure")
      assert.deepStrictEqual(
        seen.map(({ headers, url }) => [url, headers["authorization"]]),
        [
          ["https://other.example/a", undefined],
          ["https://other.example/b", undefined]
        ]
      )
    }).pipe(Effect.provide(live(layer)))
  })
})

describe("redirects", () => {
  class Moved extends Integration.Service<Moved>()("app/Moved", {
    baseUrl: "https://moved.example",
    origins: ["https://listed.example"],
    redirects: "same-origin",
    policy: Policy.none,
    endpoints: [
      Endpoint.get("one", "/one", { success: Schema.String }),
      Endpoint.post("send", "/send", { payload: Schema.Struct({ a: Schema.Int }), success: Schema.String }),
      Endpoint.put("stream", "/stream", { payload: HttpApiSchema.StreamUint8Array(), success: Schema.String }),
      Endpoint.get("listed", "/listed", { success: Schema.String, redirects: "listed-origins" }),
      Endpoint.get("never", "/never", { success: Schema.String, redirects: "none" }),
      Endpoint.get("at", Endpoint.url, { success: Schema.String, redirects: "listed-origins" })
    ]
  }) {}

  const to = (status: number, location: string) => new Response(null, { status, headers: { location } })

  const live = (layer: ReturnType<typeof network>["layer"]) => {
    let tokens = 0
    const fresh = Effect.sync(() => Redacted.make(`t0k3n-${(tokens += 1)}`))
    return Moved.layer.pipe(Layer.provide([Auth.bearer(Moved, fresh), layer]))
  }

  it.effect("one within the origin is followed, and authorized again", () => {
    const { layer, seen } = network((_, index) => (index === 0 ? to(302, "/two?x=1#part") : Response.json("two")))
    return Effect.gen(function* () {
      assert.strictEqual(yield* (yield* Moved).one(), "two")
      assert.deepStrictEqual(
        seen.map(({ headers, url }) => [url, headers["authorization"]]),
        [
          ["https://moved.example/one", "Bearer t0k3n-1"],
          ["https://moved.example/two?x=1", "Bearer t0k3n-2"]
        ]
      )
    }).pipe(Effect.provide(live(layer)))
  })

  for (const [status, method] of [
    [301, "GET"],
    [302, "GET"],
    [303, "GET"],
    [307, "POST"],
    [308, "POST"]
  ] as const) {
    it.effect(
      `after ${status} a POST becomes ${method}${method === "GET" ? ", without its body and the headers of it" : ""}`,
      () => {
        const { layer, seen } = network((_, index) => (index === 0 ? to(status, "/two") : Response.json("two")))
        return Effect.gen(function* () {
          yield* (yield* Moved).send({ payload: { a: 1 } })
          const [, second] = seen
          assert.strictEqual(second?.method, method)
          assert.strictEqual(second?.body, method === "GET" ? "" : '{"a":1}')
          assert.strictEqual(second?.headers["content-type"], method === "GET" ? undefined : "application/json")
        }).pipe(Effect.provide(live(layer)))
      }
    )
  }

  const refusals: ReadonlyArray<readonly [string, string, string]> = [
    ["to another origin", "https://evil.example/two", "another origin, https://evil.example"],
    ["to a listed origin where only the same is followed", "https://listed.example/two", "another origin"],
    ["to plain http", "http://moved.example/two", "plain http"],
    ["to a URL with a user", "https://user:s3cret@moved.example/two", "user name"],
    ["to where it came from", "/one", "requested before"]
  ]
  for (const [what, location, why] of refusals) {
    it.effect(`one ${what} is an UnexpectedStatus that says why, and nothing more is sent`, () => {
      const { layer, seen } = network(() => to(302, location))
      return Effect.gen(function* () {
        const error = yield* Effect.flip((yield* Moved).one())
        assert.strictEqual(error._tag, "UnexpectedStatus")
        assert.include(error._tag === "UnexpectedStatus" ? error.issue : "", why)
        assert.notInclude(String(error), "s3cret")
        assert.strictEqual(seen.length, 1)
      }).pipe(Effect.provide(live(layer)))
    })
  }

  it.effect("a cache keeps no answer to which a redirect led under the first URL", () => {
    class Kept extends Integration.Service<Kept>()("app/Kept", {
      baseUrl: "https://kept.example",
      redirects: "same-origin",
      policy: { cache: Cache.make() },
      endpoints: [Endpoint.get("one", "/one", { success: Schema.String })]
    }) {}
    const fresh = { headers: { "cache-control": "max-age=60" } }
    const { layer, seen } = network((one) => (one.url.endsWith("/one") ? to(302, "/two") : Response.json("two", fresh)))
    return Effect.gen(function* () {
      const kept = yield* Kept
      assert.strictEqual(yield* kept.one(), "two")
      assert.strictEqual(yield* kept.one(), "two")
      assert.strictEqual(seen.length, 4)
    }).pipe(Effect.provide(Kept.layer.pipe(Layer.provide([Auth.none(Kept), layer]))))
  })

  it.effect("all hops share the time of their attempt", () => {
    class Timed extends Integration.Service<Timed>()("app/Timed", {
      baseUrl: "https://timed.example",
      redirects: "same-origin",
      policy: { ...Policy.none, timeout: "3 seconds" },
      endpoints: [Endpoint.get("one", "/one", { success: Schema.String })]
    }) {}
    const slow = HttpClient.make((request) =>
      Effect.delay(
        Effect.sync(() => HttpClientResponse.fromWeb(request, to(302, `${new URL(request.url).pathname}x`))),
        "2 seconds"
      )
    )
    return Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Effect.flip((yield* Timed).one()))
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "Timeout")
    }).pipe(
      Effect.provide(Timed.layer.pipe(Layer.provide([Auth.none(Timed), Layer.succeed(HttpClient.HttpClient, slow)])))
    )
  })

  it.effect("ten are followed, the eleventh is the answer", () => {
    const { layer, seen } = network((_, index) => to(302, `/${index}`))
    return Effect.gen(function* () {
      const error = yield* Effect.flip((yield* Moved).one())
      assert.strictEqual(error._tag === "UnexpectedStatus" ? error.status : error._tag, 302)
      assert.include(error.message + (error._tag === "UnexpectedStatus" ? error.issue : ""), "10 before it")
      assert.strictEqual(seen.length, 11)
    }).pipe(Effect.provide(live(layer)))
  })

  it.effect("a body that is a stream is not sent again", () => {
    const { layer, seen } = network(() => to(307, "/two"))
    return Effect.gen(function* () {
      const payload = Stream.succeed(new Uint8Array([1]))
      const error = yield* Effect.flip((yield* Moved).stream({ payload }))
      assert.include(error._tag === "UnexpectedStatus" ? error.issue : "", "stream")
      assert.strictEqual(seen.length, 1)
    }).pipe(Effect.provide(live(layer)))
  })

  it.effect(
    "one to a listed origin is followed with credentials where that is allowed, and none where it is off",
    () => {
      const { layer, seen } = network(({ url }) =>
        url.startsWith("https://moved.example") ? to(302, "https://listed.example/two") : Response.json("two")
      )
      return Effect.gen(function* () {
        const moved = yield* Moved
        assert.strictEqual(yield* moved.listed(), "two")
        assert.strictEqual(seen[1]?.headers["authorization"], "Bearer t0k3n-2")
        const error = yield* Effect.flip(moved.never())
        assert.strictEqual(error._tag === "UnexpectedStatus" ? error.status : error._tag, 302)
        assert.strictEqual(seen.length, 3)
      }).pipe(Effect.provide(live(layer)))
    }
  )

  it.effect("a redirect from an unlisted origin to one that receives credentials is not followed", () => {
    const { layer, seen } = network(() => to(302, "https://moved.example/delete-all"))
    return Effect.gen(function* () {
      const error = yield* Effect.flip((yield* Moved).at({ url: "https://evil.example/a" }))
      assert.strictEqual(error._tag, "UnexpectedStatus")
      assert.deepStrictEqual(
        seen.map(({ headers, url }) => [url, headers["authorization"]]),
        [["https://evil.example/a", undefined]]
      )
    }).pipe(Effect.provide(live(layer)))
  })
})
