/** Behaves like Shopify's GraphQL API: points that are restored, throttling in a 200, products in pages, user errors. */
import * as LocalServer from "./LocalServer.ts"

interface Sent {
  readonly operationName: string
  readonly variables?: { readonly after?: string | null; readonly title?: string }
}

const price = 52

export const start = () => {
  // The points suffice for one query; 1,000 points are restored per second.
  let available = 100
  const cost = () => ({
    requestedQueryCost: price,
    actualQueryCost: price,
    throttleStatus: { maximumAvailable: 1000, currentlyAvailable: available, restoreRate: 1000 }
  })
  const throttled = () => {
    const extensions = { cost: cost() }
    available = 1000
    return { body: { errors: [{ message: "Throttled", extensions: { code: "THROTTLED" } }], extensions } }
  }
  const products = (after: string | null = null) => {
    const page = after === null ? 1 : Number(after) + 1
    const nodes = [{ id: `gid://shopify/Product/${page}`, title: `Product ${page}` }]
    return { products: { nodes, pageInfo: { hasNextPage: page < 3, endCursor: String(page) } } }
  }
  const create = (title: string | undefined) =>
    title === ""
      ? { productCreate: { product: null, userErrors: [{ field: ["title"], message: "Title can't be blank" }] } }
      : { productCreate: { product: { id: "gid://shopify/Product/9" }, userErrors: [] } }
  return LocalServer.start(({ body, headers }) => {
    if (headers["x-shopify-access-token"] !== "shpat_1") return { status: 401, body: { errors: "Invalid API key" } }
    if (available < price) return throttled()
    available -= price
    // The example sends nothing else.
    const { operationName, variables } = JSON.parse(body) as Sent
    const data = operationName === "Products" ? products(variables?.after) : create(variables?.title)
    return { body: { data, extensions: { cost: cost() } } }
  })
}
