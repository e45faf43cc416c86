/**
 * What a provider offers at one path, and how it is called: an `HttpApiEndpoint` that remembers its policy in its type.
 *
 * **When to use**
 *
 * One value per endpoint that you call, given to `Integration.Service`. Where an `HttpApi` exists already, use
 * `Integration.fromHttpApi` instead.
 *
 * **Details**
 *
 * `success` is JSON unless `HttpApiSchema` says otherwise (`asText`, `asUint8Array`, `StreamSse`, `StreamNdjson`,
 * `StreamUint8Array`); several can be given. A 2xx status that no schema names is decoded by the first one. `payload` is
 * JSON unless `asFormUrlEncoded` or `asMultipart` says otherwise; `formStyle` and `queryStyle` say how nested data is
 * written. In a path, `:id` is a parameter and `::` a colon. `errors` maps a status, a range (`"4xx"`, `"5xx"`) or
 * `default` to a schema; the most exact entry wins. A tagged error need not have its `_tag` on the wire.
 *
 * **Gotchas**
 *
 * A mistake that no call could mean, such as a parameter without `params`, throws `InvalidOption` where the endpoint is
 * defined. An endpoint's `errors` go before the general ones: a declared 401 or 429 fails with the declared error.
 *
 * **Example** (A charge)
 *
 * ```ts
 * import { Schedule, Schema } from "effect"
 * import { Endpoint } from "@causeway/core/client"
 *
 * class Charge extends Schema.Class<Charge>("Charge")({ id: Schema.String, amount: Schema.Int }) {}
 * class ChargeNotFound extends Schema.TaggedError<ChargeNotFound>()("ChargeNotFound", { message: Schema.String }) {}
 *
 * const getCharge = Endpoint.get("getCharge", "/charges/:id", {
 *   params: { id: Schema.String },
 *   success: Charge,
 *   errors: { 404: ChargeNotFound },
 *   policy: { retry: Schedule.exponential("200 millis"), timeout: "2 seconds" }
 * })
 *
 * console.assert(getCharge.method === "GET" && getCharge.path === "/charges/:id")
 * ```
 *
 * @since 0.1.0
 */
import { Context, Schema } from "effect"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import { hasBody, type HttpMethod } from "effect/http/HttpMethod"
import type { Exact, Policy } from "../policy/Policy.ts"
import type * as FailureRule from "./FailureRule.ts"
import type { FormStyle } from "./FormStyle.ts"
import { validBaseUrl } from "./internal/addresses.ts"
import { checkPagination } from "./internal/checkPagination.ts"
import { assertConsistent, type Constants, type Redirects } from "./internal/endpointChecks.ts"
import type { CheckedPath, PolicyFits } from "./internal/endpointTypes.ts"
import { checkRules } from "./internal/ruleChecks.ts"
import { declaredErrors, errorsByStatus, nominalStatus } from "./internal/declaredErrors.ts"
import type { Pagination } from "./Pagination.ts"
import { checkEndpoint } from "./internal/optionChecks.ts"

/**
 * The keys of an error map: a status, a range, or the rest.
 *
 * @since 0.1.0
 * @category models
 */
export type ErrorStatus = number | "4xx" | "5xx" | "default"

/**
 * Declared errors by status, range or `default`.
 *
 * @since 0.1.0
 * @category models
 */
export type ErrorMap = { readonly [Status in ErrorStatus]?: Schema.Top }

/**
 * An `HttpApiEndpoint` with its policy (`P`) and, when it is paginated, the type of its items in its type.
 *
 * @since 0.1.0
 * @category models
 */
export interface Endpoint<
  out Identifier extends string,
  out Method extends HttpMethod,
  out Path extends string,
  out Params extends Schema.Top,
  out Query extends Schema.Top,
  out Payload extends Schema.Top,
  out Headers extends Schema.Top,
  out Success extends Schema.Top,
  out Error extends Schema.Top,
  out P,
  out Item
> extends HttpApiEndpoint.HttpApiEndpoint<Identifier, Method, Path, Params, Query, Payload, Headers, Success, Error> {
  readonly "~causeway/client/Endpoint": true
  readonly "~Policy": P
  readonly "~Item": Item
}

/**
 * Any endpoint made here. It says nothing of policies and schemas, so that an endpoint written in the list of an
 * integration is inferred from its own options alone.
 *
 * @since 0.1.0
 * @category models
 */
export interface Any {
  readonly "~causeway/client/Endpoint": true
  readonly identifier: string
  readonly method: HttpMethod
  readonly path: string
}

export type { Constants, Redirects } from "./internal/endpointChecks.ts"

