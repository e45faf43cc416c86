/**
 * What went wrong between us and whoever grants access: one error, with a tagged `reason` that carries data.
 *
 * **When to use**
 *
 * Match on `reason._tag`. A call whose credentials could not be made fails with `Unauthorized`; {@link of} finds the
 * `AuthError` behind it.
 *
 * **Details**
 *
 * The names follow RFC 6749 §5.2 and RFC 8628 §3.5 where they have one. What the provider sent is kept as data. Every text of
 * a reason is one line of at most 500 characters, without what looks like a secret, wherever the reason comes from; {@link refusal}
 * also removes secrets that are known.
 *
 * **Gotchas**
 *
 * `category` says whether another attempt may fare better: a token endpoint that is down is `transient`, a grant that was
 * revoked is `unauthorized`.
 *
 * **Example** (Only a person can help)
 *
 * ```ts
 * import { AuthError } from "@causeway/core/auth"
 *
 * const error = new AuthError.AuthError({
 *   integration: "calendar",
 *   reason: new AuthError.ReauthorizationRequired({ why: "the refresh token was revoked", url: undefined })
 * })
 *
 * console.assert(error.category === "unauthorized")
 * console.assert(error.message.includes("calendar"))
 * ```
 *
 * @since 0.1.0
 */
import { Data, Duration } from "effect"
import * as Redact from "../policy/Redact.ts"
import type { Category } from "../policy/Failure.ts"

/**
 * What an authorization server said no with.
 *
 * @since 0.1.0
 * @category models
 */
export interface Refusal {
  /** The status of its answer; undefined when it came by a redirect. */
  readonly status: number | undefined
  /** Its own words, with tokens removed. */
  readonly description: string | undefined
  readonly uri: string | undefined
}

/** The longest text that a reason keeps. */
const longest = 500

/** A URL is opened by a person: without its parameters it would lead nowhere. */
const kept = "url"

type Fields = Readonly<Record<string, unknown>>

const readable = (fields: Fields): Fields =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, name === kept ? value : readableValue(value)])
  )

const readableValue = (value: unknown): unknown => {
  if (typeof value === "string") return Redact.excerpt(value, longest, [])
  return Array.isArray(value) ? value.map(readableValue) : value
}

/** Makes the class of a reason. Its texts may come from a server, a token or a database, and end in logs. */
const reason = <Tag extends string>(tag: Tag): ReturnType<typeof Data.TaggedClass<Tag>> => {
  class Reason extends Data.TaggedClass(tag)<Fields> {
    constructor(fields: Fields) {
      super(readable(fields))
    }
  }
  // It constructs what the plain class does, of fields of the same types.
  return Reason as ReturnType<typeof Data.TaggedClass<Tag>>
}

/** @since 0.1.0 @category reasons */
export class InvalidRequest extends reason("InvalidRequest")<Refusal> {}
/** @since 0.1.0 @category reasons */
export class InvalidClient extends reason("InvalidClient")<Refusal> {}
/** @since 0.1.0 @category reasons */
export class InvalidGrant extends reason("InvalidGrant")<Refusal> {}
/** @since 0.1.0 @category reasons */
export class UnauthorizedClient extends reason("UnauthorizedClient")<Refusal> {}
/** @since 0.1.0 @category reasons */
export class UnsupportedGrantType extends reason("UnsupportedGrantType")<Refusal> {}
/** @since 0.1.0 @category reasons */
export class InvalidScope extends reason("InvalidScope")<Refusal> {}
/** @since 0.1.0 @category reasons */
export class AccessDenied extends reason("AccessDenied")<Refusal> {}
/** RFC 8628: the person has not decided yet. @since 0.1.0 @category reasons */
export class AuthorizationPending extends reason("AuthorizationPending")<Refusal> {}
/** RFC 8628: we ask too often. @since 0.1.0 @category reasons */
export class SlowDown extends reason("SlowDown")<Refusal> {}
/** RFC 8628: the device code has ended. @since 0.1.0 @category reasons */
export class ExpiredToken extends reason("ExpiredToken")<Refusal> {}
/** Any other error code of an authorization server. @since 0.1.0 @category reasons */
export class OtherRefusal extends reason("OtherRefusal")<Refusal & { readonly code: string }> {}

