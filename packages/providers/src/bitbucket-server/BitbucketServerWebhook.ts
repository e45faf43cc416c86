/**
 * How Bitbucket Data Center signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret of the webhook.
 *
 * **Details**
 *
 * `X-Hub-Signature: sha256=…` is the hexadecimal HMAC of the body. The id is `X-Request-Id`. The type is the body's
 * `eventKey`, such as `repo:refs_changed`, and is signed; it is also in `X-Event-Key`.
 *
 * **Gotchas**
 *
 * The id is in a header that the signature does not cover, and there is no timestamp: a delivery can be replayed under
 * another id. It is not documented whether a delivery is sent again, and whether it then keeps its id. A webhook without a secret is not signed, and is refused; so is the test of a connection,
 * `diagnostics:ping`, where it comes without a signature. Bitbucket Cloud has its own scheme.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { BitbucketServerWebhook } from "@causeway/providers/bitbucket-server"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"eventKey":"repo:refs_changed","changes":[]}`)
 * const secret = Redacted.make("bitbucket_server_test_secret")
 * const url = "https://example.com/webhooks/bitbucket-server"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(BitbucketServerWebhook.scheme, { body, secret, timestamp: now, id: "6e0f7a1c" })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(BitbucketServerWebhook.scheme, input)), {
 *   id: "6e0f7a1c",
 *   type: "repo:refs_changed",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: ["id"]
 * })
 * ```
 *
 * @see https://confluence.atlassian.com/bitbucketserver/manage-webhooks-938025878.html
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * The scheme of Bitbucket Server and Bitbucket Data Center, as their documentation describes it.
 *
 * @see https://confluence.atlassian.com/bitbucketserver/manage-webhooks-938025878.html
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "bitbucket-server",
  signature: SignatureScheme.singleHeader("X-Hub-Signature", { encoding: "hex", prefix: "sha256=" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  eventId: SignatureScheme.header("X-Request-Id"),
  eventType: [SignatureScheme.body("eventKey"), SignatureScheme.header("X-Event-Key")],
  delivery: { contentTypes: ["application/json"] },
  docs: {
    url: "https://confluence.atlassian.com/bitbucketserver/manage-webhooks-938025878.html",
    checked: "documentation"
  }
})
