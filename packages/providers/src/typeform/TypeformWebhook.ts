/**
 * How Typeform signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret of the form's webhook.
 *
 * **Details**
 *
 * `Typeform-Signature: sha256=…` is the base64 HMAC of the body. Id and type are the body's `event_id` and
 * `event_type`, and are signed.
 *
 * **Gotchas**
 *
 * There is no timestamp, so a replay is recognised by its id only. A delivery that is answered with 408, 423, 429 or 503 is
 * sent again every few minutes for 10 hours; 404 and 410 switch the webhook off.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { TypeformWebhook } from "@causeway/providers/typeform"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"event_id":"LtWXD3","event_type":"form_response"}`)
 * const secret = Redacted.make("typeform_test_secret")
 * const url = "https://example.com/webhooks/typeform"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(WebhookSigner.sign(TypeformWebhook.scheme, { body, secret, timestamp: now }))
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(TypeformWebhook.scheme, input)), {
 *   id: "LtWXD3",
 *   type: "form_response",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://www.typeform.com/developers/webhooks/secure-your-webhooks/
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Typeform's scheme, as its documentation describes it.
 *
 * @see https://www.typeform.com/developers/webhooks/secure-your-webhooks/
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "typeform",
  signature: SignatureScheme.singleHeader("Typeform-Signature", { encoding: "base64", prefix: "sha256=" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  eventId: SignatureScheme.body("event_id"),
  eventType: [SignatureScheme.body("event_type")],
  delivery: { contentTypes: ["application/json"], retriedFor: "10 hours", answerWithin: "30 seconds" },
  docs: { url: "https://www.typeform.com/developers/webhooks/secure-your-webhooks/", checked: "documentation" }
})
