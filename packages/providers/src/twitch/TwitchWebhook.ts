/**
 * How Twitch EventSub signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret that the subscription was made with.
 *
 * **Details**
 *
 * `Twitch-Eventsub-Message-Signature: sha256=…` signs the id, the time (RFC 3339) and the body, one right after the
 * other; 10 minutes old or ahead at most. The type is the body's `subscription.type`, such as `channel.follow`. The
 * challenge `webhook_callback_verification` is answered after its signature was accepted.
 *
 * **Gotchas**
 *
 * Whether a delivery is a notification or a revocation is in `Twitch-Eventsub-Message-Type`, which the signature does
 * not cover; the body's `subscription.status` says it too.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { TwitchWebhook } from "@causeway/providers/twitch"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"subscription":{"type":"channel.follow","status":"enabled"},"event":{}}`)
 * const secret = Redacted.make("twitch_test_secret")
 * const url = "https://example.com/webhooks/twitch"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(TwitchWebhook.scheme, { body, secret, timestamp: now, id: "e76c6bd4" })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(TwitchWebhook.scheme, input)), {
 *   id: "e76c6bd4",
 *   type: "channel.follow",
 *   timestamp: now,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://dev.twitch.tv/docs/eventsub/handling-webhook-events/
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Twitch EventSub's scheme, checked against the verdicts of the `@twurple/eventsub-http` package of its community.
 *
 * @see https://dev.twitch.tv/docs/eventsub/handling-webhook-events/
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "twitch",
  signature: SignatureScheme.singleHeader("Twitch-Eventsub-Message-Signature", { encoding: "hex", prefix: "sha256=" }),
  signedContent: "{id}{timestamp}{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  timestamp: {
    at: SignatureScheme.header("Twitch-Eventsub-Message-Timestamp"),
    unit: "rfc3339",
    tolerance: "10 minutes"
  },
  eventId: SignatureScheme.header("Twitch-Eventsub-Message-Id"),
  eventType: [SignatureScheme.body("subscription", "type")],
  handshake: SignatureScheme.signedEcho({
    when: { field: SignatureScheme.header("Twitch-Eventsub-Message-Type"), equals: "webhook_callback_verification" },
    echo: SignatureScheme.body("challenge")
  }),
  delivery: { contentTypes: ["application/json"] },
  docs: { url: "https://dev.twitch.tv/docs/eventsub/handling-webhook-events/", checked: "community-package" }
})
