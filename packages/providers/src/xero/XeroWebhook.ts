/**
 * How Xero signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the webhooks signing key of the app.
 *
 * **Details**
 *
 * `x-xero-signature` is the base64 HMAC of the body. A delivery holds several events: each is an event whose type is
 * its category and type, such as `INVOICE.UPDATE`.
 *
 * **Gotchas**
 *
 * Xero first sends deliveries with right and wrong signatures (intent to receive) and wants 200 for the right and 401
 * for the wrong ones, within 5 seconds and without a body: a handshake answers the right ones, which have no events.
 * Events have no id: one is known by its tenant, its resource, its type and its time.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { XeroWebhook } from "@causeway/providers/xero"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"events":[{"eventCategory":"INVOICE","eventType":"CREATE"}],"firstEventSequence":1,"lastEventSequence":1}`)
 * const secret = Redacted.make("xero_test_secret")
 * const url = "https://example.com/webhooks/xero"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(WebhookSigner.sign(XeroWebhook.scheme, { body, secret, timestamp: now }))
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(XeroWebhook.scheme, input)), {
 *   id: undefined,
 *   type: "INVOICE.CREATE",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://developer.xero.com/documentation/webhooks/configuring-your-server
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Xero's scheme, as its documentation describes it.
 *
 * @see https://developer.xero.com/documentation/webhooks/configuring-your-server
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "xero",
  signature: SignatureScheme.singleHeader("x-xero-signature", { encoding: "base64" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  eventType: [
    SignatureScheme.joined(
      SignatureScheme.body("events", "0", "eventCategory"),
      SignatureScheme.body("events", "0", "eventType")
    )
  ],
  batch: {
    lists: [
      SignatureScheme.items({
        list: "events",
        id: "tenantId+resourceId+eventType+eventDateUtc",
        type: "eventCategory+eventType"
      })
    ]
  },
  handshake: SignatureScheme.signedReply({
    when: {
      field: SignatureScheme.body("lastEventSequence"),
      equals: "0",
      absent: SignatureScheme.body("events", "0", "eventCategory")
    },
    body: ""
  }),
  delivery: {
    contentTypes: ["application/json"],
    acknowledgement: {},
    refusal: { status: 401 },
    retriedFor: "1 day",
    answerWithin: "5 seconds"
  },
  docs: { url: "https://developer.xero.com/documentation/webhooks/configuring-your-server", checked: "documentation" }
})
