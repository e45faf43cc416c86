/**
 * How Creem signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret of the webhook in the dashboard.
 *
 * **Details**
 *
 * `creem-signature` is the hexadecimal HMAC of the body. Id and type are the body's `id` and `eventType`, such as
 * `checkout.completed`, and are signed.
 *
 * **Gotchas**
 *
 * There is no timestamp, so a replay is recognised by its id only. A failed delivery is retried after 30 seconds, 1
 * minute, 5 minutes and 1 hour, one after the other, with the same bytes, and on request from the dashboard.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { CreemWebhook } from "@causeway/providers/creem"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"id":"evt_1","eventType":"checkout.completed"}`)
 * const secret = Redacted.make("whsec_test")
 * const url = "https://example.com/webhooks/creem"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(WebhookSigner.sign(CreemWebhook.scheme, { body, secret, timestamp: now }))
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(CreemWebhook.scheme, input)), {
 *   id: "evt_1",
 *   type: "checkout.completed",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://docs.creem.io/learn/webhooks/verify-webhook-requests
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Creem's scheme, checked against the verdicts of the `creem_io` package.
 *
 * @see https://docs.creem.io/learn/webhooks/verify-webhook-requests
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "creem",
  signature: SignatureScheme.singleHeader("creem-signature", { encoding: "hex" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  eventId: SignatureScheme.body("id"),
  eventType: [SignatureScheme.body("eventType")],
  delivery: { contentTypes: ["application/json"], retriedFor: "67 minutes", resigns: false },
  docs: { url: "https://docs.creem.io/learn/webhooks/verify-webhook-requests", checked: "package" }
})
