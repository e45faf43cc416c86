/**
 * How Cloudinary signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the API secret of the account; {@link sha256Scheme} where the account signs with
 * SHA-256.
 *
 * **Details**
 *
 * `X-Cld-Signature` is the hexadecimal SHA-1 or SHA-256 of body, timestamp and secret, one right after the other. A delivery
 * may be 2 hours old and 5 minutes ahead. The type is the body's `notification_type`, such as `upload`.
 *
 * **Gotchas**
 *
 * It is a plain hash, not an HMAC. Two hours are a wide window for a replay. There is no id: an inbox deduplicates by the
 * SHA-256 of the body. A delivery that is not answered with 200 is sent again up to three times, after about 3, 6 and 9
 * minutes, as a description of its interface has it.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { CloudinaryWebhook } from "@causeway/providers/cloudinary"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"notification_type":"upload","public_id":"1"}`)
 * const secret = Redacted.make("cloudinary_test_secret")
 * const url = "https://example.com/webhooks/cloudinary"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(WebhookSigner.sign(CloudinaryWebhook.scheme, { body, secret, timestamp: now }))
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(CloudinaryWebhook.scheme, input)), {
 *   id: undefined,
 *   type: "upload",
 *   timestamp: now,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://cloudinary.com/documentation/notification_signatures
 * @see https://github.com/api-evangelist/cloudinary/blob/main/asyncapi/cloudinary-notifications-asyncapi.yml
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Cloudinary's scheme, checked against the verdicts of the `cloudinary` package.
 *
 * @see https://cloudinary.com/documentation/notification_signatures
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "cloudinary",
  signature: SignatureScheme.singleHeader("X-Cld-Signature", { encoding: "hex" }),
  signedContent: "{body}{timestamp}{secret}",
  keys: [SignatureScheme.digest({ hash: "sha1" })],
  timestamp: {
    at: SignatureScheme.header("X-Cld-Timestamp"),
    unit: "seconds",
    tolerance: { past: "2 hours", future: "5 minutes" }
  },
  eventType: [SignatureScheme.body("notification_type")],
  delivery: { contentTypes: ["application/json"], retriedFor: "18 minutes" },
  docs: { url: "https://cloudinary.com/documentation/notification_signatures", checked: "package" }
})

/**
 * The scheme of an account whose signature algorithm is SHA-256, checked against the verdicts of the `cloudinary` package.
 *
 * @see https://cloudinary.com/documentation/authentication_signatures
 * @since 0.1.0
 * @category schemes
 */
export const sha256Scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  ...scheme,
  id: "cloudinary-sha256",
  keys: [SignatureScheme.digest({ hash: "sha256" })]
})
