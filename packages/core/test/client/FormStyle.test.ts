import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema, Stream } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import { HttpApiSchema } from "effect/http-api"
import { OpenAI } from "openai"
import qs from "qs"
import { Stripe } from "stripe"
import { Auth } from "@causeway/core/auth"
import { Endpoint, FormStyle, Integration, Pagination } from "@causeway/core/client"
import { InvalidOption } from "@causeway/core/policy"
import { type Random, randomFrom } from "../policy/randomFrom.ts"
import { sentBy } from "./sentRequest.ts"

const Anything = Schema.Record(Schema.String, Schema.Json)

const form = (style: FormStyle.FormStyle | undefined, payload: Schema.Top = Anything) =>
  Endpoint.post("write", "/things", {
    payload: payload.pipe(HttpApiSchema.asFormUrlEncoded()),
    ...(style !== undefined && { formStyle: style })
  })

const bodyOf = (style: FormStyle.FormStyle | undefined, payload: unknown, schema?: Schema.Top) =>
  Effect.map(sentBy(form(style, schema), { payload }), ({ body }) => body)

const queryOf = (style: FormStyle.FormStyle, query: unknown) =>
  Effect.map(
    sentBy(Endpoint.get("read", "/things", { query: Anything, queryStyle: style }), { query }),
    (sent) => sent.query
  )

const issueOf = (call: Effect.Effect<unknown, unknown>) =>
  Effect.map(Effect.flip(call), (error) => {
    assert.propertyVal(error, "_tag", "EncodeFailure")
    // An EncodeFailure has an issue.
    return (error as { readonly issue: string }).issue
  })

const texts = ["", "a", "x y", "ü&=", "a+b", "~*()'!", "😀", "[x]", "100%", "a.b", "#?/", "line\nbreak", "1"]
const names = ["a", "b c", "d", "é", "k-_", "n1", "e&f=g", "h*~"]

const textFrom = (random: Random) => texts[random(texts.length)] ?? ""

const leafFrom = (random: Random): Schema.Json => {
  switch (random(5)) {
    case 0:
      return random(2_000_000) / 1_000 - 1_000
    case 1:
      return random(2) === 0
    case 2:
      return null
    default:
      return textFrom(random)
  }
}

const recordFrom = (random: Random, value: () => Schema.Json): Record<string, Schema.Json> =>
  Object.fromEntries(Array.from({ length: random(4) }, () => [names[random(names.length)] ?? "", value()]))

/** Any nested value, empty ones included. */
const nestedFrom = (random: Random, depth = 0): Schema.Json => {
  const kind = depth > 3 ? 2 : random(4)
  if (kind === 0) return Array.from({ length: random(4) }, () => nestedFrom(random, depth + 1))
  return kind === 1 ? recordFrom(random, () => nestedFrom(random, depth + 1)) : leafFrom(random)
}

/** Objects in objects, whose arrays hold leaves alone. */
const shallowFrom = (random: Random, leaf: () => Schema.Json, depth = 0): Schema.Json => {
  const kind = depth > 3 ? 2 : random(4)
  if (kind === 0) return Array.from({ length: random(4) }, leaf)
  return kind === 1 ? recordFrom(random, () => shallowFrom(random, leaf, depth + 1)) : leaf()
}

const samples = Array.from({ length: 150 }, (_, seed) => seed)

