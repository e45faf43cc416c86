/**
 * How Brex signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret that Brex's API lists for your webhooks.
 *
 * **Details**
 *
 * Brex sends through Svix: `svix-id`, `svix-timestamp` and a list in `svix-signature` over `{id}.{timestamp}.{body}`,
 * 5 minutes old or ahead at most. The type is the body's `event_type`.
 *
 * **Gotchas**
 *
 * While a secret is rotated Brex signs with both, and its API lists both: give both to the receiver. Other implementations
 * differ in the names of the headers and in whether a secret begins with `whsec_`: try the scheme with a delivery of your
 * own. Where yours come as `Webhook-Id`, `Webhook-Timestamp` and `Webhook-Signature`, take
 * `SignatureScheme.standardWebhooks`, with `whsec_` in front of the secret.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { BrexWebhook } from "@causeway/providers/brex"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"event_type":"TRANSFER_PROCESSED","transfer_id":"dptx_1"}`)
 * const secret = Redacted.make("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
 * const url = "https://example.com/webhooks/brex"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(BrexWebhook.scheme, { body, secret, timestamp: now, id: "msg_2b3c" })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(BrexWebhook.scheme, input)), {
 *   id: "msg_2b3c",
 *   type: "TRANSFER_PROCESSED",
 *   timestamp: now,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://developer.brex.com/docs/webhooks/
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Brex's scheme, as other implementations of it have it; no test runs a package of the provider's.
 *
 * @see https://developer.brex.com/docs/webhooks/
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  ...SignatureScheme.standardWebhooks,
  id: "brex",
  signature: SignatureScheme.headerList("svix-signature", { separator: " ", assignment: ",", encoding: "base64" }),
  timestamp: { at: SignatureScheme.header("svix-timestamp"), unit: "seconds", tolerance: "5 minutes" },
  eventId: SignatureScheme.header("svix-id"),
  eventType: [SignatureScheme.body("event_type")],
  delivery: { contentTypes: ["application/json"] },
  docs: { url: "https://developer.brex.com/docs/webhooks/", checked: "source" }
})
