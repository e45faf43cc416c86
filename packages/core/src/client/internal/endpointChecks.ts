/** Checks an endpoint's options where it is defined, so that a mistake is found before the first call. */
import { Schema } from "effect"
import type * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import { type HttpMethod, hasBody } from "effect/http/HttpMethod"
import { nearestTo } from "../../policy/internal/nearest.ts"
import { checkSlots } from "../../policy/internal/slotNames.ts"
import * as InvalidOption from "../../policy/InvalidOption.ts"
import type { Policy } from "../../policy/Policy.ts"
import * as FormStyle from "../FormStyle.ts"
import { eventRules } from "./eventRules.ts"
import { inexpressibleIn } from "./formCheck.ts"
import { assertPath, urlPath } from "./pathTemplate.ts"
import { encoding, propertyNames, streamed } from "./Reflection.ts"

/**
 * The constant parts of an endpoint's requests: an API version, an `accept`, a fixed query.
 *
 * @since 0.1.0
 * @category models
 */
export interface Constants {
  /** Headers, over those of the integration. A name that `headers` declares too is rejected. */
  readonly headers?: Readonly<Record<string, string>>
  /** Query parameters. A name that `query` declares too is rejected. */
  readonly query?: Readonly<Record<string, string | number | boolean>>
}

/**
 * Which redirects are followed: none, those within the origin of the request, or also those to an origin that the
 * integration lists.
 *
 * @since 0.1.0
 * @category models
 */
export type Redirects = "none" | "same-origin" | "listed-origins"

/** Throws `InvalidOption` for another value than {@link Redirects}. */
export const validRedirects = (option: string, redirects: Redirects | undefined): Redirects | undefined => {
  const known = [undefined, "none", "same-origin", "listed-origins"]
  if (!known.includes(redirects))
    refuse(option, InvalidOption.describe(redirects), '"none", "same-origin" or "listed-origins"')
  return redirects
}

/** The options of an endpoint as this file reads them, with their fields made into schemas. */
export interface Checked {
  readonly name: string
  readonly method: HttpMethod
  readonly path: string
  readonly params: Schema.Top | undefined
  readonly query: Schema.Top | undefined
  readonly headers: Schema.Top | undefined
  readonly payload: ReadonlyArray<Schema.Top>
  readonly success: ReadonlyArray<Schema.Constraint>
  readonly policy: Policy
  readonly formStyle: FormStyle.FormStyle | undefined
  readonly queryStyle: FormStyle.FormStyle | undefined
  readonly constants: Constants
  readonly redirects: Redirects | undefined
  readonly idempotent: boolean | undefined
  readonly unprocessed: ReadonlyArray<number>
}

const refuse = (option: string, actual: string, accepts: string): never => {
  throw new InvalidOption.InvalidOption({ option, actual, accepts })
}

/** Throws `InvalidOption` for an option that does not exist. */
export const assertNames = (name: string, options: object, known: ReadonlyArray<string>): void => {
  for (const option of Object.keys(options)) {
    if (known.includes(option)) continue
    refuse(
      `options of endpoint ${name}`,
      `a record with the option "${option}"`,
      `a record of known options${nearestTo(option, known)}`
    )
  }
}

/** Throws `InvalidOption` for options that are invalid or contradict each other. */
export const assertConsistent = (endpoint: Checked): void => {
  const where = `endpoint ${endpoint.name}`
  assertAddress(endpoint, where)
  assertPath(where, endpoint.path, endpoint.params === undefined ? [] : namesOf(endpoint.params))
  checkSlots(endpoint.policy, where)
  assertPolicyFits(endpoint, where)
  assertHeaders(endpoint, where)
  assertConstantQuery(endpoint, where)
  assertStyles(endpoint, where)
  assertRepetition(endpoint, where)
  assertRetryFits(endpoint, where)
  assertReconnection(endpoint, where)
}