/** The endpoint could not be reached, or is not well. @since 0.1.0 @category reasons */
export class EndpointUnavailable extends reason("EndpointUnavailable")<{
  readonly endpoint: string
  readonly status: number | undefined
  readonly detail: string
  readonly retryAfter: Duration.Duration | undefined
  /** Whether the question was sent and no answer came: the server may have acted on it. */
  readonly isAnswerLost?: boolean | undefined
}> {}

/** The endpoint answered with something that is no answer. @since 0.1.0 @category reasons */
export class MalformedAnswer extends reason("MalformedAnswer")<{
  readonly endpoint: string
  readonly issue: string
}> {}

/** Only a person can grant access anew; `url` is where, when it is known. @since 0.1.0 @category reasons */
export class ReauthorizationRequired extends reason("ReauthorizationRequired")<{
  readonly why: string
  readonly url: string | undefined
}> {}

/** The store of tokens or secrets failed. @since 0.1.0 @category reasons */
export class StoreFailure extends reason("StoreFailure")<{
  readonly operation: string
  readonly detail: string
}> {}

/**
 * What was stored does not open: it was sealed with a key that is not known, or was altered, or belongs to another
 * tenant or integration. @since 0.1.0 @category reasons
 */
export class SealBroken extends reason("SealBroken")<{
  readonly keyId: string | undefined
  readonly why: "unknown key" | "altered"
}> {}

/** Our clock is off: positive when it is ahead of theirs. @since 0.1.0 @category reasons */
export class ClockSkew extends reason("ClockSkew")<{ readonly by: Duration.Duration }> {}

/** A JWT, an ID token or a proof does not hold; `why` names the check. @since 0.1.0 @category reasons */
export class InvalidToken extends reason("InvalidToken")<{ readonly why: string; readonly issue: string }> {}

/** What came back from the browser is not the answer to what we began. @since 0.1.0 @category reasons */
export class InvalidCallback extends reason("InvalidCallback")<{
  readonly why: "state" | "nonce" | "issuer" | "code" | "returnTo" | "host" | "session" | "expired"
  readonly issue: string
}> {}

/** A secret or a key is not there, or cannot be used. @since 0.1.0 @category reasons */
export class SecretUnavailable extends reason("SecretUnavailable")<{
  readonly what: string
  readonly issue: string
}> {}

/**
 * A request that a scheme cannot sign as it is: `part` says where, `issue` says why and what to set.
 *
 * @since 0.1.0
 * @category reasons
 */
export class UnsignableRequest extends reason("UnsignableRequest")<{
  readonly part: "url" | "headers" | "body"
  readonly issue: string
}> {}

/**
 * The provider asked for a proof that we do not give; `offered` names the algorithms.
 *
 * @since 0.1.0
 * @category reasons
 */
export class UnsupportedChallenge extends reason("UnsupportedChallenge")<{
  readonly offered: ReadonlyArray<string>
  readonly issue: string
}> {}

/**
 * A signature of a message that came in does not hold; `why` names the check.
 *
 * @since 0.1.0
 * @category reasons
 */
export class InvalidSignature extends reason("InvalidSignature")<{
  readonly why:
    | "missing"
    | "malformed"
    | "coverage"
    | "component"
    | "created"
    | "expired"
    | "digest"
    | "key"
    | "algorithm"
    | "signature"
  readonly issue: string
}> {}

/**
 * Why access was not granted.
 *
 * @since 0.1.0
 * @category models
 */
export type Reason =
  | InvalidRequest
  | InvalidClient
  | InvalidGrant
  | UnauthorizedClient
  | UnsupportedGrantType
  | InvalidScope
  | AccessDenied
  | AuthorizationPending
  | SlowDown
  | ExpiredToken
  | OtherRefusal
  | EndpointUnavailable
  | MalformedAnswer
  | ReauthorizationRequired
  | StoreFailure
  | SealBroken
  | ClockSkew
  | InvalidToken
  | InvalidCallback
  | InvalidSignature
  | SecretUnavailable
  | UnsignableRequest
  | UnsupportedChallenge

/**
 * The error of this room: to which integration it happened, and why.
 *
 * @since 0.1.0
 * @category errors
 */
