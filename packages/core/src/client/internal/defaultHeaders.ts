/** The default headers of a request: `user-agent` and `accept`. */
import type { Schema } from "effect"
import type * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import { preferredTypes } from "./mediaType.ts"
import { alternativesOf, encoding, streamed } from "./Reflection.ts"

/** The version of this package. */
export const version = "0.0.0"

/** `causeway/<version> (<integration>)`; a browser may replace it by its own. */
export const userAgent = (integration: string): string =>
  `causeway/${version} (${integration.replace(/[^\x21-\x7e]/g, "_").replace(/[()\\]/g, "_")})`

/** The media types of an endpoint's successes, in their order. */
export const acceptOf = ({ success }: HttpApiEndpoint.Top): string => {
  const types = Array.from(success).flatMap(alternativesOf).flatMap(typesOf)
  return types.length === 0 || types.includes("*/*") ? "*/*" : Array.from(new Set(types)).join(", ")
}

const typesOf = (schema: Schema.Top): ReadonlyArray<string> => {
  const body = HttpApiSchema.isWithHeaders(schema) ? schema.schema : schema
  const stream = streamed(body)
  if (stream !== undefined) return preferredTypes(stream)
  if (HttpApiSchema.isNoContent(body.ast)) return []
  const { _tag, contentType } = encoding(body)
  return _tag === "Json" ? [contentType] : ["*/*"]
}
