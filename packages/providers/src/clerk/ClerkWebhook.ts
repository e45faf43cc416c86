/**
 * How Clerk signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the signing secret (`whsec_…`) of the endpoint in Clerk's dashboard.
 *
 * **Details**
 *
 * Clerk sends through Svix: the Standard Webhooks scheme with `svix-id`, `svix-timestamp` and a list in
 * `svix-signature`. Signed is `{id}.{timestamp}.{body}`; a delivery may be 5 minutes old or ahead. The id stays the same
 * over the attempts of one delivery, and each attempt is signed with a new timestamp. The type is the body's `type`, such as
 * `user.created`.
 *
 * **Gotchas**
 *
 * A body that a framework parsed and wrote again no longer verifies. A replay from the dashboard has the id of the first
 * delivery: an inbox that remembers the id drops it.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { ClerkWebhook } from "@causeway/providers/clerk"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"type":"user.created","data":{"id":"user_1"}}`)
 * const secret = Redacted.make("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
 * const url = "https://example.com/webhooks/clerk"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(ClerkWebhook.scheme, { body, secret, timestamp: now, id: "msg_2b3c" })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(ClerkWebhook.scheme, input)), {
 *   id: "msg_2b3c",
 *   type: "user.created",
 *   timestamp: now,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://clerk.com/docs/guides/development/webhooks/overview
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Clerk's scheme, checked against the verdicts of the `@clerk/backend` package.
 *
 * @see https://clerk.com/docs/guides/development/webhooks/overview
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  ...SignatureScheme.standardWebhooks,
  id: "clerk",
  signature: SignatureScheme.headerList("svix-signature", { separator: " ", assignment: ",", encoding: "base64" }),
  timestamp: { at: SignatureScheme.header("svix-timestamp"), unit: "seconds", tolerance: "5 minutes" },
  eventId: SignatureScheme.header("svix-id"),
  delivery: { contentTypes: ["application/json"], retriedFor: "28 hours", resigns: true },
  docs: { url: "https://clerk.com/docs/guides/development/webhooks/overview", checked: "package" }
})
