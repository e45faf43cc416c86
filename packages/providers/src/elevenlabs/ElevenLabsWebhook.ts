/**
 * How ElevenLabs signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret of the webhook in the workspace's settings.
 *
 * **Details**
 *
 * `ElevenLabs-Signature: t=…,v0=…` holds the seconds since the epoch. Signed is `{timestamp}.{body}`. A delivery may
 * be 30 minutes old, as in the provider's own package, and 5 minutes ahead. The type is the body's `type`, such as
 * `post_call_transcription`.
 *
 * **Gotchas**
 *
 * There is no id: an inbox deduplicates by the SHA-256 of the body. Half an hour is a wide window for a replay. Retries are
 * off unless the webhook enables them, and always off for HIPAA workspaces. A transcription is attempted five times within 45
 * minutes, with the same body. It is not documented whether each attempt has a new timestamp: where it does not, attempts
 * after half an hour are refused. Only status 200 counts as success. `post_call_audio` holds the whole call in base64,
 * several megabytes whose limit is not documented: raise the receiver's limit for bodies where you subscribe to it.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { ElevenLabsWebhook } from "@causeway/providers/elevenlabs"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"type":"post_call_transcription","event_timestamp":1764000000}`)
 * const secret = Redacted.make("elevenlabs_test_secret")
 * const url = "https://example.com/webhooks/elevenlabs"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(WebhookSigner.sign(ElevenLabsWebhook.scheme, { body, secret, timestamp: now }))
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(ElevenLabsWebhook.scheme, input)), {
 *   id: undefined,
 *   type: "post_call_transcription",
 *   timestamp: now,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://elevenlabs.io/docs/product-guides/administration/webhooks
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * ElevenLabs's scheme, checked against the recorded verdicts of the `@elevenlabs/elevenlabs-js` package.
 *
 * @see https://elevenlabs.io/docs/product-guides/administration/webhooks
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "elevenlabs",
  signature: SignatureScheme.headerList("ElevenLabs-Signature", { separator: ",", assignment: "=", encoding: "hex" }),
  signedContent: "{timestamp}.{body}",
  keys: [SignatureScheme.mac({ hash: "sha256", label: "v0" })],
  timestamp: {
    at: SignatureScheme.listItem("t"),
    unit: "seconds",
    tolerance: { past: "30 minutes", future: "5 minutes" }
  },
  eventType: [SignatureScheme.body("type")],
  delivery: { contentTypes: ["application/json"], retriedFor: "45 minutes" },
  docs: { url: "https://elevenlabs.io/docs/product-guides/administration/webhooks", checked: "package" }
})
