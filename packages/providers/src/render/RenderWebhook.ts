/**
 * How Render signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the signing secret of the webhook, which begins with `whsec_`.
 *
 * **Details**
 *
 * Render signs as Standard Webhooks do: `webhook-id`, `webhook-timestamp` and a list in `webhook-signature` over
 * `{id}.{timestamp}.{body}`, 5 minutes old or ahead at most. The type is the body's `type`, such as `deploy_ended`;
 * its details are asked of Render's API with `data.id`.
 *
 * **Gotchas**
 *
 * Render waits 15 seconds for an answer. A delivery that fails is sent up to eight times more, the last some 33 hours
 * after the first.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { RenderWebhook } from "@causeway/providers/render"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"type":"deploy_ended","data":{"id":"evt-1","serviceId":"srv-1"}}`)
 * const secret = Redacted.make("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
 * const url = "https://example.com/webhooks/render"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(RenderWebhook.scheme, { body, secret, timestamp: now, id: "msg_2b3c" })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(RenderWebhook.scheme, input)), {
 *   id: "msg_2b3c",
 *   type: "deploy_ended",
 *   timestamp: now,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://render.com/docs/webhooks
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Render's scheme, as its documentation describes it.
 *
 * @see https://render.com/docs/webhooks
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  ...SignatureScheme.standardWebhooks,
  id: "render",
  delivery: { contentTypes: ["application/json"], retriedFor: "33 hours", answerWithin: "15 seconds" },
  docs: { url: "https://render.com/docs/webhooks", checked: "documentation" }
})
