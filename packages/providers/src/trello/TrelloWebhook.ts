/**
 * How Trello signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret of the Power-Up or application whose token made the webhook.
 *
 * **Details**
 *
 * `X-Trello-Webhook` is the base64 HMAC-SHA1 of the body, immediately followed by the callback URL. Id and type are those
 * of the body's `action`, and are signed. Before a webhook is made, Trello sends a HEAD to the URL and wants 200: a
 * receiver answers it and stores nothing.
 *
 * **Gotchas**
 *
 * The URL is the one of the webhook, letter by letter. Behind a proxy, tell the receiver its public URL. There is no
 * timestamp, so a replay is recognised by its id only. A delivery that fails is sent again after 30,
 * 60 and 120 seconds, as others report.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { TrelloWebhook } from "@causeway/providers/trello"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"action":{"id":"51f9424bcd6e040f3c002412","type":"updateCard"}}`)
 * const secret = Redacted.make("trello_test_secret")
 * const url = "https://example.com/webhooks/trello"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(WebhookSigner.sign(TrelloWebhook.scheme, { body, secret, timestamp: now, url }))
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(TrelloWebhook.scheme, input)), {
 *   id: "51f9424bcd6e040f3c002412",
 *   type: "updateCard",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://developer.atlassian.com/cloud/trello/guides/rest-api/webhooks/
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Trello's scheme, as its documentation describes it.
 *
 * @see https://developer.atlassian.com/cloud/trello/guides/rest-api/webhooks/
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "trello",
  signature: SignatureScheme.singleHeader("X-Trello-Webhook", { encoding: "base64" }),
  signedContent: "{body}{url}",
  keys: [SignatureScheme.mac({ hash: "sha1" })],
  eventId: SignatureScheme.body("action", "id"),
  eventType: [SignatureScheme.body("action", "type")],
  delivery: { contentTypes: ["application/json"], probes: ["HEAD"], retriedFor: "210 seconds" },
  docs: {
    url: "https://developer.atlassian.com/cloud/trello/guides/rest-api/webhooks/",
    checked: "documentation"
  }
})
