/**
 * How Intercom signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the client secret of the app.
 *
 * **Details**
 *
 * `X-Hub-Signature: sha1=…` is the hexadecimal HMAC-SHA1 of the body. Id and type are the body's `id` and `topic`,
 * such as `conversation.user.created`, and are signed.
 *
 * **Gotchas**
 *
 * SHA-1 is broken as a hash, but not as an HMAC. Before it accepts a URL, Intercom asks for it with HEAD. A receiver
 * answers that and stores nothing. A notification that fails is sent once more after a minute, as others report, with
 * other `delivery_attempts`: an inbox identifies an event by the id and keeps the first body.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { IntercomWebhook } from "@causeway/providers/intercom"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"type":"notification_event","id":"notif_1","topic":"conversation.user.created"}`)
 * const secret = Redacted.make("intercom_test_secret")
 * const url = "https://example.com/webhooks/intercom"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(WebhookSigner.sign(IntercomWebhook.scheme, { body, secret, timestamp: now }))
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(IntercomWebhook.scheme, input)), {
 *   id: "notif_1",
 *   type: "conversation.user.created",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://developers.intercom.com/intercom-api-reference/v1.0/reference/signed-notifications
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Intercom's scheme, as its documentation describes it.
 *
 * @see https://developers.intercom.com/intercom-api-reference/v1.0/reference/signed-notifications
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "intercom",
  signature: SignatureScheme.singleHeader("X-Hub-Signature", { encoding: "hex", prefix: "sha1=" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha1" })],
  eventId: SignatureScheme.body("id"),
  eventType: [SignatureScheme.body("topic")],
  identity: SignatureScheme.byFields(SignatureScheme.body("id"), { varies: true }),
  delivery: { contentTypes: ["application/json"], probes: ["HEAD"], answerWithin: "5 seconds" },
  docs: {
    url: "https://developers.intercom.com/intercom-api-reference/v1.0/reference/signed-notifications",
    checked: "documentation"
  }
})
