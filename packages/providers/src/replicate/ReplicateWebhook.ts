/**
 * How Replicate signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret (`whsec_…`) that `GET /v1/webhooks/default/secret` returns.
 *
 * **Details**
 *
 * Replicate follows Standard Webhooks: `webhook-id`, `webhook-timestamp` and a list in `webhook-signature` over
 * `{id}.{timestamp}.{body}`, 5 minutes old or ahead at most. The body is a prediction; the type is its `status`, such
 * as `succeeded`.
 *
 * **Gotchas**
 *
 * Replicate's own package does not look at the age of a delivery, so that a replay passes; here it is refused.
 * Deliveries of a prediction that is over are tried again when they fail, for the last time about a minute later; others
 * are not.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { ReplicateWebhook } from "@causeway/providers/replicate"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"id":"ufawqhfynnddngldkgtslldrkq","status":"succeeded"}`)
 * const secret = Redacted.make("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
 * const url = "https://example.com/webhooks/replicate"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(ReplicateWebhook.scheme, { body, secret, timestamp: now, id: "msg_2b3c" })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(ReplicateWebhook.scheme, input)), {
 *   id: "msg_2b3c",
 *   type: "succeeded",
 *   timestamp: now,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://replicate.com/docs/topics/webhooks/verify-webhook
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Replicate's scheme, checked against the verdicts of the `replicate` package.
 *
 * @see https://replicate.com/docs/topics/webhooks/verify-webhook
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  ...SignatureScheme.standardWebhooks,
  id: "replicate",
  eventType: [SignatureScheme.body("status")],
  delivery: { contentTypes: ["application/json"], retriedFor: "2 minutes" },
  docs: { url: "https://replicate.com/docs/topics/webhooks/verify-webhook", checked: "package" }
})
