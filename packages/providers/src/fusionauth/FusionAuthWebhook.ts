/**
 * How FusionAuth signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver where the webhook signs with an HMAC key, with that key; {@link rsaScheme} where
 * it signs with an RSA key, with its public key in PEM.
 *
 * **Details**
 *
 * `X-FusionAuth-Signature-JWT` is a token whose claim `request_body_sha256` is the base64 hash of the body. Id and
 * type are `event.id` and `event.type`, such as `user.login.success`, and are signed.
 *
 * **Gotchas**
 *
 * The token has no expiry: a replay is recognised by its id only. Webhooks are not signed until a key is chosen for
 * them. An event is sent once: FusionAuth waits 2 seconds for an answer unless the webhook says otherwise, and for
 * some events it undoes what it did when a webhook refuses them.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { FusionAuthWebhook } from "@causeway/providers/fusionauth"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"event":{"id":"e502168a-b469-45d9-a079-fd45f83e0406","type":"user.login.success"}}`)
 * const secret = Redacted.make("fusionauth_test_secret_of_32_characters")
 * const url = "https://example.com/webhooks/fusionauth"
 * const now = 1_764_000_000_000
 * const sent = Result.getOrThrow(
 *   WebhookSigner.signDelivery(FusionAuthWebhook.scheme, { body, secret, timestamp: now, url })
 * )
 *
 * const input = { ...sent, method: "POST", secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(FusionAuthWebhook.scheme, input)), {
 *   id: "e502168a-b469-45d9-a079-fd45f83e0406",
 *   type: "user.login.success",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://fusionauth.io/docs/extend/events-and-webhooks/signing
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * The scheme of webhooks with an HMAC key, as FusionAuth's documentation describes it.
 *
 * @see https://fusionauth.io/docs/extend/events-and-webhooks/signing
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "fusionauth",
  signature: SignatureScheme.jwt("X-FusionAuth-Signature-JWT", { needsExpiry: false }),
  signedContent: "{token}",
  keys: [SignatureScheme.jwtSecret({ algorithms: ["HS256", "HS384", "HS512"] })],
  eventId: SignatureScheme.body("event", "id"),
  eventType: [SignatureScheme.body("event", "type")],
  bindings: [
    SignatureScheme.hashOf("{body}", {
      at: SignatureScheme.claim("request_body_sha256"),
      hash: "sha256",
      encoding: "base64"
    })
  ],
  delivery: { contentTypes: ["application/json"], answerWithin: "2 seconds" },
  docs: { url: "https://fusionauth.io/docs/extend/events-and-webhooks/signing", checked: "documentation" }
})

/**
 * The scheme of webhooks with an RSA key, as FusionAuth's documentation describes it.
 *
 * @see https://fusionauth.io/docs/extend/events-and-webhooks/signing
 * @since 0.1.0
 * @category schemes
 */
export const rsaScheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  ...scheme,
  id: "fusionauth-rsa",
  keys: [SignatureScheme.jwtKey({ algorithm: "RS256" })]
})
