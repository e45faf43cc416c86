/**
 * How RevenueCat authenticates its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the value of the authorization header of the webhook.
 *
 * **Details**
 *
 * The whole of `Authorization` is the secret, compared in constant time. Id and type are `event.id` and `event.type`,
 * such as `INITIAL_PURCHASE`.
 *
 * **Gotchas**
 *
 * Nothing is signed: anyone who sees one delivery can forge others. The answer must be 200 within a minute. A delivery
 * that fails is sent up to five times more, the last some two and a half hours later. Events may come in another
 * order than they happened.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { RevenueCatWebhook } from "@causeway/providers/revenuecat"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"event":{"id":"12345678-1234-1234-1234-123456789012","type":"INITIAL_PURCHASE"}}`)
 * const secret = Redacted.make("revenuecat_test_secret")
 * const url = "https://example.com/webhooks/revenuecat"
 * const now = 1_764_000_000_000
 * const sent = Result.getOrThrow(
 *   WebhookSigner.signDelivery(RevenueCatWebhook.scheme, { body, secret, timestamp: now, url })
 * )
 *
 * const input = { ...sent, method: "POST", secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(RevenueCatWebhook.scheme, input)), {
 *   id: "12345678-1234-1234-1234-123456789012",
 *   type: "INITIAL_PURCHASE",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: ["id", "type", "body"]
 * })
 * ```
 *
 * @see https://www.revenuecat.com/docs/integrations/webhooks
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * RevenueCat's scheme, as its documentation describes it.
 *
 * @see https://www.revenuecat.com/docs/integrations/webhooks
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "revenuecat",
  signature: SignatureScheme.singleHeader("Authorization", { encoding: "utf8" }),
  signedContent: "",
  keys: [SignatureScheme.token()],
  eventId: SignatureScheme.body("event", "id"),
  eventType: [SignatureScheme.body("event", "type")],
  delivery: {
    contentTypes: ["application/json"],
    acknowledgement: {},
    retriedFor: "155 minutes",
    answerWithin: "60 seconds"
  },
  docs: { url: "https://www.revenuecat.com/docs/integrations/webhooks", checked: "documentation" }
})
