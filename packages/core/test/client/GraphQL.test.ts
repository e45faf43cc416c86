import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schedule, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { CallError, Endpoint, GraphQL, Integration } from "@causeway/core/client"
import { Breaker, Policy, Retry } from "@causeway/core/policy"
import { Mock } from "@causeway/core/testing"

const Product = Schema.Struct({ id: Schema.String })
const Products = Schema.Struct({ products: GraphQL.Connection(Product) })
const document = `
  # The products, page by page
  query Products($first: Int! = 10, $after: String, $since: DateTime) @cached(for: $first) {
    products(first: $first, after: $after, since: $since) { nodes { id } pageInfo { hasNextPage endCursor } }
  }`

const Shop = Schema.Struct({ shop: Schema.Struct({ name: Schema.NullOr(Schema.String) }) })

const endpoints = [
  GraphQL.query("products", document, {
    variables: {
      first: Schema.optional(Schema.Int),
      after: Schema.optional(Schema.String),
      since: Schema.optional(Schema.DateTimeUtcFromString)
    },
    data: Products,
    pagination: GraphQL.connection(Products, { of: (data) => data.products })
  }),
  GraphQL.query("shop", "{ shop { name } }", { data: Shop, path: "/api/graphql.json" }),
  GraphQL.query("partly", "{ shop { name } }", { data: Shop, partial: true }),
  GraphQL.query("costly", "{ shop { name } }", {
    data: Shop,
    extensions: Schema.Struct({ cost: Schema.Struct({ actualQueryCost: Schema.Number }) }),
    policy: {
      rateLimit: {
        limit: 100,
        window: "10 seconds",
        maxWait: "1 minute",
        // What the answer says that the query cost, once it is known.
        costOf: ({ value }) =>
          (value as { readonly extensions?: { readonly cost: { readonly actualQueryCost: number } } } | undefined)
            ?.extensions?.cost.actualQueryCost
      }
    }
  }),
  GraphQL.mutation("rename", "mutation Rename($name: String!) { rename(name: $name) { name } }", {
    variables: { name: Schema.String },
    data: Schema.Struct({ rename: Schema.Struct({ name: Schema.String }) })
  })
] as const

class Store extends Integration.Service<Store>()("test/Store", {
  baseUrl: "https://store.example",
  endpoints,
  policy: {
    ...Policy.none,
    retry: Retry.make({ schedule: Schedule.spaced("100 millis"), attempts: 3 }),
    circuitBreaker: Breaker.consecutive({ failures: 5 })
  }
}) {}

const shop = { data: { shop: { name: "A" } } }

const page = (id: string, endCursor: string | null, hasNextPage = endCursor !== null) =>
  Mock.status(200, { body: { data: { products: { nodes: [{ id }], pageInfo: { hasNextPage, endCursor } } } } })

const withCode = (code: string, more: object = {}) =>
  Mock.status(200, { body: { errors: [{ message: "no", extensions: { code } }], ...more } })

const cost = (requestedQueryCost: number, currentlyAvailable: number) => ({
  data: null,
  extensions: {
    cost: {
      requestedQueryCost,
      actualQueryCost: null,
      throttleStatus: { maximumAvailable: 1000, currentlyAvailable, restoreRate: 50 }
    }
  }
})

