/**
 * How Calendly signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the signing key that was given to the webhook subscription.
 *
 * **Details**
 *
 * `Calendly-Webhook-Signature: t=…,v1=…` holds the seconds since the epoch. Signed is `{timestamp}.{body}`; 3 minutes
 * old or ahead at most. The type is the body's `event`, such as `invitee.created`. Calendly waits 10 seconds for a
 * connection and 15 for the answer.
 *
 * **Gotchas**
 *
 * There is no id: an inbox deduplicates by the SHA-256 of the body, which has `created_at` in microseconds. Calendly
 * retries for a day and then disables the subscription; it is not documented whether it signs each attempt with a new
 * timestamp. A redirect counts as a failure. An answer with status 410 deletes the subscription at once.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { CalendlyWebhook } from "@causeway/providers/calendly"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"event":"invitee.created","payload":{}}`)
 * const secret = Redacted.make("calendly_test_secret")
 * const url = "https://example.com/webhooks/calendly"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(WebhookSigner.sign(CalendlyWebhook.scheme, { body, secret, timestamp: now }))
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(CalendlyWebhook.scheme, input)), {
 *   id: undefined,
 *   type: "invitee.created",
 *   timestamp: now,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://developer.calendly.com/api-docs/4c305798a61d3-webhook-signatures
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Calendly's scheme, as its documentation describes it.
 *
 * @see https://developer.calendly.com/api-docs/4c305798a61d3-webhook-signatures
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "calendly",
  signature: SignatureScheme.headerList("Calendly-Webhook-Signature", {
    separator: ",",
    assignment: "=",
    encoding: "hex"
  }),
  signedContent: "{timestamp}.{body}",
  keys: [SignatureScheme.mac({ hash: "sha256", label: "v1" })],
  timestamp: { at: SignatureScheme.listItem("t"), unit: "seconds", tolerance: "3 minutes" },
  eventType: [SignatureScheme.body("event")],
  delivery: { contentTypes: ["application/json"], retriedFor: "1 day", answerWithin: "15 seconds" },
  docs: { url: "https://developer.calendly.com/api-docs/4c305798a61d3-webhook-signatures", checked: "documentation" }
})
