/**
 * How Zendesk signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the signing secret of the webhook.
 *
 * **Details**
 *
 * `X-Zendesk-Webhook-Signature` is the base64 HMAC of the time (RFC 3339), immediately followed by the body, which
 * may be empty; 5 minutes old or ahead at most. The id is `X-Zendesk-Webhook-Invocation-Id`, the type the body's
 * `type`.
 *
 * **Gotchas**
 *
 * The id is in a header that the signature does not cover. Deliveries of triggers and automations have the body that
 * their author wrote, and perhaps no type,
 * or a ticket field of that name. A delivery that was answered with 409, or too late, is sent again a few
 * times; when, Zendesk does not say.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { ZendeskWebhook } from "@causeway/providers/zendesk"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"type":"zen:event-type:user.created","id":"1"}`)
 * const secret = Redacted.make("zendesk_test_secret")
 * const url = "https://example.com/webhooks/zendesk"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(ZendeskWebhook.scheme, { body, secret, timestamp: now, id: "01F6" })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(ZendeskWebhook.scheme, input)), {
 *   id: "01F6",
 *   type: "zen:event-type:user.created",
 *   timestamp: now,
 *   signedBy: 0,
 *   unsigned: ["id"]
 * })
 * ```
 *
 * @see https://developer.zendesk.com/documentation/webhooks/verifying/
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Zendesk's scheme, as its documentation describes it.
 *
 * @see https://developer.zendesk.com/documentation/webhooks/verifying/
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "zendesk",
  signature: SignatureScheme.singleHeader("X-Zendesk-Webhook-Signature", { encoding: "base64" }),
  signedContent: "{timestamp}{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  timestamp: {
    at: SignatureScheme.header("X-Zendesk-Webhook-Signature-Timestamp"),
    unit: "rfc3339",
    tolerance: "5 minutes"
  },
  eventId: SignatureScheme.header("X-Zendesk-Webhook-Invocation-Id"),
  eventType: [SignatureScheme.body("type")],
  delivery: { methods: ["POST", "PUT", "PATCH", "DELETE"], answerWithin: "12 seconds" },
  docs: { url: "https://developer.zendesk.com/documentation/webhooks/verifying/", checked: "documentation" }
})
