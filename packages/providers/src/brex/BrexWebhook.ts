/**
 * How Brex signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret that Brex's API lists for your webhooks.
 *
 * **Details**
 *
 * Brex signs as Standard Webhooks do: `Webhook-Id`, `Webhook-Timestamp` and a list in `Webhook-Signature` over
 * `{id}.{timestamp}.{body}`, 5 minutes old or ahead at most. The type is the body's `event_type`.
 *
 * **Gotchas**
 *
 * While a secret is rotated Brex signs with both, and its API lists both: give both to the receiver. They begin with
 * `whsec_` in the reference of the API, but not in the code of the guide: where yours do not, write it in front. It is
 * not documented for how long Brex retries, nor whether it signs each attempt with a new timestamp.
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
 * Brex's scheme, as its documentation describes it.
 *
 * @see https://developer.brex.com/docs/webhooks/
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  ...SignatureScheme.standardWebhooks,
  id: "brex",
  eventType: [SignatureScheme.body("event_type")],
  delivery: { contentTypes: ["application/json"] },
  docs: { url: "https://developer.brex.com/docs/webhooks/", checked: "documentation" }
})
