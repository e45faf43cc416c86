/**
 * How Plivo signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the auth token of the account.
 *
 * **Details**
 *
 * `X-Plivo-Signature-V3` is a list of base64 HMACs of the URL, the sorted fields of the form and the nonce in
 * `X-Plivo-Signature-V3-Nonce`. The type is the `Event` of the form, or of the query of a GET.
 *
 * **Gotchas**
 *
 * The nonce is signed, but a replay brings it along: keep the nonces you have seen, or deduplicate by the call's id.
 * Behind a proxy, tell the receiver its public URL.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { PlivoWebhook } from "@causeway/providers/plivo"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`CallUUID=1&Event=StartApp`)
 * const secret = Redacted.make("plivo_test_secret")
 * const url = "https://example.com/webhooks/plivo"
 * const now = 1_764_000_000_000
 * const sent = Result.getOrThrow(
 *   WebhookSigner.signDelivery(PlivoWebhook.scheme, {
 *     body,
 *     secret,
 *     timestamp: now,
 *     headers: [["X-Plivo-Signature-V3-Nonce", "05429567804466091622"]],
 *     url
 *   })
 * )
 *
 * const input = { ...sent, method: "POST", secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(PlivoWebhook.scheme, input)), {
 *   id: undefined,
 *   type: "StartApp",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://www.plivo.com/docs/voice/concepts/signature-validation
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Plivo's scheme, checked against the verdicts of the `plivo` package.
 *
 * @see https://www.plivo.com/docs/voice/concepts/signature-validation
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "plivo",
  signature: SignatureScheme.singleHeader("X-Plivo-Signature-V3", { encoding: "base64", separator: "," }),
  signedContent: "{sortedUrl}{form}.{header:X-Plivo-Signature-V3-Nonce}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  eventType: [SignatureScheme.form("Event")],
  delivery: { contentTypes: ["application/x-www-form-urlencoded"], methods: ["POST", "GET"] },
  docs: { url: "https://www.plivo.com/docs/voice/concepts/signature-validation", checked: "package" }
})

/**
 * The older scheme, which signs Plivo's messages: the URL without its query, and a nonce. No part of the body is signed, so that
 * `unsigned` names every part. Checked against the verdicts of the `plivo` package.
 *
 * @see https://www.plivo.com/docs/messaging/concepts/signature-validation
 * @since 0.1.0
 * @category schemes
 */
export const messageScheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "plivo-messages",
  signature: SignatureScheme.singleHeader("X-Plivo-Signature-V2", { encoding: "base64", separator: "," }),
  signedContent: "{bareUrl}{header:X-Plivo-Signature-V2-Nonce}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  eventType: [SignatureScheme.form("Status"), SignatureScheme.form("Type")],
  delivery: { contentTypes: ["application/x-www-form-urlencoded"], methods: ["POST", "GET"] },
  docs: { url: "https://www.plivo.com/docs/messaging/concepts/signature-validation", checked: "package" }
})
