/**
 * How Shopify signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver of an app's webhooks, with the app's client secret; {@link eventsScheme} where the
 * app subscribes through Shopify's newer Events.
 *
 * **Details**
 *
 * `X-Shopify-Hmac-Sha256` is the base64 HMAC of the body. The id is `X-Shopify-Webhook-Id`, which stays over the retries of
 * one delivery; the type is `X-Shopify-Topic`, such as `orders/create`. Events use the same names without `X-`.
 *
 * **Gotchas**
 *
 * Id, type, shop and time are in headers that the signature does not cover, so a replay cannot be told by its age, and a
 * delivery can be replayed under another id or topic. `X-Shopify-Event-Id` is not used as the id: topics that the same
 * action triggered may share it, and the second would be taken for a repetition.
 *
 * **Example** (What the signature leaves open)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { ShopifyWebhook } from "@causeway/providers/shopify"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"id":820982911946154508}`)
 * const secret = Redacted.make("shpss_test")
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(ShopifyWebhook.scheme, { body, secret, timestamp: now, id: "b54557e4", type: "orders/create" })
 * )
 *
 * const verified = WebhookVerifier.verify(ShopifyWebhook.scheme, {
 *   method: "POST",
 *   url: "https://example.com/webhooks/shopify",
 *   headers,
 *   body,
 *   secrets: [secret],
 *   now
 * })
 *
 * assert.deepEqual(Result.getOrThrow(verified).unsigned, ["id", "type"])
 * ```
 *
 * @see https://shopify.dev/docs/apps/build/webhooks/verify-deliveries
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Shopify's scheme, checked both ways against the `@shopify/shopify-api` package.
 *
 * @see https://shopify.dev/docs/apps/build/webhooks/verify-deliveries
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "shopify",
  signature: SignatureScheme.singleHeader("X-Shopify-Hmac-Sha256", { encoding: "base64" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  eventId: SignatureScheme.header("X-Shopify-Webhook-Id"),
  eventType: [SignatureScheme.header("X-Shopify-Topic")],
  delivery: { retriedFor: "4 hours", answerWithin: "5 seconds", refusal: { status: 401 } },
  docs: { url: "https://shopify.dev/docs/apps/build/webhooks/verify-deliveries", checked: "package" }
})

/**
 * The scheme of Shopify's Events: the same signature under headers without `X-`.
 *
 * @see https://shopify.dev/docs/apps/build/events/verify-deliveries
 * @since 0.1.0
 * @category schemes
 */
export const eventsScheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  ...scheme,
  id: "shopify-events",
  signature: SignatureScheme.singleHeader("Shopify-Hmac-Sha256", { encoding: "base64" }),
  eventId: SignatureScheme.header("Shopify-Webhook-Id"),
  eventType: [SignatureScheme.header("Shopify-Topic")],
  docs: { url: "https://shopify.dev/docs/apps/build/events/verify-deliveries", checked: "package" }
})