const assertAddress = ({ constants, params, path, redirects }: Checked, where: string): void => {
  validRedirects(`redirects of ${where}`, redirects)
  if (path !== urlPath) return
  if (params !== undefined) refuse(`params of ${where}`, "stated", "left out for an endpoint at `Endpoint.url`")
  if (constants.query !== undefined) {
    refuse(
      `constants.query of ${where}`,
      "stated",
      "left out for an endpoint at `Endpoint.url`, whose URL has its query"
    )
  }
}

/** The encoded names of a struct; undefined where only the value has names. */
const namesOf = (schema: Schema.Constraint): ReadonlyArray<string> | undefined => {
  const names = propertyNames(schema)
  return names.length === 0 ? undefined : names
}

const safe: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "QUERY"])

const assertPolicyFits = ({ method, policy }: Checked, where: string): void => {
  const { cache, coalesce } = policy
  if (cache !== null && cache !== undefined && !(cache.methods.has(method) || method === "HEAD")) {
    refuse(
      `policy.cache of ${where}`,
      `on ${method}`,
      `on a method whose answers it keeps: ${[...cache.methods].join(", ")}`
    )
  }
  if (coalesce !== null && coalesce !== undefined && !safe.has(method)) {
    refuse(`policy.coalesce of ${where}`, `on ${method}`, `on a safe method: ${[...safe].join(", ")}`)
  }
}

