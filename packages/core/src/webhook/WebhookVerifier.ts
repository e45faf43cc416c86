/**
 * Decides whether a delivery was signed with one of our secrets: a pure function of bytes, headers, secrets and time.
 *
 * **When to use**
 *
 * Use {@link verify} where you hold the raw request yourself: in another framework, in a queue consumer, in a test. A
 * `WebhookReceiver` calls it for you.
 *
 * **Details**
 *
 * The checks, in order: the secrets have the form the scheme asks for; the signature, timestamp and id headers are there
 * once and canonical; the timestamp is within the tolerance, past and future; at most 32 signatures; one of them was made
 * with one of the secrets over the raw bytes, compared in constant time, every secret and every signature tried whichever
 * matched. Only then is the body looked at, for the id and the type. The key of a secret is made once and kept for as long
 * as its `Redacted` lives.
 *
 * **Gotchas**
 *
 * Pass the bytes as they came: a body that was decoded, parsed or re-encoded no longer verifies. `unsigned` names the parts
 * that anybody on the way could have changed, such as GitHub's delivery id: a replay under a new id is possible there.
 *
 * **Example** (A delivery of GitHub's)
 *
 * ```ts
 * import { SignatureScheme, WebhookVerifier } from "@causeway/core/webhook"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const scheme = SignatureScheme.make({
 *   id: "github",
 *   signature: SignatureScheme.singleHeader("X-Hub-Signature-256", { encoding: "hex", prefix: "sha256=" }),
 *   signedContent: "{body}",
 *   keys: [SignatureScheme.mac({ hash: "sha256" })],
 *   eventType: [SignatureScheme.header("X-GitHub-Event")],
 *   docs: { url: "https://docs.github.com/webhooks", checked: "package" }
 * })
 *
 * const verified = WebhookVerifier.verify(scheme, {
 *   method: "POST",
 *   url: "https://example.com/webhooks/github",
 *   headers: [
 *     ["x-hub-signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"],
 *     ["x-github-event", "ping"]
 *   ],
 *   body: new TextEncoder().encode("Hello, World!"),
 *   secrets: [Redacted.make("It's a Secret to Everybody")],
 *   now: 1_764_000_000_000
 * })
 *
 * assert.deepEqual(Result.getOrThrow(verified), {
 *   id: undefined,
 *   type: "ping",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: ["type"]
 * })
 * ```
 *
 * @since 0.1.0
 */
import type { Redacted, Result } from "effect"
import * as EventFields from "./internal/eventFields.ts"
import { attempt, refuse } from "./internal/refusal.ts"
import * as SignatureHeader from "./internal/signatureHeader.ts"
import * as SignedContent from "./internal/signedContent.ts"
import * as SigningKeys from "./internal/signingKeys.ts"
import * as Timestamps from "./internal/timestamps.ts"
import { covers, type SignatureScheme } from "./SignatureScheme.ts"
import { Reason, type WebhookError } from "./WebhookError.ts"

/**
 * A delivery as it came, and what it is checked against.
 *
 * @since 0.1.0
 * @category models
 */
export interface VerifyInput {
  /** Upper case. */
  readonly method: string
  /** The public URL that the provider called, which a proxy may have hidden from the server. */
  readonly url: string
  /** As received, repeated ones included; names in any case. */
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  /** The raw bytes, never decoded. */
  readonly body: Uint8Array
  /** The current secret first, then the previous ones that are still accepted. */
  readonly secrets: ReadonlyArray<Redacted.Redacted<string>>
  /** Epoch milliseconds. */
  readonly now: number
}

/**
 * What is known of a delivery whose signature was accepted.
 *
 * @since 0.1.0
 * @category models
 */
export interface Verified {
  readonly id: string | undefined
  readonly type: string | undefined
  /** When it was signed, epoch milliseconds. */
  readonly timestamp: number | undefined
  /** The index of the secret that signed. */
  readonly signedBy: number
  /** The parts among `id`, `type` and `timestamp` that are there, but that the signature does not cover. */
  readonly unsigned: ReadonlyArray<Part>
}

/**
 * A part of a delivery that a signature may leave uncovered.
 *
 * @since 0.1.0
 * @category models
 */
export type Part = "id" | "type" | "timestamp"

/**
 * Verifies a delivery. Never throws; fails with a {@link WebhookError} that tells an operator why, and a forger nothing.
 *
 * @since 0.1.0
 * @category verification
 */
