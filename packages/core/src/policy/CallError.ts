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
  /** The status of the answer, if one arrived; {@link infoOf} of a declared error has it. */
  readonly status?: number | undefined
}

interface Failed extends CallInfo {
  readonly category: Category
}

const describe = (info: CallInfo, what: string): string => {
  const attempts = info.attempts > 1 ? ` after ${info.attempts} attempts` : ""
  const request = info.requestId === undefined ? "" : ` (request id ${info.requestId})`
  return `${info.integration}.${info.endpoint} (${info.method} ${info.url}) ${what}${attempts}${request}`
}

const retryIn = (duration: Duration.Duration | undefined): string =>
  duration === undefined ? "" : `; retry in ${inWords(duration)}`

const units = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1_000],
  ["ms", 1]
] as const

/** A duration with at most two units, rounded up to seconds above 10 s, and to tenths of a second above 1 s. */
const inWords = (duration: Duration.Duration): string => {
  const millis = Duration.toMillis(duration)
  if (!Number.isFinite(millis)) return "unlimited time"
  if (millis < 1_000) return `${Math.ceil(millis)} ms`
  if (millis <= 10_000) return `${Math.ceil(millis / 100) / 10} s`
  let rest = Math.ceil(millis / 1_000) * 1_000
  const parts: Array<string> = []
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0) parts.push(`${count} ${unit}`)
  }
  return parts.slice(0, 2).join(" ")
}

/** The window of a limit, as in "2 per second" and "10 per 1 min 30 s". */
const perWindow = (window: Duration.Duration): string => {
  const one = { 1_000: "second", 60_000: "minute", 3_600_000: "hour", 86_400_000: "day" } as const
  return one[Duration.toMillis(window) as keyof typeof one] ?? inWords(window)
}

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
export class Unauthorized<out Id extends string = string> extends Data.TaggedError("Unauthorized")<
  Failed & {
    readonly status: number | undefined
    readonly reason: string
    readonly cause?: unknown
  }
