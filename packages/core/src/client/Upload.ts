/**
 * Uploads whose size is known, with their progress.
 *
 * **When to use**
 *
 * For the payload of an endpoint that declares `HttpApiSchema.StreamUint8Array()`, if the provider requires a
 * `Content-Length`, as object stores do, or where the content type depends on the file.
 *
 * **Details**
 *
 * The size is sent as `content-length`; with the transport for Node, a stream of another size fails the call.
 * `fetch` always sends a stream without a length. A streamed body is sent once, so a call is retried only if nothing was
 * sent. While the body is sent, the standard `timeout` and `deadline` are paused, and `idleTimeout` bounds the time between
 * two chunks.
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
import { describeUpload } from "./internal/uploads.ts"
import * as Check from "./internal/optionChecks.ts"
import * as OptionCheck from "../policy/OptionCheck.ts"

/**
 * The progress of an upload.
 *
 * @since 0.1.0
 * @category models
 */
export interface Progress {
  /** The bytes taken from the stream so far. */
  readonly bytes: number
  /** The size of the payload; undefined if it was not set. */
  readonly total: number | undefined
}

/**
 * Options of an upload.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The size of the stream in bytes, for `content-length`. Default: unknown. */
  readonly bytes?: number
  /** The content type of this payload. Default: that of the endpoint. */
  readonly contentType?: string
  /** Called after each chunk that was taken from the stream. Default: none. */
  readonly onProgress?: (progress: Progress) => Effect.Effect<unknown>
}

/**
 * A payload from a stream of bytes. Stream's own functions return a stream without size, type and progress.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <E>(stream: Stream.Stream<Uint8Array, E>, options: Options): Stream.Stream<Uint8Array, E> => {
  OptionCheck.stream("upload.stream", stream)
  Check.checkUpload("upload", options)
  const { bytes: total, contentType, onProgress } = options
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
