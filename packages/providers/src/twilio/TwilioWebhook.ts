/**
 * How Twilio signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the auth token of the account.
 *
 * **Details**
 *
 * `X-Twilio-Signature` is the base64 HMAC-SHA1 of the URL and the sorted names and values of the form. A JSON body is
 * covered by its hash in the parameter `bodySHA256` of the URL. The id is `I-Twilio-Idempotency-Token`; the type is
 * `EventType` (Conversations, TaskRouter), `StatusCallbackEvent` (Video), the status of a recording or transcription,
 * `MessageStatus`, `CallStatus`, or `SmsStatus`, which is `received` for an inbound message. Event Streams send lists
 * of CloudEvents: each is an event. The answer is an empty `<Response/>`, because Twilio would send a text on to the
 * caller.
 *
 * **Gotchas**
 *
 * The URL is the one that Twilio called: behind a proxy, tell the receiver its public URL. Twilio's servers are not
 * consistent about ports and the encoding of queries, so that each of the forms that its own package tries is taken.
 * Deliveries may come by GET: their query is stored as the form that a POST would have. There is no timestamp, and
 * nothing separates the names and values that are signed. The id is in a header that the signature does not cover.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { TwilioWebhook } from "@causeway/providers/twilio"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`MessageSid=SM1&MessageStatus=delivered`)
 * const secret = Redacted.make("twilio_test_secret")
 * const url = "https://example.com/webhooks/twilio"
 * const now = 1_764_000_000_000
 * const sent = Result.getOrThrow(
 *   WebhookSigner.signDelivery(TwilioWebhook.scheme, {
 *     body,
 *     secret,
 *     timestamp: now,
 *     id: "a1b2",
 *     url
 *   })
 * )
 *
 * const input = { ...sent, method: "POST", secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(TwilioWebhook.scheme, input)), {
 *   id: "a1b2",
 *   type: "delivered",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: ["id"]
 * })
 * ```
 *
 * @see https://www.twilio.com/docs/usage/webhooks/webhooks-security
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Twilio's scheme, checked against the verdicts of the `twilio` package.
 *
 * @see https://www.twilio.com/docs/usage/webhooks/webhooks-security
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "twilio",
  signature: SignatureScheme.singleHeader("X-Twilio-Signature", { encoding: "base64" }),
  signedContent: "{url}{uniqueForm}",
  urlForms: ["given", "port", "no port", "encoded query"],
  keys: [SignatureScheme.mac({ hash: "sha1" })],
  eventId: SignatureScheme.header("I-Twilio-Idempotency-Token"),
  eventType: [
    SignatureScheme.form("EventType"),
    SignatureScheme.form("StatusCallbackEvent"),
    SignatureScheme.form("RecordingStatus"),
    SignatureScheme.form("TranscriptionStatus"),
    SignatureScheme.form("MessageStatus"),
    SignatureScheme.form("CallStatus"),
    SignatureScheme.form("SmsStatus")
  ],
  batch: { lists: [SignatureScheme.items({ id: "id", type: "type" })] },
  bindings: [
    SignatureScheme.hashOf("{body}", {
      at: SignatureScheme.query("bodySHA256"),
      hash: "sha256",
      encoding: "hex",
      isOptional: true
    })
  ],
  delivery: {
    contentTypes: ["application/x-www-form-urlencoded", "application/json"],
    methods: ["POST", "GET"],
    answerWithin: "15 seconds",
    acknowledgement: { contentType: "text/xml", body: "<Response/>" }
  },
  docs: { url: "https://www.twilio.com/docs/usage/webhooks/webhooks-security", checked: "package" }
})
