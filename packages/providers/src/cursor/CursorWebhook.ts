/**
 * How Cursor signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the webhook secret that the agent was launched with.
 *
 * **Details**
 *
 * `X-Webhook-Signature` is `sha256=` and the hexadecimal HMAC-SHA256 of the body. The id is `X-Webhook-ID`, the type
 * the body's `event`: `statusChange`.
 *
 * **Gotchas**
 *
 * Signatures carry no time, and the id is not signed: events go by their body, which has the time of the change.
 * Cursor does not document whether it sends a delivery again. The secret has 32 characters at least.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { CursorWebhook } from "@causeway/providers/cursor"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"event":"statusChange","id":"agent_123456","status":"FINISHED"}`)
 * const secret = Redacted.make("cursor_test_secret_of_32_characters")
 * const url = "https://example.com/webhooks/cursor"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(CursorWebhook.scheme, { body, secret, timestamp: now, id: "msg_1" })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(CursorWebhook.scheme, input)), {
 *   id: "msg_1",
 *   type: "statusChange",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: ["id"]
 * })
 * ```
 *
 * @see https://cursor.com/docs/cloud-agent/api/webhooks
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Cursor's scheme, as its documentation describes it.
 *
 * @see https://cursor.com/docs/cloud-agent/api/webhooks
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "cursor",
  signature: SignatureScheme.singleHeader("X-Webhook-Signature", { encoding: "hex", prefix: "sha256=" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  eventId: SignatureScheme.header("X-Webhook-ID"),
  eventType: [SignatureScheme.body("event")],
  identity: SignatureScheme.byBody(),
  delivery: { contentTypes: ["application/json"] },
  docs: { url: "https://cursor.com/docs/cloud-agent/api/webhooks", checked: "documentation" }
})
