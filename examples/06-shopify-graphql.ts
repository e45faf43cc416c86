/**
 * 6. A provider like Shopify's GraphQL API: products in pages, a wait until enough points are restored, a mutation.
 *
 * `npm run example 06-shopify-graphql`. The provider is on this machine.
 */
import { NodeRuntime } from "@effect/platform-node"
import { Config, ConfigProvider, Console, Effect, Layer, Schema, Stream } from "effect"
import { Secret } from "@causeway/core/auth"
import { GraphQL, Integration } from "@causeway/core/client"
import { Transport } from "@causeway/node"
import { ShopifyAuth } from "@causeway/providers/shopify"
import * as Provider from "./providers/Shopify.ts"

const Product = Schema.Struct({ id: Schema.String, title: Schema.String })

const Cost = Schema.Struct({
  cost: Schema.Struct({
    requestedQueryCost: Schema.Number,
    actualQueryCost: Schema.NullOr(Schema.Number),
    throttleStatus: Schema.Struct({ currentlyAvailable: Schema.Number, restoreRate: Schema.Number })
  })
})

const Products = Schema.Struct({ products: GraphQL.Connection(Product) })

const path = "/admin/api/2026-01/graphql.json"

const products = GraphQL.query(
  "products",
  `query Products($first: Int!, $after: String) {
    products(first: $first, after: $after) { nodes { id title } pageInfo { hasNextPage endCursor } }
  }`,
  {
    path,
    variables: { first: Schema.Int, after: Schema.optional(Schema.String) },
    data: Products,
    extensions: Cost,
    pagination: GraphQL.connection(Products, { of: (data) => data.products })
  }
)

const createProduct = GraphQL.mutation(
  "createProduct",
  `mutation CreateProduct($title: String!) {
    productCreate(product: { title: $title }) { product { id } userErrors { field message } }
  }`,
  {
    path,
    variables: { title: Schema.String },
    data: Schema.Struct({
      productCreate: Schema.Struct({
        product: Schema.NullOr(Schema.Struct({ id: Schema.String })),
        userErrors: Schema.Array(Schema.Struct({ field: Schema.Array(Schema.String), message: Schema.String }))
      })
    })
  }
)

class Shopify extends Integration.Service<Shopify>()("example/Shopify", {
  baseUrl: Config.String("SHOP_URL"),
  endpoints: [products, createProduct]
}) {}

const program = Effect.gen(function* () {
  const shopify = yield* Shopify
  // The second page is throttled: it waits a few milliseconds for the missing points.
  const found = yield* shopify.products.items({ payload: { variables: { first: 1 } } }).pipe(Stream.runCollect)
  yield* Console.log(found.map(({ title }) => title).join(", "))
  console.assert(found.length === 3)

  const { extensions } = yield* shopify.products({ payload: { variables: { first: 1 } } })
  yield* Console.log(`a page costs ${extensions?.cost.actualQueryCost} points`)
  console.assert(extensions?.cost.actualQueryCost === 52)

  const { data } = yield* shopify.createProduct({ payload: { variables: { title: "" } } })
  yield* Console.log(data.productCreate.userErrors.map(({ message }) => message).join(", "))
  console.assert(data.productCreate.product === null)
})

const live = Layer.unwrap(
  Effect.map(Provider.start(), (url) =>
    Shopify.layer.pipe(
      Layer.provide([ShopifyAuth.accessToken(Shopify, Secret.config("SHOP_TOKEN")), Transport.layer]),
      Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({ SHOP_URL: url, SHOP_TOKEN: "shpat_1" })))
    )
  )
)

program.pipe(Effect.provide(live), NodeRuntime.runMain)
