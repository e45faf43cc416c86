/**
 * How Chargebee authenticates its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the user name and password of the webhook, as `user:password`.
 *
 * **Details**
 *
 * Nothing is signed: Chargebee sends `Authorization: Basic …` with the user name and password of the webhook,
 * compared in constant time. Id and type are the body's `id` and `event_type`, such as `subscription_created`.
 *
 * **Gotchas**
 *
 * Anyone who sees one delivery can forge others, so that nothing but TLS protects them. The body says how its own
 * delivery goes (`webhook_status`), so that a repeated one differs: its id tells. Events may come in another order
 * than they happened: compare `resource_version` of what they hold.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { ChargebeeWebhook } from "@causeway/providers/chargebee"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"id":"ev_16BHbhF4s42tO2lK","event_type":"subscription_created"}`)
 * const secret = Redacted.make("causeway:chargebee_test_secret")
 * const url = "https://example.com/webhooks/chargebee"
 * const now = 1_764_000_000_000
 * const sent = Result.getOrThrow(
 *   WebhookSigner.signDelivery(ChargebeeWebhook.scheme, { body, secret, timestamp: now, url })
 * )
 *
 * const input = { ...sent, method: "POST", secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(ChargebeeWebhook.scheme, input)), {
 *   id: "ev_16BHbhF4s42tO2lK",
 *   type: "subscription_created",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: ["id", "type", "body"]
 * })
 * ```
 *
 * @see https://www.chargebee.com/docs/webhook_settings.html
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Chargebee's scheme, as its documentation describes it.
 *
 * @see https://www.chargebee.com/docs/webhook_settings.html
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "chargebee",
  signature: SignatureScheme.singleHeader("Authorization", { encoding: "base64", prefix: "Basic " }),
  signedContent: "",
  keys: [SignatureScheme.token()],
  eventId: SignatureScheme.body("id"),
  eventType: [SignatureScheme.body("event_type")],
  identity: SignatureScheme.byFields(SignatureScheme.body("id"), { varies: true }),
  delivery: { contentTypes: ["application/json"], retriedFor: "4718 minutes", answerWithin: "60 seconds" },
  docs: { url: "https://www.chargebee.com/docs/webhook_settings.html", checked: "documentation" }
})
