/**
 * How Resend signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the signing secret (`whsec_…`) of the webhook in Resend's dashboard.
 *
 * **Details**
 *
 * Resend sends through Svix: `svix-id`, `svix-timestamp` and a list in `svix-signature` over
 * `{id}.{timestamp}.{body}`, 5 minutes old or ahead at most. The type is the body's `type`, such as
 * `email.delivered`.
 *
 * **Gotchas**
 *
 * The same message has several events (`email.sent`, `email.delivered`, …), each with an id of its own: key what you
 * keep by `data.email_id`.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { ResendWebhook } from "@causeway/providers/resend"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"type":"email.delivered","data":{"email_id":"56761188"}}`)
 * const secret = Redacted.make("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
 * const url = "https://example.com/webhooks/resend"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(ResendWebhook.scheme, { body, secret, timestamp: now, id: "msg_2b3c" })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(ResendWebhook.scheme, input)), {
 *   id: "msg_2b3c",
 *   type: "email.delivered",
 *   timestamp: now,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://resend.com/docs/dashboard/webhooks/verify-webhooks-requests
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Resend's scheme, checked against the verdicts of the `resend` package.
 *
 * @see https://resend.com/docs/dashboard/webhooks/verify-webhooks-requests
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  ...SignatureScheme.standardWebhooks,
  id: "resend",
  signature: SignatureScheme.headerList("svix-signature", { separator: " ", assignment: ",", encoding: "base64" }),
  timestamp: { at: SignatureScheme.header("svix-timestamp"), unit: "seconds", tolerance: "5 minutes" },
  eventId: SignatureScheme.header("svix-id"),
  delivery: { contentTypes: ["application/json"], retriedFor: "28 hours" },
  docs: { url: "https://resend.com/docs/dashboard/webhooks/verify-webhooks-requests", checked: "package" }
})
