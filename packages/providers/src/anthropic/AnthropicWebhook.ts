/**
 * How Anthropic signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the signing key (`whsec_…`) of the webhook.
 *
 * **Details**
 *
 * Anthropic follows Standard Webhooks: `webhook-id`, `webhook-timestamp` and a list in `webhook-signature` over
 * `{id}.{timestamp}.{body}`, 5 minutes old or ahead at most.
 *
 * **Gotchas**
 *
 * The type is that of the body's `data`, such as `session.status_idled`: the body's own `type` is always `event`. A failed
 * delivery is retried at least once, and a redirect counts as a failure. It is not documented for how long Anthropic
 * retries, nor whether it signs each attempt with a new timestamp.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { AnthropicWebhook } from "@causeway/providers/anthropic"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"type":"event","id":"event_1","data":{"type":"session.status_idled","id":"session_1"}}`)
 * const secret = Redacted.make("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
 * const url = "https://example.com/webhooks/anthropic"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(AnthropicWebhook.scheme, { body, secret, timestamp: now, id: "msg_2b3c" })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(AnthropicWebhook.scheme, input)), {
 *   id: "msg_2b3c",
 *   type: "session.status_idled",
 *   timestamp: now,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://github.com/anthropics/anthropic-sdk-typescript
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Anthropic's scheme, checked against the verdicts of the `@anthropic-ai/sdk` package.
 *
 * @see https://github.com/anthropics/anthropic-sdk-typescript
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  ...SignatureScheme.standardWebhooks,
  id: "anthropic",
  eventType: [SignatureScheme.body("data", "type"), SignatureScheme.body("type")],
  delivery: { contentTypes: ["application/json"] },
  docs: { url: "https://github.com/anthropics/anthropic-sdk-typescript", checked: "package" }
})
