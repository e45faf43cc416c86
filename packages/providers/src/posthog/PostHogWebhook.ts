/**
 * How PostHog authenticates what its webhook destination sends.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the token that you put into the header `Authorization` of the destination.
 *
 * **Details**
 *
 * Nothing is signed: the HTTP webhook destination sends the headers that it is given. Give it `Authorization: Bearer
 * …` with your own token, which is compared in constant time. The id is the event's `uuid`, the type its
 * `event`, such as `$pageview`.
 *
 * **Gotchas**
 *
 * Anyone who sees one delivery can forge others, so that nothing but TLS protects them: `unsigned` names every part. The
 * body is whatever the destination is told to send: id and type are those of the body that PostHog proposes. A destination
 * may send PUT, PATCH or DELETE instead of POST; a GET is refused, because it has no room for an event. A destination with
 * a signing secret signs as `standard-webhooks` does: use that scheme for it.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { PostHogWebhook } from "@causeway/providers/posthog"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"event":{"uuid":"0190a1b2","event":"$pageview"},"person":{"id":"1"}}`)
 * const secret = Redacted.make("posthog_test_secret")
 * const url = "https://example.com/webhooks/posthog"
 * const now = 1_764_000_000_000
 * const sent = Result.getOrThrow(
 *   WebhookSigner.signDelivery(PostHogWebhook.scheme, { body, secret, timestamp: now, url })
 * )
 *
 * const input = { ...sent, method: "POST", secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(PostHogWebhook.scheme, input)), {
 *   id: "0190a1b2",
 *   type: "$pageview",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: ["id", "type", "body"]
 * })
 * ```
 *
 * @see https://posthog.com/docs/cdp/destinations/webhook
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * The scheme of PostHog's HTTP webhook destination, with a bearer token.
 *
 * @see https://posthog.com/docs/cdp/destinations/webhook
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "posthog",
  signature: SignatureScheme.singleHeader("Authorization", { encoding: "utf8", prefix: "Bearer " }),
  signedContent: "",
  keys: [SignatureScheme.token()],
  eventId: SignatureScheme.body("event", "uuid"),
  eventType: [SignatureScheme.body("event", "event")],
  delivery: { contentTypes: ["application/json"], methods: ["POST", "PUT", "PATCH", "DELETE"] },
  docs: { url: "https://posthog.com/docs/cdp/destinations/webhook", checked: "documentation" }
})
