/**
 * How GoCardless signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret of the webhook endpoint.
 *
 * **Details**
 *
 * `Webhook-Signature` is the hexadecimal HMAC of the body. The id is the one of the delivery, `meta.webhook_id`; the
 * type is the `resource_type` of the first event, such as `mandates`.
 *
 * **Gotchas**
 *
 * A delivery holds up to 250 events of several types, each with an `id` and an `action`: deduplicate by that when you
 * handle them. A delivery that failed is sent again up to 8 times, at growing intervals that are not documented.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { GoCardlessWebhook } from "@causeway/providers/gocardless"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"events":[{"id":"EV1","resource_type":"mandates","action":"created"}],"meta":{"webhook_id":"WB1"}}`)
 * const secret = Redacted.make("gocardless_test_secret")
 * const url = "https://example.com/webhooks/gocardless"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(WebhookSigner.sign(GoCardlessWebhook.scheme, { body, secret, timestamp: now }))
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(GoCardlessWebhook.scheme, input)), {
 *   id: "WB1",
 *   type: "mandates",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://developer.gocardless.com/getting-started/staying-up-to-date-with-webhooks
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * GoCardless's scheme, checked against the verdicts of the `gocardless-nodejs` package.
 *
 * @see https://developer.gocardless.com/getting-started/staying-up-to-date-with-webhooks
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "gocardless",
  signature: SignatureScheme.singleHeader("Webhook-Signature", { encoding: "hex" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  eventId: SignatureScheme.body("meta", "webhook_id"),
  batch: { lists: [SignatureScheme.items({ list: "events", id: "id", type: "resource_type" })] },
  delivery: { contentTypes: ["application/json"], answerWithin: "10 seconds" },
  docs: { url: "https://developer.gocardless.com/getting-started/staying-up-to-date-with-webhooks", checked: "package" }
})
