/**
 * How EasyPost signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the `webhook_secret` of the webhook.
 *
 * **Details**
 *
 * `X-Hmac-Signature: hmac-sha256-hex=…` is the hexadecimal HMAC of the body, under the secret in the Unicode
 * normalization NFKD. Id and type are the body's `id` and `description`, such as `tracker.updated`, and are signed.
 *
 * **Gotchas**
 *
 * There is no timestamp, so a replay is recognised by its id only. `status`, `pending_urls` and `completed_urls` may
 * differ between two deliveries of an event: an inbox identifies an event by the id and keeps the first body. A webhook without a
 * secret is not signed, and is refused. It is not documented for how long an event is sent again.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { EasyPostWebhook } from "@causeway/providers/easypost"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"id":"evt_1","object":"Event","description":"tracker.updated"}`)
 * const secret = Redacted.make("easypost_test_secret")
 * const url = "https://example.com/webhooks/easypost"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(EasyPostWebhook.scheme, { body, secret, timestamp: now })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(EasyPostWebhook.scheme, input)), {
 *   id: "evt_1",
 *   type: "tracker.updated",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://docs.easypost.com/guides/webhooks-guide
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * EasyPost's scheme, as its documentation describes it, and with the delivery that stands in the tests of its
 * packages.
 *
 * @see https://docs.easypost.com/guides/webhooks-guide
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "easypost",
  signature: SignatureScheme.singleHeader("X-Hmac-Signature", { encoding: "hex", prefix: "hmac-sha256-hex=" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256", encoding: "utf8-nfkd" })],
  eventId: SignatureScheme.body("id"),
  eventType: [SignatureScheme.body("description")],
  identity: SignatureScheme.byFields(SignatureScheme.body("id"), { varies: true }),
  delivery: { contentTypes: ["application/json"] },
  docs: { url: "https://docs.easypost.com/guides/webhooks-guide", checked: "documentation" }
})
