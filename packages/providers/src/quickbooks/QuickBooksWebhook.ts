/**
 * How QuickBooks signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the verifier token of the app.
 *
 * **Details**
 *
 * `intuit-signature` is the base64 HMAC of the body, which is a list of CloudEvents: each is an event with its id and
 * type, such as `qbo.customer.created.v1`. In the older format, which is one object with `eventNotifications`, each
 * notification is an event without an id: it holds the `realmId` of one company and its entities. Its type is the name
 * and the operation of the first entity, such as `Customer.Create`.
 *
 * **Gotchas**
 *
 * One delivery may hold events of several companies, and a notification of the older format several entities of
 * different types: read all of them. There is no signed timestamp, so a replay is recognised by its id only. An
 * answer must come within 3 seconds. It is not documented for how long an event is sent again.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { QuickBooksWebhook } from "@causeway/providers/quickbooks"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`[{"specversion":"1.0","id":"88cd52aa","type":"qbo.customer.created.v1"}]`)
 * const secret = Redacted.make("quickbooks_test_secret")
 * const url = "https://example.com/webhooks/quickbooks"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(QuickBooksWebhook.scheme, { body, secret, timestamp: now })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(QuickBooksWebhook.scheme, input)), {
 *   id: undefined,
 *   type: "qbo.customer.created.v1",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://developer.intuit.com/app/developer/qbo/docs/develop/webhooks
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * QuickBooks Online's scheme, as its documentation describes it.
 *
 * @see https://developer.intuit.com/app/developer/qbo/docs/develop/webhooks
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "quickbooks",
  signature: SignatureScheme.singleHeader("intuit-signature", { encoding: "base64" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  eventType: [
    SignatureScheme.body("0", "type"),
    SignatureScheme.joined(
      SignatureScheme.body("eventNotifications", "0", "dataChangeEvent", "entities", "0", "name"),
      SignatureScheme.body("eventNotifications", "0", "dataChangeEvent", "entities", "0", "operation")
    )
  ],
  batch: {
    lists: [
      SignatureScheme.items({ id: "id", type: "type" }),
      SignatureScheme.items({
        list: "eventNotifications",
        type: "dataChangeEvent.entities.0.name+dataChangeEvent.entities.0.operation"
      })
    ]
  },
  delivery: {
    contentTypes: ["application/json", "application/cloudevents+json", "application/cloudevents-batch+json"]
  },
  docs: { url: "https://developer.intuit.com/app/developer/qbo/docs/develop/webhooks", checked: "documentation" }
})
