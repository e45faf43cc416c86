/** What the options of endpoints, integrations, event streams, operations and transfers accept. */
import { Config, Schema } from "effect"
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as OptionCheck from "../../policy/OptionCheck.ts"
import type * as Events from "../Events.ts"
import type * as GraphQL from "../GraphQL.ts"
import type * as Operation from "../Operation.ts"
import type { Options as TenantOptions } from "../Tenants.ts"
import type { Options as UploadOptions } from "../Upload.ts"
import type * as Download from "./downloadTypes.ts"
import type { Validator } from "./ranges.ts"
import { checkPolicy } from "../../policy/internal/policyCheck.ts"
import { assertNames } from "./endpointChecks.ts"

const { anything, callback, dictionary, either, flag, integer, list, oneOf, optional, record, required } = OptionCheck

const { schema, text } = OptionCheck

/** The schema of a part, or the fields of its struct. */
const schemaOrFields = either(Schema.isSchema, anything, dictionary(schema))

const oneOrMore = (check: OptionCheck.Check): OptionCheck.Check => either(Array.isArray, list(check), check)

const pagination = OptionCheck.satisfies("what a constructor of Pagination returns", (value) => {
  const { items, next, requires } = Object(value)
  return typeof items === "function" && typeof next === "function" && typeof requires === "object"
})

const constants = record<{ readonly headers?: unknown; readonly query?: unknown }>({
  headers: dictionary(anything),
  query: dictionary(anything)
})

/** The kinds of an endpoint's options; what is in them is checked against each other afterwards. */
const endpointShape = {
  params: schemaOrFields,
  query: schemaOrFields,
  headers: schemaOrFields,
  payload: oneOrMore(schemaOrFields),
  success: oneOrMore(schema),
  errors: dictionary(optional(schema)),
  constants,
  pagination,
  idempotent: flag,
  unprocessed: list(anything),
  failures: list(anything),
  policy: checkPolicy
}

/** Checks the name, the path, the names of the options, and what kind of value each is. */
export const checkEndpoint = (name: string, path: string, options: object, names: ReadonlyArray<string>): void => {
  text("name of an endpoint", name)
  OptionCheck.anyText(`path of endpoint ${name}`, path)
  checkRecord(`options of endpoint ${name}`, options)
  assertNames(name, options, names)
  for (const [option, check] of Object.entries(endpointShape)) {
    const value: unknown = Reflect.get(options, option)
    if (value !== undefined) check(`${option} of endpoint ${name}`, value)
  }
}

/** A base URL that is not a text is read when the layer is built, or is each tenant's own. */
export const isDeferred = (baseUrl: unknown): boolean =>
  Config.isConfig(baseUrl) ||
  (typeof baseUrl === "object" && baseUrl !== null && "~causeway/client/Integration/PerTenant" in baseUrl)

const baseUrl = OptionCheck.satisfies(
  "an http or https URL without credentials, query or fragment, a Config of one, or perTenant",
  (value) => typeof value === "string" || isDeferred(value)
)

const integrationShape = {
  baseUrl: required(baseUrl),
  endpoints: list(OptionCheck.satisfies("an endpoint", HttpApiEndpoint.isHttpApiEndpoint)),
  origins: list(text),
  headers: dictionary(anything),
  failures: list(anything),
  classify: callback,
  maxBodyBytes: integer(1),
  policy: checkPolicy
}

/** Checks the kinds of an integration's options, whose names are known to be right. */
export const checkIntegration = (id: string, options: object): void => {
  for (const [option, check] of Object.entries(integrationShape)) {
    const value: unknown = Reflect.get(options, option)
    if (value !== undefined || "isRequired" in check) check(`${option} of ${id}`, value)
  }
}

/** Throws `InvalidOption` for what is no record. */
export const checkRecord = dictionary(anything)

export const checkApi = OptionCheck.satisfies("an HttpApi", HttpApi.isHttpApi)

