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
 * is its `field`, such as `messages`; each item of `messaging` (Messenger, Instagram) is one whose type is the body's
 * `object`, such as `page`. Before its first event Meta asks with GET to have `hub.challenge` back, with the verify
 * token that you chose.
 *
 * **Gotchas**
 *
 * Meta signs its JSON with non-ASCII letters escaped, which is what it sends too: only the raw bytes verify. A change
 * is known by the id of its first message, by the id and the status of a message that was sent, or by its bytes.
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
 *   type: "messages",
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
  eventType: [SignatureScheme.body("object")],
  batch: {
    lists: [
      SignatureScheme.items({
        list: "entry.*.changes",
        id: [
          "value.messages.0.id",
          "value.statuses.0.id+value.statuses.0.status",
          "value.message_echoes.0.id",
          "value.leadgen_id"
        ],
        type: "field"
      }),
      SignatureScheme.items({ list: "entry.*.messaging", id: ["message.mid", "postback.mid"] })
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
