/**
 * How Paddle Billing signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret key of the notification destination.
 *
 * **Details**
 *
 * `Paddle-Signature: ts=…;h1=…` holds the seconds since the epoch and one `h1` per active secret. Signed is
 * `{timestamp}:{body}`. As in Paddle's packages, a delivery may be 5 seconds old, here also 5 ahead. Id and type are
 * the body's `event_id` and `event_type`, and are signed.
 *
 * **Gotchas**
 *
 * Five seconds are short for a clock that is off: `SignatureScheme.withTolerance` widens them. Paddle's own package
 * for Node looks at the last `h1` alone, so that one order of a rotation fails there. A replay from the dashboard has the
 * `event_id` of the first delivery and counts as a duplicate. A delivery that fails is sent again for 3 days, signed again.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { PaddleWebhook } from "@causeway/providers/paddle"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"event_id":"evt_01","event_type":"transaction.completed"}`)
 * const secret = Redacted.make("pdl_ntfset_01_test")
 * const url = "https://example.com/webhooks/paddle"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(WebhookSigner.sign(PaddleWebhook.scheme, { body, secret, timestamp: now }))
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(PaddleWebhook.scheme, input)), {
 *   id: "evt_01",
 *   type: "transaction.completed",
 *   timestamp: now,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://developer.paddle.com/webhooks/signature-verification
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Paddle Billing's scheme, checked against the verdicts of the `@paddle/paddle-node-sdk` package.
 *
 * @see https://developer.paddle.com/webhooks/signature-verification
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "paddle",
  signature: SignatureScheme.headerList("Paddle-Signature", { separator: ";", assignment: "=", encoding: "hex" }),
  signedContent: "{timestamp}:{body}",
  keys: [SignatureScheme.mac({ hash: "sha256", label: "h1" })],
  timestamp: { at: SignatureScheme.listItem("ts"), unit: "seconds", tolerance: "5 seconds" },
  eventId: SignatureScheme.body("event_id"),
  eventType: [SignatureScheme.body("event_type")],
  delivery: { contentTypes: ["application/json"], answerWithin: "5 seconds", retriedFor: "3 days", resigns: true },
  docs: { url: "https://developer.paddle.com/webhooks/signature-verification", checked: "package" }
})
