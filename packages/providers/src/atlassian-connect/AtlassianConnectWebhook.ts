/**
 * How Atlassian Connect signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the shared secret of the installation; {@link installScheme} to a receiver of the
 * lifecycle calls `installed` and `uninstalled`, with the base URL of the app in the place of a secret.
 *
 * **Details**
 *
 * `Authorization` is a token (HS256) whose claim `qsh` is the hexadecimal hash of method, path and sorted query. The id is
 * Jira's `X-Atlassian-Webhook-Identifier`, which stays the same over retries; calls without that header, such as those of
 * Confluence, are deduplicated by the SHA-256 of their body. The type is the body's `webhookEvent` or `eventType`.
 *
 * **Gotchas**
 *
 * Neither the body nor the id is signed: `unsigned` has `id`, `type` and `body`. The path is the one below the base URL of
 * the app. Jira retries a failed webhook up to five times, 5 to 15 minutes apart; Confluence does not retry. It is not
 * documented whether each attempt has a new token.
 *
 * The token of `installed` and `uninstalled` is signed (RS256) with one of Atlassian's own keys, which is at
 * `connect-install-keys.atlassian.com` under its `kid`. That key signs for the apps of everybody: the claim `aud` must be the
 * base URL of the app, as it is in the descriptor. `installed` brings the shared secret in its body, which is not signed
 * either.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { AtlassianConnectWebhook } from "@causeway/providers/atlassian-connect"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"webhookEvent":"jira:issue_created"}`)
 * const secret = Redacted.make("atlassian_connect_test_secret")
 * const url = "https://example.com/webhooks/atlassian-connect"
 * const now = 1_764_000_000_000
 * const sent = Result.getOrThrow(
 *   WebhookSigner.signDelivery(AtlassianConnectWebhook.scheme, {
 *     body,
 *     secret,
 *     timestamp: now,
 *     method: "POST",
 *     url
 *   })
 * )
 *
 * const input = { ...sent, method: "POST", secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(AtlassianConnectWebhook.scheme, input)), {
 *   id: undefined,
 *   type: "jira:issue_created",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: ["type", "body"]
 * })
 * ```
 *
 * @see https://developer.atlassian.com/cloud/jira/platform/understanding-jwt-for-connect-apps/
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Atlassian Connect's scheme, checked against the verdicts of the `atlassian-jwt` package.
 *
 * @see https://developer.atlassian.com/cloud/jira/platform/understanding-jwt-for-connect-apps/
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "atlassian-connect",
  signature: SignatureScheme.jwt("Authorization", { prefix: "JWT " }),
  signedContent: "{token}",
  keys: [SignatureScheme.jwtSecret({ algorithms: ["HS256"] })],
  eventId: SignatureScheme.header("X-Atlassian-Webhook-Identifier"),
  eventType: [SignatureScheme.body("webhookEvent"), SignatureScheme.body("eventType")],
  bindings: [
    SignatureScheme.hashOf("{request}", { at: SignatureScheme.claim("qsh"), hash: "sha256", encoding: "hex" })
  ],
  delivery: { contentTypes: ["application/json"], retriedFor: "75 minutes" },
  docs: {
    url: "https://developer.atlassian.com/cloud/jira/platform/understanding-jwt-for-connect-apps/",
    checked: "package"
  }
})

/**
 * The scheme of the lifecycle calls `installed` and `uninstalled`, as the documentation and the sources of public apps
 * describe it. It needs `WebhookKeys`.
 *
 * @see https://developer.atlassian.com/cloud/jira/platform/security-for-connect-apps/#validating-installation-lifecycle-requests
 * @since 0.1.0
 * @category schemes
 */
export const installScheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  ...scheme,
  id: "atlassian-connect-install",
  keys: [
    SignatureScheme.jwk({
      algorithms: ["RS256"],
      url: "https://connect-install-keys.atlassian.com/{kid}",
      needsAudience: true
    })
  ],
  eventId: undefined,
  eventType: [SignatureScheme.body("eventType")],
  delivery: { contentTypes: ["application/json"] },
  docs: {
    url: "https://developer.atlassian.com/cloud/jira/platform/security-for-connect-apps/",
    checked: "source"
  }
})
