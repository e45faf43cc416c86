import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import { Effect, Schedule, Schema } from "effect"
import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from "effect/http-api"
import { Endpoint, FormStyle, Integration } from "@causeway/core/client"
import { Cache, Coalesce, InvalidOption } from "@causeway/core/policy"
import { Mock } from "@causeway/core/testing"
import { sentBy } from "./sentRequest.ts"

const makers = {
  get: Endpoint.get,
  post: Endpoint.post,
  put: Endpoint.put,
  query: Endpoint.query
}

/** As a program in plain JavaScript would write it. */
const define = (path: string, options: object, method: keyof typeof makers = "get"): unknown => {
  // The types refuse most of what is tested here.
  const make = makers[method] as unknown as (name: string, path: string, options: object) => unknown
  return make("read", path, options)
}

const id = { id: Schema.String }

describe("a mistake in the options of an endpoint throws InvalidOption with a hint", () => {
  const cases: ReadonlyArray<readonly [string, () => unknown, ReadonlyArray<string>]> = [
    [
      "a name in params that is not in the path",
      () => define("/a/:id", { params: { ident: Schema.String } }),
      ["path of endpoint read", ":id", "(ident)"]
    ],
    [
      "a name in params beside those of the path",
      () => define("/a/:id", { params: { ...id, ref: Schema.String } }),
      ["params of endpoint read", '"ref"']
    ],
    ["a parameter of the path without params", () => define("/a/:id", {}), ["path of endpoint read", ":id", "::"]],
    ["a parameter twice", () => define("/a/:id/:id", { params: id }), [":id twice"]],
    ["braces instead of a colon", () => define("/a/{id}", { params: id }), [":id instead of {id}"]],
    ["a query in the path", () => define("/a?b=c", {}), ["path of endpoint read", "constants"]],
    ["a path that goes up", () => define("/a/../b", {}), ['".."']],
    ["a path without a slash", () => define("a", {}), ['begins with "/"']],
    ["a misspelled option", () => define("/a", { sucess: Schema.String }), ["options of endpoint read", '"success"?']],
    ["a payload on a GET", () => define("/a", { payload: id }), ["options of endpoint read", '"payload"']],
    [
      "a misspelled slot",
      () => define("/a", { policy: { circuitBraker: null } }),
      ["policy of endpoint read", '"circuitBraker"', '"circuitBreaker"?']
    ],
    ["another misspelled slot", () => define("/a", { policy: { rety: Schedule.recurs(3) } }), ['"retry"?']],
    [
      "a cache on a POST",
      () => define("/a", { policy: { cache: Cache.make({}) } }, "post"),
      ["policy.cache of endpoint read", "POST", "GET"]
    ],
    [
      "coalescing on a PUT",
      () => define("/a", { policy: { coalesce: Coalesce.make({}) } }, "put"),
      ["policy.coalesce of endpoint read", "PUT"]
    ],
    [
      "a header that cannot be",
      () => define("/a", { headers: { "x y": Schema.String } }),
      ["headers of endpoint read"]
    ],
    [
      "a constant header with a line break",
      () => define("/a", { constants: { headers: { accept: "a\r\nb: c" } } }),
      ["constants.headers of endpoint read", '"accept"']
    ],
    [
      "a constant header that a caller gives too",
      () => define("/a", { headers: { accept: Schema.String }, constants: { headers: { Accept: "x" } } }),
      ["constants.headers of endpoint read", "`headers` declares too"]
    ],
    [
      "a constant in the query that a caller gives too",
      () => define("/a", { query: { v: Schema.String }, constants: { query: { v: 1 } } }),
      ["constants.query of endpoint read", "`query` declares too"]
    ],
    [
      "a constant in the query that is no text",
      () => define("/a", { constants: { query: { v: {} } } }),
      ["constants.query of endpoint read", '"v"']
    ],
    ["a status that is no error", () => define("/a", { unprocessed: [200] }, "post"), ["unprocessed of endpoint read"]],
    ["unprocessed on a GET", () => define("/a", { unprocessed: [429] }), ["unprocessed of endpoint read", "GET"]],
    [
      "unprocessed beside idempotent",
      () => define("/a", { unprocessed: [429], idempotent: true }, "post"),
      ["unprocessed of endpoint read", "idempotent"]
    ],
    [
      "a style that is not a FormStyle",
      () => define("/a", { query: id, queryStyle: "indices" }),
      ["queryStyle of endpoint read"]
    ]
  ]
  for (const [name, make, parts] of cases) {
    it(name, () => {
      assert.throws(make, InvalidOption.InvalidOption)
      for (const part of parts) assert.throws(make, part)
    })
  }

  it("and what is right is not refused", () => {
    const right = [
      define("/a/:id/b/:ref_2.json", { params: { id: Schema.Int, ref_2: Schema.String } }),
      define("/compare/:base...:head", { params: { base: Schema.String, head: Schema.String } }),
      define("/a/:id?", { params: { id: Schema.optional(Schema.String) } }),
      define("/a", { policy: { cache: Cache.make({}), coalesce: Coalesce.make({}), retry: null } }),
      define("/a", { policy: { cache: null, coalesce: null } }, "post"),
      define("/a", { unprocessed: [429, 529] }, "post"),
      define("/a", { idempotent: false }),
      define("/a", { policy: { coalesce: Coalesce.make({}) }, payload: id }, "query")
    ]
    assert.notInclude(right, undefined)
  })
})

