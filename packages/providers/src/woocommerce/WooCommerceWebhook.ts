/**
 * How WooCommerce signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret of the webhook in the shop's settings.
 *
 * **Details**
 *
 * `X-WC-Webhook-Signature` is the base64 HMAC of the body. The type is `X-WC-Webhook-Topic`, such as `order.created`.
 *
 * **Gotchas**
 *
 * The type is in a header that the signature does not cover, and there is no timestamp. `X-WC-Webhook-Delivery-ID` is no
 * id: WooCommerce makes it of the webhook and the second, and so gives one to all the events of a second. The ping of a
 * new webhook is a form without a signature, `webhook_id=12`: it is answered with 200, and nothing is stored. A delivery that fails is not sent again; a webhook with more than five
 * failures in a row is switched off.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { WooCommerceWebhook } from "@causeway/providers/woocommerce"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"id":727,"status":"processing"}`)
 * const secret = Redacted.make("woocommerce_test_secret")
 * const url = "https://example.com/webhooks/woocommerce"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(WooCommerceWebhook.scheme, { body, secret, timestamp: now, type: "order.created" })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(WooCommerceWebhook.scheme, input)), {
 *   id: undefined,
 *   type: "order.created",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: ["type"]
 * })
 * ```
 *
 * @see https://woocommerce.github.io/woocommerce-rest-api-docs/#webhooks
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * WooCommerce's scheme, as its documentation and its own source have it.
 *
 * @see https://woocommerce.github.io/woocommerce-rest-api-docs/#webhooks
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "woocommerce",
  signature: SignatureScheme.singleHeader("X-WC-Webhook-Signature", { encoding: "base64" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  eventType: [SignatureScheme.header("X-WC-Webhook-Topic")],
  identity: SignatureScheme.byBody(SignatureScheme.header("X-WC-Webhook-Topic")),
  handshake: SignatureScheme.openPing("webhook_id"),
  delivery: { retriedFor: "0 millis" },
  docs: { url: "https://woocommerce.github.io/woocommerce-rest-api-docs/#webhooks", checked: "documentation" }
})
