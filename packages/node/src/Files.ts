/**
 * Downloads to files and uploads from files.
 *
 * **When to use**
 *
 * `Files.download` to store a response in a file; `Files.upload` for the payload of an
 * endpoint that declares `HttpApiSchema.StreamUint8Array()`; `Files.blob` for a file in a `FormData`.
 *
 * **Details**
 *
 * A download goes to `<path>.part`. When all bytes are received and every checksum is verified, it is flushed to
 * the disk and renamed to `path`, so `path` is never a partial file. A failed or interrupted download leaves
 * `<path>.part` and `<path>.part.json`, and the next one resumes from there if the file is still the same by its `ETag` or
 * `Last-Modified`. A file with a wrong checksum is deleted. See `Download` of `@causeway/core/client` for the rules of
 * resuming and the checksums.
 *
 * **Gotchas**
 *
 * Two concurrent downloads to one path write to the same file: give each its own path.
 *
 * **Example** (A report in a file)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { HttpApiSchema } from "effect/http-api"
 * import { mkdtemp, readFile } from "node:fs/promises"
 * import { tmpdir } from "node:os"
 * import { join } from "node:path"
 * import { Endpoint, Integration } from "@causeway/core/client"
 * import { Mock } from "@causeway/core/testing"
 * import { Files } from "@causeway/node"
 *
 * class Reports extends Integration.Service<Reports>()("app/Reports", {
 *   baseUrl: "https://reports.example",
 *   endpoints: [Endpoint.get("report", "/report.csv", { success: HttpApiSchema.StreamUint8Array() })]
 * }) {}
 *
 * const path = join(await mkdtemp(join(tmpdir(), "reports-")), "report.csv")
 * const program = Effect.flatMap(Reports, (reports) =>
 *   Files.download((options) => reports.report({ responseMode: "decoded-and-response" }, options), { path })
 * )
 *
 * const report = Mock.status(200, { body: "a,b" })
 * const done = await Effect.runPromise(Effect.provide(program, Reports.layerMock({ report })))
 * console.assert(done.bytes === 3 && (await readFile(path, "utf8")) === "a,b")
 * ```
 *
 * @since 0.1.0
 */
import { Download, Upload } from "@causeway/core/client"
import { Data, Effect, Stream } from "effect"
import { type FileHandle, open, stat } from "node:fs/promises"
import { openAsBlob } from "node:fs"
import { PartFile } from "./internal/files/PartFile.ts"
import { OptionCheck } from "@causeway/core/policy"

/**
 * A file could not be read or written. `code` is that of the system, such as `ENOSPC`.
 *
 * @since 0.1.0
 * @category errors
 */
export class FileFailure extends Data.TaggedError("FileFailure")<{
  readonly operation: string
  readonly path: string
  readonly code: string | undefined
}> {
  override get message(): string {
    return `cannot ${this.operation} ${this.path}${this.code === undefined ? "" : ` (${this.code})`}`
  }
}

const failed =
  (operation: string, path: string) =>
  (error: unknown): FileFailure =>
    new FileFailure({
      operation,
      path,
      code: error instanceof Error && "code" in error ? String(error.code) : undefined
    })

const attempt = <A>(operation: string, path: string, run: () => Promise<A>): Effect.Effect<A, FileFailure> =>
  Effect.tryPromise({ try: run, catch: failed(operation, path) })

/**
 * Options of a download to a file.
 *
 * @since 0.1.0
 * @category models
 */
export interface DownloadOptions extends Download.Options {
  /** The path of the complete file; an existing file is replaced. */
  readonly path: string
}

/**
 * A downloaded file.
 *
 * @since 0.1.0
 * @category models
 */
export interface Downloaded {
  readonly path: string
  readonly bytes: number
}

const checkDownload = OptionCheck.record<DownloadOptions>({
  path: OptionCheck.required(OptionCheck.text),
  onProgress: OptionCheck.callback,
  attempts: OptionCheck.integer(1),
  schedule: OptionCheck.schedule,
  verify: OptionCheck.flag
})

