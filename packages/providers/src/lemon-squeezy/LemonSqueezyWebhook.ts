/**
 * How Lemon Squeezy signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the signing secret of the webhook.
 *
 * **Details**
 *
 * `X-Signature` is the hexadecimal HMAC of the body. The type is `meta.event_name` of the body, such as
 * `order_created`; unlike `X-Event-Name` it is signed. The id is `meta.webhook_id`, where there is one.
 *
 * **Gotchas**
 *
 * There is no timestamp, so a replay is recognised by its id only, or by the hash of the body where there is no id: the
 * id is not documented. A delivery that failed is sent again after 5, 25 and 125 seconds, one after the other.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { LemonSqueezyWebhook } from "@causeway/providers/lemon-squeezy"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"meta":{"event_name":"order_created"},"data":{"id":"1"}}`)
 * const secret = Redacted.make("lemon_squeezy_test_secret")
 * const url = "https://example.com/webhooks/lemon-squeezy"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(WebhookSigner.sign(LemonSqueezyWebhook.scheme, { body, secret, timestamp: now }))
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(LemonSqueezyWebhook.scheme, input)), {
 *   id: undefined,
 *   type: "order_created",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://docs.lemonsqueezy.com/help/webhooks/signing-requests
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Lemon Squeezy's scheme, as its documentation and its own example for Next.js have it.
 *
 * @see https://docs.lemonsqueezy.com/help/webhooks/signing-requests
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "lemon-squeezy",
  signature: SignatureScheme.singleHeader("X-Signature", { encoding: "hex" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  eventId: SignatureScheme.body("meta", "webhook_id"),
  eventType: [SignatureScheme.body("meta", "event_name")],
  delivery: { contentTypes: ["application/json"], retriedFor: "155 seconds" },
  docs: { url: "https://docs.lemonsqueezy.com/help/webhooks/signing-requests", checked: "documentation" }
})
