/**
 * How Klaviyo signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret key of the webhook.
 *
 * **Details**
 *
 * `Klaviyo-Signature` is the hexadecimal HMAC of the body, immediately followed by `Klaviyo-Timestamp`. The time of the
 * delivery is `meta.timestamp` in the body, 5 minutes old or ahead at most. A delivery holds up to 1,000 events: each
 * is an event with its `external_id` as the id and its `topic` as the type, such as `event:klaviyo.opened_email`.
 *
 * **Gotchas**
 *
 * The header is signed as it is, and is not read: it has been seen as a date of HTTP, some hours off. The webhook action of
 * a flow is not signed, and is refused. It is not documented for how long a delivery is sent again, whether it then has a
 * new time, and how old it may be.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { KlaviyoWebhook } from "@causeway/providers/klaviyo"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"data":[{"external_id":"73WCCK7JKtE","topic":"event:klaviyo.opened_email"}],"meta":{"timestamp":"2025-11-24T16:00:00+00:00"}}`)
 * const secret = Redacted.make("klaviyo_test_secret")
 * const url = "https://example.com/webhooks/klaviyo"
 * const now = 1_764_000_000_000
 * const sent = Result.getOrThrow(
 *   WebhookSigner.signDelivery(KlaviyoWebhook.scheme, { body, secret, timestamp: now, headers: [["Klaviyo-Timestamp", "Mon, 24 Nov 2025 16:00:00 GMT"]], url })
 * )
 *
 * const input = { ...sent, method: "POST", secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(KlaviyoWebhook.scheme, input)), {
 *   id: undefined,
 *   type: "event:klaviyo.opened_email",
 *   timestamp: now,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://developers.klaviyo.com/en/docs/working_with_system_webhooks
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * The scheme of Klaviyo's system webhooks, as their documentation describes it.
 *
 * @see https://developers.klaviyo.com/en/docs/working_with_system_webhooks
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "klaviyo",
  signature: SignatureScheme.singleHeader("Klaviyo-Signature", { encoding: "hex" }),
  signedContent: "{body}{header:Klaviyo-Timestamp}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  timestamp: { at: SignatureScheme.body("meta", "timestamp"), unit: "rfc3339", tolerance: "5 minutes" },
  eventType: [SignatureScheme.body("data", "0", "topic")],
  batch: { lists: [SignatureScheme.items({ list: "data", id: "external_id", type: "topic" })] },
  delivery: { contentTypes: ["application/json"] },
  docs: { url: "https://developers.klaviyo.com/en/docs/working_with_system_webhooks", checked: "documentation" }
})
