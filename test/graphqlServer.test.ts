/** GraphQL endpoints against a server that runs the reference implementation, `graphql`. */
import { once } from "node:events"
import { createServer } from "node:http"
import { json } from "node:stream/consumers"
import { Config, ConfigProvider, Effect, Layer, Result, Schema, Stream } from "effect"
import { buildSchema, graphql, GraphQLError, parse, validate } from "graphql"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { Auth } from "@causeway/core/auth"
import { CallError, GraphQL, Integration } from "@causeway/core/client"
import { Policy } from "@causeway/core/policy"
import { Transport } from "@causeway/node"

const schema = buildSchema(`
  scalar DateTime
  type Query { products(first: Int!, after: String, since: DateTime): Products!  shop: Shop  broken: String  secret: String }
  type Mutation { rename(input: RenameInput!): Shop! }
  input RenameInput { name: String!, tags: [String!] = ["new"] }
  type Products { edges: [Edge!]!  pageInfo: PageInfo! }
  type Edge { node: Product! }
  type Product { id: ID! }
  type PageInfo { hasNextPage: Boolean!  endCursor: String }
  type Shop { name: String!  owner: String }
`)

const failing = (message: string, code: string) => () => {
  throw new GraphQLError(message, { extensions: { code } })
}

const rootValue = {
  products: ({ after, first }: { readonly after?: string; readonly first: number }) => {
    const start = Number(after ?? 0)
    const ids = [1, 2, 3, 4, 5].slice(start, start + first)
    const end = start + ids.length
    const edges = ids.map((id) => ({ node: { id } }))
    return { edges, pageInfo: { hasNextPage: end < 5, endCursor: String(end) } }
  },
  shop: { name: "A", owner: failing("no owner", "INTERNAL_SERVER_ERROR") },
  broken: failing("broken", "INTERNAL_SERVER_ERROR"),
  secret: failing("who are you?", "UNAUTHENTICATED"),
  rename: ({ input }: { readonly input: { readonly name: string; readonly tags: ReadonlyArray<string> } }) => ({
    name: `${input.name} ${input.tags.join()}`
  })
}

interface Asked {
  readonly query: string
  readonly operationName?: string
  readonly variables?: Record<string, unknown>
}

/** As GraphQL over HTTP asks: what is no valid request has the status 400. */
const server = createServer(async (request, response) => {
  // The tests send nothing else.
  const { operationName, query: source, variables: variableValues } = (await json(request)) as Asked
  const isValid = Result.try(() => validate(schema, parse(source)).length === 0)
  const answer = await graphql({ schema, source, rootValue, variableValues, operationName })
  const status = Result.isSuccess(isValid) && isValid.success && "data" in answer ? 200 : 400
  response.writeHead(status, { "content-type": "application/graphql-response+json; charset=utf-8" })
  response.end(JSON.stringify(answer))
})

let url = ""

beforeAll(async () => {
  await once(server.listen(0, "127.0.0.1"), "listening")
  const address = server.address()
  url = typeof address === "object" && address !== null ? `http://127.0.0.1:${address.port}` : ""
})

afterAll(() => {
  server.close()
  server.closeAllConnections()
})

const Products = Schema.Struct({
  products: Schema.Struct({
    edges: Schema.Array(Schema.Struct({ node: Schema.Struct({ id: Schema.String }) })),
    pageInfo: GraphQL.PageInfo
  })
})

const documents = {
  products: `query Products($first: Int!, $after: String, $since: DateTime) {
    products(first: $first, after: $after, since: $since) { ...Page }
  }
  fragment Page on Products { edges { node { id } } pageInfo { hasNextPage endCursor } }`,
  shop: "{ shop { name owner } }",
  rename: `mutation Rename($input: RenameInput!) { rename(input: $input) { name } }
  query Other { broken }`
}

const shop = Schema.Struct({ name: Schema.String, owner: Schema.NullOr(Schema.String) })

class Store extends Integration.Service<Store>()("test/Store", {
  baseUrl: Config.String("STORE"),
  endpoints: [
    GraphQL.query("products", documents.products, {
      variables: {
        first: Schema.Int,
        after: Schema.optional(Schema.String),
        since: Schema.optional(Schema.DateTimeUtcFromString)
      },
      data: Products,
      pagination: GraphQL.connection(Products, { of: (data) => data.products })
    }),
    GraphQL.query("shop", documents.shop, { data: Schema.Struct({ shop }), partial: true }),
    GraphQL.query("wholeShop", documents.shop, { data: Schema.Struct({ shop }) }),
    GraphQL.query("broken", "{ broken }", { data: Schema.Unknown }),
    GraphQL.query("secret", "query Secret { secret }", { data: Schema.Unknown }),
    GraphQL.query("unknown", "{ nothing }", { data: Schema.Unknown }),
    GraphQL.mutation("rename", documents.rename, {
      operationName: "Rename",
      variables: {
        input: Schema.Struct({ name: Schema.String, tags: Schema.optional(Schema.Array(Schema.String)) })
      },
      data: Schema.Struct({ rename: Schema.Struct({ name: Schema.String }) })
    })
  ],
  policy: Policy.none
}) {}

const run = <A, E>(program: Effect.Effect<A, E, Store>) =>
  Effect.runPromise(
    Effect.provide(
      program,
      Store.layer.pipe(
        Layer.provide([Auth.none(Store), Transport.layer]),
        Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({ STORE: url })))
      )
    )
  )

describe("against the reference implementation", () => {
  test("a list is read to its last page", async () => {
    const items = await run(
      Effect.flatMap(Store, (store) =>
        store.products.items({ payload: { variables: { first: 2 } } }).pipe(Stream.runCollect)
      )
    )
    expect(items.map(({ id }) => id)).toEqual(["1", "2", "3", "4", "5"])
  })

  test("a mutation of a document with several operations is run with its input", async () => {
    const { data } = await run(
      Effect.flatMap(Store, (store) => store.rename({ payload: { variables: { input: { name: "B" } } } }))
    )
    expect(data.rename.name).toBe("B new")
  })

  test("partial data is a success where the endpoint takes it, and a failure otherwise", async () => {
    const { data, errors } = await run(Effect.flatMap(Store, (store) => store.shop()))
    expect(data.shop).toEqual({ name: "A", owner: null })
    expect(errors[0]).toMatchObject({ message: "no owner", path: ["shop", "owner"] })
    const error = await run(Effect.flip(Effect.flatMap(Store, (store) => store.wholeShop())))
    expect(error._tag).toBe("GraphQLFailure")
  })

  for (const [name, code, category] of [
    ["broken", ["INTERNAL_SERVER_ERROR"], "transient"],
    ["secret", ["UNAUTHENTICATED"], "unauthorized"],
    ["unknown", [], "rejected"]
  ] as const) {
    test(`the errors of ${name} are ${category}`, async () => {
      const error = await run(Effect.flip(Effect.flatMap(Store, (store) => store[name]())))
      expect(error._tag === "GraphQLFailure" ? error.codes : error._tag).toEqual(code)
      expect(CallError.infoOf(error)?.category).toBe(category)
    })
  }
})
