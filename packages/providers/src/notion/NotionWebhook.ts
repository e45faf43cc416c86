/**
 * How Notion signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the verification token of the subscription.
 *
 * **Details**
 *
 * `X-Notion-Signature: sha256=…` is the hexadecimal HMAC of the body. Id and type are the body's `id` and `type`,
 * such as `page.created`, and are signed.
 *
 * **Gotchas**
 *
 * The key is the `verification_token` of the first request, which Notion sends before anything is signed. There is no
 * timestamp, so a replay is recognised by its id only. A delivery is tried up to eight times, with another
 * `attempt_number` each, for the last time about a day after the first.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { NotionWebhook } from "@causeway/providers/notion"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"id":"367cba44","type":"page.created"}`)
 * const secret = Redacted.make("secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl")
 * const url = "https://example.com/webhooks/notion"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(WebhookSigner.sign(NotionWebhook.scheme, { body, secret, timestamp: now }))
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(NotionWebhook.scheme, input)), {
 *   id: "367cba44",
 *   type: "page.created",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://developers.notion.com/reference/webhooks
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Notion's scheme, checked both ways against the `@notionhq/client` package.
 *
 * @see https://developers.notion.com/reference/webhooks
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "notion",
  signature: SignatureScheme.singleHeader("X-Notion-Signature", { encoding: "hex", prefix: "sha256=" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  eventId: SignatureScheme.body("id"),
  eventType: [SignatureScheme.body("type")],
  identity: SignatureScheme.byFields(SignatureScheme.body("id"), { varies: true }),
  handshake: SignatureScheme.secretOffer(SignatureScheme.body("verification_token")),
  delivery: { contentTypes: ["application/json"], retriedFor: "1 day" },
  docs: { url: "https://developers.notion.com/reference/webhooks", checked: "package" }
})
