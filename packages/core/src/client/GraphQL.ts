/**
 * GraphQL: an endpoint whose document is a constant, with typed variables and data, and with `errors` as failures.
 *
 * **When to use**
 *
 * For each query and mutation that you send. {@link query} and {@link mutation} return an `Endpoint`, so that policies,
 * pagination, mocks and failure rules work as for any other.
 *
 * **Details**
 *
 * A request is a POST to `/graphql` with `query`, `operationName` and `variables`. A method takes `{ payload: { variables } }`,
 * and nothing where no variable is required. It succeeds with `{ data, extensions }`. A body with `errors` fails with
 * {@link GraphQLFailure}, whatever its status; with `partial: true` a body with `errors` beside `data` succeeds with
 * `{ data, errors, extensions }`.
 *
 * Retry, breaker, limits and credentials use the category of the codes in `errors`: codes such as `THROTTLED` and
 * `RATE_LIMITED` are throttled, `UNAUTHENTICATED` is unauthorized, `INTERNAL_SERVER_ERROR` and similar codes are transient;
 * with other codes the status decides, and a 2xx is rejected. A throttled call waits until the missing points of Shopify's
 * `extensions.cost` are restored, else for the time in the headers.
 *
 * A query is idempotent, so that it may be retried; a mutation is not, unless `idempotent` is `true`.
 *
 * **Gotchas**
 *
 * A document is scanned, not parsed: one that is empty, has unbalanced brackets, several operations without
 * `operationName`, or other variables than `variables` declares throws `InvalidOption`. Check it against the
 * provider's schema with a code generator or a test.
 *
 * **Example** (Products, page by page)
 *
 * ```ts
 * import { Effect, Schema, Stream } from "effect"
 * import { GraphQL, Integration } from "@causeway/core/client"
 * import { Mock } from "@causeway/core/testing"
 *
 * const Products = Schema.Struct({ products: GraphQL.Connection(Schema.Struct({ id: Schema.String })) })
 *
 * const products = GraphQL.query(
 *   "products",
 *   `query Products($first: Int!, $after: String) {
 *     products(first: $first, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } }
 *   }`,
 *   {
 *     variables: { first: Schema.Int, after: Schema.optional(Schema.String) },
 *     data: Products,
 *     pagination: GraphQL.connection(Products, { of: (data) => data.products })
 *   }
 * )
 *
 * class Shop extends Integration.Service<Shop>()("app/Shop", { baseUrl: "https://shop.example", endpoints: [products] }) {}
 *
 * const program = Effect.flatMap(Shop, (shop) =>
 *   shop.products.items({ payload: { variables: { first: 1 } } }).pipe(Stream.runCollect)
 * )
 * const page = (id: string, endCursor: string | null) =>
 *   Mock.ok({ data: { products: { nodes: [{ id }], pageInfo: { hasNextPage: endCursor !== null, endCursor } } } })
 * const mocked = Shop.layerMock({ products: Mock.sequence(page("p1", "c1"), page("p2", null)) })
 * const found = await Effect.runPromise(Effect.provide(program, mocked))
 * console.assert(found.map(({ id }) => id).join() === "p1,p2")
 * ```
 *
 * @see https://graphql.github.io/graphql-over-http/draft/
 * @since 0.1.0
 */
import { Effect, Schema, SchemaTransformation } from "effect"
import type { Exact, Policy } from "../policy/Policy.ts"
import * as Endpoint from "./Endpoint.ts"
import * as FailureRule from "./FailureRule.ts"
import { checkNames, operationOf } from "./internal/graphqlChecks.ts"
import { categoryOf, waitOf } from "./internal/graphqlErrors.ts"
import * as Pagination from "./Pagination.ts"
import * as Check from "./internal/optionChecks.ts"
import * as OptionCheck from "../policy/OptionCheck.ts"

/**
 * One of the `errors` of a response. GitHub writes the code to `type`, others to `extensions.code`.
 *
 * @see https://spec.graphql.org/September2025/#sec-Errors
 * @since 0.1.0
 * @category models
 */
export const GraphQLError = Schema.Struct({
  message: Schema.String,
  path: Schema.optional(Schema.NullOr(Schema.Array(Schema.Union([Schema.String, Schema.Number])))),
  locations: Schema.optional(
    Schema.NullOr(Schema.Array(Schema.Struct({ line: Schema.Number, column: Schema.Number })))
  ),
  type: Schema.optional(Schema.NullOr(Schema.String)),
  extensions: Schema.optional(Schema.NullOr(Schema.Record(Schema.String, Schema.Unknown)))
})

/**
 * The response has `errors`, and no partial data that the endpoint accepts.
 *
 * @see https://spec.graphql.org/September2025/#sec-Errors
 * @since 0.1.0
 * @category errors
 */
