/**
 * The one error of the webhook room: which scheme refused, and a tagged reason with what an operator needs to know.
 *
 * **When to use**
 *
 * Match on `reason._tag` to count refusals by cause, and on `category` to choose between "the delivery is at fault" and
 * "our own configuration is at fault".
 *
 * **Details**
 *
 * Reasons carry names, counts, ages and the form that was expected. They never carry a secret, a signature, a body or
 * the value of a header, so an error can be logged as it is.
 *
 * **Gotchas**
 *
 * The message is meant for the operator's log. Answering it to the caller tells nobody how to forge a signature, but
 * tells more about the receiver than the caller needs.
 *
 * **Example** (Telling a forged delivery from a broken configuration)
 *
 * ```ts
 * import { WebhookError } from "@causeway/core/webhook"
 * import assert from "node:assert/strict"
 *
 * const forged = new WebhookError.WebhookError({
 *   scheme: "github",
 *   reason: WebhookError.Reason.SignatureMismatch({ signatures: 1, secrets: 2 })
 * })
 *
 * assert.equal(forged.category, "unauthorized")
 * assert.equal(forged.message, "github: none of 1 signature(s) was made with one of the 2 configured secret(s)")
 * ```
 *
 * @since 0.1.0
 */
import { Data } from "effect"

/**
 * Why a delivery was refused, or could not be signed.
 *
 * - `MissingHeader`, `DuplicateHeader`, `MalformedHeader`: a header that must be there once and well formed is not.
 * - `MalformedSignature`: a signature is not the canonical encoding of a digest of the right length.
 * - `TooManySignatures`: more candidates than `limit`.
 * - `UnsupportedAlgorithm`: the header holds signatures, but none of a kind that the configured secrets can check.
 * - `MissingTimestamp`, `MalformedTimestamp`: the timestamp is absent, or not a plain number.
 * - `TimestampTooOld`, `TimestampInFuture`: milliseconds outside of the tolerance; a replay, or a wrong clock.
 * - `SignatureMismatch`: well formed, and made by somebody else, or for another body.
 * - `MalformedBody`: a signed body lacks a field that the scheme cannot do without.
 * - `ClaimMismatch`: a claim of a signed token is missing, of a wrong kind, or not what it must be.
 * - `HashMismatch`: a hash that the signature covers is not that of the request.
 * - `UntrustedKey`: the key that the delivery names is not at a place, or not of a kind, that the scheme accepts.
 * - `MissingKey`: the key that the delivery names was not among those that were fetched.
 * - `KeyUnavailable`: a key could not be fetched; the same delivery may be accepted later.
 * - `ConfirmationFailed`: the URL that confirms a subscription could not be fetched; it may be asked for again later.
 * - `MissingSecret`, `InvalidSecret`: our own configuration; `index` counts the secrets from 0.
 * - `InvalidInput`: what was given to be signed does not fit the scheme.
 *
 * @since 0.1.0
 * @category errors
 */
export type Reason = Data.TaggedEnum<{
  MissingHeader: { readonly header: string }
  DuplicateHeader: { readonly header: string }
  MalformedHeader: { readonly header: string; readonly expected: string }
  MalformedSignature: { readonly header: string; readonly expected: string }
  TooManySignatures: { readonly header: string; readonly limit: number }
  UnsupportedAlgorithm: { readonly header: string; readonly accepted: ReadonlyArray<string> }
  MissingTimestamp: { readonly location: string }
  MalformedTimestamp: { readonly location: string; readonly expected: string }
  TimestampTooOld: { readonly ageMillis: number; readonly toleranceMillis: number }
  TimestampInFuture: { readonly aheadMillis: number; readonly toleranceMillis: number }
  SignatureMismatch: { readonly signatures: number; readonly secrets: number }
  MalformedBody: { readonly field: string; readonly expected: string }
  ClaimMismatch: { readonly claim: string }
  HashMismatch: { readonly field: string }
  UntrustedKey: { readonly field: string; readonly expected: string }
  MissingKey: { readonly field: string }
  KeyUnavailable: { readonly host: string; readonly cause: string }
  ConfirmationFailed: { readonly host: string; readonly cause: string }
  MissingSecret: {}
  InvalidSecret: { readonly index: number; readonly expected: string }
  InvalidInput: { readonly option: string; readonly expected: string }
}>

