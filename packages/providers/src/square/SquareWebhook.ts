/**
 * How Square signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the signature key of the webhook subscription.
 *
 * **Details**
 *
 * `x-square-hmacsha256-signature` is the base64 HMAC of the notification URL, immediately followed by the body. Id
 * and type are the body's `event_id` and `type`, and are signed.
 *
 * **Gotchas**
 *
 * The URL is the one of the subscription, letter by letter. Behind a proxy, tell the receiver its public URL. There
 * is no timestamp, so a replay is recognised by its id only.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { SquareWebhook } from "@causeway/providers/square"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"merchant_id":"M1","type":"payment.created","event_id":"6a8f5f28-54a1-4eb0-a98a-3111513fd4fc"}`)
 * const secret = Redacted.make("square_test_secret")
 * const url = "https://example.com/webhooks/square"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(WebhookSigner.sign(SquareWebhook.scheme, { body, secret, timestamp: now, url }))
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(SquareWebhook.scheme, input)), {
 *   id: "6a8f5f28-54a1-4eb0-a98a-3111513fd4fc",
 *   type: "payment.created",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://developer.squareup.com/docs/webhooks/step3validate
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Square's scheme, checked against the recorded verdicts of the `square` package.
 *
 * @see https://developer.squareup.com/docs/webhooks/step3validate
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "square",
  signature: SignatureScheme.singleHeader("x-square-hmacsha256-signature", { encoding: "base64" }),
  signedContent: "{url}{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  eventId: SignatureScheme.body("event_id"),
  eventType: [SignatureScheme.body("type")],
  delivery: { contentTypes: ["application/json"], retriedFor: "1 day" },
  docs: { url: "https://developer.squareup.com/docs/webhooks/step3validate", checked: "package" }
})
