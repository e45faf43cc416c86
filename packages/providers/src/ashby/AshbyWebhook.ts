/**
 * How Ashby signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret token of the webhook.
 *
 * **Details**
 *
 * `Ashby-Signature` is `sha256=` and the hexadecimal HMAC-SHA256 of the body. Id and type are the body's
 * `webhookActionId` and `action`, such as `candidateStageChange`, and are signed. A new webhook is tried with the
 * event `ping`.
 *
 * **Gotchas**
 *
 * Webhooks without a secret token are not signed, and are refused. One action may cause events of several types,
 * which share the id: each type is a separate webhook. Signatures carry no time: a replay is recognised by its id
 * only.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { AshbyWebhook } from "@causeway/providers/ashby"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"webhookActionId":"75395d87-4044-4dc4-bc29-0cec185e5f06","action":"candidateStageChange"}`)
 * const secret = Redacted.make("ashby_test_secret")
 * const url = "https://example.com/webhooks/ashby"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(AshbyWebhook.scheme, { body, secret, timestamp: now })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(AshbyWebhook.scheme, input)), {
 *   id: "75395d87-4044-4dc4-bc29-0cec185e5f06",
 *   type: "candidateStageChange",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://developers.ashbyhq.com/docs/authenticating-webhooks
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Ashby's scheme, as its documentation describes it.
 *
 * @see https://developers.ashbyhq.com/docs/authenticating-webhooks
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "ashby",
  signature: SignatureScheme.singleHeader("Ashby-Signature", { encoding: "hex", prefix: "sha256=" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  eventId: SignatureScheme.body("webhookActionId"),
  eventType: [SignatureScheme.body("action")],
  identity: SignatureScheme.byFields([SignatureScheme.body("webhookActionId"), SignatureScheme.body("action")]),
  delivery: { contentTypes: ["application/json"] },
  docs: { url: "https://developers.ashbyhq.com/docs/authenticating-webhooks", checked: "documentation" }
})
