/**
 * How Sanity signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret of the GROQ-powered webhook.
 *
 * **Details**
 *
 * `sanity-webhook-signature: t=…,v1=…` holds milliseconds since the epoch and a signature in unpadded base64url.
 * Signed is `{timestamp}.{body}`; 5 minutes old or ahead at most. The id is the header `idempotency-key`;
 * the type is `sanity-operation`, such as `update`.
 *
 * **Gotchas**
 *
 * The body is what your projection makes of the document, and may be the same for two changes. Id and type are in headers
 * that the signature does not cover. Sanity's own package checks no age.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { SanityWebhook } from "@causeway/providers/sanity"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"_id":"drafts.1","_type":"post"}`)
 * const secret = Redacted.make("sanity_test_secret")
 * const url = "https://example.com/webhooks/sanity"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(SanityWebhook.scheme, { body, secret, timestamp: now, id: "a4f2c1" })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(SanityWebhook.scheme, input)), {
 *   id: "a4f2c1",
 *   type: undefined,
 *   timestamp: now,
 *   signedBy: 0,
 *   unsigned: ["id"]
 * })
 * ```
 *
 * @see https://www.sanity.io/docs/webhooks
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Sanity's scheme, checked both ways against the `@sanity/webhook` package.
 *
 * @see https://www.sanity.io/docs/webhooks
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "sanity",
  signature: SignatureScheme.headerList("sanity-webhook-signature", {
    separator: ",",
    assignment: "=",
    encoding: "base64url"
  }),
  signedContent: "{timestamp}.{body}",
  keys: [SignatureScheme.mac({ hash: "sha256", label: "v1" })],
  timestamp: { at: SignatureScheme.listItem("t"), unit: "milliseconds", tolerance: "5 minutes" },
  eventId: SignatureScheme.header("idempotency-key"),
  eventType: [SignatureScheme.header("sanity-operation")],
  delivery: { methods: ["POST", "PUT", "PATCH", "DELETE"], retriedFor: "1 minute", answerWithin: "30 seconds" },
  docs: { url: "https://www.sanity.io/docs/webhooks", checked: "package" }
})
