/**
 * How Figma authenticates its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the passcode of the webhook.
 *
 * **Details**
 *
 * Nothing is signed: the body's `passcode` is the one that the webhook was made with, compared in constant time. The
 * type is the body's `event_type`, such as `FILE_UPDATE`. A new webhook sends a `PING`.
 *
 * **Gotchas**
 *
 * Anyone who sees one delivery can forge others, so that nothing but TLS protects them, and the passcode is in every stored
 * body. There is no id, and `retries` in the body counts the attempts: an inbox identifies an event by the hash of the body without it.
 * What is not answered with 200 is sent 3 more times; it is not documented over how long.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { FigmaWebhook } from "@causeway/providers/figma"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"event_type":"PING","passcode":"figma_test_secret","webhook_id":"22"}`)
 * const secret = Redacted.make("figma_test_secret")
 * const url = "https://example.com/webhooks/figma"
 * const now = 1_764_000_000_000
 * const sent = Result.getOrThrow(
 *   WebhookSigner.signDelivery(FigmaWebhook.scheme, { body, secret, timestamp: now, url })
 * )
 *
 * const input = { ...sent, method: "POST", secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(FigmaWebhook.scheme, input)), {
 *   id: undefined,
 *   type: "PING",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: ["type", "body"]
 * })
 * ```
 *
 * @see https://developers.figma.com/docs/rest-api/webhooks-security/
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Figma's scheme, as its documentation describes it.
 *
 * @see https://developers.figma.com/docs/rest-api/webhooks-security/
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "figma",
  signature: SignatureScheme.inField(SignatureScheme.body("passcode"), { encoding: "utf8" }),
  signedContent: "",
  keys: [SignatureScheme.token()],
  eventType: [SignatureScheme.body("event_type")],
  // A library that is published makes several events of one type and time, one for each kind of asset.
  identity: SignatureScheme.byBodyWithout("retries"),
  delivery: { contentTypes: ["application/json"], acknowledgement: {} },
  docs: { url: "https://developers.figma.com/docs/rest-api/webhooks-security/", checked: "documentation" }
})
