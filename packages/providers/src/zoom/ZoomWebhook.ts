/**
 * How Zoom signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret token of the app's event subscription.
 *
 * **Details**
 *
 * `x-zm-signature: v0=…` signs `v0:{timestamp}:{body}`, with the seconds of `x-zm-request-timestamp`; 5 minutes old
 * or ahead at most. The type is the body's `event`, such as `meeting.started`.
 *
 * **Gotchas**
 *
 * The challenge `endpoint.url_validation` is answered with its HMAC, after its own signature was accepted. Zoom sends
 * no id: an inbox identifies an event by the hash of the body. A delivery is sent again after 5, 25 and 85 minutes, but only
 * after a 5xx or a failed connection; a 4xx loses the event. Zoom's own package checks no age.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { ZoomWebhook } from "@causeway/providers/zoom"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"event":"meeting.started","event_ts":1764000000000,"payload":{"object":{"id":"1"}}}`)
 * const secret = Redacted.make("zoom_test_secret")
 * const url = "https://example.com/webhooks/zoom"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(WebhookSigner.sign(ZoomWebhook.scheme, { body, secret, timestamp: now }))
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(ZoomWebhook.scheme, input)), {
 *   id: undefined,
 *   type: "meeting.started",
 *   timestamp: now,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://developers.zoom.us/docs/api/webhooks/
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Zoom's scheme, checked against the verdicts of the `@zoom/rivet` package.
 *
 * @see https://developers.zoom.us/docs/api/webhooks/
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "zoom",
  signature: SignatureScheme.singleHeader("x-zm-signature", { encoding: "hex", prefix: "v0=" }),
  signedContent: "v0:{timestamp}:{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  timestamp: { at: SignatureScheme.header("x-zm-request-timestamp"), unit: "seconds", tolerance: "5 minutes" },
  eventType: [SignatureScheme.body("event")],
  handshake: SignatureScheme.signedProof({
    when: { field: SignatureScheme.body("event"), equals: "endpoint.url_validation" },
    challenge: SignatureScheme.body("payload", "plainToken"),
    jsonKeys: { challenge: "plainToken", proof: "encryptedToken" }
  }),
  delivery: { contentTypes: ["application/json"], retriedFor: "85 minutes", answerWithin: "3 seconds" },
  docs: { url: "https://developers.zoom.us/docs/api/webhooks/", checked: "package" }
})
