/**
 * How Mollie signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the signing secret of the webhook.
 *
 * **Details**
 *
 * `X-Mollie-Signature: sha256=…` is the hexadecimal HMAC of the body. For 24 hours after the secret was rotated there
 * are two such headers, one under each secret: one that was made with a configured secret suffices. Id and type are
 * those of the body, such as `payment-link.paid`, and are signed.
 *
 * **Gotchas**
 *
 * These are Mollie's next-gen webhooks. Classic ones, with `id=tr_…` as their body, are not signed at all and are
 * refused: give them a separate URL, and fetch the payment they name. An answer must come within 15 seconds; an
 * event that is not answered with 200 is sent up to 10 times within about 26 hours.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { MollieWebhook } from "@causeway/providers/mollie"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"resource":"event","id":"event_GvJ8WHrp5isUdRub9CJyH","type":"payment-link.paid"}`)
 * const secret = Redacted.make("mollie_test_secret")
 * const url = "https://example.com/webhooks/mollie"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(MollieWebhook.scheme, { body, secret, timestamp: now })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(MollieWebhook.scheme, input)), {
 *   id: "event_GvJ8WHrp5isUdRub9CJyH",
 *   type: "payment-link.paid",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://docs.mollie.com/reference/webhooks-new
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * The scheme of Mollie's next-gen webhooks, as their documentation describes it.
 *
 * @see https://docs.mollie.com/reference/webhooks-new
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "mollie",
  signature: SignatureScheme.singleHeader("X-Mollie-Signature", {
    encoding: "hex",
    prefix: "sha256=",
    isRepeated: true
  }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  eventId: SignatureScheme.body("id"),
  eventType: [SignatureScheme.body("type")],
  delivery: {
    contentTypes: ["application/json"],
    acknowledgement: {},
    retriedFor: "26 hours",
    answerWithin: "15 seconds"
  },
  docs: { url: "https://docs.mollie.com/reference/webhooks-new", checked: "documentation" }
})
