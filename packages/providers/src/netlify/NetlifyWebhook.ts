/**
 * How Netlify signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the JWS secret token of the notification.
 *
 * **Details**
 *
 * `X-Webhook-Signature` is a JSON Web Token, HS256, issued by `netlify`, whose claim `sha256` is the hexadecimal hash
 * of the body. The type is the body's `state`, such as `building`, `ready` or `error`.
 *
 * **Gotchas**
 *
 * The token has no time, so that it never ends, and there is no id: an inbox identifies an event by the hash of the body. The id in
 * the body is that of the deploy, which all its notifications share. A notification without a secret is not signed,
 * and is refused. It is not documented whether, and for how long, a notification is sent again.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { NetlifyWebhook } from "@causeway/providers/netlify"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"id":"5ebc34bf4fea0b01f02efa3a","state":"ready"}`)
 * const secret = Redacted.make("netlify_test_secret")
 * const url = "https://example.com/webhooks/netlify"
 * const now = 1_764_000_000_000
 * const sent = Result.getOrThrow(
 *   WebhookSigner.signDelivery(NetlifyWebhook.scheme, { body, secret, timestamp: now, url })
 * )
 *
 * const input = { ...sent, method: "POST", secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(NetlifyWebhook.scheme, input)), {
 *   id: undefined,
 *   type: "ready",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://docs.netlify.com/deploy/deploy-notifications/
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Netlify's scheme, as its documentation describes it.
 *
 * @see https://docs.netlify.com/deploy/deploy-notifications/
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "netlify",
  signature: SignatureScheme.jwt("X-Webhook-Signature", { issuer: "netlify", needsExpiry: false }),
  signedContent: "{token}",
  keys: [SignatureScheme.jwtSecret({ algorithms: ["HS256"] })],
  bindings: [
    SignatureScheme.hashOf("{body}", { at: SignatureScheme.claim("sha256"), hash: "sha256", encoding: "hex" })
  ],
  eventType: [SignatureScheme.body("state")],
  delivery: { contentTypes: ["application/json"] },
  docs: { url: "https://docs.netlify.com/deploy/deploy-notifications/", checked: "documentation" }
})
