/**
 * How LINE signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the channel secret, at the webhook URL of a Messaging API channel.
 *
 * **Details**
 *
 * `x-line-signature` is the base64 HMAC of the body. A delivery holds several events: each is an event with its
 * `webhookEventId` as the id, and its type, such as `message`.
 *
 * **Gotchas**
 *
 * The test from LINE's console holds no event at all: it is answered, and nothing is stored. In a delivery that is sent
 * again, `isRedelivery` differs. LINE sends one again only where redelivery is turned on, and does not disclose for how
 * long.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { LineWebhook } from "@causeway/providers/line"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"destination":"U1","events":[{"type":"message","webhookEventId":"01FZ"}]}`)
 * const secret = Redacted.make("line_test_secret")
 * const url = "https://example.com/webhooks/line"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(WebhookSigner.sign(LineWebhook.scheme, { body, secret, timestamp: now }))
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(LineWebhook.scheme, input)), {
 *   id: undefined,
 *   type: "message",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://developers.line.biz/en/docs/messaging-api/verify-webhook-signature/
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * LINE's scheme, checked against the verdicts of the `@line/bot-sdk` package.
 *
 * @see https://developers.line.biz/en/docs/messaging-api/verify-webhook-signature/
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "line",
  signature: SignatureScheme.singleHeader("x-line-signature", { encoding: "base64" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  eventType: [SignatureScheme.body("events", "0", "type")],
  batch: { lists: [SignatureScheme.items({ list: "events", id: "webhookEventId", type: "type", varies: true })] },
  delivery: { contentTypes: ["application/json"] },
  docs: { url: "https://developers.line.biz/en/docs/messaging-api/verify-webhook-signature/", checked: "package" }
})
