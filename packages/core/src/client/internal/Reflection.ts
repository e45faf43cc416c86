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

/** Schemas that are each written in their own way: the members of a union that has no encoding itself. */
export const alternativesOf = (schema: Schema.Top): ReadonlyArray<Schema.Top> =>
  encodingOf(schema.ast) === undefined && "members" in schema && Array.isArray(schema.members)
    ? schema.members
    : [schema]

const statusOf = SchemaAST.resolveAt<number>("httpApiStatus")

/** The status of a success: 200 unless the schema says otherwise. */
export const successStatus = (schema: Schema.Constraint): number => {
  const ofKey: unknown = schema.ast.context?.annotations?.["httpApiStatus"]
  return statusOf(schema.ast) ?? (typeof ofKey === "number" ? ofKey : 200)
}

/** The property names of a struct as it is on the wire. */
export const propertyNames = (schema: Schema.Constraint): ReadonlyArray<string> => {
  const encoded = SchemaAST.toEncoded(schema.ast)
  return SchemaAST.isObjects(encoded) ? encoded.propertySignatures.map((property) => String(property.name)) : []
}

/** A `_tag` that is always the same on the wire, and the names of the other fields beside it. */
export interface WireTag {
  readonly tag: string
  readonly names: ReadonlyArray<string>
  readonly required: ReadonlyArray<string>
}

/** The tags that a value has on the wire: one, or one for each tagged member of a union. */
export const wireTags = (
  schema: Schema.Constraint
): { readonly tags: ReadonlyArray<WireTag>; readonly hasUntagged: boolean } => {
  const members = membersOf(SchemaAST.toEncoded(schema.ast))
  const tags = members.map(tagOf)
  return { tags: tags.filter((tag) => tag !== undefined), hasUntagged: tags.includes(undefined) }
}

const membersOf = (ast: SchemaAST.AST): ReadonlyArray<SchemaAST.AST> =>
  SchemaAST.isUnion(ast) ? ast.types.flatMap(membersOf) : [ast]

const tagOf = (ast: SchemaAST.AST): WireTag | undefined => {
  if (!SchemaAST.isObjects(ast)) return undefined
  const tag = ast.propertySignatures.find((property) => property.name === "_tag")?.type
  if (tag === undefined || !SchemaAST.isLiteral(tag) || typeof tag.literal !== "string") return undefined
  const others = ast.propertySignatures.filter(({ name }) => name !== "_tag")
  const names = others.map(({ name }) => String(name))
  const required = others.filter(({ type }) => !SchemaAST.isOptional(type)).map(({ name }) => String(name))
  return { tag: tag.literal, names, required }
}

/** The schema of a streamed body, when it is one. */
export const streamed = (schema: Schema.Constraint): HttpApiSchema.StreamSchema | undefined =>
  "_tag" in schema &&
  (schema._tag === "StreamSse" || schema._tag === "StreamNdjson" || schema._tag === "StreamUint8Array")
    ? // These tags are on stream schemas alone.
      (schema as HttpApiSchema.StreamSchema)
    : undefined