export class AuthError extends Data.TaggedError("AuthError")<{
  readonly integration: string
  readonly reason: Reason
}> {
  /** `transient` when asking again may help, `throttled` when it may later, `invalid` when our own input is at fault. */
  get category(): Category {
    return categories[this.reason._tag] ?? "unauthorized"
  }

  get retryAfter(): Duration.Duration | undefined {
    return this.reason._tag === "EndpointUnavailable" ? this.reason.retryAfter : undefined
  }

  override get message(): string {
    return `${this.integration}: ${sentenceOf(this.reason)}`
  }
}

const categories: Readonly<Partial<Record<Reason["_tag"], Category>>> = {
  EndpointUnavailable: "transient",
  StoreFailure: "transient",
  AuthorizationPending: "transient",
  SlowDown: "throttled",
  InvalidRequest: "invalid",
  InvalidScope: "invalid",
  UnsupportedGrantType: "invalid",
  MalformedAnswer: "invalid",
  UnsignableRequest: "invalid"
}

const sentenceOf = (reason: Reason): string => {
  switch (reason._tag) {
    case "EndpointUnavailable":
      return `${reason.endpoint} did not answer as it should (${reason.detail})`
    case "MalformedAnswer":
      return `${reason.endpoint} gave no valid answer: ${reason.issue}`
    case "ReauthorizationRequired":
      return `access must be granted anew: ${reason.why}`
    case "StoreFailure":
      return `the store failed to ${reason.operation} (${reason.detail})`
    case "SealBroken":
      return reason.why === "altered"
        ? "what is stored was altered, or belongs to another tenant or integration"
        : `what is stored was sealed with the key ${reason.keyId}, which is not known`
    case "ClockSkew":
      return `the clock of this machine is ${skewOf(reason.by)}: set it by a time server`
    case "InvalidToken":
      return `the token does not hold (${reason.why}): ${reason.issue}`
    case "InvalidCallback":
      return `the callback was refused (${reason.why}): ${reason.issue}`
    case "InvalidSignature":
      return `the signature does not hold (${reason.why}): ${reason.issue}`
    case "UnsignableRequest":
      return `the request cannot be signed: its ${reason.part} ${reason.issue}`
    case "UnsupportedChallenge":
      return `the provider ${reason.issue} (it offers ${reason.offered.join(", ")})`
    case "SecretUnavailable":
      return `${reason.what} ${reason.issue}`
    default:
      return refusedWith(reason)
  }
}

const skewOf = (by: Duration.Duration): string =>
  `${Duration.format(Duration.abs(by))} ${Duration.isNegative(by) ? "behind" : "ahead"}`

const refusedWith = (reason: Extract<Reason, Refusal>): string => {
  const name = reason._tag === "OtherRefusal" ? reason.code : reason._tag
  return `the authorization server refused with ${name}${reason.description === undefined ? "" : `: ${reason.description}`}`
}

/**
 * The reason of an error code of OAuth, and what the server said with it. `known` are secrets that were sent, which the
 * server may repeat: they are removed from its words.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-5.2
 * @since 0.1.0
 * @category constructors
 */
export const refusal = (code: string, said: Refusal, known: ReadonlyArray<string> = []): Reason => {
  const words = (text: string | undefined) =>
    text === undefined ? undefined : Redact.excerpt(text, longestWords, known)
  const [name, safe] = [
    Redact.excerpt(code, longestCode, known),
    { ...said, description: words(said.description), uri: words(said.uri) }
  ]
  const Known = Object.hasOwn(refusals, name) ? refusals[name] : undefined
  return Known === undefined ? new OtherRefusal({ ...safe, code: name }) : new Known(safe)
}

const longestCode = 100
const longestWords = 300

const refusals: Readonly<Record<string, new (said: Refusal) => Reason>> = {
  invalid_request: InvalidRequest,
  invalid_client: InvalidClient,
  invalid_grant: InvalidGrant,
  unauthorized_client: UnauthorizedClient,
  unsupported_grant_type: UnsupportedGrantType,
  invalid_scope: InvalidScope,
  access_denied: AccessDenied,
  authorization_pending: AuthorizationPending,
  slow_down: SlowDown,
  expired_token: ExpiredToken
}

/**
 * The `AuthError` behind an error of a call, when it failed for its credentials.
 *
 * @since 0.1.0
 * @category getters
 */
export const of = (error: unknown): AuthError | undefined => {
  if (error instanceof AuthError) return error
  return typeof error === "object" && error !== null && "cause" in error ? of(error.cause) : undefined
}
