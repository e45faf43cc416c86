/**
 * How Jira signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret of a webhook that an administrator made.
 *
 * **Details**
 *
 * `X-Hub-Signature: sha256=…` is the hexadecimal HMAC of the body. The id is `X-Atlassian-Webhook-Identifier`, the
 * same at each attempt; the type is the body's `webhookEvent`, such as `jira:issue_created`.
 *
 * **Gotchas**
 *
 * The id is in a header that the signature does not cover, and is unique within one site only: give each site its own
 * source or tenant. Webhooks of Connect apps carry a token instead of a signature. A delivery that fails is sent again up to five times, each 5 to 15 minutes after the one before.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { JiraWebhook } from "@causeway/providers/jira"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"webhookEvent":"jira:issue_created","timestamp":1764000000000}`)
 * const secret = Redacted.make("jira_test_secret")
 * const url = "https://example.com/webhooks/jira"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(JiraWebhook.scheme, { body, secret, timestamp: now, id: "51a1" })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(JiraWebhook.scheme, input)), {
 *   id: "51a1",
 *   type: "jira:issue_created",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: ["id"]
 * })
 * ```
 *
 * @see https://developer.atlassian.com/cloud/jira/platform/webhooks/
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Jira's scheme, as its documentation describes it, and with the delivery that stands there.
 *
 * @see https://developer.atlassian.com/cloud/jira/platform/webhooks/
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "jira",
  signature: SignatureScheme.singleHeader("X-Hub-Signature", { encoding: "hex", prefix: "sha256=" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  eventId: SignatureScheme.header("X-Atlassian-Webhook-Identifier"),
  eventType: [SignatureScheme.body("webhookEvent")],
  delivery: { contentTypes: ["application/json"], retriedFor: "75 minutes" },
  docs: { url: "https://developer.atlassian.com/cloud/jira/platform/webhooks/", checked: "documentation" }
})
