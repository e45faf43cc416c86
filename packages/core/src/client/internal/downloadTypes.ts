/** What a download takes, gives and fails with. */
import { Data, type Effect, type Schedule, type Stream } from "effect"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import type { Validator } from "./ranges.ts"

/**
 * What a request of a download adds to the options of its call.
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
 * How far a download is.
 *
 * @since 0.1.0
 * @category models
 */
export interface Progress {
  /** The bytes of the file that are here, with those that were here before. */
  readonly bytes: number
  /** The size of the file; undefined where the provider does not say it. */
  readonly total: number | undefined
  /** How many of the bytes were here before the last request. */
  readonly resumed: number
}

/**
 * What is here of a file already, from an earlier run.
 *
 * @since 0.1.0
 * @category models
 */
export interface Partial<E = never, R = never> {
  /** How many bytes, from the beginning on. */
  readonly bytes: number
  /** What the provider said of the file: see {@link Part}. */
  readonly validator: Validator
  /** The size of the file, as the provider said it. The last byte of a file that is complete is requested again. */
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
  /** Where they stand in the file. It goes on from the part before, or is 0 when the file begins again. */
  readonly offset: number
  readonly bytes: Uint8Array
  /** By this, a later run can resume; undefined where the provider gives nothing that is strong. */
  readonly validator: Validator | undefined
  /** The size of the file; undefined where the provider does not say it. */
  readonly total: number | undefined
}

/**
 * Options of a download.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Called after each chunk. Default: nothing. */
  readonly onProgress?: (progress: Progress) => Effect.Effect<unknown>
  /** The most requests in a row that bring no byte. Default: 5. */
  readonly attempts?: number
  /** The waits before a request that resumes. Default: full jitter. */
  readonly schedule?: Schedule.Schedule<unknown>
  /** Whether checksums are compared. Default: true. */
  readonly verify?: boolean
}

/**
 * A file did not come as the provider said it would.
 *
 * - `Checksum`: its bytes are not those that the header in `detail` promises.
 * - `Length`: it has more or fewer bytes than the provider said, also after resuming.
 * - `Range`: the provider answered with another part than the one asked for.
 * - `Changed`: it changed while it was read, and what was read can't be taken back.
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
