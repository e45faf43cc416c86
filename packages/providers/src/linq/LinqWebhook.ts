/**
 * How Linq signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the signing secret of the subscription, which begins with `whsec_`. {@link
 * legacyScheme} is for receivers that still go by `X-Webhook-Signature`, with the whole text of the secret.
 *
 * **Details**
 *
 * Linq signs as Standard Webhooks do: `webhook-id`, `webhook-timestamp` and a list in `webhook-signature` over
 * `{id}.{timestamp}.{body}`, 5 minutes old or ahead at most. The type is the body's `event_type`, such as
 * `message.received`. The older `X-Webhook-Signature` is the hexadecimal HMAC-SHA256 of `{timestamp}.{body}`, with
 * the time in `X-Webhook-Timestamp` and the id in the body's `event_id`.
 *
 * **Gotchas**
 *
 * Linq sends both sets of headers and advises against the older one. A delivery that fails with 429, with a status of
 * the 500s or without an answer is sent up to ten times more over some 25 minutes; after another answer of the 400s
 * it is given up.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { LinqWebhook } from "@causeway/providers/linq"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"api_version":"v3","event_id":"9dabceb9","event_type":"message.received"}`)
 * const secret = Redacted.make("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
 * const url = "https://example.com/webhooks/linq"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(LinqWebhook.scheme, { body, secret, timestamp: now, id: "msg_2b3c" })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(LinqWebhook.scheme, input)), {
 *   id: "msg_2b3c",
 *   type: "message.received",
 *   timestamp: now,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://docs.linqapp.com/guides/webhooks/events
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Linq's scheme, as the source of its own package has it.
 *
 * @see https://docs.linqapp.com/guides/webhooks/events
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  ...SignatureScheme.standardWebhooks,
  id: "linq",
  eventType: [SignatureScheme.body("event_type")],
  delivery: { contentTypes: ["application/json"], retriedFor: "25 minutes" },
  docs: { url: "https://docs.linqapp.com/guides/webhooks/events", checked: "documentation" }
})

/**
 * The older scheme, as Linq's documentation describes it.
 *
 * @see https://docs.linqapp.com/guides/webhooks/events
 * @since 0.1.0
 * @category schemes
 */
export const legacyScheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "linq-legacy",
  signature: SignatureScheme.singleHeader("X-Webhook-Signature", { encoding: "hex" }),
  signedContent: "{timestamp}.{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  timestamp: { at: SignatureScheme.header("X-Webhook-Timestamp"), unit: "seconds", tolerance: "5 minutes" },
  eventId: SignatureScheme.body("event_id"),
  eventType: [SignatureScheme.body("event_type")],
  delivery: { contentTypes: ["application/json"], retriedFor: "25 minutes" },
  docs: { url: "https://docs.linqapp.com/guides/webhooks/events", checked: "documentation" }
})
