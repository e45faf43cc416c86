/** The declared errors of an endpoint: by status, range or `default`. */
import { Schema } from "effect"
import type * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as InvalidOption from "../../policy/InvalidOption.ts"
import { reflected } from "./Reflection.ts"

type Errors = Readonly<Record<string | number, Schema.Top | undefined>>

export const errorsByStatus = (endpoint: HttpApiEndpoint.Top): Readonly<Record<string, Schema.Top>> =>
  Object.fromEntries(Array.from(reflected(endpoint).errors, ([status, schemas]) => [status, oneOrUnion(schemas)]))

const oneOrUnion = (schemas: ReadonlyArray<Schema.Top>): Schema.Top => {
  const [first, ...others] = schemas
  return first !== undefined && others.length === 0 ? first : Schema.Union(schemas)
}

export const declaredErrors = (errors: Errors | undefined): ReadonlyArray<readonly [string, Schema.Top]> =>
  Object.entries(errors ?? {}).flatMap(([status, schema]) => (schema === undefined ? [] : [[status, schema] as const]))

/** What an OpenAPI description or a server made from the endpoint says for a range. */
export const nominalStatus = (name: string, status: string): number => {
  if (status === "4xx") return 400
  if (status === "5xx" || status === "default") return 500
  const code = Number(status)
  if (Number.isInteger(code) && code >= 300 && code <= 599) return code
  throw new InvalidOption.InvalidOption({
    option: `errors of endpoint ${name}`,
    actual: JSON.stringify(status),
    accepts: 'a status from 300 to 599, "4xx", "5xx" or "default"'
  })
}
