/**
 * How Dropbox Sign signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the API key of the account.
 *
 * **Details**
 *
 * The JSON in the form's field `json` has an `event_hash`: the hexadecimal HMAC of `event_time` and `event_type`. The type
 * is `event_type`. There is no id: all events of a type within one second have the same `event_hash`, so an inbox identifies an event by
 * the whole text of `json`. Dropbox Sign requires the answer `Hello API Event Received`, which a receiver sends, also to
 * the `callback_test` by which Dropbox Sign checks a URL.
 *
 * **Gotchas**
 *
 * Nothing of the document is signed: `unsigned` has `body`, so fetch the signature request from the API before you
 * act on it. The same event may be sent twice, once for the account and once for the app: these are two events.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { DropboxSignWebhook } from "@causeway/providers/dropbox-sign"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`json=%7B%22event%22%3A%7B%22event_time%22%3A%221764000000%22%2C%22event_type%22%3A%22signature_request_sent%22%7D%7D`)
 * const secret = Redacted.make("dropbox_sign_test_secret")
 * const url = "https://example.com/webhooks/dropbox-sign"
 * const now = 1_764_000_000_000
 * const sent = Result.getOrThrow(
 *   WebhookSigner.signDelivery(DropboxSignWebhook.scheme, {
 *     body,
 *     secret,
 *     timestamp: now,
 *     url
 *   })
 * )
 *
 * const input = { ...sent, method: "POST", secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(DropboxSignWebhook.scheme, input)), {
 *   id: undefined,
 *   type: "signature_request_sent",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: ["body"]
 * })
 * ```
 *
 * @see https://developers.hellosign.com/docs/events/walkthrough/
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Dropbox Sign's scheme, checked against the verdicts of the `@dropbox/sign` package.
 *
 * @see https://developers.hellosign.com/docs/events/walkthrough/
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "dropbox-sign",
  signature: SignatureScheme.inField(SignatureScheme.formJson("json", "event", "event_hash"), { encoding: "hex" }),
  signedContent: "{form:json:event.event_time}{form:json:event.event_type}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  eventType: [SignatureScheme.formJson("json", "event", "event_type")],
  // Not the body, because the boundary of a form may differ between attempts.
  identity: SignatureScheme.byFields(SignatureScheme.form("json"), { varies: true }),
  handshake: SignatureScheme.signedReply({
    when: { field: SignatureScheme.formJson("json", "event", "event_type"), equals: "callback_test" },
    body: "Hello API Event Received"
  }),
  delivery: {
    contentTypes: ["multipart/form-data", "application/x-www-form-urlencoded"],
    acknowledgement: { body: "Hello API Event Received" },
    retriedFor: "3 days"
  },
  docs: { url: "https://developers.hellosign.com/docs/events/walkthrough/", checked: "package" }
})
