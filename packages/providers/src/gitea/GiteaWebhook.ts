/**
 * How Gitea signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret of the webhook.
 *
 * **Details**
 *
 * `X-Gitea-Signature` is the hexadecimal HMAC of the JSON of the event: of the body, or, where the webhook sends forms or
 * GETs, of the field or query parameter `payload`, which a handler reads as the event. The id is `X-Gitea-Delivery`, the type `X-Gitea-Event`, such as `push` or
 * `pull_request`. Deliveries also carry the headers of Gogs and GitHub, with the same values.
 *
 * **Gotchas**
 *
 * Id and type are in headers that the signature does not cover, and there is no timestamp: a delivery can be replayed
 * under another id. Of a form or a query only `payload` is signed: read nothing else of it. Gitea never sends a delivery again by
 * itself; when somebody does, it has another id.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { GiteaWebhook } from "@causeway/providers/gitea"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"ref":"refs/heads/main","commits":[]}`)
 * const secret = Redacted.make("gitea_test_secret")
 * const url = "https://example.com/webhooks/gitea"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(GiteaWebhook.scheme, { body, secret, timestamp: now, id: "f6266f16-1bf3-46a5-9ea4-602e06ead473", type: "push" })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(GiteaWebhook.scheme, input)), {
 *   id: "f6266f16-1bf3-46a5-9ea4-602e06ead473",
 *   type: "push",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: ["id", "type"]
 * })
 * ```
 *
 * @see https://docs.gitea.com/usage/repository/webhooks
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Gitea's scheme, as its documentation and its published source describe it.
 *
 * @see https://docs.gitea.com/usage/repository/webhooks
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "gitea",
  signature: SignatureScheme.singleHeader("X-Gitea-Signature", { encoding: "hex" }),
  signedContent: ["{body}", "{form:payload}"],
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  eventId: SignatureScheme.header("X-Gitea-Delivery"),
  eventType: [SignatureScheme.header("X-Gitea-Event")],
  delivery: {
    contentTypes: ["application/json", "application/x-www-form-urlencoded"],
    methods: ["POST", "GET"],
    payloadField: "payload",
    retriedFor: 0
  },
  docs: { url: "https://docs.gitea.com/usage/repository/webhooks", checked: "documentation" }
})
