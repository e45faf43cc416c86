/**
 * How Onfido signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the token that Onfido gives a webhook when it is made.
 *
 * **Details**
 *
 * `X-SHA2-Signature` is the hexadecimal HMAC of the body. The type is `payload.action`, such as `check.completed`.
 *
 * **Gotchas**
 *
 * There is neither an id nor a timestamp: an inbox identifies an event by the hash of the body, which has the times of what it names. It
 * is not documented whether a delivery that fails is sent again.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { OnfidoWebhook } from "@causeway/providers/onfido"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"payload":{"resource_type":"check","action":"check.completed","object":{"id":"1"}}}`)
 * const secret = Redacted.make("onfido_test_secret")
 * const url = "https://example.com/webhooks/onfido"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(WebhookSigner.sign(OnfidoWebhook.scheme, { body, secret, timestamp: now }))
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(OnfidoWebhook.scheme, input)), {
 *   id: undefined,
 *   type: "check.completed",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://documentation.onfido.com/api/latest/#webhooks
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Onfido's scheme, checked against the verdicts of the `@onfido/api` package.
 *
 * @see https://documentation.onfido.com/api/latest/#webhooks
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "onfido",
  signature: SignatureScheme.singleHeader("X-SHA2-Signature", { encoding: "hex" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  eventType: [SignatureScheme.body("payload", "action")],
  docs: { url: "https://documentation.onfido.com/api/latest/#webhooks", checked: "package" }
})