const assertHeaders = ({ constants, headers }: Checked, where: string): void => {
  const declared = headers === undefined ? [] : propertyNames(headers)
  for (const name of declared) InvalidOption.httpToken(`headers of ${where}`, name)
  const taken = new Set(declared.map((name) => name.toLowerCase()))
  for (const [name, value] of Object.entries(constants.headers ?? {})) {
    InvalidOption.httpToken(`constants.headers of ${where}`, name)
    if (typeof value !== "string" || !/^[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?$/.test(value)) {
      const accepts = "a text of visible ASCII, without line breaks or white space around it"
      refuse(`constants.headers of ${where}`, `a header "${name}" with an invalid value`, accepts)
    }
    if (taken.has(name.toLowerCase())) refuseTwice(`constants.headers of ${where}`, name, "headers")
  }
}

const assertConstantQuery = ({ constants, query }: Checked, where: string): void => {
  const taken = new Set(query === undefined ? [] : propertyNames(query))
  for (const [name, value] of Object.entries(constants.query ?? {})) {
    if (!["string", "number", "boolean"].includes(typeof value) || !(name + String(value)).isWellFormed()) {
      refuse(
        `constants.query of ${where}`,
        `a record with an unusable value for "${name}"`,
        "texts, numbers and booleans"
      )
    }
    if (taken.has(name)) refuseTwice(`constants.query of ${where}`, name, "query")
  }
}

const refuseTwice = (option: string, name: string, part: string): never =>
  refuse(option, `a record with "${name}", which \`${part}\` declares too`, "names that a caller does not give")

const assertStyles = (endpoint: Checked, where: string): void => {
  const { formStyle, method, payload, query, queryStyle } = endpoint
  assertStyle(`formStyle of ${where}`, formStyle)
  assertStyle(`queryStyle of ${where}`, queryStyle)
  const forms = hasBody(method) ? payload.filter((schema) => encoding(schema)._tag === "FormUrlEncoded") : []
  const queries = [...(query === undefined ? [] : [query]), ...(hasBody(method) ? [] : payload)]
  if (formStyle !== undefined && forms.length === 0) {
    refuse(`formStyle of ${where}`, "stated", "stated only for a payload that is `HttpApiSchema.asFormUrlEncoded`")
  }
  if (queryStyle !== undefined && queries.length === 0) {
    refuse(`queryStyle of ${where}`, "stated", "stated only for an endpoint with a `query`")
  }
  for (const schema of forms) assertExpressible(schema, "formStyle", formStyle, where)
  for (const schema of queries) assertExpressible(schema, "queryStyle", queryStyle, where)
}

const assertStyle = (option: string, style: unknown): void => {
  if (style === undefined || FormStyle.isFormStyle(style)) return
  refuse(option, "not a FormStyle", "a FormStyle, such as FormStyle.indices")
}

/** Throws `InvalidOption` for a schema that the style, or the default without one, cannot express. */
const assertExpressible = (
  schema: Schema.Top,
  option: "formStyle" | "queryStyle",
  style: FormStyle.FormStyle | undefined,
  where: string
): void => {
  if (streamed(schema) !== undefined || HttpApiSchema.isNoContent(schema.ast)) return
  const problem = inexpressibleIn(Schema.toCodecJson(schema), style ?? FormStyle.repeat)
  if (problem === undefined) return
  const actual = `${style === undefined ? "not stated" : JSON.stringify(style.arrays)}, while ${problem}`
  refuse(`${option} of ${where}`, actual, "a style that can, such as FormStyle.indices")
}

/** Throws `InvalidOption` for an endpoint of an HttpApi, which has no style, if its form data would be corrupted. */
export const assertWritable = ({ identifier, method, payload, query }: HttpApiEndpoint.Top): void => {
  const where = `endpoint ${identifier}`
  if (query !== undefined) assertExpressible(query, "queryStyle", undefined, where)
  for (const { schemas } of payload.values()) {
    for (const schema of schemas) {
      if (!hasBody(method)) assertExpressible(schema, "queryStyle", undefined, where)
      else if (encoding(schema)._tag === "FormUrlEncoded") assertExpressible(schema, "formStyle", undefined, where)
    }
  }
}

/** A stream that reconnects sends its request again. */
const assertReconnection = ({ idempotent, method, payload, success }: Checked, where: string): void => {
  const reconnects = success.some((schema) => {
    const stream =
      streamed(schema) ?? ("schema" in schema && Schema.isSchema(schema.schema) ? streamed(schema.schema) : undefined)
    return stream !== undefined && eventRules(stream).reconnect !== undefined
  })
  if (!reconnects) return
  const accepts = "used where the request may be repeated: a method that is idempotent, or `idempotent: true`"
  if (!(idempotent ?? repeatable.has(method))) refuse(`reconnect of ${where}`, `used with ${method}`, accepts)
  if (payload.some((schema) => streamed(schema) !== undefined)) {
    refuse(`reconnect of ${where}`, "used with a streamed payload, which is sent once", accepts)
  }
}

const repeatable: ReadonlySet<string> = new Set([...safe, "PUT", "DELETE"])

/** A `when` has no effect if no failed call may be repeated. */
const assertRetryFits = (
  { constants, headers, idempotent, method, policy, unprocessed }: Checked,
  where: string
): void => {
  const { retry } = policy
  if (retry === undefined || retry === null || !("hasWhen" in retry) || !retry.hasWhen) return
  const names = [...Object.keys(constants.headers ?? {}), ...(headers === undefined ? [] : propertyNames(headers))]
  const hasKey = retry.idempotencyKeyHeader !== undefined || names.some((name) => /^idempotency-key$/i.test(name))
  if (hasKey || unprocessed.length > 0 || (idempotent ?? repeatable.has(method))) return
  refuse(
    `policy.retry.when of ${where}`,
    `on ${method}, which may not be repeated`,
    "beside `idempotent: true`, `unprocessed` or `retry.idempotencyKeyHeader`"
  )
}

const assertRepetition = ({ idempotent, method, unprocessed }: Checked, where: string): void => {
  if (idempotent !== undefined && typeof idempotent !== "boolean") {
    refuse(`idempotent of ${where}`, InvalidOption.describe(idempotent), "true or false")
  }
  for (const status of unprocessed) {
    if (Number.isInteger(status) && status >= 400 && status <= 599) continue
    refuse(`unprocessed of ${where}`, InvalidOption.describe(status), "statuses from 400 to 599")
  }
  if (unprocessed.length > 0 && (idempotent ?? repeatable.has(method))) {
    const why = idempotent === true ? "stated beside `idempotent: true`" : `stated for ${method}`
    refuse(`unprocessed of ${where}`, why, "left out where a request may be repeated in any case")
  }
}
