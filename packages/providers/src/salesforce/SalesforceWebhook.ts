/**
 * How Salesforce authenticates its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver of HTTP callouts from flows or Apex, with the token that they send in
 * `Authorization`.
 *
 * **Details**
 *
 * `Authorization` is `Bearer` and the token, compared in constant time: a header of the callout or of its named
 * credential. What the body has is up to the flow; the type is the member `eventType`, where there is one.
 *
 * **Gotchas**
 *
 * Nothing is signed: anyone who sees one delivery can forge others. Two callouts with the same body are one event: send
 * what tells them apart, such as the id of the flow's interview. Salesforce does not send a failed callout again by
 * itself. Outbound messages in SOAP, which carry no token, are not covered.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { SalesforceWebhook } from "@causeway/providers/salesforce"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"eventType":"created","objectType":"Lead","Id":"00Q1"}`)
 * const secret = Redacted.make("salesforce_test_secret")
 * const url = "https://example.com/webhooks/salesforce"
 * const now = 1_764_000_000_000
 * const sent = Result.getOrThrow(
 *   WebhookSigner.signDelivery(SalesforceWebhook.scheme, { body, secret, timestamp: now, url })
 * )
 *
 * const input = { ...sent, method: "POST", secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(SalesforceWebhook.scheme, input)), {
 *   id: undefined,
 *   type: "created",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: ["type", "body"]
 * })
 * ```
 *
 * @see https://help.salesforce.com/s/articleView?id=platform.flow_http_callout_configuring.htm
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * The scheme of callouts with a bearer token, checked against the source of another receiver.
 *
 * @see https://help.salesforce.com/s/articleView?id=platform.flow_http_callout_configuring.htm
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "salesforce",
  signature: SignatureScheme.singleHeader("Authorization", { encoding: "utf8", prefix: "Bearer " }),
  signedContent: "",
  keys: [SignatureScheme.token()],
  eventType: [SignatureScheme.body("eventType")],
  delivery: { contentTypes: ["application/json"] },
  docs: {
    url: "https://help.salesforce.com/s/articleView?id=platform.flow_http_callout_configuring.htm",
    checked: "source"
  }
})
