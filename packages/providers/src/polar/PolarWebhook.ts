/**
 * How Polar signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret of the endpoint, exactly as Polar shows it.
 *
 * **Details**
 *
 * Headers and signed content are those of Standard Webhooks (`webhook-id`, `webhook-timestamp`, `webhook-signature`),
 * 5 minutes old or ahead at most. The type is the body's `type`, such as `order.created`.
 *
 * **Gotchas**
 *
 * The key of a secret that Polar made before 8 September 2026 is its whole text, that of a newer one the base64 in it, as
 * with other followers of the specification. Both are tried, as Polar's package does; signing takes the whole text. A
 * delivery that fails is tried ten times in all, within an hour. One that was taken can be sent again on request, with the
 * same id, for as long as Polar keeps it, which is 90 days.
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
  keys: [SignatureScheme.mac({ hash: "sha256", label: "v1", alternative: { encoding: "base64", prefix: "whsec_" } })],
  delivery: { contentTypes: ["application/json"], retriedFor: "90 days" },
  docs: { url: "https://polar.sh/docs/integrate/webhooks/delivery", checked: "package" }
})
