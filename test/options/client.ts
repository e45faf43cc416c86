/** The constructors of the client room. */
import {
  Download,
  Endpoint,
  Events,
  FailureRule,
  FormStyle,
  GraphQL,
  Integration,
  Operation,
  Pagination,
  Upload
} from "@causeway/core/client"
import { Effect, Layer, Schedule, Schema, Sink, Stream } from "effect"
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as accepted from "./accepted.ts"
import type { Accepted, Row } from "./walk.ts"

const Item = Schema.Struct({ id: Schema.String })

const Page = Schema.Struct({ items: Schema.Array(Item), next: Schema.String })

const rule = { status: "2xx", when: Item, error: Item, category: "throttled", retryAfter: "1 second" }

const byBody: Accepted = { values: ["a function"], why: "a function of the body" }

const ruleAccepts = (prefix: string) => ({
  [`${prefix}category`]: byBody,
  [`${prefix}retryAfter`]: accepted.both(accepted.duration, byBody)
})

const fields: Accepted = { values: ["an empty record"], why: "the fields of a struct, none here" }

const headerValue: Accepted = { values: ["a text"], why: "any value that a header can have" }

const queryValue: Accepted = {
  values: ["NaN", "Infinity", "-Infinity", "-1", "7", "an empty text", "a text", "true"],
  why: "a number, a flag or any text"
}

const paging = Pagination.cursor(Page, { items: ({ items }) => items, next: ({ next }) => next, query: "cursor" })

const endpoint = {
  params: { id: Schema.String },
  query: { cursor: Schema.optionalKey(Schema.String) },
  queryStyle: FormStyle.repeat,
  headers: { "x-version": Schema.String },
  constants: { headers: { "x-app": "app" }, query: { api: 5 } },
  baseUrl: "https://api.example.com",
  redirects: "none",
  success: Page,
  errors: { 404: Item },
  failures: [rule],
  policy: { timeout: 500 },
  pagination: paging,
  idempotent: true
}

const endpointAccepts: Readonly<Record<string, Accepted>> = {
  params: { values: ["an empty record"], why: "a struct without fields says nothing of the names" },
  headers: fields,
  "constants.headers": accepted.allOptional,
  "constants.headers.x-app": headerValue,
  "constants.query": accepted.allOptional,
  "constants.query.api": queryValue,
  constants: accepted.allOptional,
  success: accepted.anyList,
  errors: accepted.allOptional,
  failures: accepted.anyList,
  ...ruleAccepts("failures.0."),
  policy: accepted.allOptional,
  "policy.timeout": accepted.both(accepted.durationInNumbers, accepted.nothing)
}

const openParts = ["params", "query", "headers", "constants.headers", "constants.query", "errors"]

const wholeParts = ["queryStyle", "formStyle", "pagination"]

const withBody = {
  ...endpoint,
  payload: HttpApiSchema.asFormUrlEncoded()(Item),
  formStyle: FormStyle.repeat,
  unprocessed: [503]
}

/** The types of an endpoint's options and path go together, and a row has none. */
type Make = (name: string, path: string, options: unknown) => unknown

const endpointRow = (name: string, make: Make): Row => ({
  name: `client/Endpoint.${name}`,
  options: endpoint,
  omits: ["unprocessed"],
  make: (options: unknown) => make("read", "/items/:id", options),
  accepts: endpointAccepts,
  open: openParts,
  whole: wholeParts
})

const bodyRow = (name: string, make: Make): Row => {
  const { idempotent, unprocessed, ...options } = withBody
  const repeats = name === "post" || name === "patch" ? { ...options, unprocessed } : { ...options, idempotent }
  return {
    name: `client/Endpoint.${name}`,
    options: repeats,
    omits: ["unprocessed", "idempotent"],
    make: (options: unknown) => make("write", "/items/:id", options),
    accepts: {
      ...endpointAccepts,
      ...(name === "post" || name === "patch" ? { unprocessed: accepted.anyList } : {})
    },
    open: openParts,
    whole: wholeParts
  }
}

