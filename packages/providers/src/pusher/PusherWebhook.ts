/**
 * How Pusher Channels signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret of the app's token.
 *
 * **Details**
 *
 * `X-Pusher-Signature` is the hexadecimal HMAC of the body, whose `time_ms` is read once the signature was accepted: 10
 * minutes old at most, because attempts go on for 5 minutes with the same time, and 5 minutes ahead. A delivery holds
 * several events: each is an event whose type is its `name`, such as `channel_occupied`.
 *
 * **Gotchas**
 *
 * `X-Pusher-Key` says which token signed, but is not needed: give the secrets of all tokens. Events have no id: one is
 * known by its bytes and the time of its delivery.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { PusherWebhook } from "@causeway/providers/pusher"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"time_ms":1764000000000,"events":[{"name":"channel_occupied","channel":"c"}]}`)
 * const secret = Redacted.make("pusher_test_secret")
 * const url = "https://example.com/webhooks/pusher"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(WebhookSigner.sign(PusherWebhook.scheme, { body, secret, timestamp: now }))
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(PusherWebhook.scheme, input)), {
 *   id: undefined,
 *   type: "channel_occupied",
 *   timestamp: now,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://pusher.com/docs/channels/server_api/webhooks/
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Pusher Channels's scheme, checked against the verdicts of the `pusher` package.
 *
 * @see https://pusher.com/docs/channels/server_api/webhooks/
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "pusher",
  signature: SignatureScheme.singleHeader("X-Pusher-Signature", { encoding: "hex" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  timestamp: {
    at: SignatureScheme.body("time_ms"),
    unit: "milliseconds",
    tolerance: { past: "10 minutes", future: "5 minutes" }
  },
  eventType: [SignatureScheme.body("events", "0", "name")],
  batch: { lists: [SignatureScheme.items({ list: "events", type: "name", with: "time_ms" })] },
  delivery: { contentTypes: ["application/json"], retriedFor: "5 minutes" },
  docs: { url: "https://pusher.com/docs/channels/server_api/webhooks/", checked: "package" }
})
