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
 * An error that throws when it is inspected, such as one with a getter that throws or a revoked Proxy, is recorded with
 * what can be read of it.
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
import { safely } from "./internal/safely.ts"

/**
 * What is kept of an error.
 *
 * @since 0.1.0
 * @category models
 */
export interface RecordedError {
  /** The error's `_tag`, or its name, at most 100 characters. */
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
export const describeError = (error: unknown, fallbackTag: string): RecordedError => {
  const described = unwrap(error)
  return {
    tag: cut(safely(() => tagOf(described), undefined) ?? fallbackTag, longestTag),
    message: redact(safely(() => messageOf(described), unreadable))
  }
}

/**
 * Cuts a message at 500 characters and replaces what looks like a secret by `<redacted>`.
 *
 * @since 0.1.0
 * @category redaction
 */
export const redact = (message: string): string => {
  const redacted = Redact.secrets(message.slice(0, longestScanned), [])
  return cut(redacted, longestMessage)
}

const longestMessage = 500

// A secret cut in half no longer has its shape: redact first, on a text that is bounded too.
const longestScanned = 10_000

const longestTag = 100

const unreadable = "The error has no description: reading it throws"

const cut = (text: string, longest: number): string =>
  text.length <= longest ? text : `${text.slice(0, longest - 1)}…`

/** Nested only as often as a mistake may nest it: the error may be its own. */
const unwrap = (error: unknown): unknown => {
  let inner = error
  for (let depth = 0; depth < 10 && isPermanent(inner); depth += 1) inner = inner.error
  return inner
}

/**
 * Whether an error is {@link Permanent}. Safe for an error that throws when it is inspected.
 *
 * @since 0.1.0
 * @category guards
 */
export const isPermanent = (error: unknown): error is Permanent => safely(() => error instanceof Permanent, false)

const tagOf = (error: unknown): string | undefined => {
  const tag = Predicate.hasProperty(error, "_tag") ? error._tag : undefined
  if (typeof tag === "string" && tag !== "") return tag
  // Its type says that it is a text, and a program may set it to anything.
  const name: unknown = error instanceof Error ? error.name : undefined
  return typeof name === "string" && name !== "" ? name : undefined
}

const messageOf = (error: unknown): string => {
  if (typeof error === "string") return error
  // Read once: a getter may return something else the next time.
  const message = Predicate.hasProperty(error, "message") ? error.message : undefined
  return typeof message === "string" ? message : ""
}