describe("a form or a query has the same bytes as that of qs", () => {
  const cases: ReadonlyArray<readonly [string, FormStyle.Options, qs.IStringifyOptions]> = [
    ["indices", { arrays: "indices" }, { arrayFormat: "indices" }],
    ["dots and indices", { arrays: "indices", objects: "dots" }, { arrayFormat: "indices", allowDots: true }],
    ["without nulls", { arrays: "indices", nulls: "omit" }, { arrayFormat: "indices", skipNulls: true }]
  ]
  const shallow: ReadonlyArray<readonly [string, FormStyle.Options, qs.IStringifyOptions]> = [
    ["brackets", { arrays: "brackets" }, { arrayFormat: "brackets" }],
    ["repeat", { arrays: "repeat" }, { arrayFormat: "repeat" }],
    ["repeat and dots", { arrays: "repeat", objects: "dots" }, { arrayFormat: "repeat", allowDots: true }],
    ["comma", { arrays: "comma", commas: "escaped" }, { arrayFormat: "comma" }]
  ]
  const both = [
    ...cases.map((one) => [...one, (random: Random) => recordFrom(random, () => nestedFrom(random))] as const),
    ...shallow.map(
      (one) =>
        [...one, (random: Random) => recordFrom(random, () => shallowFrom(random, () => leafFrom(random)))] as const
    )
  ]
  for (const [name, style, options, valueFrom] of both) {
    it.effect(`in the style ${name}, for arbitrary values`, () =>
      Effect.gen(function* () {
        for (const seed of samples) {
          const value = valueFrom(randomFrom(seed))
          const made = FormStyle.make({ ...style, empty: "omit" })
          assert.strictEqual(yield* queryOf(made, value), escapedAsUrl(qs.stringify(value, options)))
          const plus = { ...options, format: "WHATWG" }
          // The types of qs do not have its newest format yet.
          assert.strictEqual(yield* bodyOf(made, value), qs.stringify(value, plus as qs.IStringifyOptions))
        }
      })
    )
  }

  it.effect("with empty arrays as brackets, for arbitrary values", () =>
    Effect.gen(function* () {
      for (const seed of samples) {
        const random = randomFrom(seed)
        const value = recordFrom(random, () => nestedFrom(random))
        const style = FormStyle.make({ arrays: "indices", empty: "brackets", brackets: "literal", spaces: "percent" })
        const theirs = qs.stringify(value, { allowEmptyArrays: true })
        assert.strictEqual(decodeURIComponent((yield* bodyOf(style, value)) ?? ""), decodeURIComponent(theirs))
      }
    })
  )

  it.effect("with literal commas, which separate escaped elements", () =>
    Effect.gen(function* () {
      const value = { ids: [1, "x y", "ü"], q: "a b" }
      const theirs = qs.stringify(value, { arrayFormat: "comma", encodeValuesOnly: true })
      assert.strictEqual(yield* queryOf(FormStyle.comma, value), theirs)
      assert.strictEqual(theirs, "ids=1,x%20y,%C3%BC&q=a%20b")
    })
  )
})

/** A URL parser escapes nothing that qs has left as it is. */
const escapedAsUrl = (query: string): string => new URL(`https://api.example/?${query}`).search.slice(1)

describe("a form or a query has the same bytes as that of stripe-node", () => {
  const style = FormStyle.make({ arrays: "indices", brackets: "literal", spaces: "percent", empty: "omit" })
  const sent: Array<{ readonly url: string; readonly body: unknown }> = []
  const fetch = (url: unknown, init?: { readonly body?: unknown }) => {
    sent.push({ url: String(url), body: init?.body })
    return Promise.resolve(Response.json({}))
  }
  const stripe = new Stripe("sk_test_1", {
    // It is called with a URL and a text only.
    httpClient: Stripe.createFetchHttpClient(fetch as unknown as Parameters<typeof Stripe.createFetchHttpClient>[0]),
    telemetry: false
  })

  it.effect("for arbitrary forms", () =>
    Effect.gen(function* () {
      for (const seed of samples) {
        const random = randomFrom(seed)
        const value = { ...recordFrom(random, () => nestedFrom(random)), last: "x" }
        yield* Effect.promise(() => stripe.rawRequest("POST", "/v1/things", value))
        assert.strictEqual(yield* bodyOf(style, value), sent.at(-1)?.body)
      }
    })
  )

  it.effect("for a query", () =>
    Effect.gen(function* () {
      const query = { limit: 2, expand: ["data.customer"], email: "a b+c@x.example", created: { gte: 1, lt: 2 } }
      yield* Effect.promise(() => stripe.customers.list(query))
      assert.strictEqual(yield* queryOf(style, query), new URL(sent.at(-1)?.url ?? "").search.slice(1))
    })
  )
})

describe("a query has the same bytes as that of the official client of OpenAI", () => {
  const urls: Array<string> = []
  const openai = new OpenAI({
    apiKey: "sk-test",
    fetch: (url) => {
      urls.push(url instanceof Request ? url.url : String(url))
      return Promise.resolve(Response.json({}))
    }
  })

  it.effect("for arbitrary values whose arrays hold leaves", () =>
    Effect.gen(function* () {
      const style = FormStyle.make({ arrays: "brackets", empty: "omit" })
      for (const seed of samples) {
        const random = randomFrom(seed)
        const query = recordFrom(random, () => shallowFrom(random, () => leafFrom(random)))
        yield* Effect.promise(() => openai.get("/things", { query }))
        assert.strictEqual(yield* queryOf(style, query), new URL(urls.at(-1) ?? "").search.slice(1))
      }
    })
  )
})

