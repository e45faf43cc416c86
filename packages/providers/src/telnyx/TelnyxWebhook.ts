/**
 * How Telnyx signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the public key of the account.
 *
 * **Details**
 *
 * `telnyx-signature-ed25519` is the ed25519 signature, in base64, of `{timestamp}|{body}`, with the seconds of
 * `telnyx-timestamp`; 5 minutes old or ahead at most. Id and type are `id` and `event_type` of the body's `data`, and
 * are signed. The type of a TeXML callback, which is a form, is its `CallStatus`.
 *
 * **Gotchas**
 *
 * A delivery that fails is sent again up to three times, and up to three times to the failover URL; `meta.attempt` and
 * `meta.delivered_to` of the body differ each time, and the id stays. A message is to be answered within 2 seconds.
 * A public key cannot sign: to play Telnyx in a test, give the signer `private:` and the 32 bytes of a private key in
 * base64.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { TelnyxWebhook } from "@causeway/providers/telnyx"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"data":{"event_type":"message.received","id":"b301ed3f"}}`)
 * const secret = Redacted.make("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")
 * const signingKey = Redacted.make("private:nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
 * const url = "https://example.com/webhooks/telnyx"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(TelnyxWebhook.scheme, { body, secret: signingKey, timestamp: now })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(TelnyxWebhook.scheme, input)), {
 *   id: "b301ed3f",
 *   type: "message.received",
 *   timestamp: now,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Telnyx's scheme, checked against the verdicts of the `telnyx` package.
 *
 * @see https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "telnyx",
  signature: SignatureScheme.singleHeader("telnyx-signature-ed25519", { encoding: "base64" }),
  signedContent: "{timestamp}|{body}",
  keys: [SignatureScheme.ed25519({ encoding: "base64", publicPrefix: "", privatePrefix: "private:" })],
  timestamp: { at: SignatureScheme.header("telnyx-timestamp"), unit: "seconds", tolerance: "5 minutes" },
  eventId: SignatureScheme.body("data", "id"),
  eventType: [SignatureScheme.body("data", "event_type"), SignatureScheme.form("CallStatus")],
  identity: SignatureScheme.byFields(SignatureScheme.body("data", "id"), { varies: true }),
  delivery: {
    contentTypes: ["application/json", "application/x-www-form-urlencoded"],
    answerWithin: "2 seconds"
  },
  docs: { url: "https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks", checked: "package" }
})
