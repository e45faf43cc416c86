/**
 * How Mux signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the signing secret of the webhook.
 *
 * **Details**
 *
 * `mux-signature: t=…,v1=…` holds the seconds since the epoch. Signed is `{timestamp}.{body}`; 5 minutes old or ahead
 * at most. Id and type are the body's `id` and `type`, such as `video.asset.ready`, and are signed.
 *
 * **Gotchas**
 *
 * Each environment has its own webhooks and secrets. A delivery that fails is sent again for a day, with the
 * attempts before, and what they were answered with, in `attempts`: an inbox identifies an event by the id and keeps the first body.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { MuxWebhook } from "@causeway/providers/mux"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"id":"3a56ac3d","type":"video.asset.ready"}`)
 * const secret = Redacted.make("mux_test_secret")
 * const url = "https://example.com/webhooks/mux"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(WebhookSigner.sign(MuxWebhook.scheme, { body, secret, timestamp: now }))
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(MuxWebhook.scheme, input)), {
 *   id: "3a56ac3d",
 *   type: "video.asset.ready",
 *   timestamp: now,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://www.mux.com/docs/core/verify-webhook-signatures
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Mux's scheme, checked against the verdicts of the `@mux/mux-node` package.
 *
 * @see https://www.mux.com/docs/core/verify-webhook-signatures
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "mux",
  signature: SignatureScheme.headerList("mux-signature", { separator: ",", assignment: "=", encoding: "hex" }),
  signedContent: "{timestamp}.{body}",
  keys: [SignatureScheme.mac({ hash: "sha256", label: "v1" })],
  timestamp: { at: SignatureScheme.listItem("t"), unit: "seconds", tolerance: "5 minutes" },
  eventId: SignatureScheme.body("id"),
  eventType: [SignatureScheme.body("type")],
  identity: SignatureScheme.byFields(SignatureScheme.body("id"), { varies: true }),
  delivery: { contentTypes: ["application/json"], answerWithin: "5 seconds", retriedFor: "1 day", resigns: true },
  docs: { url: "https://www.mux.com/docs/core/verify-webhook-signatures", checked: "package" }
})
