/**
 * How SendGrid signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the verification key (a public key in base64) of the event webhook, or
 * {@link inboundParseScheme}, with the public key of the security policy of an inbound parse webhook.
 *
 * **Details**
 *
 * `X-Twilio-Email-Event-Webhook-Signature` is the ECDSA signature (P-256, SHA-256, DER in base64) of the timestamp,
 * immediately followed by the body; 5 minutes old or ahead at most. The body is a list: each item is an event with its
 * `sg_event_id` as the id and its `event` as the type, such as `delivered`. An inbound email is a form
 * (`multipart/form-data`) and has no type.
 *
 * **Gotchas**
 *
 * Events that were not taken are sent again for a day, emails for 3 days. SendGrid's own package checks no age. Inbound
 * parse signs only under a security policy with a signature. Its deliveries hold whole emails with their attachments,
 * of up to 30 MiB.
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
 * **Example** (An inbound email, received)
 *
 * ```ts
 * import { Inbox, WebhookReceiver, WebhookSigner } from "@causeway/core/webhook"
 * import { SendGridWebhook } from "@causeway/providers/sendgrid"
 * import { Effect, Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 * import { generateKeyPairSync } from "node:crypto"
 *
 * const scheme = SendGridWebhook.inboundParseScheme
 * const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" })
 * const secrets = Redacted.make(publicKey.export({ format: "der", type: "spki" }).toString("base64"))
 * const secret = Redacted.make(privateKey.export({ format: "der", type: "pkcs8" }).toString("base64"))
 * const receive = WebhookReceiver.handle({ source: "mail", scheme, secrets, maxBodySize: 32 * 1024 * 1024 })
 *
 * const lines = ["--x", `Content-Disposition: form-data; name="subject"`, "", "Hello", "--x--", ""]
 * const body = new TextEncoder().encode(lines.join("\r\n"))
 * const program = Effect.gen(function* () {
 *   const timestamp = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
 *   const signature = Result.getOrThrow(WebhookSigner.sign(scheme, { body, secret, timestamp }))
 *   const headers = [...signature, ["Content-Type", "multipart/form-data; boundary=x"] as const]
 *   return yield* receive({ method: "POST", url: "/hooks/mail", headers, body })
 * })
 *
 * const { status } = await Effect.runPromise(program.pipe(Effect.provide(Inbox.layerMemory)))
 * assert.equal(status, 200)
 * ```
 *
 * @see https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
 * @see https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/securing-your-parse-webhooks
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
  batch: { lists: [SignatureScheme.items({ id: "sg_event_id", type: "event" })] },
  delivery: { contentTypes: ["application/json"], retriedFor: "1 day" },
  docs: {
    url: "https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features",
    checked: "package"
  }
})

/**
 * The scheme of inbound parse webhooks whose security policy has a signature, as SendGrid's documentation describes it.
 *
 * @see https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/securing-your-parse-webhooks
 * @since 0.1.0
 * @category schemes
 */
export const inboundParseScheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  ...scheme,
  id: "sendgrid-inbound-parse",
  eventType: [],
  batch: undefined,
  delivery: { contentTypes: ["multipart/form-data"], retriedFor: "3 days", maxBytes: 30 * 1024 * 1024 },
  docs: {
    url: "https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/securing-your-parse-webhooks",
    checked: "documentation"
  }
})
