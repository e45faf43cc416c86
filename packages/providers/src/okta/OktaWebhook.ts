/**
 * How Okta event hooks signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the value that the event hook was told to send in `Authorization`.
 *
 * **Details**
 *
 * The whole of `Authorization` is the secret, compared in constant time. Each event in a delivery is an event with its
 * `uuid` as the id and its `eventType`, such as `user.lifecycle.create`. The delivery has an id too, `eventId`. Before its
 * first event Okta asks with GET to have `X-Okta-Verification-Challenge` back.
 *
 * **Gotchas**
 *
 * Nothing is signed: anyone who sees one delivery can forge others. A delivery that fails is sent at most once more; when,
 * Okta does not say.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { OktaWebhook } from "@causeway/providers/okta"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"eventType":"com.okta.event_hook","data":{"events":[{"eventType":"user.lifecycle.create"}]}}`)
 * const secret = Redacted.make("okta_test_secret")
 * const url = "https://example.com/webhooks/okta"
 * const now = 1_764_000_000_000
 * const sent = Result.getOrThrow(
 *   WebhookSigner.signDelivery(OktaWebhook.scheme, {
 *     body,
 *     secret,
 *     timestamp: now,
 *     url
 *   })
 * )
 *
 * const input = { ...sent, method: "POST", secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(OktaWebhook.scheme, input)), {
 *   id: undefined,
 *   type: "user.lifecycle.create",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: ["type", "body"]
 * })
 * ```
 *
 * @see https://developer.okta.com/docs/concepts/event-hooks/
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Okta event hooks's scheme, as its documentation describes it.
 *
 * @see https://developer.okta.com/docs/concepts/event-hooks/
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "okta",
  signature: SignatureScheme.singleHeader("Authorization", { encoding: "utf8" }),
  signedContent: "",
  keys: [SignatureScheme.token()],
  eventId: SignatureScheme.body("eventId"),
  eventType: [SignatureScheme.body("data", "events", "0", "eventType")],
  batch: { lists: [SignatureScheme.items({ list: "data.events", id: "uuid", type: "eventType" })] },
  handshake: SignatureScheme.openEcho({
    method: "GET",
    challenge: SignatureScheme.header("X-Okta-Verification-Challenge"),
    jsonKey: "verification"
  }),
  delivery: { contentTypes: ["application/json"], acknowledgement: {}, answerWithin: "3 seconds" },
  docs: { url: "https://developer.okta.com/docs/concepts/event-hooks/", checked: "documentation" }
})
