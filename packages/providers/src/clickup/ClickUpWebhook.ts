/**
 * How ClickUp signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret that ClickUp returns when the webhook is made.
 *
 * **Details**
 *
 * `X-Signature` is the hexadecimal HMAC of the body. The type is the body's `event`, such as `taskCreated`. An inbox
 * deduplicates by `webhook_id` together with the id of the first history item. ClickUp waits 7 seconds for the answer.
 *
 * **Gotchas**
 *
 * There is no timestamp. Some events, such as `spaceUpdated`, have no history items: their bodies name what changed, in the
 * same bytes each time. An inbox drops such an event only while an equal one waits to be handled, so that a retry may be
 * handled twice. An event is attempted five times; after how long is not documented. A status of 410 suspends the webhook
 * at once, and 100 failures of any kind do too.
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
  identity: [
    SignatureScheme.byFields([SignatureScheme.body("webhook_id"), SignatureScheme.body("history_items", "0", "id")]),
    SignatureScheme.notification
  ],
  delivery: { contentTypes: ["application/json"], answerWithin: "7 seconds" },
  docs: { url: "https://developer.clickup.com/docs/webhooksignature", checked: "documentation" }
})
