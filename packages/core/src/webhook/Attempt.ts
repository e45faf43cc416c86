/**
 * One attempt to handle or to send an event: when, how long, how it ended, and an error without secrets.
 *
 * **When to use**
 *
 * Read it in the `history` of an event. {@link describeCause} is for a store of your own.
 *
 * **Details**
 *
 * An error is kept as its tag and its message. The message is cut at 500 characters, and what looks like a secret (a
 * bearer token, a key with a well-known prefix, a password in a URL, the value after a name such as `token=`) is
 * replaced by `<redacted>`.
 *
 * **Gotchas**
 *
 * Redaction knows shapes, not your secrets: wrap them in `Redacted`, so that they never reach a message.
 *
 * **Example** (A token does not reach the history)
 *
 * ```ts
 * import { Attempt } from "@causeway/core/webhook"
 *
 * console.assert(Attempt.redact("401 for Bearer abc.def.ghi") === "401 for Bearer <redacted>")
 * ```
 *
 * @since 0.1.0
 */
import { Cause, Data, Predicate } from "effect"
import * as Redact from "../policy/Redact.ts"

/**
 * What is kept of an error.
 *
 * @since 0.1.0
 * @category models
 */
export interface RecordedError {
  /** The error's `_tag`, or its name. */
  readonly tag: string
  /** The message, at most 500 characters, without secrets. */
  readonly message: string
}

/**
 * One attempt. `lost`: the worker vanished and its lease ran out.
 *
 * @since 0.1.0
 * @category models
 */
export interface Attempt {
  /** The first attempt is 1; a replay counts on. */
  readonly number: number
  /** In epoch milliseconds. */
  readonly startedAt: number
  /** In epoch milliseconds. */
  readonly endedAt: number
  readonly outcome: "handled" | "failed" | "lost"
  readonly error: RecordedError | undefined
}

/**
 * What a retry schedule sees of a failed attempt.
 *
 * @since 0.1.0
 * @category models
 */
export interface FailedAttempt {
  /** The first attempt since the event was stored or replayed is 1. */
  readonly attempt: number
  readonly error: RecordedError
  /** What the handler failed with, of the attempt that has just ended; of those before only `error` is left. */
  readonly failure?: unknown
}

/**
 * A failure that no repetition can mend.
 *
 * @since 0.1.0
 * @category errors
 */
export class Permanent extends Data.TaggedError("Permanent")<{ readonly error: unknown }> {}

/**
 * What is recorded of a failure: the first error of the cause, else the first defect, else the interruption.
 *
 * @since 0.1.0
 * @category constructors
 */
export const describeCause = (cause: Cause.Cause<unknown>): RecordedError => {
  const fail = cause.reasons.find(Cause.isFailReason)
  if (fail !== undefined) return describeError(fail.error, "Error")
  const die = cause.reasons.find(Cause.isDieReason)
  if (die !== undefined) return describeError(die.defect, "Defect")
  return { tag: "Interrupted", message: "The attempt interrupted itself" }
}

/**
 * What is recorded of an error: its tag (or `fallbackTag`), and its message without secrets.
 *
 * @since 0.1.0
 * @category constructors
 */
export const describeError = (error: unknown, fallbackTag: string): RecordedError =>
  error instanceof Permanent
    ? describeError(error.error, fallbackTag)
    : { tag: tagOf(error) ?? fallbackTag, message: redact(messageOf(error)) }

/**
 * Cuts a message at 500 characters and replaces what looks like a secret by `<redacted>`.
 *
 * @since 0.1.0
 * @category redaction
 */
export const redact = (message: string): string => {
  const redacted = Redact.secrets(message.slice(0, longestScanned), [])
  return redacted.length <= longestMessage ? redacted : `${redacted.slice(0, longestMessage - 1)}…`
}

const longestMessage = 500

// A secret cut in half no longer has its shape: redact first, on a text that is bounded too.
const longestScanned = 10_000

const tagOf = (error: unknown): string | undefined => {
  if (Predicate.hasProperty(error, "_tag") && typeof error._tag === "string") return error._tag
  return error instanceof Error ? error.name : undefined
}

const messageOf = (error: unknown): string => {
  if (typeof error === "string") return error
  if (Predicate.hasProperty(error, "message") && typeof error.message === "string") return error.message
  return ""
}
