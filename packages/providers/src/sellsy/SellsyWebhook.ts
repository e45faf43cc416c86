/**
 * How Sellsy signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the signature key of the webhook.
 *
 * **Details**
 *
 * `X-Webhook-Signature` is the hexadecimal SHA-1 of the key, immediately followed by the body. The type is what
 * something happened to, the body's `thirdtype` or `relatedtype`, and its `event`: such as `client.created`. Where a
 * webhook sends forms, they are in the JSON of the field `notif`, which a handler reads as the event.
 *
 * **Gotchas**
 *
 * It is a plain hash with the key in front, not an HMAC: anyone who sees a delivery can append bytes to it and compute the
 * hash of the longer body. Such bytes come after the padding of the hash, so that the result is no JSON; parse the body
 * before you trust it. There is neither an id nor a signed timestamp: an inbox identifies an event by the hash of the body. It is not
 * documented whether, and for how long, a delivery is sent again.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { SellsyWebhook } from "@causeway/providers/sellsy"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"relatedtype":"client","event":"created","relatedid":"1"}`)
 * const secret = Redacted.make("sellsy_test_secret")
 * const url = "https://example.com/webhooks/sellsy"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(SellsyWebhook.scheme, { body, secret, timestamp: now })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(SellsyWebhook.scheme, input)), {
 *   id: undefined,
 *   type: "client.created",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://help.sellsy.com/fr/articles/5876622-webhooks
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Sellsy's scheme, as Nango's integration verifies it.
 *
 * @see https://help.sellsy.com/fr/articles/5876622-webhooks
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "sellsy",
  signature: SignatureScheme.singleHeader("X-Webhook-Signature", { encoding: "hex" }),
  signedContent: "{secret}{body}",
  keys: [SignatureScheme.digest({ hash: "sha1" })],
  eventType: [
    SignatureScheme.joined(SignatureScheme.body("thirdtype"), SignatureScheme.body("event")),
    SignatureScheme.joined(SignatureScheme.body("relatedtype"), SignatureScheme.body("event")),
    SignatureScheme.body("event"),
    SignatureScheme.joined(SignatureScheme.formJson("notif", "thirdtype"), SignatureScheme.formJson("notif", "event")),
    SignatureScheme.joined(
      SignatureScheme.formJson("notif", "relatedtype"),
      SignatureScheme.formJson("notif", "event")
    ),
    SignatureScheme.formJson("notif", "event")
  ],
  delivery: { contentTypes: ["application/json", "application/x-www-form-urlencoded"], payloadField: "notif" },
  docs: { url: "https://help.sellsy.com/fr/articles/5876622-webhooks", checked: "source" }
})