const endpoints: ReadonlyArray<Row> = [
  endpointRow("get", Endpoint.get as Make),
  endpointRow("options", Endpoint.options as Make),
  {
    name: "client/Endpoint.head",
    fullIn: "client/Endpoint.get",
    options: { redirects: "none", idempotent: true },
    make: (given: never) => Endpoint.head("read", "/items", given),
    accepts: { "": accepted.allOptional }
  },
  bodyRow("query", Endpoint.query as Make),
  bodyRow("post", Endpoint.post as Make),
  bodyRow("put", Endpoint.put as Make),
  bodyRow("patch", Endpoint.patch as Make),
  bodyRow("delete", Endpoint.delete as Make),
  {
    name: "client/Endpoint.get (name and path)",
    options: { name: "read", path: "/items" },
    isPositional: true,
    make: ({ name, path }: { name: string; path: string }) => (Endpoint.get as Make)(name, path, {}),
    accepts: { name: accepted.text }
  }
]

const read = Endpoint.get("read", "/items", { success: Page })

const integration = {
  baseUrl: "https://api.example.com",
  policy: { timeout: 500 },
  origins: ["https://files.example.com"],
  redirects: "none",
  headers: { "x-app": "app" },
  failures: [rule],
  classify: () => ({ category: "success", retryAfter: undefined }),
  maxBodyBytes: 500
}

const integrationAccepts: Readonly<Record<string, Accepted>> = {
  policy: accepted.allOptional,
  "policy.timeout": accepted.both(accepted.durationInNumbers, accepted.nothing),
  origins: accepted.anyList,
  headers: accepted.allOptional,
  "headers.x-app": headerValue,
  failures: accepted.anyList,
  ...ruleAccepts("failures.0.")
}

const api = HttpApi.make("app/Api").add(HttpApiGroup.make("items").add(HttpApiEndpoint.get("read", "/items")))

class Shop extends Integration.Service<Shop>()("app/Shop", {
  baseUrl: "https://api.example.com",
  endpoints: [read]
}) {}

const integrations: ReadonlyArray<Row> = [
  {
    name: "client/Integration.Service",
    options: { ...integration, endpoints: [read] },
    make: (options: never) => Integration.Service<object>()("app/Any", options),
    accepts: { ...integrationAccepts, endpoints: accepted.anyList },
    open: ["headers"],
    whole: ["endpoints.0"]
  },
  {
    name: "client/Integration.fromHttpApi",
    options: { ...integration, policies: { items: { read: { timeout: 500 } } } },
    make: (options: never) => Integration.Service<object>()("app/Any", Integration.fromHttpApi(api, options)),
    accepts: {
      ...integrationAccepts,
      policies: accepted.allOptional,
      "policies.items": accepted.allOptional,
      "policies.items.read": accepted.allOptional,
      "policies.items.read.timeout": accepted.both(accepted.durationInNumbers, accepted.nothing)
    },
    open: ["headers"]
  },
  {
    name: "client/Integration.layerTenants",
    options: { idleTimeToLive: 500, maxKeys: 5 },
    make: (options: never) => Shop.layerTenants(() => Layer.empty as never, options),
    accepts: { "": accepted.allOptional, idleTimeToLive: accepted.durationInNumbers }
  },
  {
    name: "client/Integration.layerPolicy",
    options: { overrides: { timeout: 500 }, endpoints: { read: { timeout: 500 } } },
    isPositional: true,
    make: ({ endpoints, overrides }: { endpoints: never; overrides: never }) => Shop.layerPolicy(overrides, endpoints),
    accepts: {
      overrides: accepted.allOptional,
      "overrides.timeout": accepted.both(accepted.durationInNumbers, accepted.nothing),
      endpoints: accepted.allOptional,
      "endpoints.read": accepted.allOptional,
      "endpoints.read.timeout": accepted.both(accepted.durationInNumbers, accepted.nothing)
    }
  },
  {
    name: "client/Integration.makePolicyRef",
    options: { integration: { timeout: 500 }, endpoints: { read: { timeout: 500 } } },
    make: Shop.makePolicyRef as Row["make"],
    accepts: {
      "": accepted.allOptional,
      integration: accepted.allOptional,
      "integration.timeout": accepted.both(accepted.durationInNumbers, accepted.nothing),
      endpoints: accepted.allOptional,
      "endpoints.read": accepted.allOptional,
      "endpoints.read.timeout": accepted.both(accepted.durationInNumbers, accepted.nothing)
    }
  }
]

