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
import { type Redacted, Result } from "effect"
import * as EventFields from "./internal/eventFields.ts"
import * as SignatureHeader from "./internal/signatureHeader.ts"
import * as SignedContent from "./internal/signedContent.ts"
import * as SigningKeys from "./internal/signingKeys.ts"
import * as Timestamps from "./internal/timestamps.ts"
import { covers, type SignatureScheme } from "./SignatureScheme.ts"
import { Reason, WebhookError } from "./WebhookError.ts"

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
  Result.mapError(judge(scheme, input), (reason) => new WebhookError({ scheme: scheme.id, reason }))

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
  Result.mapBoth(SigningKeys.forVerifying(scheme.keys, secrets), {
    onFailure: (reason) => new WebhookError({ scheme: scheme.id, reason }),
    onSuccess: () => undefined
  })

const judge = (scheme: SignatureScheme, input: VerifyInput): Result.Result<Verified, Reason> =>
  Result.gen(function* () {
    const keys = yield* SigningKeys.forVerifying(scheme.keys, input.secrets)
    const evidence = yield* readEvidence(scheme, input, keys)
    yield* checkAge(scheme, evidence.stamp, input.now)
    const signedBy = yield* findSigner(scheme, input, keys, evidence)
    const parts = yield* readParts(scheme, input)
    yield* checkAge(scheme, parts.stamp, input.now)
    return describe(scheme, parts, evidence.stamp ?? parts.stamp, signedBy)
  })

/** What the headers claim, all of it well formed, none of it believed yet. */
interface Evidence {
  readonly candidates: ReadonlyArray<SignatureHeader.Candidate>
  readonly stamp: Timestamps.Stamp | undefined
  readonly id: string
}

const readEvidence = (
  scheme: SignatureScheme,
  { headers }: VerifyInput,
  usable: ReadonlyArray<SigningKeys.SigningKey>
): Result.Result<Evidence, Reason> =>
  Result.gen(function* () {
    const items = yield* SignatureHeader.readItems(scheme.signature, headers)
    const stamp = yield* Timestamps.fromHeaders(scheme.timestamp, headers, items)
    const id = yield* EventFields.signedId(scheme, headers)
    const candidates = yield* SignatureHeader.readCandidates(scheme, items, usable)
    return { candidates, stamp, id }
  })

const checkAge = (
  { timestamp }: SignatureScheme,
  stamp: Timestamps.Stamp | undefined,
  now: number
): Result.Result<void, Reason> =>
  timestamp === undefined || stamp === undefined ? Result.void : Timestamps.checkAge(timestamp, stamp, now)

const findSigner = (
  scheme: SignatureScheme,
  { body, method, url, secrets }: VerifyInput,
  keys: ReadonlyArray<SigningKeys.SigningKey>,
  { candidates, id, stamp }: Evidence
): Result.Result<number, Reason> => {
  const slots = { body, id, method, timestamp: stamp?.text ?? "", url }
  const signedBy = SignedContent.signedBy(keys, candidates, SignedContent.assemble(scheme.signedContent, slots))
  return signedBy === undefined
    ? Result.fail(Reason.SignatureMismatch({ signatures: candidates.length, secrets: secrets.length }))
    : Result.succeed(signedBy)
}

/** What a delivery says of itself, read once its signature was accepted. */
interface Parts {
  readonly id: EventFields.Found | undefined
  readonly type: EventFields.Found | undefined
  readonly stamp: Timestamps.Stamp | undefined
}

const readParts = (
  { eventId, eventType, timestamp }: SignatureScheme,
  { body, headers }: VerifyInput
): Result.Result<Parts, Reason> => {
  const content = EventFields.bodyContent(body)
  return Result.all({
    id: EventFields.readFirst(eventId === undefined ? [] : [eventId], headers, content),
    type: EventFields.readFirst(eventType, headers, content),
    stamp: Timestamps.fromBody(timestamp, content)
  })
}

const describe = (
  scheme: SignatureScheme,
  { id, type }: Parts,
  stamp: Timestamps.Stamp | undefined,
  signedBy: number
): Verified => ({
  id: id?.value,
  type: type?.value,
  timestamp: stamp?.millis,
  signedBy,
  unsigned: [
    ...(isUnsigned(id) && !covers(scheme, "id") ? (["id"] as const) : []),
    ...(isUnsigned(type) ? (["type"] as const) : []),
    ...(stamp !== undefined && !signsTimestamp(scheme) ? (["timestamp"] as const) : [])
  ]
})

const isUnsigned = (found: EventFields.Found | undefined): boolean => found?.field._tag === "Header"

const signsTimestamp = (scheme: SignatureScheme): boolean =>
  covers(scheme, "timestamp") || scheme.timestamp?.at._tag === "Body"
