/**
 * How Rootly signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret of the webhook endpoint.
 *
 * **Details**
 *
 * `X-Rootly-Signature` is `t=…,v1=…`: the time in seconds, and the hexadecimal HMAC-SHA256 of the time and the body
 * with nothing between. Id and type are `event.id` and `event.type`, such as `incident.created`, and are signed. A
 * delivery may be 5 minutes old or ahead.
 *
 * **Gotchas**
 *
 * How far the time may be off, and for how long Rootly tries again, is not documented; the 5 minutes are ours.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { RootlyWebhook } from "@causeway/providers/rootly"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"event":{"id":"9839c4ca","type":"alert.created"},"data":{}}`)
 * const secret = Redacted.make("rootly_test_secret")
 * const url = "https://example.com/webhooks/rootly"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(RootlyWebhook.scheme, { body, secret, timestamp: now })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(RootlyWebhook.scheme, input)), {
 *   id: "9839c4ca",
 *   type: "alert.created",
 *   timestamp: now,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://docs.rootly.com/configuration/webhooks
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Rootly's scheme, as its documentation describes it.
 *
 * @see https://docs.rootly.com/configuration/webhooks
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "rootly",
  signature: SignatureScheme.headerList("X-Rootly-Signature", { separator: ",", assignment: "=", encoding: "hex" }),
  signedContent: "{timestamp}{body}",
  keys: [SignatureScheme.mac({ hash: "sha256", label: "v1" })],
  timestamp: { at: SignatureScheme.listItem("t"), unit: "seconds", tolerance: "5 minutes" },
  eventId: SignatureScheme.body("event", "id"),
  eventType: [SignatureScheme.body("event", "type")],
  delivery: { contentTypes: ["application/json"] },
  docs: { url: "https://docs.rootly.com/configuration/webhooks", checked: "documentation" }
})