it("a path and its params that differ do not compile", () => {
  // @ts-expect-error: "params does not declare :id, which the path contains"
  assert.throws(() => Endpoint.get("read", "/a/:id"))
  // @ts-expect-error: "params does not declare :ref, which the path contains"
  assert.throws(() => Endpoint.get("read", "/a/:id/:ref", { params: id }))
  // @ts-expect-error: "the path does not contain :ident, which params declares"
  assert.throws(() => Endpoint.post("read", "/a/:id", { params: { ident: Schema.String } }))
  // @ts-expect-error: "the path does not contain :id, which params declares"
  assert.throws(() => Endpoint.get("read", "/a/{id}", { params: id }))
  // @ts-expect-error: there is no such option
  assert.throws(() => Endpoint.get("read", "/a", { success: Schema.String, polcy: {} }))
  const read = Endpoint.get("read", "/a/:id/b-:ref.json", { params: { id: Schema.Int, ref: Schema.String } })
  expectTypeOf(read.path).toEqualTypeOf<"/a/:id/b-:ref.json">()
  const predict = Endpoint.post("predict", "/models/:id::predict", { params: id })
  expectTypeOf(predict.path).toEqualTypeOf<"/models/:id::predict">()
  Endpoint.get("read", "/a/:id", {
    params: Schema.Struct({ ident: Schema.String }).pipe(Schema.encodeKeys({ ident: "id" }))
  })
})

it("a slot that cannot apply to the method does not compile", () => {
  const cache = Cache.make({})
  const coalesce = Coalesce.make({})
  // @ts-expect-error: an answer to a POST is not kept
  assert.throws(() => Endpoint.post("write", "/a", { policy: { cache } }), "policy.cache")
  // @ts-expect-error: an answer to a QUERY is not kept
  assert.throws(() => Endpoint.query("search", "/a", { policy: { cache } }), "policy.cache")
  // @ts-expect-error: each DELETE is sent
  assert.throws(() => Endpoint.delete("remove", "/a", { policy: { coalesce } }), "policy.coalesce")
  const search = Endpoint.query("search", "/a", { policy: { coalesce, timeout: "1 second" } })
  expectTypeOf<(typeof search)["~Policy"]["timeout"]>().toEqualTypeOf<"1 second">()
  const write = Endpoint.post("write", "/a", { policy: { cache: null, timeout: "1 second" } })
  expectTypeOf<(typeof write)["~Policy"]["timeout"]>().toEqualTypeOf<"1 second">()
})

it.effect("two colons in a path are one on the wire", () =>
  Effect.gen(function* () {
    const predict = Endpoint.post("predict", "/models/:id::predict", { params: id })
    const { url } = yield* sentBy(predict, { params: { id: "a:b" } })
    assert.strictEqual(url, "https://api.example/v1/models/a%3Ab:predict")
    assert.strictEqual(
      (yield* sentBy(Endpoint.get("fixed", "/models::list"))).url,
      "https://api.example/v1/models:list"
    )
  })
)

it.effect("HEAD, OPTIONS and QUERY are sent as such, the last with its payload", () =>
  Effect.gen(function* () {
    const sent = yield* sentBy(Endpoint.head("exists", "/things/:id", { params: id }), { params: { id: "a" } })
    assert.deepStrictEqual([sent.method, sent.body], ["HEAD", undefined])
    assert.strictEqual((yield* sentBy(Endpoint.options("allowed", "/things"))).method, "OPTIONS")
    const search = Endpoint.query("search", "/things", { payload: { text: Schema.String } })
    const searched = yield* sentBy(search, { payload: { text: "x" } })
    assert.deepStrictEqual([searched.method, searched.body], ["QUERY", '{"text":"x"}'])
  })
)

it.effect("constants go with every request, over the headers of the integration", () =>
  Effect.gen(function* () {
    const constants = {
      headers: { Accept: "application/vnd.github.raw+json", "X-Beta": "a" },
      query: { "api-version": "7.1", draft: false }
    }
    const bare = yield* sentBy(Endpoint.get("bare", "/a", { constants }))
    assert.strictEqual(bare.query, "api-version=7.1&draft=false")
    const { accept, "x-beta": beta, "x-version": version } = bare.headers
    assert.deepStrictEqual([accept, beta, version], ["application/vnd.github.raw+json", "a", "1"])
    const query = { q: Schema.optional(Schema.String) }
    const asked = yield* sentBy(Endpoint.get("asked", "/a", { constants, query }), { query: { q: "x y" } })
    assert.strictEqual(asked.query, "api-version=7.1&draft=false&q=x+y")
    const styled = Endpoint.get("styled", "/a", { constants, query, queryStyle: FormStyle.repeat })
    assert.strictEqual((yield* sentBy(styled, { query: { q: "x y" } })).query, "api-version=7.1&draft=false&q=x%20y")
  })
)

