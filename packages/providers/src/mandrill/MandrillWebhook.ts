/**
 * How Mandrill signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the key of the webhook.
 *
 * **Details**
 *
 * `X-Mandrill-Signature` is the base64 HMAC-SHA1 of the URL, immediately followed by the sorted fields of the form. The
 * events are a JSON list in the field `mandrill_events`; each is an event whose type is its `event`, such as `send`, or
 * its `type` where it tells of a list, such as `blacklist`. Before a webhook is made, Mandrill sends a HEAD to the URL:
 * a receiver answers it and stores nothing.
 *
 * **Gotchas**
 *
 * The `_id` of an event is that of its message, and two clicks within a second share their time too: an event is known by
 * its bytes. The URL is the one of the webhook, letter by letter: behind a proxy, tell the receiver its public URL. The
 * test of a webhook is signed with the key `test-webhook`, and is refused unless that is one of the secrets. It is not
 * documented for how long a batch is sent again.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { MandrillWebhook } from "@causeway/providers/mandrill"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`mandrill_events=%5B%7B%22event%22%3A%22send%22%2C%22_id%22%3A%221%22%7D%5D`)
 * const secret = Redacted.make("mandrill_test_secret")
 * const url = "https://example.com/webhooks/mandrill"
 * const now = 1_764_000_000_000
 * const sent = Result.getOrThrow(
 *   WebhookSigner.signDelivery(MandrillWebhook.scheme, { body, secret, timestamp: now, url })
 * )
 *
 * const input = { ...sent, method: "POST", secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(MandrillWebhook.scheme, input)), {
 *   id: undefined,
 *   type: "send",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://mailchimp.com/developer/transactional/guides/track-respond-activity-webhooks/
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Mandrill's (Mailchimp Transactional's) scheme, as its documentation describes it.
 *
 * @see https://mailchimp.com/developer/transactional/guides/track-respond-activity-webhooks/
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "mandrill",
  signature: SignatureScheme.singleHeader("X-Mandrill-Signature", { encoding: "base64" }),
  signedContent: "{url}{form}",
  keys: [SignatureScheme.mac({ hash: "sha1" })],
  eventType: [
    SignatureScheme.formJson("mandrill_events", "0", "event"),
    SignatureScheme.formJson("mandrill_events", "0", "type")
  ],
  batch: {
    formField: "mandrill_events",
    lists: [SignatureScheme.items({ type: ["event", "type"] })]
  },
  delivery: { contentTypes: ["application/x-www-form-urlencoded"], probes: ["HEAD"] },
  docs: {
    url: "https://mailchimp.com/developer/transactional/guides/track-respond-activity-webhooks/",
    checked: "documentation"
  }
})
