/**
 * How OpenAI signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the signing secret (`whsec_…`) that OpenAI shows once, when the endpoint is
 * made.
 *
 * **Details**
 *
 * OpenAI follows Standard Webhooks: `webhook-id`, `webhook-timestamp` and a list in `webhook-signature` over
 * `{id}.{timestamp}.{body}`, 5 minutes old or ahead at most. The type is the body's `type`, such as
 * `response.completed`.
 *
 * **Gotchas**
 *
 * OpenAI's package also takes secrets without the prefix, as plain text; this scheme refuses them. The event holds
 * only the id of its subject: fetch the rest.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { OpenAIWebhook } from "@causeway/providers/openai"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"id":"evt_1","type":"response.completed","data":{"id":"resp_1"}}`)
 * const secret = Redacted.make("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
 * const url = "https://example.com/webhooks/openai"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(OpenAIWebhook.scheme, { body, secret, timestamp: now, id: "msg_2b3c" })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(OpenAIWebhook.scheme, input)), {
 *   id: "msg_2b3c",
 *   type: "response.completed",
 *   timestamp: now,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://platform.openai.com/docs/guides/webhooks
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * OpenAI's scheme, checked against the verdicts of the `openai` package.
 *
 * @see https://platform.openai.com/docs/guides/webhooks
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  ...SignatureScheme.standardWebhooks,
  id: "openai",
  delivery: { contentTypes: ["application/json"], retriedFor: "3 days", resigns: true },
  docs: { url: "https://platform.openai.com/docs/guides/webhooks", checked: "package" }
})
