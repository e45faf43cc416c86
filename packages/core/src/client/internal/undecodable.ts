/** Why an answer cannot be decoded, or could not be read. */
import type * as Exchange from "../../policy/Exchange.ts"

/**
 * An answer that came and cannot be decoded.
 *
 * - `MediaType`: a stream was declared, and the answer is none by its content type. Its body is unread.
 * - `TooLarge`: the body, a line or an event passes its limit.
 * - `Text`: bytes that are invalid in their charset. `Json`: text that is not JSON.
 * - `Schema`: a value that does not match.
 * - `Unfinished`: a stream that ended before the end that its endpoint declares.
 */
export interface Undecodable {
  readonly _tag: "Undecodable"
  readonly reason: "MediaType" | "TooLarge" | "Text" | "Json" | "Schema" | "Unfinished"
  /** What is wrong and where, without values. */
  readonly issue: string
}

export type Problem = Exchange.Broken | Undecodable

/** How a problem becomes the error of a stream, which comes after the call has succeeded. */
export type TellStreamProblem = (problem: Problem) => unknown

export const undecodable = (reason: Undecodable["reason"], issue: string): Undecodable => ({
  _tag: "Undecodable",
  reason,
  issue
})
