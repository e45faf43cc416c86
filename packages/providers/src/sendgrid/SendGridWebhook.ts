/**
 * How SendGrid signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the verification key (a public key in base64) of the event webhook.
 *
 * **Details**
 *
 * `X-Twilio-Email-Event-Webhook-Signature` is the ECDSA signature (P-256, SHA-256, DER in base64) of the timestamp,
 * immediately followed by the body; 5 minutes old or ahead at most. The type is the `event` of the first item, such
 * as `delivered`.
 *
 * **Gotchas**
 *
 * The body is a list of events, each with an `sg_event_id`: deduplicate by that when you handle them. SendGrid's own
 * package checks no age.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { SendGridWebhook } from "@causeway/providers/sendgrid"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 * import { generateKeyPairSync } from "node:crypto"
 *
 * const body = new TextEncoder().encode(`[{"event":"delivered","sg_event_id":"1"}]`)
 * const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" })
 * const secret = Redacted.make(publicKey.export({ format: "der", type: "spki" }).toString("base64"))
 * const signingKey = Redacted.make(privateKey.export({ format: "der", type: "pkcs8" }).toString("base64"))
 * const url = "https://example.com/webhooks/sendgrid"
 * const now = 1_764_000_000_000
 * const sent = Result.getOrThrow(
 *   WebhookSigner.signDelivery(SendGridWebhook.scheme, {
 *     body,
 *     secret: signingKey,
 *     timestamp: now,
 *     url
 *   })
 * )
 *
 * const input = { ...sent, method: "POST", secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(SendGridWebhook.scheme, input)), {
 *   id: undefined,
 *   type: "delivered",
 *   timestamp: now,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * SendGrid's scheme, checked against the verdicts of the `@sendgrid/eventwebhook` package.
 *
 * @see https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "sendgrid",
  signature: SignatureScheme.singleHeader("X-Twilio-Email-Event-Webhook-Signature", { encoding: "base64" }),
  signedContent: "{timestamp}{body}",
  keys: [SignatureScheme.ecdsa()],
  timestamp: {
    at: SignatureScheme.header("X-Twilio-Email-Event-Webhook-Timestamp"),
    unit: "seconds",
    tolerance: "5 minutes"
  },
  eventType: [SignatureScheme.body("0", "event")],
  delivery: { contentTypes: ["application/json"] },
  docs: {
    url: "https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features",
    checked: "package"
  }
})