describe("a GraphQL request", () => {
  it.effect("has the document, the name of its operation and the encoded variables", () =>
    Effect.gen(function* () {
      const sent: Array<unknown> = []
      const replies = Mock.by((request) => {
        // A JSON payload is sent as bytes.
        const { body } = request as { readonly body: { readonly body: Uint8Array } }
        sent.push([request.url, request.headers["accept"], JSON.parse(new TextDecoder().decode(body.body))])
        return request.url.endsWith(".json") ? Mock.status(200, { body: shop }) : page("p1", null)
      })
      yield* Effect.gen(function* () {
        const store = yield* Store
        const since = yield* Effect.orDie(
          Schema.decodeUnknownEffect(Schema.DateTimeUtcFromString)("2026-01-01T00:00:00Z")
        )
        yield* store.products({ payload: { variables: { first: 2, since } } })
        yield* store.products()
        assert.deepStrictEqual((yield* store.shop()).data, { shop: { name: "A" } })
      }).pipe(Effect.provide(Store.layerMock({ products: replies, shop: replies })))
      const accept = "application/graphql-response+json, application/json;q=0.9"
      assert.deepStrictEqual(sent, [
        [
          "http://mock.invalid/graphql",
          accept,
          { query: document, operationName: "Products", variables: { first: 2, since: "2026-01-01T00:00:00.000Z" } }
        ],
        ["http://mock.invalid/graphql", accept, { query: document, operationName: "Products" }],
        ["http://mock.invalid/api/graphql.json", accept, { query: "{ shop { name } }" }]
      ])
    })
  )

  it.effect("for a list takes the cursor of each page into its variables, up to the last page", () =>
    Effect.gen(function* () {
      const store = yield* Store
      const items = yield* store.products.items({ payload: { variables: { first: 1 } } }).pipe(Stream.runCollect)
      assert.deepStrictEqual(
        items.map(({ id }) => id),
        ["p1", "p2", "p3"]
      )
      const all = yield* store.products.items().pipe(Stream.runCollect, Effect.flip)
      assert.strictEqual(all._tag, "DecodeFailure")
    }).pipe(
      Effect.provide(
        Store.layerMock({
          products: Mock.sequence(page("p1", "c1"), page("p2", "c2"), page("p3", "c3", false), page("p1", null, true))
        })
      )
    )
  )

  it.effect("for a list fails on a page with errors, after the items that came", () =>
    Effect.gen(function* () {
      const store = yield* Store
      const came: Array<string> = []
      const error = yield* store.products.items().pipe(
        Stream.runForEach(({ id }) => Effect.sync(() => came.push(id))),
        Effect.flip
      )
      assert.deepStrictEqual([error._tag, came], ["GraphQLFailure", ["p1"]])
    }).pipe(Effect.provide(Store.layerMock({ products: Mock.sequence(page("p1", "c1"), withCode("ACCESS_DENIED")) })))
  )
})