it.effect("each style writes arrays and objects as its documentation says", () =>
  Effect.gen(function* () {
    const literal = ({ arrays }: FormStyle.FormStyle) => FormStyle.make({ arrays, brackets: "literal" })
    const lists = { a: [1, 2], o: { b: "c" } }
    const objects = { items: [{ price: "x", n: 1 }, { price: "y" }] }
    assert.strictEqual(yield* bodyOf(literal(FormStyle.indices), lists), "a[0]=1&a[1]=2&o[b]=c")
    assert.strictEqual(yield* bodyOf(literal(FormStyle.brackets), lists), "a[]=1&a[]=2&o[b]=c")
    assert.strictEqual(yield* bodyOf(FormStyle.dots, { o: { b: "c" } }), "o.b=c")
    assert.strictEqual(yield* bodyOf(literal(FormStyle.repeat), lists), "a=1&a=2&o[b]=c")
    assert.strictEqual(yield* bodyOf(literal(FormStyle.comma), lists), "a=1,2&o[b]=c")
    assert.strictEqual(
      yield* bodyOf(literal(FormStyle.indices), objects),
      "items[0][price]=x&items[0][n]=1&items[1][price]=y"
    )
    assert.strictEqual(
      yield* bodyOf(literal(FormStyle.brackets), objects),
      "items[][price]=x&items[][n]=1&items[][price]=y"
    )
    // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html
    assert.strictEqual(
      yield* bodyOf(FormStyle.numbered, { Filter: [{ Name: "instance-type", Value: ["m1.small", "m1.large"] }] }),
      "Filter.1.Name=instance-type&Filter.1.Value.1=m1.small&Filter.1.Value.2=m1.large"
    )
  })
)

describe("a field is written as its schema encodes it", () => {
  const Payload = Schema.Struct({
    at: Schema.Date,
    amount: Schema.BigInt,
    live: Schema.Boolean,
    email: Schema.NullOr(Schema.String),
    note: Schema.optional(Schema.String),
    line: Schema.optional(Schema.Struct({ city: Schema.optional(Schema.String), zip: Schema.NullOr(Schema.String) }))
  }).pipe(Schema.encodeKeys({ live: "live_mode" }))
  const value = { at: new Date(0), amount: 9_007_199_254_740_993n, live: true, email: null, note: undefined }
  const line = { city: undefined, zip: null }

  it.effect("dates, large integers, booleans, nulls and renamed fields; what is undefined is left out", () =>
    Effect.gen(function* () {
      const written = yield* bodyOf(FormStyle.dots, { ...value, line }, Payload)
      assert.strictEqual(
        written,
        "at=1970-01-01T00%3A00%3A00.000Z&amount=9007199254740993&live_mode=true&email=&line.zip="
      )
    })
  )

  it.effect("also without a style, where a null is not the text of one", () =>
    Effect.gen(function* () {
      const fields = { email: Schema.NullOr(Schema.String), note: Schema.optional(Schema.NullOr(Schema.String)) }
      assert.strictEqual(yield* bodyOf(undefined, { email: null, note: undefined }, Schema.Struct(fields)), "email=")
      const read = Endpoint.get("read", "/things", { query: fields })
      assert.strictEqual((yield* sentBy(read, { query: { email: null } })).query, "email=")
    })
  )
})

describe("a schema that a style cannot express is refused where the endpoint is defined", () => {
  const Line = Schema.Struct({ price: Schema.String })
  interface Tree {
    readonly children: ReadonlyArray<Tree>
  }
  const Tree: Schema.Codec<Tree> = Schema.Struct({ children: Schema.Array(Schema.suspend(() => Tree)) })
  const lists = Schema.Struct({ rows: Schema.Array(Schema.Array(Schema.Int)) })
  const lines = Schema.Struct({ cart: Schema.Struct({ items: Schema.optional(Schema.Array(Line)) }) })
  const cases: ReadonlyArray<readonly [string, FormStyle.FormStyle | undefined, Schema.Top, string]> = [
    ["objects in an array, without a style", undefined, lines, '"cart.items" is an array of objects'],
    ["objects in an array, repeated", FormStyle.repeat, lines, '"cart.items" is an array of objects'],
    ["objects in an array, with commas", FormStyle.comma, lines, '"cart.items" is an array of objects'],
    ["arrays in an array, without a style", undefined, lists, '"rows" is an array of arrays'],
    ["arrays in an array, in brackets without indices", FormStyle.brackets, lists, '"rows" is an array of arrays'],
    ["a tree, repeated", FormStyle.repeat, Tree, '"children" is an array of objects'],
    [
      "a union with an object in an array",
      FormStyle.comma,
      Schema.Struct({ a: Schema.Array(Schema.Union([Schema.String, Line])) }),
      '"a" is an array of objects'
    ],
    [
      "a name with the character of the structure",
      FormStyle.dots,
      Schema.Struct({ a: Schema.Struct({ "b.c": Schema.String }) }),
      '"a" has a field "b.c"'
    ]
  ]
  for (const [name, style, payload, message] of cases) {
    it(name, () => {
      assert.throws(() => form(style, payload), InvalidOption.InvalidOption)
      assert.throws(() => form(style, payload), message)
      const asQuery = () =>
        Endpoint.get("read", "/things", { query: payload, ...(style !== undefined && { queryStyle: style }) })
      assert.throws(asQuery, `queryStyle of endpoint read`)
    })
  }

  it("a recursive schema in a style that has indices is not refused", () => {
    assert.strictEqual(form(FormStyle.indices, Tree).method, "POST")
  })

  it("a style for a part that the endpoint does not have", () => {
    assert.throws(
      () => Endpoint.post("write", "/things", { payload: { a: Schema.String }, formStyle: FormStyle.indices }),
      "formStyle of endpoint write"
    )
    assert.throws(
      () => Endpoint.get("read", "/things", { queryStyle: FormStyle.indices }),
      "queryStyle of endpoint read"
    )
    // @ts-expect-error: no style writes arrays so
    assert.throws(() => FormStyle.make({ arrays: "semicolons" }), "formStyle.arrays")
  })
})

