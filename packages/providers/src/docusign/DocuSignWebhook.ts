/**
 * How DocuSign Connect signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with one or more of the HMAC keys of the account.
 *
 * **Details**
 *
 * Each active key of the account has a header of its own, `X-DocuSign-Signature-1` to `-100`, with the base64 HMAC of
 * the body; one that was made with a configured secret suffices. The type is the body's `event`, such as
 * `envelope-completed`. There is no id. `retryCount` in the body counts the attempts, so an inbox identifies an event by configuration,
 * event, envelope, recipient and `generatedDateTime` together.
 *
 * **Gotchas**
 *
 * More than 32 signatures in one delivery are refused: remove keys that are no longer used. There is no timestamp of the
 * delivery. Deliveries in XML have no type, and are deduplicated by the SHA-256 of their body. Where the configuration
 * requires acknowledgements, a failed delivery is retried once a day, ten times at most, and longer where an account
 * aggregates messages; elsewhere never. It is not documented whether `generatedDateTime` stays the same over retries: where
 * it does not, a retry is another event. A message may include its documents, up to a size that is not documented: raise
 * the receiver's limit for bodies where yours does.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { DocuSignWebhook } from "@causeway/providers/docusign"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"event":"envelope-completed","data":{"envelopeId":"1"}}`)
 * const secret = Redacted.make("docusign_test_secret")
 * const url = "https://example.com/webhooks/docusign"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(WebhookSigner.sign(DocuSignWebhook.scheme, { body, secret, timestamp: now }))
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(DocuSignWebhook.scheme, input)), {
 *   id: undefined,
 *   type: "envelope-completed",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://developers.docusign.com/platform/webhooks/connect/hmac/
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/** What an event of an envelope is told from others by. */
const ofEnvelope = [
  SignatureScheme.body("configurationId"),
  SignatureScheme.body("event"),
  SignatureScheme.body("data", "envelopeId"),
  SignatureScheme.body("generatedDateTime")
] as const

/**
 * DocuSign Connect's scheme, as its documentation describes it.
 *
 * @see https://developers.docusign.com/platform/webhooks/connect/hmac/
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "docusign",
  signature: SignatureScheme.numberedHeaders("X-DocuSign-Signature-", { encoding: "base64", count: 100 }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  eventType: [SignatureScheme.body("event")],
  identity: [
    SignatureScheme.byFields([...ofEnvelope, SignatureScheme.body("data", "recipientId")], { varies: true }),
    SignatureScheme.byFields(ofEnvelope, { varies: true })
  ],
  delivery: { retriedFor: "10 days" },
  docs: { url: "https://developers.docusign.com/platform/webhooks/connect/hmac/", checked: "documentation" }
})
