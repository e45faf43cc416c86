/**
 * How Cal.com signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret of the webhook.
 *
 * **Details**
 *
 * `X-Cal-Signature-256` is the hexadecimal HMAC of the body. The type is the body's `triggerEvent`, such as
 * `BOOKING_CREATED`.
 *
 * **Gotchas**
 *
 * A webhook without a secret sends `no-secret-provided` in the place of a signature, which is refused. There is
 * neither an id nor a timestamp: an inbox deduplicates by the SHA-256 of the body, which has `createdAt` in milliseconds. A
 * webhook with a custom template sends what the template says, as a form where that is not JSON: write `triggerEvent` into
 * it, or there is no type, and `createdAt` and `uid`, or two bookings with equal fields are one event. It is not documented
 * whether Cal.com retries.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { CalComWebhook } from "@causeway/providers/cal-com"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"triggerEvent":"BOOKING_CREATED","payload":{}}`)
 * const secret = Redacted.make("cal_com_test_secret")
 * const url = "https://example.com/webhooks/cal-com"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(WebhookSigner.sign(CalComWebhook.scheme, { body, secret, timestamp: now }))
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(CalComWebhook.scheme, input)), {
 *   id: undefined,
 *   type: "BOOKING_CREATED",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://cal.com/docs/developing/guides/automation/webhooks
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Cal.com's scheme, as its documentation describes it.
 *
 * @see https://cal.com/docs/developing/guides/automation/webhooks
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "cal-com",
  signature: SignatureScheme.singleHeader("X-Cal-Signature-256", { encoding: "hex" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  eventType: [SignatureScheme.body("triggerEvent")],
  delivery: { contentTypes: ["application/json", "application/x-www-form-urlencoded"] },
  docs: { url: "https://cal.com/docs/developing/guides/automation/webhooks", checked: "documentation" }
})