const callback = () => undefined

const cursor = { items: callback, until: callback, hasMore: callback, next: callback }

const path: Accepted = { values: ["a text"], why: "the name of a property" }

const pages: ReadonlyArray<Row> = [
  {
    name: "client/Pagination.cursor",
    omits: ["payload"],
    options: { ...cursor, query: "cursor" },
    make: Pagination.cursor as Row["make"],
    accepts: { query: accepted.text }
  },
  {
    name: "client/Pagination.cursor (payload)",
    omits: ["query"],
    options: { ...cursor, payload: ["variables", "after"] },
    make: Pagination.cursor as Row["make"],
    accepts: { payload: path, "payload.0": path, "payload.1": path }
  },
  {
    name: "client/Pagination.offset",
    omits: ["payload"],
    options: { ...cursor, total: callback, shortPageIsLast: true, query: "offset", limit: 50 },
    make: Pagination.offset as Row["make"],
    accepts: { query: accepted.text, limit: { values: ["a function"], why: "a function of the query" } }
  },
  {
    name: "client/Pagination.pageNumber",
    omits: ["payload"],
    options: {
      ...cursor,
      total: callback,
      shortPageIsLast: true,
      query: "page",
      first: 0,
      size: 50,
      totalPages: callback
    },
    make: Pagination.pageNumber as Row["make"],
    accepts: { query: accepted.text, size: { values: ["a function"], why: "a function of the query" } }
  },
  {
    name: "client/Pagination.linkHeader",
    options: { items: callback, until: callback, hasMore: callback, relation: "next" },
    make: Pagination.linkHeader as Row["make"],
    accepts: { relation: accepted.text }
  },
  { name: "client/Pagination.nextUrl", options: cursor, make: Pagination.nextUrl as Row["make"] }
]

const reconnect = { schedule: Schedule.recurs(3), attempts: 5, maxWait: 500 }

const events = {
  errors: { error: { schema: Item, category: "transient" } },
  done: "[DONE]",
  mediaTypes: ["text/event-stream"],
  maxEventBytes: 500,
  reconnect
}

const eventAccepts = {
  errors: accepted.allOptional,
  done: { values: ["a function", "a text"], why: "a function of the event, or any text" } as const,
  mediaTypes: accepted.anyList,
  "mediaTypes.0": accepted.text,
  reconnect: { values: ["an empty record", "true"], why: "each of its options has a default" } as const,
  "reconnect.maxWait": accepted.durationInNumbers
}

const streams: ReadonlyArray<Row> = [
  {
    name: "client/Events.make",
    options: { ...events, data: Item, names: ["message"] },
    make: Events.make as Row["make"],
    accepts: { ...eventAccepts, names: accepted.anyList, "names.0": accepted.text },
    open: ["errors"]
  },
  {
    name: "client/Events.make (events)",
    options: { ...events, events: { message: Item }, unknown: "keep" },
    make: Events.make as Row["make"],
    accepts: { ...eventAccepts, events: accepted.allOptional },
    open: ["errors", "events"]
  },
  {
    name: "client/Operation.make",
    options: {
      name: "import",
      start: callback,
      poll: callback,
      state: callback,
      startState: callback,
      cancel: callback,
      deadline: 500,
      schedule: Schedule.recurs(3),
      expiredStatuses: [404],
      failedPolls: 5
    },
    make: Operation.make as Row["make"],
    accepts: { name: accepted.text, deadline: accepted.durationInNumbers, expiredStatuses: accepted.anyList }
  },
  {
    name: "client/Operation.withResult",
    options: {
      operation: Operation.make({
        name: "import",
        start: () => Effect.void,
        poll: () => Effect.void,
        state: () => Operation.done(1),
        deadline: "1 hour"
      }),
      fetch: callback
    },
    isPositional: true,
    make: ({ fetch, operation }: { fetch: never; operation: never }) => Operation.withResult(operation, fetch),
    whole: ["operation"]
  },
  {
    name: "client/Operation.byStatus",
    options: {
      status: callback,
      done: ["done"],
      failed: ["failed"],
      expired: ["expired"],
      canceled: ["canceled"],
      value: callback,
      error: callback,
      progress: callback
    },
    make: Operation.byStatus as Row["make"],
    accepts: Object.fromEntries(
      ["done", "failed", "expired", "canceled"].flatMap((name) => [
        [name, accepted.anyList],
        [`${name}.0`, accepted.text]
      ])
    )
  }
]