describe("the errors of a GraphQL response", () => {
  it.effect("fail the call with their messages and codes, also beside data", () =>
    Effect.gen(function* () {
      const store = yield* Store
      const error = yield* Effect.flip(store.shop())
      if (error._tag !== "GraphQLFailure") return assert.fail(error._tag)
      assert.deepStrictEqual(error.codes, ["BAD_USER_INPUT"])
      assert.strictEqual(error.message, "the response has errors: no")
      assert.deepStrictEqual(error.data, { shop: { name: null } })
      assert.strictEqual(CallError.infoOf(error)?.category, "rejected")
    }).pipe(Effect.provide(Store.layerMock({ shop: withCode("BAD_USER_INPUT", { data: { shop: { name: null } } }) })))
  )

  it.effect("stand beside the data where the endpoint takes partial data, and fail the call without data", () =>
    Effect.gen(function* () {
      const { partly } = yield* Store
      const { data, errors } = yield* partly()
      assert.deepStrictEqual([data, errors.map(({ message }) => message)], [{ shop: { name: null } }, ["no"]])
      assert.deepStrictEqual((yield* partly()).errors, [])
      assert.strictEqual((yield* Effect.flip(partly()))._tag, "GraphQLFailure")
      assert.strictEqual((yield* Effect.flip(partly()))._tag, "GraphQLFailure")
    }).pipe(
      Effect.provide(
        Store.layerMock({
          partly: Mock.sequence(
            withCode("X", { data: { shop: { name: null } } }),
            Mock.status(200, { body: shop }),
            withCode("X", { data: null }),
            withCode("X")
          )
        })
      )
    )
  )

  for (const [code, category, attempts] of [
    ["THROTTLED", "throttled", 3],
    ["RATE_LIMITED", "throttled", 3],
    ["INTERNAL_SERVER_ERROR", "transient", 3],
    ["UNAUTHENTICATED", "unauthorized", 1],
    ["MAX_COST_EXCEEDED", "rejected", 1],
    ["SOMETHING_NEW", "rejected", 1]
  ] as const) {
    it.effect(`with the code ${code} are ${category}`, () =>
      Effect.gen(function* () {
        const store = yield* Store
        const fiber = yield* Effect.forkChild(Effect.flip(store.shop()))
        yield* TestClock.adjust("10 seconds")
        const info = CallError.infoOf(yield* Fiber.join(fiber))
        assert.deepStrictEqual([info?.category, info?.attempts], [category, attempts])
      }).pipe(Effect.provide(Store.layerMock({ shop: withCode(code) })))
    )
  }

  it.effect("written in `type`, as GitHub does, are understood too", () =>
    Effect.gen(function* () {
      const store = yield* Store
      const fiber = yield* Effect.forkChild(store.shop())
      yield* TestClock.adjust("29 seconds")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual((yield* Fiber.join(fiber)).data, { shop: { name: "A" } })
    }).pipe(
      Effect.provide(
        Store.layerMock({
          shop: Mock.sequence(
            Mock.status(200, {
              body: { errors: [{ type: "RATE_LIMITED", message: "API rate limit exceeded" }] },
              headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "30" }
            }),
            Mock.status(200, { body: shop })
          )
        })
      )
    )
  )

  it.effect("of a mutation do not repeat it", () =>
    Effect.gen(function* () {
      const { rename } = yield* Store
      const error = yield* Effect.flip(rename({ payload: { variables: { name: "B" } } }))
      assert.strictEqual(CallError.infoOf(error)?.attempts, 1)
    }).pipe(Effect.provide(Store.layerMock({ rename: withCode("INTERNAL_SERVER_ERROR") })))
  )

  for (const [status, category] of [
    [400, "rejected"],
    [401, "unauthorized"],
    [503, "transient"]
  ] as const) {
    it.effect(`with the status ${status} have the category of the status`, () =>
      Effect.gen(function* () {
        const store = yield* Store
        const fiber = yield* Effect.forkChild(Effect.flip(store.shop()))
        yield* TestClock.adjust("10 seconds")
        const error = yield* Fiber.join(fiber)
        assert.deepStrictEqual([error._tag, CallError.infoOf(error)?.category], ["GraphQLFailure", category])
      }).pipe(
        Effect.provide(
          Store.layerMock({
            shop: Mock.status(status, {
              body: { errors: [{ message: "no" }] },
              headers: { "content-type": "application/graphql-response+json" }
            })
          })
        )
      )
    )
  }

  it.effect("that have an unusual form still fail the call", () =>
    Effect.gen(function* () {
      const store = yield* Store
      const error = yield* Effect.flip(store.shop())
      assert.strictEqual(error._tag, "UnexpectedStatus")
    }).pipe(Effect.provide(Store.layerMock({ shop: Mock.status(200, { body: { ...shop, errors: [{}] } }) })))
  )

  it.effect("are what a mock replies with", () =>
    Effect.gen(function* () {
      const store = yield* Store
      const error = yield* Effect.flip(store.shop())
      assert.deepStrictEqual([error._tag, CallError.infoOf(error)?.category], ["GraphQLFailure", "unauthorized"])
    }).pipe(
      Effect.provide(
        Store.layerMock({
          shop: Mock.fail(
            new GraphQL.GraphQLFailure({ errors: [{ message: "no", extensions: { code: "UNAUTHENTICATED" } }] })
          )
        })
      )
    )
  )
})

describe("the cost of a query", () => {
  it.effect("that was throttled says how long it waits: until the points that it lacks are restored", () =>
    Effect.gen(function* () {
      const store = yield* Store
      const fiber = yield* Effect.forkChild(store.shop())
      // (752 - 502) points at 50 a second
      yield* TestClock.adjust("4999 millis")
      assert.strictEqual((yield* Mock.journal(Store)).calls[0]?.attempts.length, 1)
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual((yield* Fiber.join(fiber)).data, { shop: { name: "A" } })
    }).pipe(
      Effect.provide(
        Store.layerMock({
          shop: Mock.sequence(withCode("THROTTLED", cost(752, 502)), Mock.status(200, { body: shop }))
        })
      )
    )
  )

  it.effect("above what the bucket can hold is not waited for", () =>
    Effect.gen(function* () {
      const store = yield* Store
      const info = CallError.infoOf(yield* Effect.flip(store.shop()))
      assert.deepStrictEqual([info?.category, info?.attempts], ["rejected", 1])
    }).pipe(Effect.provide(Store.layerMock({ shop: withCode("THROTTLED", cost(1001, 900)) })))
  )

  it.effect("is in the extensions of the answer, for the caller and for `costOf` of a rate limit", () =>
    Effect.gen(function* () {
      const { costly } = yield* Store
      assert.strictEqual((yield* costly()).extensions?.cost.actualQueryCost, 100)
      const second = yield* Effect.forkChild(costly())
      yield* TestClock.adjust("9 seconds")
      assert.isUndefined(second.pollUnsafe())
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(second)
    }).pipe(
      Effect.provide(
        Store.layerMock({
          costly: Mock.status(200, { body: { ...shop, extensions: { cost: { actualQueryCost: 100 } } } })
        })
      )
    )
  )
})

