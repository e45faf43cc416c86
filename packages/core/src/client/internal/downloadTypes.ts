/** The options, parts and errors of a download. */
import { Data, type Effect, type Schedule, type Stream } from "effect"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import type { Validator } from "./ranges.ts"

/**
 * The options that a download adds to each of its calls.
 *
 * @since 0.1.0
 * @category models
 */
export interface RangeOptions {
  readonly headers: Readonly<Record<string, string>>
}

/**
 * The call that a download makes: an endpoint whose success is a stream of bytes, with `responseMode:
 * "decoded-and-response"`.
 *
 * @since 0.1.0
 * @category models
 */
export type Call<E = unknown, E2 = unknown, R = never> = (
  options: RangeOptions
) => Effect.Effect<readonly [Stream.Stream<Uint8Array, E2>, HttpClientResponse], E, R>

/**
 * The progress of a download.
 *
 * @since 0.1.0
 * @category models
 */
export interface Progress {
  /** The bytes received so far, including those of an earlier run. */
  readonly bytes: number
  /** The size of the file; undefined if the provider does not state it. */
  readonly total: number | undefined
  /** How many of the bytes were received before the last request. */
  readonly resumed: number
}

/**
 * The bytes of a file from an earlier run.
 *
 * @since 0.1.0
 * @category models
 */
export interface Partial<E = never, R = never> {
  /** How many bytes, from the beginning on. */
  readonly bytes: number
  /** The validator from the provider: see {@link Part}. */
  readonly validator: Validator
  /** The size of the file, from the provider. For a complete file, the last byte is requested again. */
  readonly total?: number | undefined
  /** The bytes themselves: read only to compute a checksum. */
  readonly content: Stream.Stream<Uint8Array, E, R>
}

/**
 * Some bytes of a file.
 *
 * @since 0.1.0
 * @category models
 */
export interface Part {
  /** Their offset in the file. It continues the part before, or is 0 when the download starts again. */
  readonly offset: number
  readonly bytes: Uint8Array
  /** The validator for resuming later; undefined if the provider sends no strong one. */
  readonly validator: Validator | undefined
  /** The size of the file; undefined if the provider does not state it. */
  readonly total: number | undefined
}

/**
 * Options of a download.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Called after each chunk. Default: none. */
  readonly onProgress?: (progress: Progress) => Effect.Effect<unknown>
  /** The most consecutive requests that deliver no byte. Default: 5. */
  readonly attempts?: number
  /** The waits before a request that resumes. Default: full jitter. */
  readonly schedule?: Schedule.Schedule<unknown>
  /** Whether checksums are verified. Default: true. */
  readonly verify?: boolean
}

/**
 * A downloaded file does not match the provider's headers.
 *
 * - `Checksum`: its bytes do not match the header in `detail`.
 * - `Length`: its size differs from the provider's, also after resuming.
 * - `Range`: the provider answered with another part than the requested one.
 * - `Changed`: it changed during the download, and bytes were already emitted.
 *
 * @since 0.1.0
 * @category errors
 */
export class DownloadFailure extends Data.TaggedError("DownloadFailure")<{
  readonly reason: "Checksum" | "Length" | "Range" | "Changed"
  readonly detail: string
}> {
  override get message(): string {
    return `the download failed (${this.reason}): ${this.detail}`
  }
}
