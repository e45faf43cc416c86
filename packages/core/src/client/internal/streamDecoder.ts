/** Decodes streamed answers element by element: bytes, lines of JSON, events. */
import { ByteSize, Effect, Result, Stream } from "effect"
import type * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import * as Exchange from "../../policy/Exchange.ts"
import { eventStream } from "./eventStream.ts"
import { jsonLines } from "./jsonLines.ts"
import { acceptedTypes, type Accepts } from "./mediaType.ts"
import { type Connection, type Problem, type Reading, undecodable, type Undecodable } from "./undecodable.ts"

/** How a streamed answer is opened. */
export interface OpenStream {
  /** Whether an answer with this content type is such a stream. */
  readonly accepts: (contentType: string | undefined) => boolean
  /** Fails, with the body unread, when the answer has another content type. */
  readonly open: (
    connection: Connection,
    reading: Reading
  ) => Effect.Effect<Stream.Stream<unknown, unknown>, Undecodable>
}

export const compileStream = (schema: HttpApiSchema.StreamSchema): OpenStream => {
  const types: Accepts = acceptedTypes(schema)
  const decode = compileElements(schema, types)
  return {
    accepts: (contentType) => Result.isSuccess(types(contentType)),
    open: (connection, reading) => {
      const accepted = types(connection.response.headers["content-type"])
      return Result.isSuccess(accepted)
        ? Effect.succeed(decode(connection, reading))
        : Effect.fail(undecodable("MediaType", accepted.failure))
    }
  }
}

type DecodeStream = (connection: Connection, reading: Reading) => Stream.Stream<unknown, unknown>

const compileElements = (schema: HttpApiSchema.StreamSchema, types: Accepts): DecodeStream => {
  const limited = ({ response }: Connection, { limit }: Reading) => limit(bytesOf(response, schema))
  switch (schema._tag) {
    case "StreamUint8Array":
      return (connection, reading) => Stream.mapError(limited(connection, reading), connection.tell)
    case "StreamNdjson": {
      const decode = jsonLines(schema)
      return (connection, reading) =>
        decode(limited(connection, reading), connection.tell, connection.response.headers["content-type"])
    }
    case "StreamSse":
      return eventStream(schema, (connection, reading) => {
        // The answer to a reconnection may be another one.
        const accepted = types(connection.response.headers["content-type"])
        return Result.isSuccess(accepted)
          ? limited(connection, reading)
          : Stream.unwrap(
              Effect.as(Exchange.discard(connection.response), Stream.fail(undecodable("MediaType", accepted.failure)))
            )
      })
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
