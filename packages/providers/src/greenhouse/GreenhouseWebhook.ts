/**
 * How Greenhouse signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret key of the webhook.
 *
 * **Details**
 *
 * `Signature` is `sha256`, a space and the hexadecimal HMAC-SHA256 of the body. The id is `Greenhouse-Event-ID`, the
 * type the body's `action`, such as `job_created`. When a webhook is saved, Greenhouse sends the event `ping`.
 *
 * **Gotchas**
 *
 * Signatures carry no time, and the id is not signed: a replay under another id is another event. Anything but 200
 * fails, and a webhook that does not take its `ping` is switched off. A delivery is tried seven times over some 15
 * hours.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { GreenhouseWebhook } from "@causeway/providers/greenhouse"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"action":"job_deleted","payload":{"job":{"id":209256}}}`)
 * const secret = Redacted.make("greenhouse_test_secret")
 * const url = "https://example.com/webhooks/greenhouse"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(GreenhouseWebhook.scheme, { body, secret, timestamp: now, id: "3ce5180d" })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(GreenhouseWebhook.scheme, input)), {
 *   id: "3ce5180d",
 *   type: "job_deleted",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: ["id"]
 * })
 * ```
 *
 * @see https://developers.greenhouse.io/webhooks.html
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Greenhouse's scheme, as its documentation describes it.
 *
 * @see https://developers.greenhouse.io/webhooks.html
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "greenhouse",
  signature: SignatureScheme.singleHeader("Signature", { encoding: "hex", prefix: "sha256 " }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  eventId: SignatureScheme.header("Greenhouse-Event-ID"),
  eventType: [SignatureScheme.body("action")],
  delivery: { contentTypes: ["application/json"], acknowledgement: {}, retriedFor: "916 minutes" },
  docs: { url: "https://developers.greenhouse.io/webhooks.html", checked: "documentation" }
})
