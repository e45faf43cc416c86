/**
 * How Razorpay signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret that was entered for the webhook in the dashboard.
 *
 * **Details**
 *
 * `X-Razorpay-Signature` is the hexadecimal HMAC of the body. The id is `x-razorpay-event-id`, the same at each
 * attempt; the type is the body's `event`, such as `payment.captured`.
 *
 * **Gotchas**
 *
 * A delivery that fails is sent again for a day; the dashboard can replay events of the last 7 days. A retry is signed with
 * the secret of the time of its event: while a secret is rotated, give both to the receiver. The id is in a header that the signature does not cover, and there is no timestamp: a delivery can be replayed
 * under another id.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { RazorpayWebhook } from "@causeway/providers/razorpay"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"entity":"event","event":"payment.captured"}`)
 * const secret = Redacted.make("razorpay_test_secret")
 * const url = "https://example.com/webhooks/razorpay"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(RazorpayWebhook.scheme, { body, secret, timestamp: now, id: "RazorEvent1" })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(RazorpayWebhook.scheme, input)), {
 *   id: "RazorEvent1",
 *   type: "payment.captured",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: ["id"]
 * })
 * ```
 *
 * @see https://razorpay.com/docs/webhooks/validate-test/
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Razorpay's scheme, checked against the verdicts of the `razorpay` package.
 *
 * @see https://razorpay.com/docs/webhooks/validate-test/
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "razorpay",
  signature: SignatureScheme.singleHeader("X-Razorpay-Signature", { encoding: "hex" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  eventId: SignatureScheme.header("x-razorpay-event-id"),
  eventType: [SignatureScheme.body("event")],
  delivery: { contentTypes: ["application/json"], retriedFor: "7 days", answerWithin: "5 seconds" },
  docs: { url: "https://razorpay.com/docs/webhooks/validate-test/", checked: "package" }
})
