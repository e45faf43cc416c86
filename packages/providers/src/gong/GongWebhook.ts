/**
 * How Gong signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver of a rule that signs its requests with a JWT header, with the public key that the
 * rule shows.
 *
 * **Details**
 *
 * `Authorization` is a token (RS256), with or without `Bearer` in front: its claim `webhook_url` is the URL of the
 * rule, `body_sha256` the hexadecimal hash of the body. The id is that of the call; there is no type.
 *
 * **Gotchas**
 *
 * The public key is shown as base64 or in PEM: either will do. The URL must be what the rule has, letter by letter.
 * Several rules may announce one call, and one rule may again: events go by their body. Rules that have their token
 * in the URL alone are not signed, and are refused.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { GongWebhook } from "@causeway/providers/gong"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 * import { generateKeyPairSync } from "node:crypto"
 *
 * const pair = generateKeyPairSync("rsa", { modulusLength: 2048 })
 * const secret = Redacted.make(pair.publicKey.export({ format: "pem", type: "spki" }).toString())
 * const privateKey = Redacted.make(pair.privateKey.export({ format: "pem", type: "pkcs8" }).toString())
 * const body = new TextEncoder().encode(`{"callData":{"metaData":{"id":"5599332235511222779"}},"isTest":false}`)
 * const url = "https://example.com/webhooks/gong"
 * const now = 1_764_000_000_000
 * const sent = Result.getOrThrow(
 *   WebhookSigner.signDelivery(GongWebhook.scheme, { body, secret: privateKey, timestamp: now, url })
 * )
 *
 * const input = { ...sent, method: "POST", secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(GongWebhook.scheme, input)), {
 *   id: "5599332235511222779",
 *   type: undefined,
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://help.gong.io/docs/create-a-webhook-rule
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * The scheme of rules with a JWT header, as the code of others reads it.
 *
 * @see https://help.gong.io/docs/create-a-webhook-rule
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "gong",
  signature: SignatureScheme.jwt("Authorization", { prefix: "Bearer ", isPrefixOptional: true, needsExpiry: false }),
  signedContent: "{token}",
  keys: [SignatureScheme.jwtKey({ algorithm: "RS256" })],
  bindings: [
    SignatureScheme.textOf("{url}", { at: SignatureScheme.claim("webhook_url") }),
    SignatureScheme.hashOf("{body}", { at: SignatureScheme.claim("body_sha256"), hash: "sha256", encoding: "hex" })
  ],
  eventId: SignatureScheme.body("callData", "metaData", "id"),
  identity: SignatureScheme.byBody(),
  delivery: { contentTypes: ["application/json"] },
  docs: { url: "https://help.gong.io/docs/create-a-webhook-rule", checked: "source" }
})