export class GraphQLFailure extends Schema.TaggedError<GraphQLFailure>()("GraphQLFailure", {
  errors: Schema.NonEmptyArray(GraphQLError),
  data: Schema.optional(Schema.Unknown),
  extensions: Schema.optional(Schema.Unknown)
}) {
  override get message(): string {
    const [first, ...others] = this.errors
    const more = others.length === 0 ? "" : ` (and ${others.length} more)`
    return `the response has errors: ${first.message}${more}`
  }

  /** The codes of the errors, in their order. */
  get codes(): ReadonlyArray<string> {
    return this.errors.flatMap(({ extensions, type }) => {
      const code = extensions?.["code"] ?? type
      return typeof code === "string" ? [code] : []
    })
  }
}

const failuresOf = (when: FailureRule.Any["when"]) => {
  const rule = (status: "2xx" | "4xx" | "5xx") =>
    FailureRule.make({ status, when, error: GraphQLFailure, category: categoryOf, retryAfter: waitOf })
  return [rule("2xx"), rule("4xx"), rule("5xx")] as const
}

const someErrors = Schema.NonEmptyArray(Schema.Unknown)

/**
 * The rules that classify `errors` as failures, for an endpoint that is not created by {@link query} or {@link mutation}.
 *
 * @since 0.1.0
 * @category rules
 */
export const failures = failuresOf(Schema.Struct({ errors: someErrors, extensions: Schema.optional(Schema.Unknown) }))

/** The rule for `partial: true`: only a response without data fails. */
const failuresWithoutData = failuresOf(
  Schema.Struct({
    errors: someErrors,
    data: Schema.optional(Schema.Null),
    extensions: Schema.optional(Schema.Unknown)
  })
)

type SchemaOrFields = Schema.Top | Schema.Struct.Fields

type VariablesOf<V> = V extends Schema.Top ? V : V extends Schema.Struct.Fields ? Schema.Struct<V> : never

type Input<Variables> = {} extends Variables
  ? { readonly variables?: Variables | undefined } | undefined
  : { readonly variables: Variables }

type PayloadOf<V extends Schema.Top> = Schema.Codec<
  Input<V["Type"]>,
  unknown,
  V["DecodingServices"],
  V["EncodingServices"]
>

/**
 * The success of a method.
 *
 * @since 0.1.0
 * @category models
 */
export type Answer<Data, Extensions, IsPartial> = {
  readonly data: Data
  readonly extensions?: Extensions | undefined
} & (IsPartial extends true ? { readonly errors: ReadonlyArray<typeof GraphQLError.Type> } : {})

type SuccessOf<Data extends Schema.Top, Extensions extends Schema.Top, IsPartial> = Schema.Codec<
  Answer<Data["Type"], Extensions["Type"], IsPartial>,
  unknown,
  Data["DecodingServices"] | Extensions["DecodingServices"],
  Data["EncodingServices"] | Extensions["EncodingServices"]
>

/**
 * Options of {@link query} and {@link mutation}.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<
  Variables extends SchemaOrFields,
  Data extends Schema.Top,
  Extensions extends Schema.Top,
  IsPartial extends boolean,
  P,
  Item
> {
  /** The variables, by name. Default: none. */
  readonly variables?: Variables
  /** The schema of `data`. */
  readonly data: Data
  /** The schema of `extensions`, such as the cost of a query. Default: anything. */
  readonly extensions?: Extensions
  /** Whether `data` beside `errors` is a success; its fields are then `null` where an error is. Default: false. */
  readonly partial?: IsPartial
  /** The operation of the document to run. Default: the only one. */
  readonly operationName?: string
  /** The path of the GraphQL endpoint. Default: `/graphql`. */
  readonly path?: `/${string}`
  /** Headers that every request carries. `accept` names the media types of GraphQL over HTTP. */
  readonly headers?: Readonly<Record<string, string>>
  /** The policy of this endpoint, slot by slot over its integration's. */
  readonly policy?: Exact<P>
  /** The style of pagination, such as {@link connection}. */
  readonly pagination?: Pagination.Pagination<NoInfer<Answer<Data["Type"], Extensions["Type"], IsPartial>>, Item>
  /** Whether a request may be sent twice. Default: true for a query, false for a mutation. */
  readonly idempotent?: boolean
}

interface Make {
  <
    const Name extends string,
    Data extends Schema.Top,
    Variables extends SchemaOrFields = {},
    Extensions extends Schema.Top = typeof Schema.Unknown,
    const IsPartial extends boolean = false,
    const P extends Policy = {},
    Item = never
  >(
    name: Name,
    document: string,
    options: Options<Variables, Data, Extensions, IsPartial, P, Item>
  ): Endpoint.Endpoint<
    Name,
    "POST",
    `/${string}`,
    never,
    never,
    PayloadOf<VariablesOf<Variables>>,
    never,
    SuccessOf<Data, Extensions, IsPartial>,
    typeof GraphQLFailure,
    P,
    Item
  >
}

/**
 * An endpoint for a query, which may be retried.
 *
 * @since 0.1.0
 * @category constructors
 */
export const query: Make = (name, document, options) => make("query", name, document, options)

/**
 * An endpoint for a mutation.
 *
 * @since 0.1.0
 * @category constructors
 */
export const mutation: Make = (name, document, options) => make("mutation", name, document, options)

type AnyOptions = Options<SchemaOrFields, Schema.Top, Schema.Top, boolean, Policy, unknown>

