/** Why an answer cannot be decoded, or could not be read. */
import type { Effect, Stream } from "effect"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import type * as Exchange from "../../policy/Exchange.ts"
import type { Category } from "../../policy/Failure.ts"

/**
 * An answer that was received and cannot be decoded.
 *
 * - `MediaType`: a stream was declared, and the answer has another content type. Its body is unread.
 * - `TooLarge`: the body, a line or an event passes its limit.
 * - `Text`: bytes that are invalid in their charset. `Json`: text that is not JSON.
 * - `Schema`: a value that does not match.
 */
export interface Undecodable {
  readonly _tag: "Undecodable"
  readonly reason: "MediaType" | "TooLarge" | "Text" | "Json" | "Schema"
  /** The problem and its path, without values. */
  readonly issue: string
}

/** A stream that took too long: since its last chunk, or since its call began. */
export interface Elapsed {
  readonly _tag: "Elapsed"
  readonly scope: "idle" | "deadline"
  readonly millis: number
}

export const isElapsed = (error: unknown): error is Elapsed =>
  typeof error === "object" && error !== null && "_tag" in error && error._tag === "Elapsed"

export type Problem = Exchange.Broken | Undecodable

/** What the bytes of a stream fail with. */
export type BytesProblem = Problem | Elapsed

/** An event that the endpoint declares as an error: `error` is what the caller's stream fails with. */
export interface ErrorEvent {
  readonly _tag: "ErrorEvent"
  readonly error: unknown
  readonly category: Category
}

/** What a stream fails with after its call has succeeded. */
export type StreamProblem = BytesProblem | ErrorEvent

/** How a problem becomes the error of a stream. */
export type TellStreamProblem = (problem: StreamProblem) => unknown

export const undecodable = (reason: Undecodable["reason"], issue: string): Undecodable => ({
  _tag: "Undecodable",
  reason,
  issue
})

/** Limits the time of a stream's bytes. */
export type LimitBytes = <E>(bytes: Stream.Stream<Uint8Array, E>) => Stream.Stream<Uint8Array, E | Elapsed>

/** An answer whose body is a stream, and how its problems become errors. */
export interface Connection {
  readonly response: HttpClientResponse
  readonly tell: TellStreamProblem
}

/** How the request of a stream is sent again. */
export interface Resume {
  /** Sends it with more headers; undefined when the provider ends the stream (204). */
  readonly connect: (headers: Readonly<Record<string, string>>) => Effect.Effect<Connection | undefined, unknown>
  /** Ends an Effect at the deadline of the stream. */
  readonly inTime: <A>(effect: Effect.Effect<A, unknown>) => Effect.Effect<A, unknown>
}

/** How a stream is read: the limits of its bytes, and how it is resumed where its request may be repeated. */
export interface Reading {
  readonly limit: LimitBytes
  readonly resume: Resume | undefined
}
