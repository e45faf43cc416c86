/**
 * How Box signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the primary and the secondary signature key of the application.
 *
 * **Details**
 *
 * `BOX-SIGNATURE-PRIMARY` and `BOX-SIGNATURE-SECONDARY` are base64 HMACs of the body, immediately followed by
 * `BOX-DELIVERY-TIMESTAMP`, one under each key: one that was made with a configured secret suffices. A delivery may
 * be 10 minutes old. Id and type are the body's `id` and `trigger`, such as `FILE.UPLOADED`, and are signed.
 *
 * **Gotchas**
 *
 * The id in the header `BOX-DELIVERY-ID` is another one at each attempt, and so is the timestamp. Box waits 30 seconds
 * for an answer, and sends a delivery that failed up to 12 times within 2 hours. Only V2 webhooks are signed.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { BoxWebhook } from "@causeway/providers/box"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"type":"webhook_event","id":"eb0c4e06","trigger":"FILE.UPLOADED"}`)
 * const secret = Redacted.make("box_test_secret")
 * const url = "https://example.com/webhooks/box"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(BoxWebhook.scheme, { body, secret, timestamp: now })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(BoxWebhook.scheme, input)), {
 *   id: "eb0c4e06",
 *   type: "FILE.UPLOADED",
 *   timestamp: now,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://developer.box.com/guides/webhooks/v2/signatures-v2/
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Box's scheme, as its documentation describes it, and with the delivery that stands in its package.
 *
 * @see https://developer.box.com/guides/webhooks/v2/signatures-v2/
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "box",
  signature: SignatureScheme.singleHeader(["BOX-SIGNATURE-PRIMARY", "BOX-SIGNATURE-SECONDARY"], { encoding: "base64" }),
  signedContent: "{body}{timestamp}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  timestamp: { at: SignatureScheme.header("BOX-DELIVERY-TIMESTAMP"), unit: "rfc3339", tolerance: "10 minutes" },
  eventId: SignatureScheme.body("id"),
  eventType: [SignatureScheme.body("trigger")],
  delivery: { contentTypes: ["application/json"], retriedFor: "2 hours", resigns: true, answerWithin: "30 seconds" },
  docs: { url: "https://developer.box.com/guides/webhooks/v2/signatures-v2/", checked: "documentation" }
})
