/**
 * How Coinbase Commerce signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the shared secret of the webhook subscriptions.
 *
 * **Details**
 *
 * `X-CC-Webhook-Signature` is the hexadecimal HMAC of the body. Id and type are `id` and `type` of the body's
 * `event`, and are signed.
 *
 * **Gotchas**
 *
 * `attempt_number` and `scheduled_for` differ between the attempts of an event, and so does its body: an inbox identifies an event by the
 * id of `event` alone. Whether the `id` at the top of the body stays the same is not documented. Coinbase Commerce retries
 * for 3 days, at most an hour apart. There is no timestamp of the delivery.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { CoinbaseCommerceWebhook } from "@causeway/providers/coinbase-commerce"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"id":"attempt_1","event":{"id":"24934862","type":"charge:confirmed"}}`)
 * const secret = Redacted.make("coinbase_commerce_test_secret")
 * const url = "https://example.com/webhooks/coinbase-commerce"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(CoinbaseCommerceWebhook.scheme, { body, secret, timestamp: now })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(CoinbaseCommerceWebhook.scheme, input)), {
 *   id: "24934862",
 *   type: "charge:confirmed",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://docs.cdp.coinbase.com/commerce/docs/webhooks-security
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Coinbase Commerce's scheme, checked against the verdicts of the `coinbase-commerce-node` package.
 *
 * @see https://docs.cdp.coinbase.com/commerce/docs/webhooks-security
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "coinbase-commerce",
  signature: SignatureScheme.singleHeader("X-CC-Webhook-Signature", { encoding: "hex" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  eventId: SignatureScheme.body("event", "id"),
  eventType: [SignatureScheme.body("event", "type")],
  identity: SignatureScheme.byFields(SignatureScheme.body("event", "id"), { varies: true }),
  delivery: { contentTypes: ["application/json"], retriedFor: "3 days" },
  docs: { url: "https://docs.cdp.coinbase.com/commerce/docs/webhooks-security", checked: "package" }
})
