/**
 * How Gogs signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret of the webhook.
 *
 * **Details**
 *
 * `X-Gogs-Signature` is the hexadecimal HMAC of the JSON of the event: of the body, or, where the webhook sends
 * forms, of the form's field `payload`, which a handler reads as the event. The id is `X-Gogs-Delivery`, the type `X-Gogs-Event`, such as `push` or
 * `pull_request`.
 *
 * **Gotchas**
 *
 * Id and type are in headers that the signature does not cover, and there is no timestamp: a delivery can be replayed
 * under another id. Of a form only `payload` is signed: read nothing else of it. Gogs never sends a delivery again by
 * itself; an owner may, under the same id.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { GogsWebhook } from "@causeway/providers/gogs"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"ref":"refs/heads/main","commits":[]}`)
 * const secret = Redacted.make("gogs_test_secret")
 * const url = "https://example.com/webhooks/gogs"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(GogsWebhook.scheme, { body, secret, timestamp: now, id: "f6266f16-1bf3-46a5-9ea4-602e06ead473", type: "push" })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(GogsWebhook.scheme, input)), {
 *   id: "f6266f16-1bf3-46a5-9ea4-602e06ead473",
 *   type: "push",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: ["id", "type"]
 * })
 * ```
 *
 * @see https://gogs.io/advancing/webhooks
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Gogs's scheme, as its documentation and its published source describe it.
 *
 * @see https://gogs.io/advancing/webhooks
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "gogs",
  signature: SignatureScheme.singleHeader("X-Gogs-Signature", { encoding: "hex" }),
  signedContent: ["{body}", "{form:payload}"],
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  eventId: SignatureScheme.header("X-Gogs-Delivery"),
  eventType: [SignatureScheme.header("X-Gogs-Event")],
  delivery: {
    contentTypes: ["application/json", "application/x-www-form-urlencoded"],
    payloadField: "payload",
    retriedFor: 0
  },
  docs: { url: "https://gogs.io/advancing/webhooks", checked: "documentation" }
})
