/**
 * Uploads whose size is known, with their progress.
 *
 * **When to use**
 *
 * For the payload of an endpoint that declares `HttpApiSchema.StreamUint8Array()`, where the provider wants a
 * `Content-Length`, as object stores do, or where the content type depends on the file.
 *
 * **Details**
 *
 * The size is sent as `content-length`; a stream that gives more or fewer bytes fails the call over the transport for Node.
 * `fetch` sends a stream without a length, whatever is stated. A streamed body is sent once: a call is retried only where
 * nothing was sent. While bytes leave, the standard `timeout` and `deadline` stand still, and `idleTimeout` limits the time
 * between two chunks.
 *
 * **Example** (A payload of known size)
 *
 * ```ts
 * import { Effect, Schema, Stream } from "effect"
 * import { HttpApiSchema } from "effect/http-api"
 * import { Endpoint, Integration, Upload } from "@causeway/core/client"
 * import { Mock } from "@causeway/core/testing"
 *
 * class Files extends Integration.Service<Files>()("app/Files", {
 *   baseUrl: "https://files.example",
 *   endpoints: [
 *     Endpoint.put("put", "/files/:name", {
 *       params: { name: Schema.String },
 *       payload: HttpApiSchema.StreamUint8Array(),
 *       success: HttpApiSchema.NoContent
 *     })
 *   ]
 * }) {}
 *
 * const program = Effect.gen(function* () {
 *   const files = yield* Files
 *   const payload = Upload.make(Stream.make(new Uint8Array(3)), { bytes: 3, contentType: "image/png" })
 *   yield* files.put({ params: { name: "a.png" }, payload })
 * })
 *
 * await Effect.runPromise(Effect.provide(program, Files.layerMock({ put: Mock.status(204) })))
 * ```
 *
 * @since 0.1.0
 */
import { type Effect, Stream } from "effect"
import * as InvalidOption from "../policy/InvalidOption.ts"
import { describeUpload } from "./internal/uploads.ts"

/**
 * How far an upload is.
 *
 * @since 0.1.0
 * @category models
 */
export interface Progress {
  /** The bytes that were taken from the stream to be sent. */
  readonly bytes: number
  /** The size that was stated; undefined for none. */
  readonly total: number | undefined
}

/**
 * Options of an upload.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** How many bytes the stream gives, for `content-length`. Default: unknown. */
  readonly bytes?: number
  /** The content type of this payload. Default: that of the endpoint. */
  readonly contentType?: string
  /** Called after each chunk that was taken to be sent. Default: nothing. */
  readonly onProgress?: (progress: Progress) => Effect.Effect<unknown>
}

/**
 * A payload from a stream of bytes. What is made of it by Stream's own functions is a stream without these facts.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <E>(
  stream: Stream.Stream<Uint8Array, E>,
  { bytes: total, contentType, onProgress }: Options
): Stream.Stream<Uint8Array, E> => {
  if (total !== undefined) InvalidOption.integer("Upload.make: bytes", total, 0)
  const made = onProgress === undefined ? Stream.suspend(() => stream) : reporting(stream, total, onProgress)
  describeUpload(made, { bytes: total, contentType })
  return made
}

/** The next chunk is taken when the one before it has been handed to the connection. */
const reporting = <E>(
  stream: Stream.Stream<Uint8Array, E>,
  total: number | undefined,
  onProgress: (progress: Progress) => Effect.Effect<unknown>
): Stream.Stream<Uint8Array, E> =>
  Stream.suspend(() => {
    let bytes = 0
    return Stream.tap(stream, (chunk) => {
      bytes += chunk.byteLength
      return onProgress({ bytes, total })
    })
  })
