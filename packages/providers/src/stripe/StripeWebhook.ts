/**
 * How Stripe signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver at the URL of a Stripe webhook endpoint, with the endpoint's signing secret
 * (`whsec_…`), or with the secret that `stripe listen` prints.
 *
 * **Details**
 *
 * `Stripe-Signature: t=…,v1=…` holds the seconds since the epoch and one signature per active secret: while a secret is
 * being rolled there are two. Signed is `{timestamp}.{body}`, with the whole text of the secret as the key. A delivery may
 * be 5 minutes old or ahead. Id and type are the body's `id` and `type`, and are signed.
 *
 * **Gotchas**
 *
 * `v0` signatures, which Stripe adds to test events, are ignored. Stripe's own package accepts timestamps that lie any time
 * ahead; this scheme does not.
 *
 * **Example** (Signing a test event)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { StripeWebhook } from "@causeway/providers/stripe"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"id":"evt_1","type":"charge.succeeded"}`)
 * const secret = Redacted.make("whsec_test")
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(WebhookSigner.sign(StripeWebhook.scheme, { body, secret, timestamp: now }))
 *
 * const verified = WebhookVerifier.verify(StripeWebhook.scheme, {
 *   method: "POST",
 *   url: "https://example.com/webhooks/stripe",
 *   headers,
 *   body,
 *   secrets: [secret],
 *   now
 * })
 *
 * assert.equal(Result.getOrThrow(verified).type, "charge.succeeded")
 * ```
 *
 * @see https://docs.stripe.com/webhooks/signature
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Stripe's scheme, checked both ways against the `stripe` package.
 *
 * @see https://docs.stripe.com/webhooks/signature
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "stripe",
  signature: SignatureScheme.headerList("Stripe-Signature", { separator: ",", assignment: "=", encoding: "hex" }),
  signedContent: "{timestamp}.{body}",
  keys: [SignatureScheme.mac({ hash: "sha256", label: "v1" })],
  timestamp: { at: SignatureScheme.listItem("t"), unit: "seconds", tolerance: "5 minutes" },
  eventId: SignatureScheme.body("id"),
  eventType: [SignatureScheme.body("type")],
  delivery: { contentTypes: ["application/json"], retriedFor: "3 days" },
  docs: { url: "https://docs.stripe.com/webhooks/signature", checked: "package" }
})
