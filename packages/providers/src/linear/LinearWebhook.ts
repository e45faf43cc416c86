/**
 * How Linear signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the signing secret of the webhook.
 *
 * **Details**
 *
 * `Linear-Signature` is the hexadecimal HMAC of the body, whose `webhookTimestamp` (milliseconds) is read once the
 * signature was accepted: 1 minute old or ahead at most. Linear repeats an event after 1 minute, 1 hour and 6 hours
 * with the same bytes: a receiver that stores in the inbox takes it for 8 hours. The id is `Linear-Delivery`, the type
 * `Linear-Event`, such as `Issue`.
 *
 * **Gotchas**
 *
 * Id and type are in headers that the signature does not cover; an inbox knows an event by its body. What happened to
 * the issue is the body's `action`.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { LinearWebhook } from "@causeway/providers/linear"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"action":"create","type":"Issue","webhookTimestamp":1764000000000}`)
 * const secret = Redacted.make("linear_test_secret")
 * const url = "https://example.com/webhooks/linear"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(LinearWebhook.scheme, { body, secret, timestamp: now, id: "234d1a4e", type: "Issue" })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(LinearWebhook.scheme, input)), {
 *   id: "234d1a4e",
 *   type: "Issue",
 *   timestamp: now,
 *   signedBy: 0,
 *   unsigned: ["id", "type"]
 * })
 * ```
 *
 * @see https://linear.app/developers/webhooks
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Linear's scheme, checked against the verdicts of the `@linear/sdk` package.
 *
 * @see https://linear.app/developers/webhooks
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "linear",
  signature: SignatureScheme.singleHeader("Linear-Signature", { encoding: "hex" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  timestamp: {
    at: SignatureScheme.body("webhookTimestamp"),
    unit: "milliseconds",
    tolerance: "1 minute",
    retryTolerance: "8 hours"
  },
  eventId: SignatureScheme.header("Linear-Delivery"),
  eventType: [SignatureScheme.header("Linear-Event")],
  // The id is in a header that is not signed: with it, a captured delivery could come back under any number of ids.
  identity: SignatureScheme.byBody(),
  delivery: {
    contentTypes: ["application/json"],
    maxBytes: 5 * 1024 * 1024,
    answerWithin: "5 seconds",
    retriedFor: "8 hours",
    resigns: false
  },
  docs: { url: "https://linear.app/developers/webhooks", checked: "package" }
})
