/**
 * How Bitbucket signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret of the repository's or workspace's webhook.
 *
 * **Details**
 *
 * `X-Hub-Signature: sha256=…` is the hexadecimal HMAC of the body. The id is `X-Request-UUID`, the type
 * `X-Event-Key`, such as `repo:push`.
 *
 * **Gotchas**
 *
 * Id and type are in headers that the signature does not cover, and there is no timestamp: a delivery can be replayed
 * under another id. A delivery that is answered with 5xx is retried up to twice. It is not documented after how long, nor
 * whether the id stays the same over the attempts: where it does not, a retry is stored as another event. Bitbucket does
 * not send payloads above 256 KB.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { BitbucketWebhook } from "@causeway/providers/bitbucket"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"push":{"changes":[]}}`)
 * const secret = Redacted.make("bitbucket_test_secret")
 * const url = "https://example.com/webhooks/bitbucket"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(BitbucketWebhook.scheme, { body, secret, timestamp: now, id: "b0a6e1d2", type: "repo:push" })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(BitbucketWebhook.scheme, input)), {
 *   id: "b0a6e1d2",
 *   type: "repo:push",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: ["id", "type"]
 * })
 * ```
 *
 * @see https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Bitbucket's scheme, as its documentation describes it, and with the delivery that stands there.
 *
 * @see https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "bitbucket",
  signature: SignatureScheme.singleHeader("X-Hub-Signature", { encoding: "hex", prefix: "sha256=" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  eventId: SignatureScheme.header("X-Request-UUID"),
  eventType: [SignatureScheme.header("X-Event-Key")],
  delivery: { contentTypes: ["application/json"] },
  docs: { url: "https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/", checked: "documentation" }
})