// The signature relates the result to the options; the body works on their common shape.
const make = <Out>(type: "query" | "mutation", name: string, document: string, options: unknown): Out => {
  OptionCheck.text("name of an endpoint", name)
  Check.checkRecord(`options of endpoint ${name}`, options)
  OptionCheck.text(`document of endpoint ${name}`, document)
  const given = options as AnyOptions
  checkNames(name, given)
  Check.checkGraphQL(name, given)
  const {
    data,
    extensions = Schema.Unknown,
    headers,
    idempotent = type === "query",
    partial,
    path = "/graphql"
  } = given
  const variables = schemaOf(given.variables ?? {})
  const operationName = operationOf({ name, type, document, variables, options: given })
  const answer = { data, extensions: Schema.optional(extensions) }
  const made = Endpoint.post(name, path, {
    payload: payloadOf(document, operationName, variables),
    success: partial === true ? Schema.Struct({ ...answer, errors: errorsOrNone }) : Schema.Struct(answer),
    failures: partial === true ? failuresWithoutData : failures,
    constants: { headers: { accept, ...headers } },
    ...(idempotent && { idempotent }),
    ...(given.policy !== undefined && { policy: given.policy as {} }),
    ...(given.pagination !== undefined && { pagination: given.pagination as Pagination.Pagination<unknown, unknown> })
  })
  return made as Out
}

/** @see https://graphql.github.io/graphql-over-http/draft/#sec-Accept */
const accept = "application/graphql-response+json, application/json;q=0.9"

const errorsOrNone = Schema.Array(GraphQLError).pipe(Schema.withDecodingDefaultKey(Effect.succeed([])))

const schemaOf = (given: SchemaOrFields): Schema.Top =>
  // A value that is not a schema is the fields of a struct.
  Schema.isSchema(given) ? (given as Schema.Top) : Schema.Struct(given as Schema.Struct.Fields)

interface Sent {
  readonly query: string
  readonly operationName?: string
  readonly variables?: unknown
}

/** The caller's payload, encoded together with the document. */
const payloadOf = (document: string, operationName: string | undefined, variables: Schema.Top): Schema.Top => {
  const typed = Schema.toType(variables)
  const wire = Schema.Struct({
    query: Schema.String,
    operationName: Schema.optionalKey(Schema.String),
    variables: Schema.optionalKey(variables)
  })
  const input = Schema.UndefinedOr(Schema.Struct({ variables: Schema.optional(typed) }))
  return wire.pipe(
    Schema.decodeTo(
      input,
      SchemaTransformation.transform<{ readonly variables?: unknown } | undefined, Sent>({
        decode: ({ variables }) => ({ variables }),
        encode: (given) => ({
          query: document,
          ...(operationName !== undefined && { operationName }),
          ...(given?.variables !== undefined && { variables: given.variables })
        })
      })
    )
  )
}

/**
 * The `pageInfo` of a connection.
 *
 * @see https://relay.dev/graphql/connections.htm
 * @since 0.1.0
 * @category models
 */
export const PageInfo = Schema.Struct({
  hasNextPage: Schema.Boolean,
  endCursor: Schema.optional(Schema.NullOr(Schema.String))
})

/**
 * A list in pages, by its `nodes`.
 *
 * @see https://relay.dev/graphql/connections.htm
 * @since 0.1.0
 * @category models
 */
export const Connection = <Node extends Schema.Constraint>(node: Node) =>
  Schema.Struct({ nodes: Schema.Array(node), pageInfo: PageInfo })

interface Nodes<Node> {
  readonly nodes: ReadonlyArray<Node>
  readonly pageInfo: typeof PageInfo.Type
}

interface Edges<Node> {
  readonly edges: ReadonlyArray<{ readonly node: Node }>
  readonly pageInfo: typeof PageInfo.Type
}

/**
 * Options of {@link connection}.
 *
 * @since 0.1.0
 * @category models
 */
export interface ConnectionOptions<in Data, out Node> {
  /** The connection in the data of a page. */
  readonly of: (data: Data) => Nodes<Node> | Edges<Node>
  /** The variable that takes the cursor of the page before. Default: `after`. */
  readonly variable?: string
}

/**
 * Pages by `pageInfo`: the next one begins after `endCursor` while `hasNextPage` is true. The first argument is the schema
 * of the data.
 *
 * @see https://relay.dev/graphql/connections.htm
 * @since 0.1.0
 * @category pagination
 */
export const connection = <S extends Schema.Constraint, Node>(
  _data: S,
  options: ConnectionOptions<S["Type"], Node>
): Pagination.Pagination<{ readonly data: S["Type"] }, Node> => {
  Check.checkConnection("connection", options)
  return Pagination.cursor<{ readonly data: S["Type"] }, Node>({
    payload: ["variables", options.variable ?? "after"],
    hasMore: ({ data }) => options.of(data).pageInfo.hasNextPage,
    next: ({ data }) => options.of(data).pageInfo.endCursor,
    items: ({ data }) => {
      const found = options.of(data)
      return "nodes" in found ? found.nodes : found.edges.map(({ node }) => node)
    }
  })
}