/**
 * The path of an endpoint whose URL is given by each call: a `Location`, a presigned link, the URL of a file.
 *
 * - The URL is absolute, or relative to the base URL. It is an http or https URL without a user; plain http is refused
 *   where the base URL is https on another machine. What it can't be is a `TransportFailure` with the reason `InvalidUrl`.
 * - Credentials and the integration's headers go to the origin of the base URL and to the `origins` that the integration
 *   lists. Any other origin gets the headers of the call and the endpoint's constants that aren't secret.
 *
 * **Example** (A link from an answer)
 *
 * ```ts
 * import { Endpoint } from "@causeway/core/client"
 * import { HttpApiSchema } from "effect/http-api"
 *
 * const download = Endpoint.get("download", Endpoint.url, { success: HttpApiSchema.StreamUint8Array() })
 * // payments.download({ url: "https://files.example/report.csv?signature=..." })
 * console.assert(download.path === "/{url}")
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const url = "/{url}"

/**
 * How the parts of a request are written, with the schemas as they were given.
 *
 * @since 0.1.0
 * @category models
 */
export interface Writing {
  readonly query: Schema.Top | undefined
  readonly queryStyle: FormStyle | undefined
  readonly formStyle: FormStyle | undefined
}

/**
 * What an endpoint remembers beside what an `HttpApiEndpoint` does.
 *
 * @since 0.1.0
 * @category annotations
 */
export class Definition extends Context.Service<
  Definition,
  {
    readonly policy: Policy
    readonly errors: ErrorMap
    readonly failures: ReadonlyArray<FailureRule.Any>
    readonly pagination: Pagination<unknown, unknown> | undefined
    readonly constants: Constants
    /** Where it is, if not under the base URL of its integration. */
    readonly baseUrl: string | undefined
    readonly redirects: Redirects | undefined
    /** How its request is written; undefined for an endpoint that was not made here. */
    readonly writing: Writing | undefined
    /** Whether a request may be repeated; undefined leaves it to the method. */
    readonly idempotent: boolean | undefined
    /** Statuses that say that nothing was processed. */
    readonly unprocessed: ReadonlyArray<number>
  }
>()("causeway/client/Endpoint/Definition") {}

type SchemaOrFields = Schema.Top | Schema.Struct.Fields
type Schemas = Schema.Top | ReadonlyArray<Schema.Top>

type StringTree<S> = [S] extends [never]
  ? never
  : S extends Schema.Struct.Fields
    ? Schema.toCodecStringTree<Schema.Struct<S>>
    : S extends Schema.Constraint
      ? Schema.toCodecStringTree<S>
      : never

type Special = HttpApiSchema.StreamSchema | HttpApiSchema.WithHeaders<Schema.Top, Schema.Top>

type Json<S> = S extends Special ? S : S extends Schema.Constraint ? Schema.toCodecJson<S> : never

type OneOf<S> = S extends ReadonlyArray<infer Member> ? Json<Member> : Json<S>

type PayloadOf<S> = [S] extends [never]
  ? never
  : S extends Schema.Top | ReadonlyArray<Schema.Top>
    ? OneOf<S>
    : S extends Schema.Struct.Fields
      ? Schema.toCodecJson<Schema.Struct<S>>
      : never

type PageOf<S> =
  S extends ReadonlyArray<infer Member>
    ? Member extends Schema.Constraint
      ? Member["Type"]
      : never
    : S extends Schema.Constraint
      ? S["Type"]
      : never

type ErrorOf<M, Failures> =
  | ([M] extends [never] ? never : Json<Extract<M[keyof M], Schema.Constraint>>)
  | Json<FailureRule.ErrorSchemas<Failures>>

interface CommonOptions<Params, Query, Headers, Success, Errors, P, Item, Failures> {
  /** The path parameters, by name. */
  readonly params?: Params
  /** The query parameters, by name. */
  readonly query?: Query
  /** How nested data is written in the query. Default: arrays repeat their name, objects use brackets. */
  readonly queryStyle?: FormStyle
  /** The request headers that a caller gives, by name in lower case. */
  readonly headers?: Headers
  /** Headers and query parameters that every request carries. */
  readonly constants?: Constants
  /**
   * The host of this endpoint, such as `https://uploads.github.com`, where it isn't under the integration's base URL. It
   * gets the integration's credentials. Default: the integration's `baseUrl`, or its tenant's.
   */
  readonly baseUrl?: string
  /** Which redirects are followed, at most 10 in a row. Default: as the integration says. */
  readonly redirects?: Redirects
  /** What a 2xx answer holds. Default: nothing; a body is discarded. */
  readonly success?: Success
  /** What other answers hold, by status, range or `default`. */
  readonly errors?: Errors
  /** Bodies that are failures whatever their status; the first rule that matches decides. Default: none. */
  readonly failures?: Failures
  /** How this endpoint is called, slot by slot over its integration's policy. */
  readonly policy?: Exact<P>
  /** How to go from one page to the next; adds `.pages` and `.items` to the method. */
  readonly pagination?: Pagination<NoInfer<PageOf<Success>>, Item>
  /** Whether a request may be sent twice, such as a search by POST. No key is sent. Default: by the method. */
  readonly idempotent?: boolean
  /** Statuses by which the provider says that it processed nothing, so that a POST may be repeated. Default: none. */
  readonly unprocessed?: ReadonlyArray<number>
}

