/**
 * How PagerDuty signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret of a v3 webhook subscription.
 *
 * **Details**
 *
 * `X-PagerDuty-Signature: v1=…,v1=…` holds one HMAC of the body, in hexadecimal, per active secret. Id and type are
 * `id` and `event_type` of the body's `event`, and are signed.
 *
 * **Gotchas**
 *
 * There is no timestamp, so a replay is recognised by its id only. A delivery that times out, or is
 * answered with 429 or 5xx, is sent again for 48 hours. Any other 4xx drops the event, and three dropped events in a row
 * disable the subscription for a day.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { PagerDutyWebhook } from "@causeway/providers/pagerduty"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"event":{"id":"01BTQ","event_type":"incident.triggered"}}`)
 * const secret = Redacted.make("pagerduty_test_secret")
 * const url = "https://example.com/webhooks/pagerduty"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(WebhookSigner.sign(PagerDutyWebhook.scheme, { body, secret, timestamp: now }))
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(PagerDutyWebhook.scheme, input)), {
 *   id: "01BTQ",
 *   type: "incident.triggered",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://developer.pagerduty.com/docs/verifying-webhook-signatures
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * PagerDuty's scheme, as its documentation describes it.
 *
 * @see https://developer.pagerduty.com/docs/verifying-webhook-signatures
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "pagerduty",
  signature: SignatureScheme.headerList("X-PagerDuty-Signature", { separator: ",", assignment: "=", encoding: "hex" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256", label: "v1" })],
  eventId: SignatureScheme.body("event", "id"),
  eventType: [SignatureScheme.body("event", "event_type")],
  delivery: { contentTypes: ["application/json"], answerWithin: "5 seconds", retriedFor: "48 hours" },
  docs: { url: "https://developer.pagerduty.com/docs/verifying-webhook-signatures", checked: "documentation" }
})
