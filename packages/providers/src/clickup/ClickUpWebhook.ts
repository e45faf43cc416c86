/**
 * How ClickUp signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret that ClickUp returns when the webhook is made.
 *
 * **Details**
 *
 * `X-Signature` is the hexadecimal HMAC of the body. The type is the body's `event`, such as `taskCreated`.
 *
 * **Gotchas**
 *
 * There is neither an id of the delivery nor a timestamp: an inbox goes by the hash of the body. An event is attempted
 * five times; how far apart is not documented. Whoever answers with 401 or 410 gets no further events.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { ClickUpWebhook } from "@causeway/providers/clickup"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"webhook_id":"7689a169","event":"taskCreated","task_id":"c0j"}`)
 * const secret = Redacted.make("clickup_test_secret")
 * const url = "https://example.com/webhooks/clickup"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(WebhookSigner.sign(ClickUpWebhook.scheme, { body, secret, timestamp: now }))
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(ClickUpWebhook.scheme, input)), {
 *   id: undefined,
 *   type: "taskCreated",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://developer.clickup.com/docs/webhooksignature
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * ClickUp's scheme, as its documentation describes it.
 *
 * @see https://developer.clickup.com/docs/webhooksignature
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "clickup",
  signature: SignatureScheme.singleHeader("X-Signature", { encoding: "hex" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  eventType: [SignatureScheme.body("event")],
  delivery: { contentTypes: ["application/json"] },
  docs: { url: "https://developer.clickup.com/docs/webhooksignature", checked: "documentation" }
})