/**
 * The constructors of {@link Reason}, with `$is` and `$match`.
 *
 * @since 0.1.0
 * @category errors
 */
export const Reason = Data.taggedEnum<Reason>()

/**
 * A delivery that was refused, or an event that could not be signed.
 *
 * @since 0.1.0
 * @category errors
 */
export class WebhookError extends Data.TaggedError("WebhookError")<{
  /** The `id` of the signature scheme. */
  readonly scheme: string
  readonly reason: Reason
}> {
  override get message(): string {
    return `${this.scheme}: ${describe(this.reason)}`
  }

  /**
   * `unauthorized` when the delivery is at fault, `invalid` when our own secrets or input are, `transient` when something
   * could not be fetched.
   */
  get category(): "unauthorized" | "invalid" | "transient" {
    if (fetched.has(this.reason._tag)) return "transient"
    return ours.has(this.reason._tag) ? "invalid" : "unauthorized"
  }
}

const fetched: ReadonlySet<Reason["_tag"]> = new Set(["KeyUnavailable", "ConfirmationFailed"])

const ours: ReadonlySet<Reason["_tag"]> = new Set(["MissingSecret", "InvalidSecret", "InvalidInput"])

const describe = Reason.$match({
  MissingHeader: ({ header }) => `the header ${header} is missing`,
  DuplicateHeader: ({ header }) => `the header ${header} was sent more than once`,
  MalformedHeader: ({ header, expected }) => `the header ${header} must be ${expected}`,
  MalformedSignature: ({ header, expected }) => `the header ${header} must hold ${expected}`,
  TooManySignatures: ({ header, limit }) => `the header ${header} holds more than ${limit} signatures`,
  UnsupportedAlgorithm: ({ header, accepted }) =>
    `the header ${header} holds no signature that the configured secrets can check (${accepted.join(", ")})`,
  MissingTimestamp: ({ location }) => `the timestamp is missing in ${location}`,
  MalformedTimestamp: ({ location, expected }) => `the timestamp in ${location} must be ${expected}`,
  TimestampTooOld: ({ ageMillis, toleranceMillis }) =>
    `signed ${seconds(ageMillis)} s ago, more than the ${seconds(toleranceMillis)} s allowed: a replay, or a wrong clock`,
  TimestampInFuture: ({ aheadMillis, toleranceMillis }) =>
    `signed ${seconds(aheadMillis)} s ahead of now, more than the ${seconds(toleranceMillis)} s allowed: a wrong clock`,
  SignatureMismatch: ({ signatures, secrets }) =>
    `none of ${signatures} signature(s) was made with one of the ${secrets} configured secret(s)`,
  MalformedBody: ({ field, expected }) => `the field ${field} of the body must be ${expected}`,
  ClaimMismatch: ({ claim }) => `the claim ${claim} of the token is not what it must be`,
  HashMismatch: ({ field }) => `the hash in ${field} is not that of the request`,
  UntrustedKey: ({ field, expected }) => `the key that ${field} names must be ${expected}`,
  MissingKey: ({ field }) => `the key that ${field} names was not fetched, or is not the provider's`,
  KeyUnavailable: ({ host, cause }) => `no key could be fetched from ${host}: ${cause}`,
  ConfirmationFailed: ({ host, cause }) => `the subscription could not be confirmed at ${host}: ${cause}`,
  MissingSecret: () => "no secret is configured",
  InvalidSecret: ({ index, expected }) => `secret ${index} must be ${expected}`,
  InvalidInput: ({ option, expected }) => `${option} must be ${expected}`
})

const seconds = (millis: number): string => (millis / 1000).toFixed(3)
