/**
 * How Segment signs what its webhook destinations send.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the shared secret of the destination.
 *
 * **Details**
 *
 * `X-Signature` is the hexadecimal HMAC-SHA1 of the body. Id and type are the body's `messageId` and `type`, such as
 * `track`, and are signed. It is the same for both destinations, Webhooks (Actions) and Webhooks (Classic).
 *
 * **Gotchas**
 *
 * Turn batching off: of a batch Segment signs the first event only, and anyone on the way can change the others, so
 * that batches are refused here. A mapping may send another body than the event, without an id or a type. There is no
 * timestamp. A destination may send PUT or PATCH instead of POST. Segment waits 5 seconds for an answer, and sends an event
 * that failed again for 4 hours.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { SegmentWebhook } from "@causeway/providers/segment"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"messageId":"022bb90c","type":"track","event":"Purchased"}`)
 * const secret = Redacted.make("segment_test_secret")
 * const url = "https://example.com/webhooks/segment"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(SegmentWebhook.scheme, { body, secret, timestamp: now })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(SegmentWebhook.scheme, input)), {
 *   id: "022bb90c",
 *   type: "track",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://segment.com/docs/connections/destinations/catalog/actions-webhook/
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * The scheme of Segment's webhook destinations, as their documentation describes it.
 *
 * @see https://segment.com/docs/connections/destinations/catalog/actions-webhook/
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "segment",
  signature: SignatureScheme.singleHeader("X-Signature", { encoding: "hex" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha1" })],
  eventId: SignatureScheme.body("messageId"),
  eventType: [SignatureScheme.body("type")],
  delivery: {
    contentTypes: ["application/json"],
    methods: ["POST", "PUT", "PATCH"],
    retriedFor: "4 hours",
    answerWithin: "5 seconds"
  },
  docs: { url: "https://segment.com/docs/connections/destinations/catalog/actions-webhook/", checked: "documentation" }
})
