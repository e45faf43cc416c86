/**
 * Resumable downloads: when a connection breaks, the next request continues where it stopped.
 *
 * **When to use**
 *
 * For files over an endpoint whose `success` is `HttpApiSchema.StreamUint8Array()`. `Files.download` of `@causeway/node`
 * writes to a file. For a small body, the endpoint's own stream is enough.
 *
 * **Details**
 *
 * A download takes its call as a function, and runs it for the first request and for each one that resumes. Every request
 * is a call under the integration's policies, and mocks work. Pass the given headers into the options of the call. Each
 * request sends `accept-encoding: identity`; one that resumes has `range` and `if-range`, with the strong `ETag` of the
 * first response, or a strong `Last-Modified`. If the response is the whole file (200) instead of a part, or the file can't
 * be resumed, the download starts again from the first byte.
 *
 * The size is compared with `Content-Length` or `Content-Range`, and the bytes with every checksum in the headers:
 * `Repr-Digest`, `Content-Digest` and `Digest` (sha-256, sha-512), `Content-MD5`, `x-goog-hash` (md5, crc32c),
 * `x-amz-checksum-*` (sha256, crc32c, crc32). An `ETag` is not a checksum.
 *
 * **Gotchas**
 *
 * A stream emits its bytes before their checksum is verified: on `DownloadFailure`, discard them.
 *
 * **Example** (A report, with its progress)
 *
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { HttpApiSchema } from "effect/http-api"
 * import { Download, Endpoint, Integration } from "@causeway/core/client"
 * import { Mock } from "@causeway/core/testing"
 *
 * class Reports extends Integration.Service<Reports>()("app/Reports", {
 *   baseUrl: "https://reports.example",
 *   endpoints: [Endpoint.get("report", "/report.csv", { success: HttpApiSchema.StreamUint8Array() })]
 * }) {}
 *
 * const program = Effect.gen(function* () {
 *   const reports = yield* Reports
 *   const call = (options: Download.RangeOptions) => reports.report({ responseMode: "decoded-and-response" }, options)
 *   const bytes = Download.stream(call, { onProgress: ({ bytes, total }) => Effect.logDebug(bytes, total) })
 *   return yield* Stream.mkString(Stream.decodeText(bytes))
 * })
 *
 * const report = Mock.status(200, { body: "a,b", headers: { "content-md5": "s0Xh3AnyD9796kafCRZ4kg==" } })
 * const text = await Effect.runPromise(Effect.provide(program, Reports.layerMock({ report })))
 * console.assert(text === "a,b")
 * ```
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110.html#name-range-requests
 * @see https://www.rfc-editor.org/rfc/rfc9530
 * @since 0.1.0
 */
import { Effect, type Sink, Stream } from "effect"
import * as Retry from "../policy/Retry.ts"
import { type Call, DownloadFailure, type Options, type Part, type Partial } from "./internal/downloadTypes.ts"
import { Transfer } from "./internal/Transfer.ts"
import type { Validator } from "./internal/ranges.ts"
import * as Check from "./internal/optionChecks.ts"
import * as OptionCheck from "../policy/OptionCheck.ts"

export {
  type Call,
  DownloadFailure,
  type Options,
  type Part,
  type Partial,
  type Progress,
  type RangeOptions
} from "./internal/downloadTypes.ts"

export type { Validator } from "./internal/ranges.ts"

/**
 * The parts of a file, for a writer that can start again: a part at offset 0 replaces all before it.
 *
 * @since 0.1.0
 * @category downloading
 */
export const parts = <E, E2, R, E3 = never, R3 = never>(
  call: Call<E, E2, R>,
  options: Options & { readonly partial?: Partial<E3, R3> | undefined } = {}
): Stream.Stream<Part, E | E2 | E3 | DownloadFailure, R | R3> => {
  OptionCheck.callback("download.call", call)
  Check.checkParts("download", options)
  return transfer(call, options, true)
}

const transfer = <E, E2, R, E3 = never, R3 = never>(
  call: Call<E, E2, R>,
  options: Options & { readonly partial?: Partial<E3, R3> | undefined },
  mayBeginAgain: boolean
): Stream.Stream<Part, E | E2 | E3 | DownloadFailure, R | R3> =>
  Stream.suspend(
    () =>
      new Transfer<E, E2, R, E3, R3>(call, options.partial, {
        attempts: options.attempts ?? 5,
        schedule: options.schedule ?? Retry.fullJitter(),
        verify: options.verify ?? true,
        mayBeginAgain,
        onProgress: options.onProgress,
        failure: (reason, detail) => new DownloadFailure({ reason, detail })
      }).parts
  )

/**
 * The bytes of a file, in order. If a download starts again and the validator is the same, the bytes that were already
 * emitted are skipped; else the stream fails with `Changed`.
 *
 * @since 0.1.0
 * @category downloading
 */
export const stream = <E, E2, R>(
  call: Call<E, E2, R>,
  options: Options = {}
): Stream.Stream<Uint8Array, E | E2 | DownloadFailure, R> => {
  OptionCheck.callback("download.call", call)
  Check.checkDownload("download", options)
  return Stream.suspend(() => {
    let seen = 0
    let first: Validator | undefined
    return Stream.mapEffect(transfer(call, options, false), ({ bytes, offset, validator }) => {
      if (seen > offset && (first === undefined || !isEqual(first, validator))) {
        return Effect.fail(
          new DownloadFailure({
            reason: "Changed",
            detail: `the download started again after the stream had emitted ${seen} bytes`
          })
        )
      }
      first ??= validator
      const fresh = bytes.subarray(Math.max(0, seen - offset))
      seen = Math.max(seen, offset + bytes.byteLength)
      return Effect.succeed(fresh)
    }).pipe(Stream.filter((bytes) => bytes.byteLength > 0))
  })
}

const isEqual = (first: Validator, second: Validator | undefined): boolean =>
  JSON.stringify(first) === JSON.stringify(second)

/**
 * Downloads into a sink.
 *
 * @since 0.1.0
 * @category downloading
 */
export const toSink = <A, L, E, E2, R, ES, RS>(
  call: Call<E, E2, R>,
  sink: Sink.Sink<A, Uint8Array, L, ES, RS>,
  options: Options = {}
): Effect.Effect<A, E | E2 | ES | DownloadFailure, R | RS> => Stream.run(stream(call, options), sink)
