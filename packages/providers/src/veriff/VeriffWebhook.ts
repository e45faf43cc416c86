/**
 * How Veriff signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the shared secret key of the integration.
 *
 * **Details**
 *
 * `X-HMAC-Signature` is the hexadecimal HMAC of the body. The type of an event is its `action`, such as `submitted`;
 * that of a decision is `verification.status`, such as `approved`.
 *
 * **Gotchas**
 *
 * There is neither an id nor a timestamp: an inbox identifies an event by the hash of the body. The body's `id` is that of the session,
 * which all its events share. `X-Auth-Client` names the integration and is not covered. The older `X-Signature`, a plain
 * hash, is not accepted. What is not answered with 200 is sent again for up to a week.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { VeriffWebhook } from "@causeway/providers/veriff"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"id":"f04bdb47","feature":"selfid","code":7002,"action":"submitted"}`)
 * const secret = Redacted.make("veriff_test_secret")
 * const url = "https://example.com/webhooks/veriff"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(VeriffWebhook.scheme, { body, secret, timestamp: now })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(VeriffWebhook.scheme, input)), {
 *   id: undefined,
 *   type: "submitted",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://devdocs.veriff.com/docs/hmac-authentication-and-endpoint-security
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Veriff's scheme, as its documentation describes it.
 *
 * @see https://devdocs.veriff.com/docs/hmac-authentication-and-endpoint-security
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "veriff",
  signature: SignatureScheme.singleHeader("X-HMAC-Signature", { encoding: "hex" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  eventType: [
    SignatureScheme.body("action"),
    SignatureScheme.body("verification", "status"),
    SignatureScheme.body("eventType")
  ],
  delivery: { contentTypes: ["application/json"], acknowledgement: {}, retriedFor: "7 days" },
  docs: { url: "https://devdocs.veriff.com/docs/hmac-authentication-and-endpoint-security", checked: "documentation" }
})
