/**
 * How TikTok signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the client secret of your app.
 *
 * **Details**
 *
 * `TikTok-Signature` is `t=…,s=…`: the time in seconds, and the hexadecimal HMAC-SHA256 of `{timestamp}.{body}`. The
 * type is the body's `event`, such as `authorization.removed`; its details are in `content`, as the text of a JSON
 * object. A delivery may be 5 minutes old or ahead.
 *
 * **Gotchas**
 *
 * There is no id: events go by their body, which has the time of the event in seconds. The answer must be 200. TikTok
 * tries again for up to 72 hours, and does not say whether with the first time: where it does, only what comes within
 * 5 minutes is taken. The 5 minutes are ours.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { TikTokWebhook } from "@causeway/providers/tiktok"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"client_key":"bwo2m45353a6k85","event":"authorization.removed","create_time":1615338610}`)
 * const secret = Redacted.make("tiktok_test_secret")
 * const url = "https://example.com/webhooks/tiktok"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(TikTokWebhook.scheme, { body, secret, timestamp: now })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(TikTokWebhook.scheme, input)), {
 *   id: undefined,
 *   type: "authorization.removed",
 *   timestamp: now,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://developers.tiktok.com/doc/webhooks-verification
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * TikTok's scheme, as its documentation describes it.
 *
 * @see https://developers.tiktok.com/doc/webhooks-verification
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "tiktok",
  signature: SignatureScheme.headerList("TikTok-Signature", { separator: ",", assignment: "=", encoding: "hex" }),
  signedContent: "{timestamp}.{body}",
  keys: [SignatureScheme.mac({ hash: "sha256", label: "s" })],
  timestamp: { at: SignatureScheme.listItem("t"), unit: "seconds", tolerance: "5 minutes" },
  eventType: [SignatureScheme.body("event")],
  delivery: { contentTypes: ["application/json"], acknowledgement: {}, retriedFor: "72 hours" },
  docs: { url: "https://developers.tiktok.com/doc/webhooks-verification", checked: "documentation" }
})