interface PayloadOptions<Payload> {
  /** What the request's body holds. */
  readonly payload?: Payload
  /** How nested data is written in a form. Default: arrays repeat their name, objects use brackets. */
  readonly formStyle?: FormStyle
}

interface Make<Method extends HttpMethod> {
  <
    const Identifier extends string,
    const Path extends `/${string}`,
    Params extends SchemaOrFields = never,
    Query extends SchemaOrFields = never,
    Headers extends SchemaOrFields = never,
    const Success extends Schemas = HttpApiSchema.NoContent,
    const Errors extends ErrorMap = never,
    const P extends Policy = {},
    Item = never,
    const Failures extends ReadonlyArray<FailureRule.Any> = readonly []
  >(
    name: Identifier,
    path: CheckedPath<Path, Params>,
    options?: CommonOptions<Params, Query, Headers, Success, Errors, P, Item, Failures> & PolicyFits<Method>
  ): Endpoint<
    Identifier,
    Method,
    Path,
    StringTree<Params>,
    StringTree<Query>,
    never,
    StringTree<Headers>,
    OneOf<Success>,
    ErrorOf<Errors, Failures>,
    P,
    Item
  >
}

interface MakeWithPayload<Method extends HttpMethod> {
  <
    const Identifier extends string,
    const Path extends `/${string}`,
    Params extends SchemaOrFields = never,
    Query extends SchemaOrFields = never,
    Headers extends SchemaOrFields = never,
    const Payload extends SchemaOrFields | ReadonlyArray<Schema.Top> = never,
    const Success extends Schemas = HttpApiSchema.NoContent,
    const Errors extends ErrorMap = never,
    const P extends Policy = {},
    Item = never,
    const Failures extends ReadonlyArray<FailureRule.Any> = readonly []
  >(
    name: Identifier,
    path: CheckedPath<Path, Params>,
    options?: CommonOptions<Params, Query, Headers, Success, Errors, P, Item, Failures> &
      PayloadOptions<Payload> &
      PolicyFits<Method>
  ): Endpoint<
    Identifier,
    Method,
    Path,
    StringTree<Params>,
    StringTree<Query>,
    PayloadOf<Payload>,
    StringTree<Headers>,
    OneOf<Success>,
    ErrorOf<Errors, Failures>,
    P,
    Item
  >
}

/**
 * An endpoint called with GET.
 *
 * @since 0.1.0
 * @category constructors
 */
export const get: Make<"GET"> = (name, path, options) => make("GET", name, path, options)

/**
 * An endpoint called with HEAD: its answer has a status and headers, and no body.
 *
 * @since 0.1.0
 * @category constructors
 */
export const head: Make<"HEAD"> = (name, path, options) => make("HEAD", name, path, options)

/**
 * An endpoint called with OPTIONS.
 *
 * @since 0.1.0
 * @category constructors
 */
export const options: Make<"OPTIONS"> = (name, path, options) => make("OPTIONS", name, path, options)

/**
 * An endpoint called with QUERY: a safe method with a payload, for searches too large for a URL.
 *
 * @see https://www.ietf.org/archive/id/draft-ietf-httpbis-safe-method-w-body-14.html
 * @since 0.1.0
 * @category constructors
 */
export const query: MakeWithPayload<"QUERY"> = (name, path, options) => make("QUERY", name, path, options)

/**
 * An endpoint called with POST.
 *
 * @since 0.1.0
 * @category constructors
 */
export const post: MakeWithPayload<"POST"> = (name, path, options) => make("POST", name, path, options)

/**
 * An endpoint called with PUT.
 *
 * @since 0.1.0
 * @category constructors
 */
export const put: MakeWithPayload<"PUT"> = (name, path, options) => make("PUT", name, path, options)

/**
 * An endpoint called with PATCH.
 *
 * @since 0.1.0
 * @category constructors
 */
