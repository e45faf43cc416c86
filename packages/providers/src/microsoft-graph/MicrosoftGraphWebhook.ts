/**
 * How Microsoft Graph authenticates its change notifications.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the `clientState` that the subscription was created with.
 *
 * **Details**
 *
 * Each notification of the list `value` carries the `clientState`, compared in constant time; every one of them must be
 * right. Each is an event, whose type is its `changeType`, such as `updated`, or its `lifecycleEvent`. A new
 * subscription asks first: a POST with `validationToken` in its query, which is sent back as plain text.
 *
 * **Gotchas**
 *
 * Nothing is signed: anyone who sees one notification can forge others. Of a delivery with many notifications all are
 * refused when one has another `clientState`, or none. At most 1000 are taken at once. One without an `id` repeats its
 * bytes: it is dropped only while another waits. Notifications with the data of a resource also bring
 * `validationTokens`, which are not looked at here. A delivery that fails is sent again for up to 4 hours.
 *
 * **Example** (A notification, made and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { MicrosoftGraphWebhook } from "@causeway/providers/microsoft-graph"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"value":[{"subscriptionId":"7f10","changeType":"updated"}]}`)
 * const secret = Redacted.make("graph_test_state")
 * const now = 1_764_000_000_000
 * const sent = Result.getOrThrow(
 *   WebhookSigner.signDelivery(MicrosoftGraphWebhook.scheme, { body, secret, timestamp: now })
 * )
 *
 * const input = { ...sent, method: "POST", secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(MicrosoftGraphWebhook.scheme, input)), {
 *   id: undefined,
 *   type: "updated",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: ["type", "body"]
 * })
 * ```
 *
 * @see https://learn.microsoft.com/graph/change-notifications-delivery-webhooks
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Microsoft Graph's scheme, as its documentation describes it.
 *
 * @see https://learn.microsoft.com/graph/change-notifications-delivery-webhooks
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "microsoft-graph",
  signature: SignatureScheme.inItems({ list: ["value"], item: [], signature: ["clientState"], encoding: "utf8" }),
  signedContent: "",
  keys: [SignatureScheme.token()],
  eventType: [SignatureScheme.body("value", "0", "changeType"), SignatureScheme.body("value", "0", "lifecycleEvent")],
  batch: {
    lists: [SignatureScheme.items({ list: "value", id: "id", type: ["changeType", "lifecycleEvent"], notifies: true })]
  },
  handshake: SignatureScheme.openEcho({ method: "POST", challenge: SignatureScheme.query("validationToken") }),
  delivery: { contentTypes: ["application/json", "text/plain"], answerWithin: "3 seconds", retriedFor: "4 hours" },
  docs: { url: "https://learn.microsoft.com/graph/change-notifications-delivery-webhooks", checked: "documentation" }
})
