/**
 * How Airtable signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the `macSecretBase64` that Airtable returns when the webhook is made.
 *
 * **Details**
 *
 * `X-Airtable-Content-MAC: hmac-sha256=…` is the hexadecimal HMAC of the body, with the bytes that the secret encodes
 * as the key. A delivery has no type. Its body has a time in milliseconds, which tells it from other deliveries: an inbox
 * deduplicates by the SHA-256 of the body. The answer is 204, with an empty body.
 *
 * **Gotchas**
 *
 * A delivery only announces that something changed: fetch the payloads by their cursor. Airtable's list of webhooks shows
 * whether a failed delivery will be retried; how often and for how long is not documented.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { AirtableWebhook } from "@causeway/providers/airtable"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"base":{"id":"app1"},"webhook":{"id":"ach1"},"timestamp":"2025-11-24T16:00:00.000Z"}`)
 * const secret = Redacted.make("c2VjcmV0IGJ5dGVzIG9mIGEgd2ViaG9vaw==")
 * const url = "https://example.com/webhooks/airtable"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(WebhookSigner.sign(AirtableWebhook.scheme, { body, secret, timestamp: now }))
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(AirtableWebhook.scheme, input)), {
 *   id: undefined,
 *   type: undefined,
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://airtable.com/developers/web/api/webhooks-overview
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Airtable's scheme, as its documentation describes it.
 *
 * @see https://airtable.com/developers/web/api/webhooks-overview
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "airtable",
  signature: SignatureScheme.singleHeader("X-Airtable-Content-MAC", { encoding: "hex", prefix: "hmac-sha256=" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256", encoding: "base64" })],
  delivery: { contentTypes: ["application/json"], acknowledgement: { status: 204 } },
  docs: { url: "https://airtable.com/developers/web/api/webhooks-overview", checked: "documentation" }
})
