/**
 * How PayPal signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the id of the webhook in the place of a secret.
 *
 * **Details**
 *
 * `PAYPAL-TRANSMISSION-SIG` is the RSA signature of the transmission's id and time, the webhook's id and the CRC-32
 * of the body. The certificate is at `PAYPAL-CERT-URL`, and only on PayPal's own hosts. 5 minutes old or ahead at
 * most. Id and type are the body's `id` and `event_type`.
 *
 * **Gotchas**
 *
 * A CRC is no hash: who has one delivery can make another body with the same CRC, so that `unsigned` has `body`.
 * Where that matters, ask PayPal's API to verify instead. PayPal sends a delivery again up to 25 times over 3 days; it is
 * not documented whether a repeated one keeps its time and signature, so that one may be refused as too old. Its simulator
 * sends the same id each time: the second event of a type is a duplicate.
 *
 * **Example** (The certificate that a delivery asks for)
 *
 * ```ts
 * import { WebhookVerifier } from "@causeway/core/webhook"
 * import { PayPalWebhook } from "@causeway/providers/paypal"
 * import { Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(
 *   `{"id":"WH-1","event_type":"PAYMENT.SALE.COMPLETED"}`
 * )
 * const headers: ReadonlyArray<readonly [string, string]> = [
 *   ["PAYPAL-TRANSMISSION-ID", "1"],
 *   ["PAYPAL-TRANSMISSION-TIME", "2025-11-24T16:00:00Z"],
 *   ["PAYPAL-TRANSMISSION-SIG", "c2ln"],
 *   ["PAYPAL-CERT-URL", "https://api.paypal.com/v1/notifications/certs/CERT-1"]
 * ]
 * const input = { method: "POST", url: "https://example.com/webhooks/paypal", headers, body }
 *
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.keysNeeded(PayPalWebhook.scheme, input)), [
 *   { _tag: "Certificate", url: "https://api.paypal.com/v1/notifications/certs/CERT-1" }
 * ])
 * ```
 *
 * @see https://developer.paypal.com/api/rest/webhooks/rest/
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * PayPal's scheme, as its documentation describes it.
 *
 * @see https://developer.paypal.com/api/rest/webhooks/rest/
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "paypal",
  signature: SignatureScheme.singleHeader("PAYPAL-TRANSMISSION-SIG", { encoding: "base64" }),
  signedContent: "{header:PAYPAL-TRANSMISSION-ID}|{timestamp}|{secret}|{crc32}",
  keys: [
    SignatureScheme.certificate({
      url: SignatureScheme.header("PAYPAL-CERT-URL"),
      hosts: ["api.paypal.com", "api.sandbox.paypal.com"],
      path: { prefix: "/v1/notifications/certs/" },
      hash: "sha256"
    })
  ],
  timestamp: { at: SignatureScheme.header("PAYPAL-TRANSMISSION-TIME"), unit: "rfc3339", tolerance: "5 minutes" },
  eventId: SignatureScheme.body("id"),
  eventType: [SignatureScheme.body("event_type")],
  delivery: { contentTypes: ["application/json"], retriedFor: "3 days" },
  docs: { url: "https://developer.paypal.com/api/rest/webhooks/rest/", checked: "documentation" }
})
