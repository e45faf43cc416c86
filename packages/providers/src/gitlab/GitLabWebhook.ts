/**
 * How GitLab signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link signedScheme} to a receiver, with the signing token of the webhook (`whsec_…`). {@link scheme} is for
 * webhooks, and for versions of GitLab, that have a secret token only.
 *
 * **Details**
 *
 * A signing token signs as Standard Webhooks do: `webhook-signature` over the id, the timestamp and the body, 5 minutes
 * old or ahead at most. A secret token is itself `X-Gitlab-Token`, compared in constant time. The id is the same at each
 * attempt, and another for each webhook: `webhook-id`, which is also `Idempotency-Key`. The type is `X-Gitlab-Event`, such
 * as `Push Hook`.
 *
 * **Gotchas**
 *
 * With a secret token nothing is signed: anyone who sees one delivery can forge others, so that nothing but TLS protects
 * them. `unsigned` names every part. With a signing token the type is still in a header that is not covered. Requests
 * are sent again, under the same id, when someone asks for it: for 2 days on the webhook's page, for 7 with the API. Before
 * version 17.4 there is no id: an event is deduplicated by its body and its type. `X-Gitlab-Event-UUID` is no id: events
 * of one request share it, and a repeated delivery has another.
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
 * GitLab's scheme, as its documentation describes it.
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
  identity: [
    SignatureScheme.byFields(SignatureScheme.header("Idempotency-Key"), { per: "delivery" }),
    SignatureScheme.byBody(SignatureScheme.header("X-Gitlab-Event"))
  ],
  delivery: {
    contentTypes: ["application/json"],
    maxBytes: 25 * 1024 * 1024,
    answerWithin: "10 seconds",
    retriedFor: "7 days"
  },
  docs: { url: "https://docs.gitlab.com/user/project/integrations/webhooks/", checked: "documentation" }
})

/**
 * The scheme of webhooks with a signing token, as GitLab's own source has it: Standard Webhooks with a type of its own.
 *
 * @see https://docs.gitlab.com/user/project/integrations/webhooks/
 * @since 0.1.0
 * @category schemes
 */
export const signedScheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  ...SignatureScheme.standardWebhooks,
  id: "gitlab-signed",
  eventType: [SignatureScheme.header("X-Gitlab-Event")],
  delivery: {
    contentTypes: ["application/json"],
    maxBytes: 25 * 1024 * 1024,
    answerWithin: "10 seconds",
    retriedFor: "7 days",
    resigns: true
  },
  docs: { url: "https://docs.gitlab.com/user/project/integrations/webhooks/", checked: "documentation" }
})
