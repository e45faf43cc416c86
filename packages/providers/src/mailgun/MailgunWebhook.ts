/**
 * How Mailgun signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the HTTP webhook signing key of the account.
 *
 * **Details**
 *
 * The body's `signature` has a `timestamp`, a `token` and their hexadecimal HMAC; 5 minutes old or ahead at most.
 * Mailgun repeats an event for 8 hours with the same bytes: a receiver that stores in the inbox takes it for as long.
 * Id and type are `id` and `event` of `event-data`.
 *
 * **Gotchas**
 *
 * Nothing of the event is signed: a replay can carry another one, so that `unsigned` names id, type and body. An inbox
 * knows an event by its token, the only id that is signed.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { MailgunWebhook } from "@causeway/providers/mailgun"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"signature":{"timestamp":"1764000000","token":"c9a2f1d0"},"event-data":{"id":"Ase7","event":"delivered"}}`)
 * const secret = Redacted.make("mailgun_test_secret")
 * const url = "https://example.com/webhooks/mailgun"
 * const now = 1_764_000_000_000
 * const sent = Result.getOrThrow(
 *   WebhookSigner.signDelivery(MailgunWebhook.scheme, {
 *     body,
 *     secret,
 *     timestamp: now,
 *     url
 *   })
 * )
 *
 * const input = { ...sent, method: "POST", secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(MailgunWebhook.scheme, input)), {
 *   id: "Ase7",
 *   type: "delivered",
 *   timestamp: now,
 *   signedBy: 0,
 *   unsigned: ["id", "type", "body"]
 * })
 * ```
 *
 * @see https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Mailgun's scheme, as its documentation describes it.
 *
 * @see https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "mailgun",
  signature: SignatureScheme.inField(SignatureScheme.body("signature", "signature"), { encoding: "hex" }),
  signedContent: "{timestamp}{body:signature.token}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  timestamp: {
    at: SignatureScheme.body("signature", "timestamp"),
    unit: "seconds",
    tolerance: "5 minutes",
    retryTolerance: "8 hours"
  },
  eventId: SignatureScheme.body("event-data", "id"),
  eventType: [SignatureScheme.body("event-data", "event")],
  // The only id that is signed, and the one that Mailgun tells receivers to remember.
  identity: SignatureScheme.byFields(SignatureScheme.body("signature", "token")),
  delivery: { contentTypes: ["application/json"], retriedFor: "8 hours", resigns: false },
  docs: {
    url: "https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks",
    checked: "documentation"
  }
})

/**
 * The scheme of inbound messages that a route forwards: a form with timestamp, token and signature among its fields.
 *
 * @see https://documentation.mailgun.com/docs/mailgun/user-manual/receive-forward-store/receive-http
 * @since 0.1.0
 * @category schemes
 */
export const inboundScheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  ...scheme,
  id: "mailgun-inbound",
  signature: SignatureScheme.inField(SignatureScheme.form("signature"), { encoding: "hex" }),
  signedContent: "{timestamp}{form:token}",
  timestamp: {
    at: SignatureScheme.form("timestamp"),
    unit: "seconds",
    tolerance: "5 minutes",
    retryTolerance: "8 hours"
  },
  eventId: undefined,
  eventType: [],
  identity: SignatureScheme.byFields(SignatureScheme.form("token")),
  delivery: {
    contentTypes: ["application/x-www-form-urlencoded", "multipart/form-data"],
    maxBytes: 25 * 1024 * 1024,
    retriedFor: "8 hours",
    resigns: false
  }
})
