/**
 * How Microsoft Teams signs its outgoing webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver of an outgoing webhook, with the security token that Teams shows when it is made.
 *
 * **Details**
 *
 * `Authorization` is `HMAC` and the base64 HMAC-SHA256 of the body, under the key that the token is in base64. The id
 * is the body's `id` within its conversation, the type its `type`: `message`. Both are signed.
 *
 * **Gotchas**
 *
 * A person waits for the answer: Teams shows what the answer says, such as `{"type":"message","text":"Done"}`, and
 * waits for 5 seconds. Signatures carry no time: a replay is recognised by its id only. Teams does not send a message
 * again.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { MicrosoftTeamsWebhook } from "@causeway/providers/microsoft-teams"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"type":"message","id":"1485983408511","text":"<at>Bot</at> hello"}`)
 * const secret = Redacted.make("vqF0En+Z0ucuRTM/01o2GuhMH3hKKk/N2bOmlM31zaA=")
 * const url = "https://example.com/webhooks/microsoft-teams"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(MicrosoftTeamsWebhook.scheme, { body, secret, timestamp: now })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(MicrosoftTeamsWebhook.scheme, input)), {
 *   id: "1485983408511",
 *   type: "message",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/add-outgoing-webhook
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * The scheme of outgoing webhooks, as their documentation describes it.
 *
 * @see https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/add-outgoing-webhook
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "microsoft-teams",
  signature: SignatureScheme.singleHeader("Authorization", { encoding: "base64", prefix: "HMAC " }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256", encoding: "base64" })],
  eventId: SignatureScheme.body("id"),
  eventType: [SignatureScheme.body("type")],
  identity: SignatureScheme.byFields([SignatureScheme.body("conversation", "id"), SignatureScheme.body("id")]),
  delivery: { contentTypes: ["application/json"], answerWithin: "5 seconds" },
  docs: {
    url: "https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/add-outgoing-webhook",
    checked: "documentation"
  }
})
