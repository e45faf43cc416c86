/**
 * How Fathom signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret of the webhook, which begins with `whsec_`.
 *
 * **Details**
 *
 * Fathom signs as Standard Webhooks do: `webhook-id`, `webhook-timestamp` and a list in `webhook-signature` over
 * `{id}.{timestamp}.{body}`, 5 minutes old or ahead at most. There is no type: each delivery says that the content of
 * a meeting is ready.
 *
 * **Gotchas**
 *
 * The id stays the same when a delivery is sent again. What the body has is chosen with the webhook; with a
 * transcript it may be larger than a megabyte.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { FathomWebhook } from "@causeway/providers/fathom"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"title":"Quarterly Business Review","url":"https://fathom.video/xyz123"}`)
 * const secret = Redacted.make("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
 * const url = "https://example.com/webhooks/fathom"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(FathomWebhook.scheme, { body, secret, timestamp: now, id: "msg_2b3c" })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(FathomWebhook.scheme, input)), {
 *   id: "msg_2b3c",
 *   type: undefined,
 *   timestamp: now,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://developers.fathom.ai/webhooks
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Fathom's scheme, as its documentation describes it.
 *
 * @see https://developers.fathom.ai/webhooks
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  ...SignatureScheme.standardWebhooks,
  id: "fathom",
  eventType: [],
  delivery: { contentTypes: ["application/json"] },
  docs: { url: "https://developers.fathom.ai/webhooks", checked: "documentation" }
})
