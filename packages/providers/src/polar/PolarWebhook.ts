/**
 * How Polar signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret of the endpoint (`whsec_…`). {@link legacyScheme} is for a secret that
 * Polar made before 8 September 2026.
 *
 * **Details**
 *
 * Polar follows Standard Webhooks: `webhook-id`, `webhook-timestamp` and a list in `webhook-signature` over
 * `{id}.{timestamp}.{body}`, 5 minutes old or ahead at most. The type is the body's `type`, such as `order.created`.
 *
 * **Gotchas**
 *
 * The key of an older secret is its whole text, `whsec_` included, not the base64 in it; {@link scheme} refuses such a
 * secret, because it is no base64. A delivery that fails is tried ten times in all, within an hour. One that was taken can be sent
 * again on request, with the same id, for as long as Polar keeps it, which is 90 days.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { PolarWebhook } from "@causeway/providers/polar"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"type":"order.created","data":{"id":"ord_1"}}`)
 * const secret = Redacted.make("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
 * const url = "https://example.com/webhooks/polar"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(PolarWebhook.scheme, { body, secret, timestamp: now, id: "msg_2b3c" })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(PolarWebhook.scheme, input)), {
 *   id: "msg_2b3c",
 *   type: "order.created",
 *   timestamp: now,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://polar.sh/docs/integrate/webhooks/delivery
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Polar's scheme, checked against the verdicts of the `@polar-sh/sdk` package.
 *
 * @see https://polar.sh/docs/integrate/webhooks/delivery
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  ...SignatureScheme.standardWebhooks,
  id: "polar",
  delivery: { contentTypes: ["application/json"], retriedFor: "90 days" },
  docs: { url: "https://polar.sh/docs/integrate/webhooks/delivery", checked: "package" }
})

/**
 * The scheme of secrets that were made before 8 September 2026: the key is the whole text of the secret.
 *
 * @see https://polar.sh/docs/integrate/webhooks/delivery
 * @since 0.1.0
 * @category schemes
 */
export const legacyScheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  ...scheme,
  id: "polar-legacy",
  keys: [SignatureScheme.mac({ hash: "sha256", label: "v1" })]
})