const call = () => Effect.die("called")

const download = { onProgress: callback, attempts: 5, schedule: Schedule.recurs(3), verify: true }

const transfers: ReadonlyArray<Row> = [
  {
    name: "client/Download.parts",
    options: {
      ...download,
      partial: { bytes: 5, validator: { etag: '"1"' }, total: 50, content: Stream.empty }
    },
    make: (options: never) => Download.parts(call, options),
    accepts: { "": accepted.allOptional, "partial.validator.etag": accepted.text }
  },
  {
    name: "client/Download.stream",
    options: download,
    make: (options: never) => Download.stream(call, options),
    accepts: { "": accepted.allOptional }
  },
  {
    name: "client/Download.toSink",
    options: download,
    make: (options: never) => Download.toSink(call, Sink.drain, options),
    accepts: { "": accepted.allOptional }
  },
  {
    name: "client/Upload.make",
    options: { bytes: 5, contentType: "text/plain", onProgress: callback },
    make: (options: never) => Upload.make(Stream.empty, options),
    accepts: { "": accepted.allOptional, contentType: accepted.text }
  }
]

const graphql = {
  variables: { id: Schema.String, after: Schema.String },
  data: Page,
  extensions: Item,
  partial: false,
  operationName: "Items",
  path: "/graphql",
  headers: { "x-app": "app" },
  policy: { timeout: 500 },
  pagination: Pagination.cursor({
    items: () => [],
    next: callback,
    payload: ["variables", "after"]
  }),
  idempotent: true
}

const graphqlAccepts = {
  headers: accepted.allOptional,
  "headers.x-app": headerValue,
  policy: accepted.allOptional,
  "policy.timeout": accepted.both(accepted.durationInNumbers, accepted.nothing)
}

const others: ReadonlyArray<Row> = [
  { name: "client/FailureRule.make", options: rule, make: FailureRule.make, accepts: ruleAccepts("") },
  {
    name: "client/FormStyle.make",
    options: {
      arrays: "indices",
      objects: "dots",
      firstIndex: 1,
      empty: "omit",
      nulls: "omit",
      spaces: "plus",
      brackets: "literal",
      commas: "literal"
    },
    make: FormStyle.make
  },
  {
    name: "client/GraphQL.query",
    options: graphql,
    make: (options: never) => GraphQL.query("items", "query Items($id: ID, $after: ID) { items }", options),
    accepts: graphqlAccepts,
    open: ["variables", "headers"],
    whole: ["pagination"]
  },
  {
    name: "client/GraphQL.mutation",
    options: graphql,
    make: (options: never) => GraphQL.mutation("items", "mutation Items($id: ID, $after: ID) { items }", options),
    accepts: graphqlAccepts,
    open: ["variables", "headers"],
    whole: ["pagination"]
  },
  {
    name: "client/GraphQL.connection",
    options: { of: callback, variable: "after" },
    make: (options: never) => GraphQL.connection(Page, options),
    accepts: { variable: accepted.text }
  }
]

export const rows: ReadonlyArray<Row> = [...endpoints, ...integrations, ...pages, ...streams, ...transfers, ...others]