/**
 * Downloads to a file, and resumes an earlier download.
 *
 * @since 0.1.0
 * @category downloading
 */
export const download = <E, E2, R>(
  call: Download.Call<E, E2, R>,
  options: DownloadOptions
): Effect.Effect<Downloaded, E | E2 | Download.DownloadFailure | FileFailure, R> => {
  checkDownload("download", options)
  OptionCheck.callback("download.call", call)
  const { path } = options
  return Effect.acquireUseRelease(
    attempt("open a part of", path, () => PartFile.open(path)),
    (file) => written(file, call, options),
    // A handle that could not be closed is closed when the process ends.
    (file) => Effect.ignore(Effect.promise(() => file.close()))
  )
}

const written = <E, E2, R>(
  file: PartFile,
  call: Download.Call<E, E2, R>,
  options: DownloadOptions
): Effect.Effect<Downloaded, E | E2 | Download.DownloadFailure | FileFailure, R> => {
  const { path, ...others } = options
  const partial = file.partial === undefined ? undefined : { ...file.partial, content: reading(file.partPath, path) }
  return Download.parts(call, { ...others, partial }).pipe(
    Stream.runForEach((part) => attempt("write a part of", path, () => file.write(part))),
    Effect.andThen(attempt("finish", path, () => file.finish())),
    Effect.map((bytes) => ({ path, bytes })),
    Effect.tapError((error) =>
      error instanceof Download.DownloadFailure && error.reason !== "Length"
        ? Effect.ignore(attempt("delete a part of", path, () => file.discard()))
        : Effect.void
    )
  )
}

const chunkBytes = 64 * 1024

/** The bytes of a file, in chunks of 64 KiB. */
const reading = (file: string, shown: string): Stream.Stream<Uint8Array, FileFailure> =>
  Stream.unwrap(
    Effect.map(
      Effect.acquireRelease(
        attempt("open", shown, () => open(file, "r")),
        (handle) => Effect.ignore(Effect.promise(() => handle.close()))
      ),
      (handle) =>
        Stream.unfold(undefined, () =>
          Effect.map(chunkOf(handle, shown), (chunk) => chunk && ([chunk, undefined] as const))
        )
    )
  )

const chunkOf = (handle: FileHandle, path: string): Effect.Effect<Uint8Array | undefined, FileFailure> =>
  Effect.map(
    attempt("read", path, () => handle.read(new Uint8Array(chunkBytes), 0, chunkBytes)),
    ({ buffer, bytesRead }) => (bytesRead === 0 ? undefined : buffer.subarray(0, bytesRead))
  )

/**
 * A file as the payload of an endpoint that takes a stream of bytes, with its size as `content-length`.
 *
 * @since 0.1.0
 * @category uploading
 */
export const upload = (
  path: string,
  options: Omit<Upload.Options, "bytes"> = {}
): Effect.Effect<Stream.Stream<Uint8Array, FileFailure>, FileFailure> => {
  OptionCheck.text("upload.path", path)
  checkUpload("upload", options)
  return Effect.map(
    attempt("read", path, () => stat(path)),
    ({ size }) => Upload.make(reading(path, path), { ...options, bytes: size })
  )
}

const checkUpload = OptionCheck.record<Omit<Upload.Options, "bytes">>({
  contentType: OptionCheck.text,
  onProgress: OptionCheck.callback
})

/**
 * A file as a part of a `FormData`: it is read while it is sent.
 *
 * @since 0.1.0
 * @category uploading
 */
export const blob = (
  path: string,
  options: { readonly contentType?: string } = {}
): Effect.Effect<Blob, FileFailure> => {
  OptionCheck.text("blob.path", path)
  checkBlob("blob", options)
  return attempt("read", path, () => openAsBlob(path, { type: options.contentType ?? "application/octet-stream" }))
}

const checkBlob = OptionCheck.record<{ readonly contentType?: string }>({ contentType: OptionCheck.text })
