/**
 * How Sentry signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the client secret of the integration.
 *
 * **Details**
 *
 * `Sentry-Hook-Signature` is the hexadecimal HMAC of the body. The id is `Request-ID`, the type
 * `Sentry-Hook-Resource`, such as `issue`.
 *
 * **Gotchas**
 *
 * Id, type and `Sentry-Hook-Timestamp` are in headers that the signature does not cover; so the timestamp, which
 * anyone could change, is not looked at. A delivery that fails is sent again up to three times, 5 minutes apart, and
 * each time with another `Request-ID`: an inbox identifies an event by the body and the resource.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { SentryWebhook } from "@causeway/providers/sentry"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"action":"created","data":{}}`)
 * const secret = Redacted.make("sentry_test_secret")
 * const url = "https://example.com/webhooks/sentry"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(SentryWebhook.scheme, { body, secret, timestamp: now, id: "9f2c1e", type: "issue" })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(SentryWebhook.scheme, input)), {
 *   id: "9f2c1e",
 *   type: "issue",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: ["id", "type"]
 * })
 * ```
 *
 * @see https://docs.sentry.io/organization/integrations/integration-platform/webhooks/
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Sentry's scheme, as its documentation describes it.
 *
 * @see https://docs.sentry.io/organization/integrations/integration-platform/webhooks/
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "sentry",
  signature: SignatureScheme.singleHeader("Sentry-Hook-Signature", { encoding: "hex" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  eventId: SignatureScheme.header("Request-ID"),
  eventType: [SignatureScheme.header("Sentry-Hook-Resource")],
  identity: SignatureScheme.byBody(SignatureScheme.header("Sentry-Hook-Resource")),
  delivery: { contentTypes: ["application/json"], retriedFor: "15 minutes" },
  docs: {
    url: "https://docs.sentry.io/organization/integrations/integration-platform/webhooks/",
    checked: "documentation"
  }
})
