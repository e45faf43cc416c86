/**
 * How Vercel signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret of the webhook, or with the client secret of an integration.
 *
 * **Details**
 *
 * `x-vercel-signature` is the hexadecimal HMAC-SHA1 of the body. Id and type are the body's `id` and `type`, such as
 * `deployment.succeeded`, and are signed.
 *
 * **Gotchas**
 *
 * SHA-1 is broken as a hash, but not as an HMAC. There is no timestamp, so a replay is recognised by its id only.
 * A delivery that fails is sent again for a day, according to third-party documentation.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { VercelWebhook } from "@causeway/providers/vercel"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"id":"evt_1","type":"deployment.succeeded"}`)
 * const secret = Redacted.make("vercel_test_secret")
 * const url = "https://example.com/webhooks/vercel"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(WebhookSigner.sign(VercelWebhook.scheme, { body, secret, timestamp: now }))
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(VercelWebhook.scheme, input)), {
 *   id: "evt_1",
 *   type: "deployment.succeeded",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://vercel.com/docs/webhooks/webhooks-api
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Vercel's scheme, as its documentation describes it.
 *
 * @see https://vercel.com/docs/webhooks/webhooks-api
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "vercel",
  signature: SignatureScheme.singleHeader("x-vercel-signature", { encoding: "hex" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha1" })],
  eventId: SignatureScheme.body("id"),
  eventType: [SignatureScheme.body("type")],
  delivery: { contentTypes: ["application/json"], retriedFor: "1 day", answerWithin: "30 seconds" },
  docs: { url: "https://vercel.com/docs/webhooks/webhooks-api", checked: "documentation" }
})
