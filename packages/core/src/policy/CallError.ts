/**
 * The errors of a call: a closed union, one tag per cause, each with where it happened and what the provider called it.
 *
 * **When to use**
 *
 * Catch them by tag. Which of them a method can fail with is in its type: a policy that is off adds none.
 *
 * **Details**
 *
 * Every error carries {@link CallInfo} and a `category`. `url` is the endpoint's template, so that no path parameter,
 * query or credential is in it.
 *
 * **Gotchas**
 *
 * An endpoint's declared errors are the user's own classes; {@link infoOf} finds the same facts for them.
 *
 * **Example** (What to do next)
 *
 * ```ts
 * import { CallError } from "@causeway/core/policy"
 *
 * const advice = (error: CallError.CallError): string =>
 *   error._tag === "RateLimited" ? "come back later" : `${error.endpoint} failed: ${error.category}`
 *
 * console.assert(typeof advice === "function")
 * ```
 *
 * @since 0.1.0
 */
import { Data, Duration, SchemaIssue } from "effect"
import type { Category } from "./Failure.ts"

/**
 * Where and how a call failed: the integration and endpoint, the method, the URL template, the attempts made (the
 * first included), the time since the call began, and the provider's request id when it sent one.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallInfo {
  readonly integration: string
  /** On whose behalf, where an integration has tenants; never a part of a message. */
  readonly tenant?: string | undefined
  readonly endpoint: string
  readonly method: string
  readonly url: string
  readonly attempts: number
  readonly elapsed: Duration.Duration
  readonly requestId: string | undefined
}

interface Failed extends CallInfo {
  readonly category: Category
}

const describe = (info: CallInfo, what: string): string => {
  const attempts = info.attempts > 1 ? ` after ${info.attempts} attempts` : ""
  const request = info.requestId === undefined ? "" : ` (request id ${info.requestId})`
  return `${info.integration}.${info.endpoint} (${info.method} ${info.url}) ${what}${attempts}${request}`
}

const inTime = (duration: Duration.Duration | undefined): string =>
  duration === undefined ? "" : `; it may succeed in ${Duration.format(duration)}`

/**
 * As `Data.TaggedError`, for facts without a message or a cause of their own: it does not keep them a second time, which
 * would cost a refused call more than all else.
 */
const tagged = <Tag extends string>(tag: Tag): ReturnType<typeof Data.TaggedError<Tag>> => {
  class Facts extends Data.TaggedError(tag) {
    constructor(facts: object) {
      super()
      Object.assign(this, facts)
    }
  }
  // It holds the facts that it is given, as the class that it extends does.
  return Facts as ReturnType<typeof Data.TaggedError<Tag>>
}

/**
 * The credentials could not be made (`status` is undefined), or the provider refused them with 401. `cause` is what kept
 * them from being made, when it is known: `AuthError.of` finds it.
 *
 * @since 0.1.0
 * @category errors
 */
export class Unauthorized extends Data.TaggedError("Unauthorized")<
  Failed & {
    readonly status: number | undefined
    readonly reason: string
    readonly cause?: unknown
  }
> {
  override get message(): string {
    return describe(this, `was not authorized: ${this.reason}`)
  }
}

/**
 * The call was throttled: by this process (`local`: the queue or the wait would pass its bound) or by the provider
 * (`remote`). `retryAfter` says when it may succeed, `limit` what the local limit is.
 *
 * @since 0.1.0
 * @category errors
 */
export class RateLimited extends tagged("RateLimited")<
  Failed & {
    readonly source: "local" | "remote"
    readonly retryAfter: Duration.Duration | undefined
    readonly limit: number | undefined
    readonly status: number | undefined
  }
> {
  override get message(): string {
    const who = this.source === "local" ? "was held back by its own rate limit" : "was throttled by the provider"
    return describe(this, who) + inTime(this.retryAfter)
  }
}

/**
 * The circuit of this key is open: nothing was sent. `retryAfter` says when the next probe is let through. Calls that are
 * refused in the same millisecond may share one error.
 *
 * @since 0.1.0
 * @category errors
 */
export class CircuitOpen extends tagged("CircuitOpen")<
  Failed & { readonly key: string; readonly retryAfter: Duration.Duration | undefined }
> {
  override get message(): string {
    return describe(this, "was not sent: the circuit is open") + inTime(this.retryAfter)
  }
}

/**
 * Too much is in flight, and the queue is full or the wait would pass its bound: nothing was sent.
 *
 * @since 0.1.0
 * @category errors
 */
