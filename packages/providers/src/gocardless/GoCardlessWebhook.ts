/**
 * How GoCardless signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret of the webhook endpoint.
 *
 * **Details**
 *
 * `Webhook-Signature` is the hexadecimal HMAC of the body. A delivery holds up to 250 events: each is an event with its
 * own `id`, and its `resource_type` as the type, such as `mandates`.
 *
 * **Gotchas**
 *
 * What happened to the resource is the `action` of an event. A delivery that failed is sent again up to 8 times, at
 * growing intervals. It is not documented for how long.
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
  eventType: [SignatureScheme.body("events", "0", "resource_type")],
  batch: { lists: [SignatureScheme.items({ list: "events", id: "id", type: "resource_type" })], maxItems: 250 },
  delivery: { contentTypes: ["application/json"], answerWithin: "10 seconds" },
  docs: { url: "https://developer.gocardless.com/getting-started/staying-up-to-date-with-webhooks", checked: "package" }
})
