/**
 * How Loops signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the signing secret (`whsec_…`) of the webhook in Loops' settings.
 *
 * **Details**
 *
 * Loops follows Standard Webhooks: `webhook-id`, `webhook-timestamp` and a list in `webhook-signature` over
 * `{id}.{timestamp}.{body}`, 5 minutes old or ahead at most. The type is the body's `eventName`.
 *
 * **Gotchas**
 *
 * The body also has a time, `eventTime`; the age that counts is the header's. It is not documented for how long a
 * delivery that fails is sent again, nor whether it is signed again.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { LoopsWebhook } from "@causeway/providers/loops"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"eventName":"contact.created","eventTime":1764000000}`)
 * const secret = Redacted.make("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
 * const url = "https://example.com/webhooks/loops"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(LoopsWebhook.scheme, { body, secret, timestamp: now, id: "msg_2b3c" })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(LoopsWebhook.scheme, input)), {
 *   id: "msg_2b3c",
 *   type: "contact.created",
 *   timestamp: now,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://loops.so/docs/webhooks
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Loops's scheme, as its documentation describes it.
 *
 * @see https://loops.so/docs/webhooks
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  ...SignatureScheme.standardWebhooks,
  id: "loops",
  eventType: [SignatureScheme.body("eventName")],
  delivery: { contentTypes: ["application/json"] },
  docs: { url: "https://loops.so/docs/webhooks", checked: "documentation" }
})
