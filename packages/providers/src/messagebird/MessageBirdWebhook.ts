/**
 * How MessageBird signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the signing key of the account.
 *
 * **Details**
 *
 * `MessageBird-Signature-JWT` is a token (HS256, HS384 or HS512) with the hashes of URL and body. The id is the claim
 * `jti`.
 *
 * **Gotchas**
 *
 * The URL is the one that MessageBird called: behind a proxy, tell the receiver its public URL. A delivery without a
 * body, such as a GET, has no `payload_hash`; one with a body must have it. It is not documented whether a repeated
 * delivery keeps its `jti`: where it does not, it is a new event. The type is the body's `event`, or the
 * `type` of a conversation. What Bird's newer notifications API signs with `messagebird-signature` is another scheme, which is
 * not here.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { MessageBirdWebhook } from "@causeway/providers/messagebird"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"id":"1"}`)
 * const secret = Redacted.make("messagebird_test_secret")
 * const url = "https://example.com/webhooks/messagebird"
 * const now = 1_764_000_000_000
 * const sent = Result.getOrThrow(
 *   WebhookSigner.signDelivery(MessageBirdWebhook.scheme, {
 *     body,
 *     secret,
 *     timestamp: now,
 *     claims: { jti: "7c3f" },
 *     url
 *   })
 * )
 *
 * const input = { ...sent, method: "POST", secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(MessageBirdWebhook.scheme, input)), {
 *   id: "7c3f",
 *   type: undefined,
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://developers.messagebird.com/api/#verifying-http-requests
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * MessageBird's scheme, checked against the verdicts of the `messagebird` package.
 *
 * @see https://developers.messagebird.com/api/#verifying-http-requests
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "messagebird",
  signature: SignatureScheme.jwt("MessageBird-Signature-JWT", { issuer: "MessageBird" }),
  signedContent: "{token}",
  keys: [SignatureScheme.jwtSecret({ algorithms: ["HS256", "HS384", "HS512"] })],
  eventId: SignatureScheme.claim("jti"),
  eventType: [SignatureScheme.body("event"), SignatureScheme.body("type")],
  bindings: [
    SignatureScheme.hashOf("{url}", { at: SignatureScheme.claim("url_hash"), hash: "sha256", encoding: "hex" }),
    SignatureScheme.hashOf("{body}", {
      at: SignatureScheme.claim("payload_hash"),
      hash: "sha256",
      encoding: "hex",
      mayBeAbsentWithoutBody: true
    })
  ],
  delivery: { methods: ["POST", "GET", "PUT", "PATCH", "DELETE"] },
  docs: { url: "https://developers.messagebird.com/api/#verifying-http-requests", checked: "package" }
})
