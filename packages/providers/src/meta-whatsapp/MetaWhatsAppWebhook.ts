/**
 * How Meta signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the app secret, at the callback URL of an app that listens to WhatsApp,
 * Messenger or Instagram.
 *
 * **Details**
 *
 * `X-Hub-Signature-256: sha256=…` is the hexadecimal HMAC of the body. Each change in a delivery is an event whose type
 * is its `field`, such as `messages`. Each item of `messaging` or `standby` (Messenger, Instagram) is an event whose type
 * is the body's `object`, such as `page`; its keys name what happened, such as `message`, `postback` or `reaction`.
 * `WebhookVerifier.verify` alone, which does not split a delivery, reads `object` too. Before its first event Meta
 * asks with GET to have `hub.challenge` back, with the verify token that you chose.
 *
 * **Gotchas**
 *
 * Meta signs its JSON with non-ASCII letters escaped, which is what it sends too: only the raw bytes verify. The id of a
 * change is that of its messages, or the ids and statuses of messages that were sent. A change without an id, such as the
 * status of a template, is deduplicated by its bytes and the time of the first entry. A comment on Instagram may have its
 * `field` within the entry: then the delivery is one event. WhatsApp repeats events for up to 7 days. It is not documented
 * whether a repeated delivery groups its changes as before.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { MetaWhatsAppWebhook } from "@causeway/providers/meta-whatsapp"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{}}]}]}`)
 * const secret = Redacted.make("meta_whatsapp_test_secret")
 * const url = "https://example.com/webhooks/meta-whatsapp"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(WebhookSigner.sign(MetaWhatsAppWebhook.scheme, { body, secret, timestamp: now }))
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(MetaWhatsAppWebhook.scheme, input)), {
 *   id: undefined,
 *   type: "whatsapp_business_account",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://developers.facebook.com/docs/graph-api/webhooks/getting-started
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/** The deletion of a message on Instagram has the id of that message. */
const messageId = ["message.mid+message.is_deleted", "message.mid", "postback.mid"]

/**
 * Meta's scheme, checked against the verdicts of the `whatsapp-api-js` package of its community.
 *
 * @see https://developers.facebook.com/docs/graph-api/webhooks/getting-started
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "meta-whatsapp",
  signature: SignatureScheme.singleHeader("X-Hub-Signature-256", { encoding: "hex", prefix: "sha256=" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  eventType: [SignatureScheme.body("entry", "0", "field"), SignatureScheme.body("object")],
  batch: {
    lists: [
      SignatureScheme.items({
        list: "entry.*.changes",
        id: [
          "value.messages.*.id",
          "value.statuses.*.id+value.statuses.*.status",
          "value.message_echoes.*.id",
          "value.leadgen_id"
        ],
        type: "field",
        with: "entry.0.time"
      }),
      SignatureScheme.items({ list: "entry.*.messaging", id: messageId }),
      SignatureScheme.items({ list: "entry.*.standby", id: messageId })
    ]
  },
  handshake: SignatureScheme.openEcho({
    method: "GET",
    when: { field: SignatureScheme.query("hub.mode"), equals: "subscribe" },
    challenge: SignatureScheme.query("hub.challenge"),
    verifyToken: SignatureScheme.query("hub.verify_token")
  }),
  delivery: {
    contentTypes: ["application/json"],
    maxBytes: 3 * 1024 * 1024,
    answerWithin: "5 seconds",
    retriedFor: "7 days"
  },
  docs: { url: "https://developers.facebook.com/docs/graph-api/webhooks/getting-started", checked: "community-package" }
})
