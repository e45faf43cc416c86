/**
 * How Paystack signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret key of the account.
 *
 * **Details**
 *
 * `X-Paystack-Signature` is the hexadecimal HMAC-SHA512 of the body. The type is the body's `event`, such as
 * `charge.success`.
 *
 * **Gotchas**
 *
 * There is neither an id nor a timestamp: an inbox identifies an event by the hash of the body. Events of test and live mode are
 * signed with the key of their mode. A delivery that is not answered with 200 is sent again every 3 minutes four times,
 * and then every hour for 72 hours; in test mode every hour.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { PaystackWebhook } from "@causeway/providers/paystack"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"event":"charge.success","data":{"id":302961}}`)
 * const secret = Redacted.make("sk_test_secret")
 * const url = "https://example.com/webhooks/paystack"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(PaystackWebhook.scheme, { body, secret, timestamp: now })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(PaystackWebhook.scheme, input)), {
 *   id: undefined,
 *   type: "charge.success",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://paystack.com/docs/payments/webhooks/
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Paystack's scheme, as its documentation describes it.
 *
 * @see https://paystack.com/docs/payments/webhooks/
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "paystack",
  signature: SignatureScheme.singleHeader("X-Paystack-Signature", { encoding: "hex" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha512" })],
  eventType: [SignatureScheme.body("event")],
  delivery: { contentTypes: ["application/json"], acknowledgement: {}, retriedFor: "73 hours" },
  docs: { url: "https://paystack.com/docs/payments/webhooks/", checked: "documentation" }
})
