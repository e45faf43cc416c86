/**
 * How Contentful signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the signing secret of the space or app.
 *
 * **Details**
 *
 * `x-contentful-signature` is the hexadecimal HMAC of method, path, the headers that `x-contentful-signed-headers`
 * lists, and body, line by line. A delivery may be 30 seconds old or ahead, by the milliseconds of
 * `x-contentful-timestamp`. The type is `x-contentful-topic`, the id `x-contentful-idempotency-key`.
 *
 * **Gotchas**
 *
 * Only the headers that are listed are signed: `unsigned` says whether timestamp, id and type are among them. A failed
 * call is retried twice, 30 seconds apart; a space may be set to up to 99 retries, which take about a day. It is not
 * documented whether each attempt has a new timestamp. By default a call is a POST of
 * `application/vnd.contentful.management.v1+json`; a webhook may be configured to use another method, media type or body.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { ContentfulWebhook } from "@causeway/providers/contentful"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"sys":{"id":"1"}}`)
 * const secret = Redacted.make("contentful_test_secret")
 * const url = "https://example.com/webhooks/contentful"
 * const now = 1_764_000_000_000
 * const sent = Result.getOrThrow(
 *   WebhookSigner.signDelivery(ContentfulWebhook.scheme, {
 *     body,
 *     secret,
 *     timestamp: now,
 *     id: "0101010101",
 *     type: "ContentManagement.Entry.publish",
 *     headers: [["x-contentful-signed-headers", "x-contentful-signed-headers,x-contentful-timestamp"]],
 *     method: "POST",
 *     url
 *   })
 * )
 *
 * const input = { ...sent, method: "POST", secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(ContentfulWebhook.scheme, input)), {
 *   id: "0101010101",
 *   type: "ContentManagement.Entry.publish",
 *   timestamp: now,
 *   signedBy: 0,
 *   unsigned: ["id", "type"]
 * })
 * ```
 *
 * @see https://www.contentful.com/developers/docs/webhooks/request-verification/
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Contentful's scheme, checked against the verdicts of the `@contentful/node-apps-toolkit` package.
 *
 * @see https://www.contentful.com/developers/docs/webhooks/request-verification/
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "contentful",
  signature: SignatureScheme.singleHeader("x-contentful-signature", { encoding: "hex" }),
  signedContent: "{method}\n{path}\n{headers:x-contentful-signed-headers}\n{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  timestamp: { at: SignatureScheme.header("x-contentful-timestamp"), unit: "milliseconds", tolerance: "30 seconds" },
  eventId: SignatureScheme.header("x-contentful-idempotency-key"),
  eventType: [SignatureScheme.header("x-contentful-topic")],
  delivery: { methods: ["POST", "GET", "PUT", "PATCH", "DELETE"], retriedFor: "1 day" },
  docs: { url: "https://www.contentful.com/developers/docs/webhooks/request-verification/", checked: "package" }
})
