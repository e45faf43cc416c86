import { SchemaAST, type Schema } from "effect"
import * as HttpApi from "effect/http-api/HttpApi"
import type * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import type * as HttpApiSchema from "effect/http-api/HttpApiSchema"

type ByStatus = ReadonlyMap<number, readonly [Schema.Top, ...Array<Schema.Top>]>

/** An endpoint's buffered successes and errors by status, its middlewares' errors included. */
export const reflected = (
  endpoint: HttpApiEndpoint.Top
): { readonly successes: ByStatus; readonly errors: ByStatus } => {
  const found = { successes: new Map() as ByStatus, errors: new Map() as ByStatus }
  HttpApi.reflect(HttpApi.make("reflected").add(HttpApiGroup.make("reflected").add(endpoint)), {
    onGroup: () => {},
    onEndpoint: ({ errors, successes }) => Object.assign(found, { successes, errors })
  })
  return found
}

const encodingOf = SchemaAST.resolveAt<HttpApiSchema.PayloadEncoding>("~httpApiEncoding")

/** How a body is written on the wire; JSON unless the schema says otherwise. */
export const encoding = (schema: Schema.Constraint): HttpApiSchema.PayloadEncoding =>
  encodingOf(schema.ast) ?? { _tag: "Json", contentType: "application/json" }

/** The property names of a struct as it is on the wire. */
export const propertyNames = (schema: Schema.Constraint): ReadonlyArray<string> => {
  const encoded = SchemaAST.toEncoded(schema.ast)
  return SchemaAST.isObjects(encoded) ? encoded.propertySignatures.map((property) => String(property.name)) : []
}

/** The `_tag` that a tagged error has on the wire, when it is always the same. */
export const wireTag = (schema: Schema.Constraint): string | undefined => {
  const encoded = SchemaAST.toEncoded(schema.ast)
  if (!SchemaAST.isObjects(encoded)) return undefined
  const tag = encoded.propertySignatures.find((property) => property.name === "_tag")?.type
  return tag !== undefined && SchemaAST.isLiteral(tag) && typeof tag.literal === "string" ? tag.literal : undefined
}

/** The schema of a streamed body, when it is one. */
export const streamed = (schema: Schema.Constraint): HttpApiSchema.StreamSchema | undefined =>
  "_tag" in schema &&
  (schema._tag === "StreamSse" || schema._tag === "StreamNdjson" || schema._tag === "StreamUint8Array")
    ? // These tags are on stream schemas alone.
      (schema as HttpApiSchema.StreamSchema)
    : undefined
