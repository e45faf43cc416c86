/**
 * How Langfuse signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret of the automation.
 *
 * **Details**
 *
 * `x-langfuse-signature: t=…,v1=…` holds the seconds since the epoch. Signed is `{timestamp}.{body}`; 5 minutes old
 * or ahead at most. Id and type are the body's `id` and `type`, and are signed.
 *
 * **Gotchas**
 *
 * What happened to a prompt is the body's `action`; other types are `monitor-alert` and `project-notification`, with an
 * `eventType` of its `event`. A delivery that fails is sent again three times within a minute, with the same signature.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { LangfuseWebhook } from "@causeway/providers/langfuse"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"id":"evt_1","type":"prompt-version","action":"created"}`)
 * const secret = Redacted.make("langfuse_test_secret")
 * const url = "https://example.com/webhooks/langfuse"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(WebhookSigner.sign(LangfuseWebhook.scheme, { body, secret, timestamp: now }))
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(LangfuseWebhook.scheme, input)), {
 *   id: "evt_1",
 *   type: "prompt-version",
 *   timestamp: now,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://langfuse.com/docs/prompt-management/features/webhooks-slack-integrations
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Langfuse's scheme, as its own source has it.
 *
 * @see https://langfuse.com/docs/prompt-management/features/webhooks-slack-integrations
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "langfuse",
  signature: SignatureScheme.headerList("x-langfuse-signature", { separator: ",", assignment: "=", encoding: "hex" }),
  signedContent: "{timestamp}.{body}",
  keys: [SignatureScheme.mac({ hash: "sha256", label: "v1" })],
  timestamp: { at: SignatureScheme.listItem("t"), unit: "seconds", tolerance: "5 minutes" },
  eventId: SignatureScheme.body("id"),
  eventType: [SignatureScheme.body("type")],
  delivery: { contentTypes: ["application/json"], answerWithin: "10 seconds", retriedFor: "1 minute", resigns: false },
  docs: {
    url: "https://langfuse.com/docs/prompt-management/features/webhooks-slack-integrations",
    checked: "documentation"
  }
})