export class BulkheadFull extends tagged("BulkheadFull")<
  Failed & { readonly limit: number; readonly waiting: number }
> {
  override get message(): string {
    return describe(this, `was not sent: ${this.limit} are in flight and ${this.waiting} wait`)
  }
}

/**
 * The attempt took longer than `timeout`, or the call longer than `deadline`.
 *
 * @since 0.1.0
 * @category errors
 */
export class Timeout extends tagged("Timeout")<
  Failed & { readonly scope: "attempt" | "deadline"; readonly after: Duration.Duration }
> {
  override get message(): string {
    const what = this.scope === "attempt" ? "an attempt" : "the call"
    return describe(this, `timed out: ${what} took longer than ${Duration.format(this.after)}`)
  }
}

/**
 * No usable response came back. `reason`: `InvalidUrl` (a path parameter that no URL can carry), `Connect` (nothing
 * was sent: refused, unresolved, no route), `Send` (broken while sending or waiting), `Body` (broken while the body was
 * read). `code` is the system's or the transport's, such as `ECONNRESET`.
 *
 * @since 0.1.0
 * @category errors
 */
export class TransportFailure extends tagged("TransportFailure")<
  Failed & {
    readonly reason: "InvalidUrl" | "Connect" | "Send" | "Body"
    readonly code: string | undefined
    readonly detail: string
  }
> {
  override get message(): string {
    return describe(this, `got no response (${this.reason}): ${this.detail}`)
  }
}

/**
 * The provider answered with a status that the endpoint does not declare. `body` is an excerpt of at most 8 KiB with
 * secrets removed.
 *
 * @since 0.1.0
 * @category errors
 */
export class UnexpectedStatus extends tagged("UnexpectedStatus")<
  Failed & {
    readonly status: number
    readonly body: string
    readonly retryAfter: Duration.Duration | undefined
    /** The `Content-Type` of the answer. */
    readonly contentType: string | undefined
    /** Why the body did not decode, when the endpoint declares the status. */
    readonly issue: string | undefined
  }
> {
  override get message(): string {
    const what = `answered with the status ${this.status}`
    return describe(this, this.issue === undefined ? `${what}, which is not declared` : `${what}: ${this.issue}`)
  }
}

/**
 * A declared status came with a body that does not match its schema. `issue` says where; it holds no values.
 *
 * @since 0.1.0
 * @category errors
 */
export class DecodeFailure extends tagged("DecodeFailure")<
  Failed & { readonly status: number; readonly issue: string }
> {
  override get message(): string {
    return describe(this, `answered ${this.status} with a body that does not match its schema: ${this.issue}`)
  }
}

/**
 * The query, headers or payload given to the method do not encode: nothing was sent. `issue` says where.
 *
 * @since 0.1.0
 * @category errors
 */
export class EncodeFailure extends tagged("EncodeFailure")<
  Failed & { readonly part: "query" | "headers" | "payload"; readonly issue: string }
> {
  override get message(): string {
    return describe(this, `was not sent: its ${this.part} does not encode: ${this.issue}`)
  }
}

/**
 * The closed union of what a call can fail with, beside the errors that its endpoint declares.
 *
 * @since 0.1.0
 * @category models
 */
export type CallError =
  | Unauthorized
  | RateLimited
  | CircuitOpen
  | BulkheadFull
  | Timeout
  | TransportFailure
  | UnexpectedStatus
  | DecodeFailure
  | EncodeFailure

/**
 * Where and how a call failed with a declared error, and the status that the provider answered with.
 *
 * @since 0.1.0
 * @category models
 */
export interface DeclaredInfo extends CallInfo {
  readonly status?: number | undefined
  readonly category?: Category | undefined
}

const declared = new WeakMap<object, DeclaredInfo>()

/**
 * Remembers where a declared error happened, for {@link infoOf}.
 *
 * @since 0.1.0
 * @category call info
 */
export const attachInfo = <E>(error: E, info: DeclaredInfo): E => {
  if (typeof error === "object" && error !== null) declared.set(error, info)
  return error
}

/**
 * Where a declared error happened, when a call failed with it.
 *
 * @since 0.1.0
 * @category call info
 */
export const infoOf = (error: object): DeclaredInfo | undefined => declared.get(error)

/**
 * Says where a schema issue is and what was expected there, without the value that was found.
 *
 * @since 0.1.0
 * @category call info
 */
export const describeIssue = (issue: SchemaIssue.Issue): string =>
  formatIssue(issue).replaceAll("\n  at ", " at ").replaceAll("\n", "; ")

const formatIssue = SchemaIssue.makeFormatterDefault()
