/**
 * How Trigger.dev signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret of the alert's webhook channel.
 *
 * **Details**
 *
 * `x-trigger-signature-hmacsha256` is the hexadecimal HMAC of the body. Id and type are the body's `id` and `type`,
 * such as `alert.run.failed`, and are signed.
 *
 * **Gotchas**
 *
 * There is no timestamp, so a replay is recognised by its id only. A delivery that fails is sent again twice, within
 * seconds. `alert.error` has a new `id` and `created` in each of these, as its source shows; it is known by the error's
 * classification, fingerprint and last time. Alerts of version 1 have neither id nor type.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { TriggerDevWebhook } from "@causeway/providers/trigger-dev"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"id":"alert_1","type":"alert.run.failed"}`)
 * const secret = Redacted.make("trigger_dev_test_secret")
 * const url = "https://example.com/webhooks/trigger-dev"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(WebhookSigner.sign(TriggerDevWebhook.scheme, { body, secret, timestamp: now }))
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(TriggerDevWebhook.scheme, input)), {
 *   id: "alert_1",
 *   type: "alert.run.failed",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://trigger.dev/docs/troubleshooting-alerts
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Trigger.dev's scheme, checked against the recorded verdicts of the `@trigger.dev/sdk` package.
 *
 * @see https://trigger.dev/docs/troubleshooting-alerts
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "trigger.dev",
  signature: SignatureScheme.singleHeader("x-trigger-signature-hmacsha256", { encoding: "hex" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  eventId: SignatureScheme.body("id"),
  eventType: [SignatureScheme.body("type")],
  identity: [
    SignatureScheme.byFields(
      [
        SignatureScheme.body("object", "classification"),
        SignatureScheme.body("object", "error", "fingerprint"),
        SignatureScheme.body("object", "error", "lastSeen")
      ],
      { varies: true }
    ),
    SignatureScheme.byFields(SignatureScheme.body("id"))
  ],
  delivery: { contentTypes: ["application/json"], retriedFor: "1 minute", answerWithin: "5 seconds" },
  docs: { url: "https://trigger.dev/docs/troubleshooting-alerts", checked: "package" }
})
