/** Decodes streamed answers element by element: bytes, lines of JSON, events. */
import { ByteSize, Effect, Result, Stream } from "effect"
import type * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import * as Exchange from "../../policy/Exchange.ts"
import { eventStream } from "./eventStream.ts"
import { jsonLines } from "./jsonLines.ts"
import { acceptedTypes, type Accepts } from "./mediaType.ts"
import {
  type BytesProblem,
  type LimitBytes,
  undecodable,
  type Problem,
  type TellStreamProblem,
  type Undecodable
} from "./undecodable.ts"

/** How a streamed answer is opened. */
export interface OpenStream {
  /** Whether an answer with this content type is such a stream. */
  readonly accepts: (contentType: string | undefined) => boolean
  /** Fails, with the body unread, when the answer is no such stream by its content type. */
  readonly open: (
    response: HttpClientResponse,
    tell: TellStreamProblem,
    limit: LimitBytes
  ) => Effect.Effect<Stream.Stream<unknown, unknown>, Undecodable>
}

export const compileStream = (schema: HttpApiSchema.StreamSchema): OpenStream => {
  const decode = compileElements(schema)
  const types: Accepts = acceptedTypes(schema)
  return {
    accepts: (contentType) => Result.isSuccess(types(contentType)),
    open: (response, tell, limit) => {
      const accepted = types(response.headers["content-type"])
      return Result.isSuccess(accepted)
        ? Effect.succeed(decode(limit(bytesOf(response, schema)), tell, response.headers["content-type"]))
        : Effect.fail(undecodable("MediaType", accepted.failure))
    }
  }
}

type DecodeStream = (
  bytes: Stream.Stream<Uint8Array, BytesProblem>,
  tell: TellStreamProblem,
  contentType: string | undefined
) => Stream.Stream<unknown, unknown>

const compileElements = (schema: HttpApiSchema.StreamSchema): DecodeStream => {
  switch (schema._tag) {
    case "StreamUint8Array":
      return (bytes, tell) => Stream.mapError(bytes, tell)
    case "StreamNdjson":
      return jsonLines(schema)
    case "StreamSse":
      return eventStream(schema)
  }
}

/** The bytes of a body, up to the limit that its schema sets. */
const bytesOf = (
  response: HttpClientResponse,
  schema: HttpApiSchema.StreamSchema
): Stream.Stream<Uint8Array, Problem> => {
  const bytes = Exchange.bytes(response)
  const limit = "maxBytes" in schema ? schema.maxBytes : undefined
  if (limit === undefined) return bytes
  const maxBytes = ByteSize.toNumberUnsafe(limit)
  return Stream.suspend(() => {
    let size = 0
    return Stream.mapEffect(bytes, (chunk) => {
      size += chunk.byteLength
      return size > maxBytes
        ? Effect.fail(undecodable("TooLarge", `the body is larger than ${maxBytes} bytes`))
        : Effect.succeed(chunk)
    })
  })
}