export const checkPolicies = dictionary(dictionary(OptionCheck.optional(dictionary(anything))))

export const checkTenants = record<TenantOptions>({
  idleTimeToLive: OptionCheck.positiveDuration,
  maxKeys: integer(1)
})

const isRecord = (value: unknown): boolean => typeof value === "object"

const eventErrors = dictionary(
  record<Events.Errors[string]>({
    schema: required(schema),
    category: required(oneOf("transient", "throttled", "unauthorized", "rejected", "invalid"))
  })
)

const eventShape = {
  errors: eventErrors,
  done: either((value) => typeof value === "function", callback, text),
  mediaTypes: list(text),
  maxEventBytes: integer(1),
  reconnect: either(
    isRecord,
    record<Events.ReconnectOptions>({
      schedule: OptionCheck.schedule,
      attempts: integer(1),
      maxWait: OptionCheck.positiveDuration
    }),
    oneOf(true)
  )
}

/** The options of a stream of events, of one kind or of several with names. */
export const checkEvents = either(
  (options) => typeof options === "object" && options !== null && "events" in options,
  record<Events.NamedOptions<Readonly<Record<string, Schema.Top>>, Events.Errors, "skip" | "keep">>({
    ...eventShape,
    events: required(dictionary(schema)),
    unknown: oneOf("skip", "keep")
  }),
  record<Events.DataOptions<Schema.Top, Events.Errors>>({
    ...eventShape,
    data: required(schema),
    names: list(text)
  })
)

export const checkOperation = record<
  Operation.Options<unknown, unknown, unknown, Operation.AnyState, ReadonlyArray<number>, unknown, unknown>
>({
  name: required(text),
  start: required(callback),
  poll: required(callback),
  state: required(callback),
  startState: callback,
  cancel: callback,
  deadline: required(OptionCheck.positiveDuration),
  schedule: OptionCheck.schedule,
  expiredStatuses: list(integer(100, 599)),
  failedPolls: integer(0)
})

const words = list(text)

export const checkWords = record<Operation.Words<unknown, unknown, unknown, unknown>>({
  status: required(callback),
  done: required(words),
  failed: words,
  expired: words,
  canceled: words,
  value: required(callback),
  error: required(callback),
  progress: callback
})

const validator = either(
  (value) => typeof value === "object" && value !== null && "etag" in value,
  record<Extract<Validator, { readonly etag: string }>>({ etag: required(text) }),
  record<Extract<Validator, { readonly lastModified: string }>>({ lastModified: required(text) })
)

const partial = record<Download.Partial<unknown, unknown>>({
  bytes: required(integer(0)),
  validator: required(validator),
  total: integer(0),
  content: required(OptionCheck.stream)
})

export const downloadShape: OptionCheck.Shape<Download.Options> = {
  onProgress: callback,
  attempts: integer(1),
  schedule: OptionCheck.schedule,
  verify: flag
}

export const checkDownload = record<Download.Options>(downloadShape)

export const checkParts = record<Download.Options & { readonly partial?: unknown }>({ ...downloadShape, partial })

export const checkUpload = record<UploadOptions>({
  bytes: integer(0),
  contentType: text,
  onProgress: callback
})

const graphqlShape = {
  variables: schemaOrFields,
  data: required(schema),
  extensions: schema,
  partial: flag,
  operationName: text,
  path: text,
  headers: dictionary(anything),
  pagination,
  idempotent: flag,
  policy: checkPolicy
}

/** Checks the kinds of the options of a GraphQL operation, whose names are known to be right. */
export const checkGraphQL = (name: string, options: object): void => {
  for (const [option, check] of Object.entries(graphqlShape)) {
    const value: unknown = Reflect.get(options, option)
    if (value !== undefined || "isRequired" in check) check(`${option} of endpoint ${name}`, value)
  }
}

export const checkConnection = record<GraphQL.ConnectionOptions<never, unknown>>({
  of: required(callback),
  variable: text
})
