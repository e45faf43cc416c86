/**
 * How Adyen signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link platformScheme} to a receiver of webhooks of Adyen for Platforms or of its management API, with the HMAC key
 * of the webhook.
 *
 * **Details**
 *
 * `HmacSignature` is the base64 HMAC of the body, with the bytes that the key spells in hexadecimal. The type is the body's
 * `type`, such as `balancePlatform.transfer.created`.
 *
 * **Gotchas**
 *
 * Adyen shows its keys in upper case; write them in lower case here. There is neither an id of the delivery nor a timestamp
 * that is signed apart: an inbox goes by the hash of the body.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { AdyenWebhook } from "@causeway/providers/adyen"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"type":"balancePlatform.transfer.created","data":{}}`)
 * const secret = Redacted.make("44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056".toLowerCase())
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(WebhookSigner.sign(AdyenWebhook.platformScheme, { body, secret, timestamp: now }))
 *
 * const input = { method: "POST", url: "https://example.com/adyen", headers, body, secrets: [secret], now }
 * const verified = WebhookVerifier.verify(AdyenWebhook.platformScheme, input)
 *
 * assert.equal(Result.getOrThrow(verified).type, "balancePlatform.transfer.created")
 * ```
 *
 * @see https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * The scheme of Adyen for Platforms and of the management API, as other implementations of it have it; no test runs a
 * package of the provider's.
 *
 * @see https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures
 * @since 0.1.0
 * @category schemes
 */
export const platformScheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "adyen-platform",
  signature: SignatureScheme.singleHeader("HmacSignature", { encoding: "base64" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256", encoding: "hex" })],
  eventType: [SignatureScheme.body("type")],
  docs: {
    url: "https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures",
    checked: "source"
  }
})
