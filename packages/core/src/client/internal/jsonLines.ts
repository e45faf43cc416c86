/** Decodes a stream of JSON values: one a line, or each behind a record separator (RFC 7464). */
import { ByteSize, Effect, Result, Schema, Stream } from "effect"
import type * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as Charset from "../../crypto/Charset.ts"
import * as Json from "../../crypto/Json.ts"
import { compileValue, effectOf } from "./bodyDecoder.ts"
import { hasExactNumbers, withDigits } from "./exactNumbers.ts"
import { Lines } from "./lines.ts"
import { mediaTypeOf } from "./mediaType.ts"
import { type BytesProblem, undecodable, type TellStreamProblem, type Undecodable } from "./undecodable.ts"

export const jsonLines = (schema: HttpApiSchema.StreamNdjson<Schema.Top>) => {
  const codec = Schema.toCodecJson(schema.schema)
  const decode = compileValue(codec)
  const parse = hasExactNumbers(codec) ? parseExact(codec) : parsePlain
  const maxBytes = ByteSize.toNumberUnsafe(schema.maxElementBytes)
  return (
    bytes: Stream.Stream<Uint8Array, BytesProblem>,
    tell: TellStreamProblem,
    contentType: string | undefined
  ): Stream.Stream<unknown, unknown> =>
    Stream.suspend(() => linesOf(bytes, new Lines(isSequence(contentType) ? "RS" : "LF", maxBytes), maxBytes)).pipe(
      Stream.filter((line) => !isBlank(line)),
      Stream.mapEffect((line) => Effect.flatMap(effectOf(valueOf(line, contentType, parse)), decode)),
      Stream.mapError(tell)
    )
}

const isSequence = (contentType: string | undefined): boolean => {
  const type = mediaTypeOf(contentType) ?? ""
  return type === "application/json-seq" || type.endsWith("+json-seq")
}

const linesOf = (
  bytes: Stream.Stream<Uint8Array, BytesProblem>,
  lines: Lines,
  maxBytes: number
): Stream.Stream<Uint8Array, BytesProblem> =>
  Stream.mapEffect(bytes, (chunk) => {
    const found = lines.feed(chunk)
    return found === undefined
      ? Effect.fail(undecodable("TooLarge", `a line is larger than ${maxBytes} bytes`))
      : Effect.succeed(found)
  }).pipe(Stream.concat(Stream.sync(() => [lines.rest()])), Stream.flattenIterable)

/** Spaces, ends of lines and record separators alone. */
const isBlank = (line: Uint8Array): boolean => line.every((byte) => byte <= 0x20)

const RS = 0x1e

type Parse = (text: string) => Result.Result<unknown, Json.InvalidJson>

const parsePlain: Parse = (text) => Json.parse(text)

const parseExact =
  (schema: Schema.Constraint): Parse =>
  (text) =>
    Result.map(Json.parseExact(text), (exact) => withDigits(schema, exact))

/** A record separator is passed over, also where the content type does not announce it. */
const valueOf = (
  line: Uint8Array,
  contentType: string | undefined,
  parse: Parse
): Result.Result<unknown, Undecodable> =>
  Result.flatMap(Charset.decodeJson(line[0] === RS ? line.subarray(1) : line, contentType), parse).pipe(
    Result.mapError((error) => undecodable(error._tag === "InvalidText" ? "Text" : "Json", `a line: ${error.message}`))
  )
