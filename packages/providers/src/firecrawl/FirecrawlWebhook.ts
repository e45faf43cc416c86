/**
 * How Firecrawl signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the HMAC secret of the account's settings.
 *
 * **Details**
 *
 * `X-Firecrawl-Signature: sha256=…` is the hexadecimal HMAC of the body. The type is the body's `type`, such as
 * `crawl.page`.
 *
 * **Gotchas**
 *
 * The body's `id` is that of the job, which has many events: there is no id of the delivery, and no timestamp. An inbox
 * deduplicates by the SHA-256 of the body, so that two equal actions of an agent (`agent.action` with the same tool, input
 * and credits) are one event. A failed delivery is retried after 1, 5 and 15 minutes, one after the other. Firecrawl waits
 * 10 seconds for the answer.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { FirecrawlWebhook } from "@causeway/providers/firecrawl"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"success":true,"type":"crawl.page","id":"1"}`)
 * const secret = Redacted.make("firecrawl_test_secret")
 * const url = "https://example.com/webhooks/firecrawl"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(WebhookSigner.sign(FirecrawlWebhook.scheme, { body, secret, timestamp: now }))
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(FirecrawlWebhook.scheme, input)), {
 *   id: undefined,
 *   type: "crawl.page",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://docs.firecrawl.dev/webhooks/security
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Firecrawl's scheme, as its documentation describes it.
 *
 * @see https://docs.firecrawl.dev/webhooks/security
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "firecrawl",
  signature: SignatureScheme.singleHeader("X-Firecrawl-Signature", { encoding: "hex", prefix: "sha256=" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  eventType: [SignatureScheme.body("type")],
  delivery: { contentTypes: ["application/json"], retriedFor: "21 minutes", answerWithin: "10 seconds" },
  docs: { url: "https://docs.firecrawl.dev/webhooks/security", checked: "documentation" }
})