describe("a value that a style cannot express is an EncodeFailure that names the field", () => {
  const cases: ReadonlyArray<readonly [string, FormStyle.FormStyle | undefined, unknown, string]> = [
    ["an empty array", FormStyle.indices, { a: { b: [] } }, '"a[b]" is an empty array'],
    ["an empty object", FormStyle.indices, { a: [{}] }, '"a[0]" is an empty object'],
    ["an empty array, without a style", undefined, { ids: [] }, '"ids" is an empty array'],
    ["an object in a repeated array", FormStyle.repeat, { a: [{ b: 1 }] }, '"a" is an array of objects'],
    ["an object in an array, without a style", undefined, { a: [{ b: 1 }] }, '"a" is an array of objects'],
    ["an element with a comma", FormStyle.comma, { a: ["x,y"] }, '"a" has an element with a comma'],
    ["elements that do not begin alike", FormStyle.brackets, { a: [{ b: 1 }, { c: 1 }] }, '"a" has elements'],
    ["a name with a bracket", FormStyle.indices, { a: { "b]": 1 } }, '"a" has a field "b]"'],
    ["a name with a dot", FormStyle.dots, { a: { "b.c": 1 } }, '"a" has a field "b.c"'],
    ["a field without a name", FormStyle.indices, { a: { "": 1 } }, '"a" has a field without a name'],
    ["a lone surrogate", FormStyle.indices, { a: ["\ud800"] }, '"a[0]" contains a lone surrogate']
  ]
  for (const [name, style, value, issue] of cases) {
    it.effect(name, () =>
      Effect.gen(function* () {
        assert.include(yield* issueOf(bodyOf(style, value)), issue)
        if (style !== undefined) assert.include(yield* issueOf(queryOf(style, value)), issue)
      })
    )
  }
})

it.effect("a paginated query in a style has each parameter once on every page", () =>
  Effect.gen(function* () {
    const Page = Schema.Struct({ data: Schema.Array(Schema.String), next: Schema.NullOr(Schema.String) })
    class Provider extends Integration.Service<Provider>()("test/Pages", {
      baseUrl: "https://api.example",
      endpoints: [
        Endpoint.get("list", "/list", {
          query: { expand: Schema.Array(Schema.String), after: Schema.optional(Schema.String) },
          queryStyle: FormStyle.make({ arrays: "brackets", brackets: "literal" }),
          success: Page,
          pagination: Pagination.cursor(Page, { query: "after", next: ({ next }) => next, items: ({ data }) => data })
        })
      ]
    }) {}
    const queries: Array<string> = []
    const client = HttpClient.make((request, url) => {
      queries.push(url.search)
      const next = { "": "a b", "a b": "c&d" }[url.searchParams.get("after") ?? ""] ?? null
      return Effect.succeed(HttpClientResponse.fromWeb(request, Response.json({ data: ["x"], next })))
    })
    const live = Provider.layer.pipe(Layer.provide([Auth.none(Provider), Layer.succeed(HttpClient.HttpClient, client)]))
    const provider = yield* Effect.provide(Provider, live)
    const items = yield* Stream.runCollect(provider.list.items({ query: { expand: ["data.customer"] } }))
    assert.deepStrictEqual([...items], ["x", "x", "x"])
    assert.deepStrictEqual(queries, [
      "?expand[]=data.customer",
      "?expand[]=data.customer&after=a%20b",
      "?expand[]=data.customer&after=c%26d"
    ])
  })
)

it.effect("a form of a class is written by its fields", () =>
  Effect.gen(function* () {
    class Customer extends Schema.Class<Customer>("Customer")({
      email: Schema.NullOr(Schema.String),
      tags: Schema.Array(Schema.String)
    }) {}
    const payload = new Customer({ email: null, tags: ["a", "b"] })
    assert.strictEqual(yield* bodyOf(undefined, payload, Customer), "email=&tags=a&tags=b")
    assert.strictEqual(yield* bodyOf(FormStyle.comma, payload, Customer), "email=&tags=a,b")
  })
)
