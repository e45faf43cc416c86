/**
 * How Asana signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret that Asana sends in `X-Hook-Secret` while the webhook is made.
 *
 * **Details**
 *
 * `X-Hook-Signature` is the hexadecimal HMAC of the body. A delivery holds several events, and an inbox stores each of them
 * by itself. The type of an event is the type of its resource and its `action`, such as `task.changed`. Asana waits 10
 * seconds for the answer and retries for a day.
 *
 * **Gotchas**
 *
 * The first request of a webhook carries the secret and no signature. Heartbeats are signed deliveries without events:
 * they are answered, and nothing is stored. Events have no id: an inbox deduplicates them by the SHA-256 of their bytes,
 * which include `created_at` in milliseconds. There is no timestamp of the delivery.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { AsanaWebhook } from "@causeway/providers/asana"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"events":[{"action":"changed","resource":{"gid":"1"}}]}`)
 * const secret = Redacted.make("asana_test_secret")
 * const url = "https://example.com/webhooks/asana"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(WebhookSigner.sign(AsanaWebhook.scheme, { body, secret, timestamp: now }))
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(AsanaWebhook.scheme, input)), {
 *   id: undefined,
 *   type: undefined, // each event of the delivery has its own
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://developers.asana.com/docs/webhooks-guide
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Asana's scheme, as its documentation describes it.
 *
 * @see https://developers.asana.com/docs/webhooks-guide
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "asana",
  signature: SignatureScheme.singleHeader("X-Hook-Signature", { encoding: "hex" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  batch: { lists: [SignatureScheme.items({ list: "events", type: ["resource.resource_type+action", "action"] })] },
  handshake: SignatureScheme.secretOffer(SignatureScheme.header("X-Hook-Secret"), { echoes: true }),
  delivery: { contentTypes: ["application/json"], retriedFor: "1 day", answerWithin: "10 seconds" },
  docs: { url: "https://developers.asana.com/docs/webhooks-guide", checked: "documentation" }
})