describe("a GraphQL document", () => {
  const data = Schema.Unknown
  const refused: ReadonlyArray<readonly [string, string, () => unknown]> = [
    ["is empty", "without an operation", () => GraphQL.query("x", " # none\n", { data })],
    ["has only a fragment", "without an operation", () => GraphQL.query("x", "fragment F on T { a }", { data })],
    ["does not end", 'a missing "}"', () => GraphQL.query("x", "{ a", { data })],
    ["has a bracket too many", 'an unexpected "}"', () => GraphQL.query("x", "{ a } }", { data })],
    ["has two operations", "operationName", () => GraphQL.query("x", "query A { a } query B { b }", { data })],
    [
      "lacks the operation",
      '"C"',
      () => GraphQL.query("x", "query A { a } query B { b }", { data, operationName: "C" })
    ],
    ["is a mutation where a query is meant", "a mutation", () => GraphQL.query("x", "mutation { a }", { data })],
    ["is a query where a mutation is meant", "a query", () => GraphQL.mutation("x", "{ a }", { data })],
    ["is a subscription", "a subscription", () => GraphQL.query("x", "subscription { a }", { data })],
    [
      "declares a variable that `variables` lacks",
      "without $id",
      () => GraphQL.query("x", "query ($id: ID!) { a(id: $id) }", { data })
    ],
    [
      "does not declare a variable that is given",
      'did you mean "first"?',
      () =>
        GraphQL.query("x", "query ($first: Int) { a(n: $first) }", {
          data,
          variables: { first: Schema.Int, frist: Schema.Int }
        })
    ],
    ["uses a variable that it does not declare", "uses $id", () => GraphQL.query("x", "{ a(id: $id) }", { data })]
  ]
  for (const [what, message, define] of refused) {
    it(`that ${what} is refused where the endpoint is defined`, () => {
      assert.throws(define, message)
    })
  }

  it("is read as the specification says: strings, comments, fragments, defaults, several operations", () => {
    const text = `
      fragment query on Query { text(is: "} $no \\" {") block(is: """ } " \\""" $no """) }
      query A { ...query }
      mutation B($input: [Input!]! = [{ a: 1 }], $b: Int) @d(b: $b) { set(input: $input) { id } } # }`
    const b = GraphQL.mutation("b", text, {
      data,
      operationName: "B",
      variables: { input: Schema.optional(Schema.Unknown), b: Schema.optional(Schema.Int) }
    })
    assert.deepStrictEqual([b.method, b.path], ["POST", "/graphql"])
    assert.isTrue(Endpoint.definition(GraphQL.query("a", text, { data, operationName: "A" })).idempotent)
  })

  it("that never ends is scanned in linear time", () => {
    for (const text of ['"'.repeat(200_000), '"\\'.repeat(200_000), '"""\\"'.repeat(100_000), "$".repeat(200_000)]) {
      assert.throws(() => GraphQL.query("x", text, { data }))
    }
  })

  it("has an option that does not exist refused", () => {
    const misspelled = { data, variable: {} }
    assert.throws(() => GraphQL.query("x", "{ a }", misspelled), 'did you mean "variables"?')
  })
})

describe("the rules of GraphQL", () => {
  class Plain extends Integration.Service<Plain>()("test/Plain", {
    baseUrl: "https://plain.example",
    endpoints: [Endpoint.post("run", "/graphql", { payload: { query: Schema.String }, success: Schema.Unknown })],
    policy: Policy.none,
    failures: GraphQL.failures
  }) {}

  it.effect("work for an endpoint that is written by hand", () =>
    Effect.gen(function* () {
      const plain = yield* Plain
      const error = yield* Effect.flip(plain.run({ payload: { query: "{ a }" } }))
      assert.strictEqual(error._tag, "GraphQLFailure")
    }).pipe(Effect.provide(Plain.layerMock({ run: withCode("X") })))
  )
})