> {
  declare readonly integration: Id
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
export class RateLimited<out Id extends string = string> extends tagged("RateLimited")<
  Failed & {
    readonly source: "local" | "remote"
    readonly retryAfter: Duration.Duration | undefined
    readonly limit: number | undefined
    /** The window of `limit`. */
    readonly window?: Duration.Duration | undefined
    readonly status: number | undefined
  }
> {
  declare readonly integration: Id
  override get message(): string {
    if (this.source === "remote") return describe(this, "was throttled by the provider") + retryIn(this.retryAfter)
    const per = this.window === undefined ? "" : ` per ${perWindow(this.window)}`
    const limit = this.limit === undefined ? "" : ` (${this.limit}${per})`
    return describe(this, `exceeded the local rate limit${limit}`) + retryIn(this.retryAfter)
  }
}

/**
 * The circuit of this key is open: nothing was sent. `retryAfter` says when the next probe is let through. Calls that are
 * refused in the same millisecond may share one error.
 *
 * @since 0.1.0
 * @category errors
 */
export class CircuitOpen<out Id extends string = string> extends tagged("CircuitOpen")<
  Failed & { readonly key: string; readonly retryAfter: Duration.Duration | undefined }
> {
  declare readonly integration: Id
  override get message(): string {
    return describe(this, "was not sent: the circuit is open") + retryIn(this.retryAfter)
  }
}

/**
 * Too much is in flight, and the queue is full or the wait would pass its bound: nothing was sent.
 *
 * @since 0.1.0
 * @category errors
 */
export class BulkheadFull<out Id extends string = string> extends tagged("BulkheadFull")<
  Failed & { readonly limit: number; readonly waiting: number }
> {
  declare readonly integration: Id
  override get message(): string {
    return describe(this, `was not sent: ${this.limit} calls are in flight (the limit) and ${this.waiting} wait`)
  }
}

/**
 * The attempt took longer than `timeout`, the call longer than `deadline`, or a stream was silent for `idleTimeout` (`idle`).
 *
 * @since 0.1.0
 * @category errors
 */
export class Timeout<out Id extends string = string> extends tagged("Timeout")<
  Failed & { readonly scope: "attempt" | "deadline" | "idle"; readonly after: Duration.Duration }
> {
  declare readonly integration: Id
  override get message(): string {
    const what = {
      attempt: "an attempt took longer than",
      deadline: "the call took longer than",
      idle: "the stream was silent for"
    }
    return describe(this, `timed out: ${what[this.scope]} ${inWords(this.after)}`)
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
export class TransportFailure<out Id extends string = string> extends tagged("TransportFailure")<
  Failed & {
    readonly reason: "InvalidUrl" | "Connect" | "Send" | "Body"
    readonly code: string | undefined
    readonly detail: string
    /** The error of the request's body stream, if the stream failed. */
    readonly cause?: unknown
  }
> {
  declare readonly integration: Id
  override get message(): string {
    return describe(this, `got no response (${this.reason}): ${this.detail}`)
  }
}

/**
 * The provider answered with a status that the endpoint does not declare, or with a declared one and a body that does not
 * match its schema: then `issue` has the path and the mismatch, without values. `body` is an excerpt of at most 8 KiB with secrets
 * removed, `contentType` the media type of the answer.
 *
 * @since 0.1.0
 * @category errors
 */
export class UnexpectedStatus<out Id extends string = string> extends tagged("UnexpectedStatus")<
  Failed & {
    readonly status: number
    readonly body: string
    readonly retryAfter: Duration.Duration | undefined
    /** The `Content-Type` of the answer. */
    readonly contentType?: string | undefined
    /** Why the body did not decode, if the endpoint declares the status. */
    readonly issue?: string | undefined
  }
> {
  declare readonly integration: Id
  override get message(): string {
    const type = this.contentType === undefined ? "" : ` (${this.contentType})`
    if (this.issue === undefined) return describe(this, `answered with the undeclared status ${this.status}${type}`)
    const what = `answered with the declared status ${this.status} and a body that does not match its schema${type}: ${this.issue}`
    return describe(this, what)
  }
}

/**
 * A declared status came with a body that does not match its schema. `issue` says where; it holds no values.
 *
 * @since 0.1.0
 * @category errors
 */
export class DecodeFailure<out Id extends string = string> extends tagged("DecodeFailure")<
  Failed & { readonly status: number; readonly issue: string }
> {
  declare readonly integration: Id
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
export class EncodeFailure<out Id extends string = string> extends tagged("EncodeFailure")<
  Failed & { readonly part: "query" | "headers" | "payload"; readonly issue: string }
> {
  declare readonly integration: Id
  override get message(): string {
    return describe(this, `was not sent: its ${this.part} does not encode: ${this.issue}`)
  }
}

/**
 * The closed union of the errors of a call, besides those that its endpoint declares. `Id` is the id of the
 * integration, as a literal type in the errors of its methods.
 *
 * @since 0.1.0
 * @category models
 */
export type CallError<Id extends string = string> =
  | Unauthorized<Id>
  | RateLimited<Id>
  | CircuitOpen<Id>
  | BulkheadFull<Id>
  | Timeout<Id>
  | TransportFailure<Id>
  | UnexpectedStatus<Id>
  | DecodeFailure<Id>
  | EncodeFailure<Id>

const classes = [
  Unauthorized,
  RateLimited,
  CircuitOpen,
  BulkheadFull,
  Timeout,
  TransportFailure,
  UnexpectedStatus,
  DecodeFailure,
  EncodeFailure
]

/**
 * Whether a value is one of the general errors of a call. A declared error is not one: {@link infoOf} returns its
 * integration and endpoint.
 *
 * @since 0.1.0
 * @category guards
 */
export const is = (u: unknown): u is CallError => classes.some((error) => u instanceof error)

/**
 * Whether a value is a general error of a call to this integration, to distinguish two providers' errors with the same tag.
 *
 * **Example** (Two providers)
 *
 * ```ts
 * import { Effect, Layer, Schema } from "effect"
 * import { CallError, Endpoint, Integration } from "@causeway/core/client"
 * import { Mock } from "@causeway/core/testing"
 *
 * const endpoints = [Endpoint.get("now", "/now", { success: Schema.String })] as const
 * class A extends Integration.Service<A>()("app/A", { baseUrl: "https://a.example", endpoints }) {}
 * class B extends Integration.Service<B>()("app/B", { baseUrl: "https://b.example", endpoints }) {}
 *
 * const both = Effect.gen(function* () {
 *   return [yield* (yield* A).now(), yield* (yield* B).now()]
 * }).pipe(Effect.catchIf(CallError.isFrom(B), (error) => Effect.succeed([error.integration])))
 *
 * const mocks = Layer.merge(A.layerMock({ now: Mock.ok("day") }), B.layerMock({ now: Mock.status(404) }))
 * Effect.runPromise(Effect.provide(both, mocks)).then((result) => console.assert(result.join() === "app/B"))
 * ```
 *
 * @since 0.1.0
 * @category guards
 */
export const isFrom =
  <Id extends string>(integration: { readonly key: Id }) =>
  (u: unknown): u is CallError<Id> =>
    is(u) && u.integration === integration.key

/**
 * The integration, the endpoint, the attempts and the status of a call that failed with a declared error.
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
 * A label for an error in metrics and spans: its `_tag`, cut to 64 characters, or else the name of its class. `_OTHER` for
 * a value that has neither.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/registry/attributes/error/
 * @since 0.1.0
 * @category call info
 */
export const tagOf = (error: unknown): string => {
  if (typeof error !== "object" || error === null) return "_OTHER"
  const { _tag: tag, name } = error as { readonly _tag?: unknown; readonly name?: unknown }
  if (typeof tag === "string" && tag !== "") return tag.slice(0, 64)
  return error instanceof Error && typeof name === "string" && name !== "" ? name.slice(0, 64) : "_OTHER"
}

/**
 * Says where a schema issue is and what was expected there, without the value that was found.
 *
 * @since 0.1.0
 * @category call info
 */
export const describeIssue = (issue: SchemaIssue.Issue): string =>
  formatIssue(issue).replaceAll("\n  at ", " at ").replaceAll("\n", "; ")

const formatIssue = SchemaIssue.makeFormatterDefault()
