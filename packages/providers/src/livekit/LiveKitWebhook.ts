/**
 * How LiveKit signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the API key and its secret as `key:secret`.
 *
 * **Details**
 *
 * `Authorization` is a token (HS256) whose claim `sha256` is the base64 hash of the body, and whose issuer is the API
 * key. Id and type are the body's `id` and `event`, and are signed.
 *
 * **Gotchas**
 *
 * The token carries its own expiry; one that has none is refused. Older servers send no id: then an inbox identifies an event by the hash
 * of the body. A delivery that fails is sent again with the same
 * token, which is good for 5 minutes.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { LiveKitWebhook } from "@causeway/providers/livekit"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"event":"room_started","id":"EV_1"}`)
 * const secret = Redacted.make("APIkey:a-secret-of-at-least-32-characters")
 * const url = "https://example.com/webhooks/livekit"
 * const now = 1_764_000_000_000
 * const sent = Result.getOrThrow(
 *   WebhookSigner.signDelivery(LiveKitWebhook.scheme, {
 *     body,
 *     secret,
 *     timestamp: now,
 *     url
 *   })
 * )
 *
 * const input = { ...sent, method: "POST", secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(LiveKitWebhook.scheme, input)), {
 *   id: "EV_1",
 *   type: "room_started",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://docs.livekit.io/home/server/webhooks/
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * LiveKit's scheme, checked against the verdicts of the `livekit-server-sdk` package.
 *
 * @see https://docs.livekit.io/home/server/webhooks/
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "livekit",
  signature: SignatureScheme.jwt("Authorization"),
  signedContent: "{token}",
  keys: [SignatureScheme.jwtSecret({ algorithms: ["HS256"], idSeparator: ":" })],
  eventId: SignatureScheme.body("id"),
  eventType: [SignatureScheme.body("event")],
  bindings: [
    SignatureScheme.hashOf("{body}", { at: SignatureScheme.claim("sha256"), hash: "sha256", encoding: "base64" })
  ],
  delivery: { contentTypes: ["application/webhook+json", "application/json"], retriedFor: "5 minutes" },
  docs: { url: "https://docs.livekit.io/home/server/webhooks/", checked: "package" }
})
