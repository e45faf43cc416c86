/**
 * How Lithic signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret of the event subscription, which begins with `whsec_`.
 *
 * **Details**
 *
 * Lithic signs as Standard Webhooks do: `webhook-id`, `webhook-timestamp` and a list in `webhook-signature` over
 * `{id}.{timestamp}.{body}`, 5 minutes old or ahead at most. The type is the body's `event_type`, such as
 * `card.created`. The body is the payload of the event itself, and not the object that the API lists.
 *
 * **Gotchas**
 *
 * A subscription whose deliveries fail for 5 days is switched off. Requests of Auth Stream Access have a secret of
 * their own, and their answer decides about a payment.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { LithicWebhook } from "@causeway/providers/lithic"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"event_type":"card.created","card_token":"00000000-0000-0000-0000-000000000001"}`)
 * const secret = Redacted.make("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
 * const url = "https://example.com/webhooks/lithic"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(LithicWebhook.scheme, { body, secret, timestamp: now, id: "msg_2b3c" })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(LithicWebhook.scheme, input)), {
 *   id: "msg_2b3c",
 *   type: "card.created",
 *   timestamp: now,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://docs.lithic.com/docs/events-api
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Lithic's scheme, as its documentation describes it.
 *
 * @see https://docs.lithic.com/docs/events-api
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  ...SignatureScheme.standardWebhooks,
  id: "lithic",
  eventType: [SignatureScheme.body("event_type")],
  delivery: { contentTypes: ["application/json"] },
  docs: { url: "https://docs.lithic.com/docs/events-api", checked: "documentation" }
})
