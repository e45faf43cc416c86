/**
 * How Airwallex signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret of the webhook.
 *
 * **Details**
 *
 * `x-signature` is the hexadecimal HMAC of `x-timestamp`, immediately followed by the body; the timestamp is in
 * milliseconds. Id and type are the body's `id` and `name`, such as `payment_intent.succeeded`, and are signed.
 *
 * **Gotchas**
 *
 * An event that is not answered with 200 is sent again, under the same id, for about 3 days; how far a timestamp may
 * be from now is not documented, and is held to 5 minutes here. It is not documented whether a repeated event has a new
 * timestamp: one that keeps the first is refused once it is older than that.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { AirwallexWebhook } from "@causeway/providers/airwallex"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"id":"evt_1","name":"payment_intent.succeeded"}`)
 * const secret = Redacted.make("airwallex_test_secret")
 * const url = "https://example.com/webhooks/airwallex"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(AirwallexWebhook.scheme, { body, secret, timestamp: now })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(AirwallexWebhook.scheme, input)), {
 *   id: "evt_1",
 *   type: "payment_intent.succeeded",
 *   timestamp: now,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://www.airwallex.com/docs/developer-tools/webhooks/listen-for-webhook-events
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Airwallex's scheme, as its documentation describes it.
 *
 * @see https://www.airwallex.com/docs/developer-tools/webhooks/listen-for-webhook-events
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "airwallex",
  signature: SignatureScheme.singleHeader("x-signature", { encoding: "hex" }),
  signedContent: "{timestamp}{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  timestamp: { at: SignatureScheme.header("x-timestamp"), unit: "milliseconds", tolerance: "5 minutes" },
  eventId: SignatureScheme.body("id"),
  eventType: [SignatureScheme.body("name")],
  delivery: { contentTypes: ["application/json"], acknowledgement: {}, retriedFor: "3 days" },
  docs: {
    url: "https://www.airwallex.com/docs/developer-tools/webhooks/listen-for-webhook-events",
    checked: "documentation"
  }
})
