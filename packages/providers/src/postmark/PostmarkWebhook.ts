/**
 * How Postmark authenticates its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the user name and password of the webhook, as `user:password`.
 *
 * **Details**
 *
 * Nothing is signed: Postmark sends `Authorization: Basic …` with the user name and password in the URL of the
 * webhook, compared in constant time. The type is the body's `RecordType`, such as `Bounce`, and `Inbound` for a
 * message that came in. Bounces and spam complaints have an `ID`; the others go by their body.
 *
 * **Gotchas**
 *
 * Anyone who sees one delivery can forge others, so that nothing but TLS protects them. A delivery is tried eleven times
 * in all over some 10 and a half hours, and given up after the answer 403. Messages that came in have their
 * attachments in the body: raise the limit of the receiver for them.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { PostmarkWebhook } from "@causeway/providers/postmark"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"RecordType":"SpamComplaint","ID":42,"Email":"john@example.com"}`)
 * const secret = Redacted.make("causeway:postmark_test_secret")
 * const url = "https://example.com/webhooks/postmark"
 * const now = 1_764_000_000_000
 * const sent = Result.getOrThrow(
 *   WebhookSigner.signDelivery(PostmarkWebhook.scheme, { body, secret, timestamp: now, url })
 * )
 *
 * const input = { ...sent, method: "POST", secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(PostmarkWebhook.scheme, input)), {
 *   id: "42",
 *   type: "SpamComplaint",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: ["id", "type", "body"]
 * })
 * ```
 *
 * @see https://postmarkapp.com/developer/webhooks/webhooks-overview
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Postmark's scheme, as its documentation describes it.
 *
 * @see https://postmarkapp.com/developer/webhooks/webhooks-overview
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "postmark",
  signature: SignatureScheme.singleHeader("Authorization", { encoding: "base64", prefix: "Basic " }),
  signedContent: "",
  keys: [SignatureScheme.token()],
  eventId: SignatureScheme.body("ID"),
  eventType: [SignatureScheme.body("RecordType"), SignatureScheme.present("Inbound", "MailboxHash")],
  delivery: { contentTypes: ["application/json"], retriedFor: "630 minutes" },
  docs: { url: "https://postmarkapp.com/developer/webhooks/webhooks-overview", checked: "documentation" }
})