export const patch: MakeWithPayload<"PATCH"> = (name, path, options) => make("PATCH", name, path, options)

const del: MakeWithPayload<"DELETE"> = (name, path, options) => make("DELETE", name, path, options)

export {
  /**
   * An endpoint called with DELETE.
   *
   * @since 0.1.0
   * @category constructors
   */
  del as delete
}

/**
 * What an endpoint remembers; one that was not made here has an empty policy and its errors by status.
 *
 * @since 0.1.0
 * @category getters
 */
export const definition = (endpoint: HttpApiEndpoint.Top | Any): Definition["Service"] =>
  // An endpoint made here is an HttpApiEndpoint, of which `Any` shows only a part.
  definitionOf(endpoint as HttpApiEndpoint.Top)

const definitionOf = (endpoint: HttpApiEndpoint.Top): Definition["Service"] =>
  Context.getOrUndefined(endpoint.annotations, Definition) ?? {
    policy: {},
    errors: errorsByStatus(endpoint),
    failures: [],
    pagination: undefined,
    constants: {},
    baseUrl: undefined,
    redirects: undefined,
    writing: undefined,
    idempotent: undefined,
    unprocessed: []
  }

interface AnyOptions
  extends
    CommonOptions<
      SchemaOrFields,
      SchemaOrFields,
      SchemaOrFields,
      Schemas,
      ErrorMap,
      Policy,
      unknown,
      ReadonlyArray<FailureRule.Any>
    >,
    PayloadOptions<SchemaOrFields | ReadonlyArray<Schema.Top>> {}

const optionNames = {
  params: true,
  query: true,
  queryStyle: true,
  headers: true,
  constants: true,
  baseUrl: true,
  redirects: true,
  payload: true,
  formStyle: true,
  success: true,
  errors: true,
  policy: true,
  pagination: true,
  idempotent: true,
  unprocessed: true,
  failures: true
} as const satisfies { readonly [K in keyof AnyOptions]-?: true }

const optionsOf = (method: HttpMethod): ReadonlyArray<string> =>
  Object.keys(optionNames).filter((name) => hasBody(method) || (name !== "payload" && name !== "formStyle"))

// The signatures above say what comes out of which options; the body works on their common shape.
const make = <Out>(method: HttpMethod, name: string, path: string, options: unknown): Out => {
  const given = (options === undefined ? {} : options) as AnyOptions
  checkEndpoint(name, path, given, optionsOf(method))
  const errors = declaredErrors(given.errors)
  const parts = partsOf(given)
  const payload = parts.payload
  const remembered = {
    policy: given.policy ?? {},
    failures: given.failures ?? [],
    pagination: given.pagination,
    constants: given.constants ?? {},
    baseUrl: given.baseUrl === undefined ? undefined : validBaseUrl(`baseUrl of endpoint ${name}`, given.baseUrl),
    redirects: given.redirects,
    idempotent: given.idempotent,
    unprocessed: given.unprocessed ?? []
  }
  const writing = { query: parts.query, queryStyle: given.queryStyle, formStyle: given.formStyle }
  const payloads = payload === undefined ? [] : [payload].flat()
  checkRules(`endpoint ${name}`, remembered.failures)
  const successes = given.success === undefined ? [] : [given.success].flat()
  assertConsistent({ ...remembered, ...writing, ...parts, name, method, path, payload: payloads, success: successes })
  // A path that passed the checks begins with a slash.
  const endpoint = HttpApiEndpoint.make(method as "POST")(name, path as `/${string}`, {
    ...parts,
    success: given.success,
    error: errors.map(([status, schema]) => HttpApiSchema.status(nominalStatus(name, status))(schema))
  })
  if (given.pagination !== undefined) checkPagination(endpoint, given.pagination)
  // The endpoint keeps its errors in the order in which they were given, each as it is on the wire.
  const onTheWire = Array.from(endpoint.error)
  return endpoint.annotate(Definition, {
    ...remembered,
    errors: Object.fromEntries(errors.map(([status], index) => [status, onTheWire[index]])),
    writing
  }) as Out
}

/** The parts of a request as schemas. */
const partsOf = ({ headers, params, payload, query }: AnyOptions) => ({
  params: structOf(params),
  query: structOf(query),
  headers: structOf(headers),
  payload: Array.isArray(payload) ? (payload as ReadonlyArray<Schema.Top>) : structOf(payload as SchemaOrFields)
})

const structOf = (part: SchemaOrFields | undefined): Schema.Top | undefined =>
  // A part that is not a schema is the fields of a struct.
  part === undefined || Schema.isSchema(part) ? (part as Schema.Top | undefined) : Schema.Struct(part)
