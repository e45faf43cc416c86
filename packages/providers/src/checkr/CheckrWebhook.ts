/**
 * How Checkr signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the API key of the account, which is also what signs.
 *
 * **Details**
 *
 * `X-Checkr-Signature` is the hexadecimal HMAC of the body. Id and type are those of the body, such as
 * `report.completed`, and are signed.
 *
 * **Gotchas**
 *
 * The key is the secret API key of the account, or the client secret of a partner application for webhooks of that
 * application. There is no timestamp, so a replay is recognised by its id only. It is not documented whether, and for how
 * long, a delivery is sent again.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { CheckrWebhook } from "@causeway/providers/checkr"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"id":"507f1f77bcf86cd799439011","object":"event","type":"report.completed"}`)
 * const secret = Redacted.make("checkr_test_secret")
 * const url = "https://example.com/webhooks/checkr"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(CheckrWebhook.scheme, { body, secret, timestamp: now })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(CheckrWebhook.scheme, input)), {
 *   id: "507f1f77bcf86cd799439011",
 *   type: "report.completed",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://docs.checkr.com/apis/webhooks
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Checkr's scheme, as its documentation describes it.
 *
 * @see https://docs.checkr.com/apis/webhooks
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "checkr",
  signature: SignatureScheme.singleHeader("X-Checkr-Signature", { encoding: "hex" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  eventId: SignatureScheme.body("id"),
  eventType: [SignatureScheme.body("type")],
  delivery: { contentTypes: ["application/json"] },
  docs: { url: "https://docs.checkr.com/apis/webhooks", checked: "documentation" }
})
