/**
 * How Deepgram authenticates its callbacks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the user name and password in the callback URL, as `user:password`. {@link
 * tokenScheme} is for receivers that still go by `dg-token`, with the identifier of the API key.
 *
 * **Details**
 *
 * Nothing is signed: Deepgram sends `Authorization: Basic …` with what the callback URL has before its host, compared
 * in constant time. The id is `metadata.request_id`. What a live stream sends has a type, such as `Results`; the
 * transcript of a recording has none.
 *
 * **Gotchas**
 *
 * Anyone who sees one delivery can forge others, so that nothing but TLS protects them. Deepgram no longer supports
 * `dg-token` as a means to verify. All the results of a stream have one `request_id`: events go by their body. A
 * delivery is tried ten times more, 30 seconds apart, and a transcript may be larger than a megabyte.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { DeepgramWebhook } from "@causeway/providers/deepgram"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"metadata":{"request_id":"3a1b2c"},"results":{"channels":[]}}`)
 * const secret = Redacted.make("causeway:deepgram_test_secret")
 * const url = "https://example.com/webhooks/deepgram"
 * const now = 1_764_000_000_000
 * const sent = Result.getOrThrow(
 *   WebhookSigner.signDelivery(DeepgramWebhook.scheme, { body, secret, timestamp: now, url })
 * )
 *
 * const input = { ...sent, method: "POST", secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(DeepgramWebhook.scheme, input)), {
 *   id: "3a1b2c",
 *   type: undefined,
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: ["id", "body"]
 * })
 * ```
 *
 * @see https://developers.deepgram.com/docs/callback
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * The scheme of callbacks with a user name and a password, as Deepgram's documentation describes it.
 *
 * @see https://developers.deepgram.com/docs/callback
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "deepgram",
  signature: SignatureScheme.singleHeader("Authorization", { encoding: "base64", prefix: "Basic " }),
  signedContent: "",
  keys: [SignatureScheme.token()],
  eventId: SignatureScheme.body("metadata", "request_id"),
  eventType: [SignatureScheme.body("type")],
  identity: SignatureScheme.byBody(),
  delivery: { contentTypes: ["application/json"], methods: ["POST", "PUT"], retriedFor: "5 minutes" },
  docs: { url: "https://developers.deepgram.com/docs/callback", checked: "documentation" }
})

/**
 * The older scheme, as Deepgram's documentation described it: the identifier of the API key that asked.
 *
 * @see https://developers.deepgram.com/docs/callback
 * @since 0.1.0
 * @category schemes
 */
export const tokenScheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "deepgram-token",
  signature: SignatureScheme.singleHeader("dg-token", { encoding: "utf8" }),
  signedContent: "",
  keys: [SignatureScheme.token()],
  eventId: SignatureScheme.body("metadata", "request_id"),
  eventType: [SignatureScheme.body("type")],
  identity: SignatureScheme.byBody(),
  delivery: { contentTypes: ["application/json"], methods: ["POST", "PUT"], retriedFor: "5 minutes" },
  docs: { url: "https://developers.deepgram.com/docs/callback", checked: "documentation" }
})
