/**
 * How PlanetScale signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret of the database's webhook.
 *
 * **Details**
 *
 * `X-PlanetScale-Signature` is the hexadecimal HMAC of the body. The type is the body's `event`, such as
 * `branch.ready`.
 *
 * **Gotchas**
 *
 * There is neither an id nor a signed timestamp that is checked: an inbox goes by the hash of the body.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { PlanetScaleWebhook } from "@causeway/providers/planetscale"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"timestamp":1764000000,"event":"branch.ready"}`)
 * const secret = Redacted.make("planetscale_test_secret")
 * const url = "https://example.com/webhooks/planetscale"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(WebhookSigner.sign(PlanetScaleWebhook.scheme, { body, secret, timestamp: now }))
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(PlanetScaleWebhook.scheme, input)), {
 *   id: undefined,
 *   type: "branch.ready",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://planetscale.com/docs/api/webhooks
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * PlanetScale's scheme, as its documentation describes it.
 *
 * @see https://planetscale.com/docs/api/webhooks
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "planetscale",
  signature: SignatureScheme.singleHeader("X-PlanetScale-Signature", { encoding: "hex" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  eventType: [SignatureScheme.body("event")],
  delivery: { contentTypes: ["application/json"] },
  docs: { url: "https://planetscale.com/docs/api/webhooks", checked: "documentation" }
})
