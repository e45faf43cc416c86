/**
 * How Retell signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the API key that is marked for webhooks.
 *
 * **Details**
 *
 * `x-retell-signature: v=…,d=…` holds milliseconds since the epoch and the hexadecimal HMAC of the body followed by
 * them; 5 minutes old or ahead at most. The type is the body's `event`, such as `call_ended`.
 *
 * **Gotchas**
 *
 * There is no id: an inbox goes by the hash of the body. A delivery that is not answered within 10 seconds is sent again
 * up to three times; when, Retell does not say.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { RetellWebhook } from "@causeway/providers/retell"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"event":"call_ended","call":{"call_id":"1"}}`)
 * const secret = Redacted.make("retell_test_secret")
 * const url = "https://example.com/webhooks/retell"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(WebhookSigner.sign(RetellWebhook.scheme, { body, secret, timestamp: now }))
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(RetellWebhook.scheme, input)), {
 *   id: undefined,
 *   type: "call_ended",
 *   timestamp: now,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://docs.retellai.com/features/secure-webhook
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Retell's scheme, checked against the verdicts of the `retell-sdk` package.
 *
 * @see https://docs.retellai.com/features/secure-webhook
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "retell",
  signature: SignatureScheme.headerList("x-retell-signature", { separator: ",", assignment: "=", encoding: "hex" }),
  signedContent: "{body}{timestamp}",
  keys: [SignatureScheme.mac({ hash: "sha256", label: "d" })],
  timestamp: { at: SignatureScheme.listItem("v"), unit: "milliseconds", tolerance: "5 minutes" },
  eventType: [SignatureScheme.body("event")],
  docs: { url: "https://docs.retellai.com/features/secure-webhook", checked: "package" }
})
