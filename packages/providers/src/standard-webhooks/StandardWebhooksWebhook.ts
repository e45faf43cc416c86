/**
 * The Standard Webhooks scheme, which many providers share and which suits webhooks of your own.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver of any provider that says it follows Standard Webhooks, and to a sender. Take
 * {@link svixScheme} where the headers are called `svix-id`, `svix-timestamp` and `svix-signature`.
 *
 * **Details**
 *
 * `webhook-signature` is a list separated by spaces, signed is `{id}.{timestamp}.{body}`, and a delivery may be 5 minutes old
 * or ahead. A secret is one of three:
 *
 * | secret | form | signatures | verifies | signs |
 * |---|---|---|---|---|
 * | `whsec_…` | 24 to 64 bytes in base64 | `v1`, HMAC-SHA256 | yes | yes |
 * | `whpk_…` | 32 bytes of an ed25519 public key in base64 | `v1a` | yes | no |
 * | `whsk_…` | ed25519 seed, or seed and public key, in base64 | `v1a` | no | yes |
 *
 * A signature is only ever checked with a key of its own kind, so a public key cannot be used as the secret of an HMAC.
 *
 * **Gotchas**
 *
 * The prefix is required: without it a pasted password that happens to be base64 would be taken for a key. An id must not
 * contain a full stop, as the specification demands, because the signed content would be ambiguous.
 *
 * **Example** (An event signed for two generations of a secret)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { StandardWebhooksWebhook } from "@causeway/providers/standard-webhooks"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const current = Redacted.make("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
 * const next = Redacted.make("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")
 * const body = new TextEncoder().encode(`{"type":"invoice.paid"}`)
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(StandardWebhooksWebhook.scheme, { id: "msg_1", timestamp: now, body, secret: [current, next] })
 * )
 *
 * const verified = WebhookVerifier.verify(StandardWebhooksWebhook.scheme, {
 *   method: "POST",
 *   url: "https://example.com/webhooks",
 *   headers,
 *   body,
 *   secrets: [next],
 *   now
 * })
 *
 * assert.deepEqual(Result.getOrThrow(verified), {
 *   id: "msg_1",
 *   type: "invoice.paid",
 *   timestamp: now,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * The scheme of the specification, checked both ways against the `standardwebhooks` package; `v1a` against a published
 * vector of Svix's server.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.standardWebhooks

/**
 * The same scheme under the header names of Svix, which Clerk, Resend and others send; checked both ways against the
 * `svix` package.
 *
 * @see https://docs.svix.com/receiving/verifying-payloads/how-manual
 * @since 0.1.0
 * @category schemes
 */
export const svixScheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  ...scheme,
  id: "svix",
  signature: SignatureScheme.headerList("svix-signature", { separator: " ", assignment: ",", encoding: "base64" }),
  headerAliases: {
    "svix-id": "webhook-id",
    "svix-timestamp": "webhook-timestamp",
    "svix-signature": "webhook-signature"
  },
  keys: scheme.keys.map((key) => (key._tag === "Mac" ? { ...key, isPrefixOptional: true } : key)),
  timestamp: { at: SignatureScheme.header("svix-timestamp"), unit: "seconds", tolerance: "5 minutes" },
  eventId: SignatureScheme.header("svix-id"),
  delivery: { contentTypes: ["application/json"], retriedFor: "28 hours" },
  docs: { url: "https://docs.svix.com/receiving/verifying-payloads/how-manual", checked: "package" }
})
