/**
 * How Dropbox Sign signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the API key of the account.
 *
 * **Details**
 *
 * The JSON in the form's field `json` has an `event_hash`: the hexadecimal HMAC of `event_time` and `event_type`. It
 * is the id too; the type is `event_type`.
 *
 * **Gotchas**
 *
 * Nothing of the document is signed: `unsigned` has `body`, so fetch the signature request from the API before you
 * act on it. Dropbox Sign wants the text `Hello API Event Received` as the answer, which a receiver gives.
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
 *   id: "2d443e177650f61bd8497bb3c9e7b4f2482492c8331d471d05f24b12e8945d50",
 *   type: "signature_request_sent",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: ["id", "body"]
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
  eventId: SignatureScheme.formJson("json", "event", "event_hash"),
  eventType: [SignatureScheme.formJson("json", "event", "event_type")],
  delivery: {
    contentTypes: ["multipart/form-data", "application/x-www-form-urlencoded"],
    acknowledgement: { body: "Hello API Event Received" },
    retriedFor: "3 days"
  },
  docs: { url: "https://developers.hellosign.com/docs/events/walkthrough/", checked: "package" }
})