it("an endpoint remembers whether it may be repeated", () => {
  const search = Endpoint.definition(Endpoint.post("search", "/search", { idempotent: true }))
  assert.deepStrictEqual([search.idempotent, search.unprocessed], [true, []])
  const complete = Endpoint.definition(Endpoint.post("complete", "/complete", { unprocessed: [429] }))
  assert.deepStrictEqual([complete.idempotent, complete.unprocessed], [undefined, [429]])
})

const optional = { q: Schema.optional(Schema.String) }

class Lenient extends Integration.Service<Lenient>()("test/Lenient", {
  baseUrl: "https://api.example",
  endpoints: [
    Endpoint.get("list", "/list", { query: optional, headers: { "x-trace": Schema.optionalKey(Schema.String) } }),
    Endpoint.get("find", "/find/:id", { params: id, query: optional }),
    Endpoint.get("need", "/need", { query: { q: Schema.String } }),
    Endpoint.post("write", "/write", { payload: { a: Schema.String }, query: optional }),
    Endpoint.post("upload", "/upload", {
      payload: Schema.Struct({ a: Schema.String }).pipe(HttpApiSchema.asMultipart())
    })
  ]
}) {}

const empty = Mock.status(204)
const replies = { list: empty, find: empty, need: empty, write: empty, upload: empty }

it.effect("what is optional can be left out of a call, down to the whole request", () =>
  Effect.gen(function* () {
    const lenient = yield* Lenient
    const calls = [
      lenient.list(),
      lenient.list({}),
      lenient.list({ query: {} }),
      lenient.list({ headers: { "x-trace": "1" }, responseMode: "decoded-only" }),
      lenient.find({ params: { id: "1" } }),
      lenient.write({ payload: { a: "x" } }),
      lenient.upload({ payload: new FormData() })
    ]
    for (const call of calls) yield* call
    // @ts-expect-error: a parameter of the path is required
    assert.strictEqual((yield* Effect.flip(lenient.find()))._tag, "TransportFailure")
    // @ts-expect-error: the query has a required field
    assert.strictEqual((yield* Effect.flip(lenient.need({})))._tag, "EncodeFailure")
    // @ts-expect-error: a payload is required
    assert.strictEqual((yield* Effect.flip(lenient.write({ query: {} })))._tag, "EncodeFailure")
    const [, response] = yield* lenient.list({ responseMode: "decoded-and-response" })
    expectTypeOf(response.status).toEqualTypeOf<number>()
  }).pipe(Effect.provide(Lenient.layerMock(replies)))
)

it("an endpoint of an HttpApi whose form would be corrupted is refused where the integration is defined", () => {
  const lines = Schema.Struct({ items: Schema.Array(Schema.Struct({ price: Schema.String })) })
  const api = HttpApi.make("api").add(
    HttpApiGroup.make("orders").add(
      HttpApiEndpoint.post("order", "/orders", { payload: lines.pipe(HttpApiSchema.asFormUrlEncoded()) })
    )
  )
  const define = () => {
    class Orders extends Integration.Service<Orders>()(
      "test/Orders",
      Integration.fromHttpApi(api, { baseUrl: "https://api.example" })
    ) {}
    return Orders
  }
  assert.throws(define, "formStyle of endpoint order")
})

describe("an integration is refused where it is defined", () => {
  const endpoints = [Endpoint.get("read", "/read", { success: Schema.String })] as const
  const defineWith = (options: object) => () =>
    Integration.Service<never>()("test/Refused", { baseUrl: "https://api.example", endpoints, ...options })

  it("when an option is misspelled", () =>
    assert.throws(defineWith({ polcy: {} }), 'options of test/Refused is a record with "polcy"'))

  it("when a slot of its policy is misspelled", () =>
    assert.throws(defineWith({ policy: { circuitBraker: null } }), 'did you mean "circuitBreaker"?'))

  it("and so are overrides with a name that is neither a slot nor an endpoint", () => {
    class Provider extends Integration.Service<Provider>()("test/Provider", {
      baseUrl: "https://a.example",
      endpoints
    }) {}
    // The types refuse such names: this is a program without them.
    const override = (integration: object, own: object) => Provider.layerPolicy(integration, own as {})
    assert.throws(() => override({ timout: null }, {}), /did you mean "timeout"/)
    assert.throws(() => override({}, { raed: { timeout: null } }), /did you mean "read"/)
  })
})
