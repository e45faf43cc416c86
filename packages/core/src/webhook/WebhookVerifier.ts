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
 * once and canonical; the timestamp is within the tolerance, past and future; at most 32 signatures, or
 * 4096 of items that have one each; one of them was made
 * with one of the secrets over the raw bytes, compared in constant time, every secret and every signature tried whichever
 * matched. Only then is the body looked at, for the id and the type. The key of a secret is made once and kept for as long
 * as its `Redacted` lives.
 *
 * Where a provider signs with a key of its own, {@link keysNeeded} says which certificate or JSON Web Key to fetch, and
 * `keys` hands it in; the service `WebhookKeys` does the fetching.
 *
 * **Gotchas**
 *
 * Pass the bytes as they came: a body that was decoded, parsed or re-encoded no longer verifies. `unsigned` names the parts
 * that anybody on the way could have changed, such as GitHub's delivery id: a replay under a new id is possible there.
 * An id or a type inside of the body is read when it is asked for: leave the bytes as they are until then.
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
import * as Candidates from "./internal/candidates.ts"
import { Delivery } from "./internal/delivery.ts"
import * as Judging from "./internal/judging.ts"
import * as ProviderKeys from "./internal/providerKeys.ts"
import { attempt } from "./internal/refusal.ts"
import * as SigningKeys from "./internal/signingKeys.ts"
import type { SignatureScheme } from "./SignatureScheme.ts"
import type { WebhookError } from "./WebhookError.ts"

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
  /** The provider's keys, where {@link keysNeeded} asks for some. */
  readonly keys?: FetchedKeys | undefined
}

/**
 * Keys of a provider's that were fetched: certificates as PEM by their URL, the chain after them if there is one, and JSON Web
 * Keys by their `kid`.
 *
 * @since 0.1.0
 * @category models
 */
export interface FetchedKeys extends ProviderKeys.Fetched {}

/**
 * A key of the provider's that a delivery names, and where it is.
 *
 * @since 0.1.0
 * @category models
 */
export type NeededKey = ProviderKeys.Needed

/**
 * What is known of a delivery whose signature was accepted.
 *
 * @since 0.1.0
 * @category models
 */
export interface Verified extends Judging.Judged {
  readonly id: string | undefined
  readonly type: string | undefined
  /** When it was signed, epoch milliseconds. */
  readonly timestamp: number | undefined
  /** The index of the secret that signed. */
  readonly signedBy: number
  /** The parts that are there, but that the signature does not cover. */
  readonly unsigned: ReadonlyArray<Part>
}

/**
 * A part of a delivery that a signature may leave uncovered. `body` is there when any of the body is not covered.
 *
 * @since 0.1.0
 * @category models
 */
export type Part = Judging.Part

/**
 * Verifies a delivery. Never throws; fails with a {@link WebhookError} that tells an operator why, and a forger nothing.
 *
 * @since 0.1.0
 * @category verification
 */
export const verify = (scheme: SignatureScheme, input: VerifyInput): Result.Result<Verified, WebhookError> =>
  Judging.verify(scheme, input)

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

/**
 * What to fetch before a delivery can be verified: the certificate or the key that it names, at a place that the scheme
 * trusts. Empty for schemes whose keys are all ours. Fails with a {@link WebhookError} where the place is another one.
 *
 * @since 0.1.0
 * @category verification
 */
export const keysNeeded = (
  scheme: SignatureScheme,
  input: Pick<VerifyInput, "method" | "url" | "headers" | "body">
): Result.Result<ReadonlyArray<NeededKey>, WebhookError> =>
  attempt(scheme.id, () => {
    if (!scheme.keys.some(({ _tag }) => _tag === "Certificate" || _tag === "Jwk")) return []
    const delivery = new Delivery(input)
    Candidates.readItems(scheme.signature, delivery)
    return scheme.keys.flatMap((form) => ProviderKeys.locate(form, delivery) ?? [])
  })
