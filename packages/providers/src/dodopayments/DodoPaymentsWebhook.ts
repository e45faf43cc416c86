/**
 * How Dodo Payments signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret (`whsec_…`) of the webhook in the dashboard.
 *
 * **Details**
 *
 * Dodo Payments follows Standard Webhooks: `webhook-id`, `webhook-timestamp` and a list in `webhook-signature` over
 * `{id}.{timestamp}.{body}`, 5 minutes old or ahead at most. The type is the body's `type`, such as
 * `payment.succeeded`.
 *
 * **Gotchas**
 *
 * Test and live mode have different secrets. An event is attempted eight times within 28 hours, and on request from the
 * dashboard. An attempt has the payload as it is at that time, so that a retry may have a newer one under the same id: an
 * inbox identifies an event by the id alone, and drops it. It is not documented whether each attempt has a new timestamp. Dodo Payments
 * waits 15 seconds for the answer.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { DodoPaymentsWebhook } from "@causeway/providers/dodopayments"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"type":"payment.succeeded","business_id":"bus_1"}`)
 * const secret = Redacted.make("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
 * const url = "https://example.com/webhooks/dodopayments"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(DodoPaymentsWebhook.scheme, { body, secret, timestamp: now, id: "msg_2b3c" })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(DodoPaymentsWebhook.scheme, input)), {
 *   id: "msg_2b3c",
 *   type: "payment.succeeded",
 *   timestamp: now,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://docs.dodopayments.com/developer-resources/webhooks
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Dodo Payments's scheme, checked against the verdicts of the `dodopayments` package.
 *
 * @see https://docs.dodopayments.com/developer-resources/webhooks
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  ...SignatureScheme.standardWebhooks,
  id: "dodopayments",
  identity: SignatureScheme.byFields(SignatureScheme.header("webhook-id"), { varies: true }),
  delivery: { contentTypes: ["application/json"], retriedFor: "28 hours", answerWithin: "15 seconds" },
  docs: { url: "https://docs.dodopayments.com/developer-resources/webhooks", checked: "package" }
})
