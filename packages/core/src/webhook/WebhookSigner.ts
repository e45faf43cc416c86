/**
 * Signs an event as a provider would, from the same record that verifies it.
 *
 * **When to use**
 *
 * Use {@link sign} to send webhooks of your own, and to play a provider in tests. A `WebhookSender` calls it at each
 * attempt, with a fresh timestamp and the same id.
 *
 * **Details**
 *
 * The result is the headers to send beside the body: signature, timestamp, id and type, as far as the scheme has them in
 * headers. During a rotation, a scheme with a list of signatures takes several secrets and signs with each of them.
 *
 * **Gotchas**
 *
 * Send exactly the bytes that were signed. An id or a type that the scheme has in the body is not put there: that is up to
 * who makes the body.
 *
 * **Example** (Signing, and verifying what was signed)
 *
 * ```ts
 * import { SignatureScheme, WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const scheme = SignatureScheme.make({
 *   id: "acme",
 *   signature: SignatureScheme.headerList("Acme-Signature", { separator: ",", assignment: "=", encoding: "hex" }),
 *   signedContent: "{timestamp}.{body}",
 *   keys: [SignatureScheme.mac({ hash: "sha256", label: "v1" })],
 *   timestamp: { at: SignatureScheme.listItem("t"), unit: "seconds" },
 *   docs: { url: "https://acme.example/docs", checked: "documentation" }
 * })
 * const body = new TextEncoder().encode(`{"type":"order.paid"}`)
 * const secret = Redacted.make("correct horse battery staple")
 * const now = 1_764_000_000_000
 *
 * const headers = Result.getOrThrow(WebhookSigner.sign(scheme, { body, secret, timestamp: now }))
 * const verified = WebhookVerifier.verify(scheme, { method: "POST", url: "", headers, body, secrets: [secret], now })
 *
 * assert.equal(Result.getOrThrow(verified).timestamp, now)
 * ```
 *
 * @since 0.1.0
 */
import { Array, type Redacted, type Result } from "effect"
import * as Encodings from "./internal/encodings.ts"
import * as EventFields from "./internal/eventFields.ts"
import { refuse, attempt } from "./internal/refusal.ts"
import { maxSignatures } from "./internal/signatureHeader.ts"
import * as SignedContent from "./internal/signedContent.ts"
import * as SigningKeys from "./internal/signingKeys.ts"
import * as Timestamps from "./internal/timestamps.ts"
import { covers, type EventField, type SignatureScheme, type TimestampField } from "./SignatureScheme.ts"
import { Reason, type WebhookError } from "./WebhookError.ts"

/**
 * An event to be signed.
 *
 * @since 0.1.0
 * @category models
 */
export interface SignOptions {
  /** The body as it will be sent. */
  readonly body: Uint8Array
  /** One secret, or several where the scheme has a list of signatures. */
  readonly secret: Redacted.Redacted<string> | ReadonlyArray<Redacted.Redacted<string>>
  /** When it is signed, epoch milliseconds; cut to the scheme's unit. */
  readonly timestamp: number
  /** Required where the signature covers it. */
  readonly id?: string | undefined
  readonly type?: string | undefined
  /** Upper case; required where the signature covers it. */
  readonly method?: string | undefined
  /** The URL it will be sent to; required where the signature covers it. */
  readonly url?: string | undefined
}

/**
 * A header to send.
 *
 * @since 0.1.0
 * @category models
 */
export type SignedHeader = readonly [name: string, value: string]

/**
 * Signs an event: the headers to send with it, or a {@link WebhookError} with `MissingSecret`, `InvalidSecret` or
 * `InvalidInput`.
 *
 * @since 0.1.0
 * @category signing
 */
export const sign = (
  scheme: SignatureScheme,
  options: SignOptions
): Result.Result<ReadonlyArray<SignedHeader>, WebhookError> => attempt(scheme.id, () => signedHeaders(scheme, options))

const signedHeaders = (scheme: SignatureScheme, options: SignOptions): ReadonlyArray<SignedHeader> => {
  const keys = SigningKeys.forSigning(scheme.keys, Array.ensure(options.secret))
  checkSecretCount(scheme, keys.length)
  checkHeaderText("type", options.type)
  const slots = readSlots(scheme, options)
  const content = SignedContent.assemble(scheme.signedContent, slots)
  return [
    ...fieldHeader(scheme.eventId, options.id),
    ...fieldHeader(scheme.eventType[0], options.type),
    ...fieldHeader(scheme.timestamp?.at, slots.timestamp),
    signatureHeader(scheme, slots.timestamp, keys, content)
  ]
}

const checkSecretCount = ({ signature }: SignatureScheme, count: number): void => {
  const limit = signature._tag === "HeaderList" ? maxSignatures : 1
  if (count > limit) invalid("secret", `at most ${limit} secret(s)`)
}

const checkHeaderText = (option: string, value: string | undefined): void => {
  if (value !== undefined && !EventFields.visibleAscii.test(value)) invalid(option, EventFields.visibleAsciiExpected)
}

const readSlots = (scheme: SignatureScheme, options: SignOptions): SignedContent.Slots => ({
  body: options.body,
  id: readId(scheme, options.id),
  timestamp: readTimestamp(scheme, options.timestamp),
  method: readSlot(scheme, "method", options.method),
  url: readSlot(scheme, "url", options.url)
})

const readId = (scheme: SignatureScheme, id: string | undefined): string => {
  checkHeaderText("id", id)
  if (!covers(scheme, "id")) return ""
  const expected = EventFields.whatSignedIdMustBe(scheme, id ?? "")
  return expected === undefined ? (id ?? "") : invalid("id", expected)
}

const readTimestamp = ({ timestamp }: SignatureScheme, millis: number): string => {
  if (!(millis >= 0 && millis <= 8.64e15)) invalid("timestamp", "epoch milliseconds")
  return timestamp === undefined ? "" : Timestamps.format(timestamp, millis)
}

const readSlot = (scheme: SignatureScheme, slot: "method" | "url", value: string | undefined): string => {
  if (!covers(scheme, slot)) return ""
  return value || invalid(slot, "given, because the signature covers it")
}

const fieldHeader = (
  field: EventField | TimestampField | undefined,
  value: string | undefined
): ReadonlyArray<SignedHeader> => (field?._tag === "Header" && value !== undefined ? [[field.name, value]] : [])

const signatureHeader = (
  { signature, timestamp }: SignatureScheme,
  stamp: string,
  keys: ReadonlyArray<SigningKeys.SigningKey>,
  content: SignedContent.Content
): SignedHeader => {
  const signatures = keys.map((key) => Encodings.encode(signature.encoding, SignedContent.signatureOf(key, content)))
  if (signature._tag === "SingleHeader") return [signature.names[0] ?? "", signature.prefix + signatures.join("")]
  const item = (label: string | undefined, text: string) => `${label}${signature.assignment}${text}`
  const stampItem = timestamp?.at._tag === "ListItem" ? [item(timestamp.at.label, stamp)] : []
  const signatureItems = signatures.map((text, index) => item(keys[index]?.form.label, text))
  return [signature.name, [...stampItem, ...signatureItems].join(signature.separator)]
}

const invalid = (option: string, expected: string): never => refuse(Reason.InvalidInput({ option, expected }))
