/**
 * How GitLab signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret token of the webhook.
 *
 * **Details**
 *
 * `X-Gitlab-Token` is the secret itself, compared in constant time. The id is `Idempotency-Key`, the same at each
 * attempt; the type is `X-Gitlab-Event`, such as `Push Hook`.
 *
 * **Gotchas**
 *
 * Nothing is signed: whoever sees one delivery can make others, so that nothing but TLS protects them. `unsigned`
 * names every part.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { GitLabWebhook } from "@causeway/providers/gitlab"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"object_kind":"push"}`)
 * const secret = Redacted.make("gitlab_test_secret")
 * const url = "https://example.com/webhooks/gitlab"
 * const now = 1_764_000_000_000
 * const sent = Result.getOrThrow(
 *   WebhookSigner.signDelivery(GitLabWebhook.scheme, {
 *     body,
 *     secret,
 *     timestamp: now,
 *     id: "c1f3",
 *     url
 *   })
 * )
 *
 * const input = { ...sent, method: "POST", secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(GitLabWebhook.scheme, input)), {
 *   id: "c1f3",
 *   type: undefined,
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: ["id", "body"]
 * })
 * ```
 *
 * @see https://docs.gitlab.com/user/project/integrations/webhooks/
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * GitLab's scheme, as other implementations of it have it; no test runs a package of the provider's.
 *
 * @see https://docs.gitlab.com/user/project/integrations/webhooks/
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "gitlab",
  signature: SignatureScheme.singleHeader("X-Gitlab-Token", { encoding: "utf8" }),
  signedContent: "",
  keys: [SignatureScheme.token()],
  eventId: SignatureScheme.header("Idempotency-Key"),
  eventType: [SignatureScheme.header("X-Gitlab-Event")],
  docs: { url: "https://docs.gitlab.com/user/project/integrations/webhooks/", checked: "source" }
})
