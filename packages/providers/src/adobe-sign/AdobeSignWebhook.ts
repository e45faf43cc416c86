/**
 * How Adobe Acrobat Sign authenticates its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the client ids of the applications that made the webhooks.
 *
 * **Details**
 *
 * Nothing is signed: `X-AdobeSign-ClientId` names the application that made the webhook, compared in constant time.
 * Id and type are the body's `webhookNotificationId` and `event`, such as `AGREEMENT_CREATED`. Before a webhook is
 * made, a GET brings the same header and wants it back: a receiver answers it as `{"xAdobeSignClientId":"…"}`.
 *
 * **Gotchas**
 *
 * A client id is no secret: treat what comes as a hint, and fetch the agreement before you act. Adobe wants the client id
 * back from every notification too, and sends again what is answered without it: a receiver repeats the header. Webhooks
 * that were made in the web application have the client id of that application.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { AdobeSignWebhook } from "@causeway/providers/adobe-sign"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"webhookNotificationId":"1","event":"AGREEMENT_CREATED"}`)
 * const secret = Redacted.make("CBJCHBCAABAAo8FZgq31_5BVG_kcIXEe")
 * const url = "https://example.com/webhooks/adobe-sign"
 * const now = 1_764_000_000_000
 * const sent = Result.getOrThrow(
 *   WebhookSigner.signDelivery(AdobeSignWebhook.scheme, { body, secret, timestamp: now, url })
 * )
 *
 * const input = { ...sent, method: "POST", secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(AdobeSignWebhook.scheme, input)), {
 *   id: "1",
 *   type: "AGREEMENT_CREATED",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: ["id", "type", "body"]
 * })
 * ```
 *
 * @see https://helpx.adobe.com/sign/developer/webhook/overview.html
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Adobe Acrobat Sign's scheme, as its documentation describes it.
 *
 * @see https://helpx.adobe.com/sign/developer/webhook/overview.html
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "adobe-sign",
  signature: SignatureScheme.singleHeader("X-AdobeSign-ClientId", { encoding: "utf8" }),
  signedContent: "",
  keys: [SignatureScheme.token()],
  eventId: SignatureScheme.body("webhookNotificationId"),
  eventType: [SignatureScheme.body("event")],
  handshake: SignatureScheme.openEcho({
    method: "GET",
    challenge: SignatureScheme.header("X-AdobeSign-ClientId"),
    jsonKey: "xAdobeSignClientId"
  }),
  delivery: { contentTypes: ["application/json"], acknowledgement: { echo: "X-AdobeSign-ClientId" } },
  docs: { url: "https://helpx.adobe.com/sign/developer/webhook/overview.html", checked: "documentation" }
})