export const verify = (scheme: SignatureScheme, input: VerifyInput): Result.Result<Verified, WebhookError> =>
  attempt(scheme.id, () => judge(scheme, input))

/**
 * Checks that the secrets can verify deliveries of this scheme, so that a receiver fails when it is made rather than at
 * its first delivery. Fails with `MissingSecret` or `InvalidSecret`.
 *
 * @since 0.1.0
 * @category verification
 */
export const checkSecrets = (
  scheme: SignatureScheme,
  secrets: ReadonlyArray<Redacted.Redacted<string>>
): Result.Result<void, WebhookError> =>
  attempt(scheme.id, () => {
    SigningKeys.forVerifying(scheme.keys, secrets)
  })

const judge = (scheme: SignatureScheme, input: VerifyInput): Verified => {
  const keys = SigningKeys.forVerifying(scheme.keys, input.secrets)
  const claims = readClaims(scheme, input.headers, keys)
  checkAge(scheme, claims.stamp, input.now)
  const signedBy = findSigner(scheme, input, keys, claims)
  const parts = readParts(scheme, input)
  checkAge(scheme, parts.stamp, input.now)
  return describe(scheme, parts, claims.stamp ?? parts.stamp, signedBy)
}

/** What the headers claim, all of it well formed, none of it believed yet. */
interface Claims {
  readonly candidates: ReadonlyArray<SignatureHeader.Candidate>
  readonly stamp: Timestamps.Stamp | undefined
  readonly id: string
}

const readClaims = (
  scheme: SignatureScheme,
  headers: VerifyInput["headers"],
  keys: ReadonlyArray<SigningKeys.SigningKey>
): Claims => {
  const items = SignatureHeader.readItems(scheme.signature, headers)
  return {
    stamp: Timestamps.fromHeaders(scheme.timestamp, headers, items),
    id: EventFields.signedId(scheme, headers),
    candidates: SignatureHeader.readCandidates(scheme, items, keys)
  }
}

const checkAge = ({ timestamp }: SignatureScheme, stamp: Timestamps.Stamp | undefined, now: number): void => {
  if (timestamp !== undefined && stamp !== undefined) Timestamps.checkAge(timestamp, stamp, now)
}

const findSigner = (
  scheme: SignatureScheme,
  { body, method, url }: VerifyInput,
  keys: ReadonlyArray<SigningKeys.SigningKey>,
  { candidates, id, stamp }: Claims
): number => {
  const slots = { body, id, method, timestamp: stamp?.text ?? "", url }
  const content = SignedContent.assemble(scheme.signedContent, slots)
  return (
    SignedContent.signedBy(keys, candidates, content) ??
    refuse(Reason.SignatureMismatch({ signatures: candidates.length, secrets: keys.length }))
  )
}

/** What a delivery says of itself, read once its signature was accepted. */
interface Parts {
  readonly id: EventFields.Found | undefined
  readonly type: EventFields.Found | undefined
  readonly stamp: Timestamps.Stamp | undefined
}

const readParts = ({ eventId, eventType, timestamp }: SignatureScheme, { body, headers }: VerifyInput): Parts => {
  const content = new EventFields.BodyContent(body)
  return {
    id: eventId && EventFields.readFirst([eventId], headers, content),
    type: EventFields.readFirst(eventType, headers, content),
    stamp: Timestamps.fromBody(timestamp, content)
  }
}

const describe = (
  scheme: SignatureScheme,
  parts: Parts,
  stamp: Timestamps.Stamp | undefined,
  signedBy: number
): Verified => ({
  id: parts.id?.value,
  type: parts.type?.value,
  timestamp: stamp?.millis,
  signedBy,
  unsigned: unsignedOf(scheme, parts, stamp)
})

const unsignedOf = (
  scheme: SignatureScheme,
  { id, type }: Parts,
  stamp: Timestamps.Stamp | undefined
): ReadonlyArray<Part> => {
  const unsigned: Array<Part> = []
  if (id?.field._tag === "Header" && !covers(scheme, "id")) unsigned.push("id")
  if (type?.field._tag === "Header") unsigned.push("type")
  if (stamp !== undefined && scheme.timestamp?.at._tag !== "Body" && !covers(scheme, "timestamp")) {
    unsigned.push("timestamp")
  }
  return unsigned
}
