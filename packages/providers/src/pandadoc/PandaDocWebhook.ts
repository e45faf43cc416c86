/**
 * How PandaDoc signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the shared key of the webhook subscription.
 *
 * **Details**
 *
 * The query's `signature` is the hexadecimal HMAC of the body, which is a list of events. Each is an event with its
 * type, such as `document_state_changed`.
 *
 * **Gotchas**
 *
 * There is neither an id nor a timestamp: an event is known by its bytes. A proxy that drops the query drops the
 * signature. It is not documented whether, and for how long, a delivery is sent again.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { PandaDocWebhook } from "@causeway/providers/pandadoc"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`[{"event":"document_state_changed","data":{"id":"1"}}]`)
 * const secret = Redacted.make("pandadoc_test_secret")
 * const url = "https://example.com/webhooks/pandadoc"
 * const now = 1_764_000_000_000
 * const sent = Result.getOrThrow(
 *   WebhookSigner.signDelivery(PandaDocWebhook.scheme, { body, secret, timestamp: now, url })
 * )
 *
 * const input = { ...sent, method: "POST", secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(PandaDocWebhook.scheme, input)), {
 *   id: undefined,
 *   type: "document_state_changed",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://developers.pandadoc.com/docs/webhook-verification
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * PandaDoc's scheme, as its documentation describes it.
 *
 * @see https://developers.pandadoc.com/docs/webhook-verification
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "pandadoc",
  signature: SignatureScheme.inField(SignatureScheme.query("signature"), { encoding: "hex" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  eventType: [SignatureScheme.body("0", "event")],
  batch: { lists: [SignatureScheme.items({ type: "event" })] },
  delivery: { contentTypes: ["application/json"] },
  docs: { url: "https://developers.pandadoc.com/docs/webhook-verification", checked: "documentation" }
})
