/** Decodes a body that was read whole, by the encoding that its schema declares. */
import { Effect, Result, Schema, type SchemaAST } from "effect"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as CallError from "../../policy/CallError.ts"
import * as AtOnce from "../../policy/internal/AtOnce.ts"
import { exactJson, hasExactNumbers } from "./exactNumbers.ts"
import { formOf } from "./formBody.ts"
import type { ReceivedBody } from "./receivedBody.ts"
import { encoding } from "./Reflection.ts"
import { undecodable, type Undecodable } from "./undecodable.ts"

/** Decodes a body that was read whole. */
export type DecodeBody = (body: ReceivedBody) => Effect.Effect<unknown, Undecodable>

/** Decodes a value as it is on the wire. */
export type DecodeValue = (value: unknown) => Effect.Effect<unknown, Undecodable>

export const compileValue = (schema: Schema.Constraint): DecodeValue => {
  // The services of a decoder are in the method's type, so that they are there when it runs.
  const decode = Schema.decodeUnknownEffect(schema as Schema.ConstraintDecoder<unknown>)
  return (value) => AtOnce.mapError(decode(value), mismatch)
}

const mismatch = (error: Schema.SchemaError): Undecodable => undecodable("Schema", CallError.describeIssue(error.issue))

export const compileBody = (schema: Schema.Top): DecodeBody => {
  const read = reader(schema)
  if (schema.ast === anyJson) return (body) => effectOf(read(body))
  const decode = compileValue(schema)
  return (body) => {
    const value = read(body)
    return Result.isSuccess(value) ? decode(value.success) : Effect.fail(value.failure)
  }
}

/** `Schema.Unknown` in a JSON body: the result of a JSON parser needs no validation. */
const anyJson: SchemaAST.AST = Schema.toCodecJson(Schema.Unknown).ast

/** What stands for an empty body: `null`, which is how a codec for JSON writes nothing. */
export const compileNothing = (schema: Schema.Top): Effect.Effect<unknown, Undecodable> => {
  const decode = compileValue(schema)
  return Effect.suspend(() => decode(null))
}

export const isNothing = (schema: Schema.Top): boolean => HttpApiSchema.isNoContent(schema.ast)

type Read = (body: ReceivedBody) => Result.Result<unknown, Undecodable>

const reader = (schema: Schema.Top): Read => {
  switch (encoding(schema)._tag) {
    case "Text":
      return (body) => body.text()
    case "Uint8Array":
      return (body) => Result.succeed(body.bytes)
    case "FormUrlEncoded":
      return formOf
    default:
      return jsonReader(schema)
  }
}

/** An empty body is read as `null`. Only a schema that keeps the digits of numbers pays for them. */
export const jsonReader = (schema: Schema.Top): Read => {
  if (!hasExactNumbers(schema)) return plainJson
  const read = exactJson(schema)
  return (body) => (body.isEmpty ? nothing : read(body))
}

const plainJson: Read = (body) => (body.isEmpty ? nothing : body.json())

const nothing: Result.Result<unknown, never> = Result.succeed(null)

export const effectOf = <A, E>(result: Result.Result<A, E>): Effect.Effect<A, E> =>
  Result.isSuccess(result) ? Effect.succeed(result.success) : Effect.fail(result.failure)
