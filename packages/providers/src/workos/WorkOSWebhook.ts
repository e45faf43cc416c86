/**
 * How WorkOS signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret of the webhook endpoint in WorkOS' dashboard.
 *
 * **Details**
 *
 * `WorkOS-Signature: t=…, v1=…` holds milliseconds since the epoch, and a space after each comma. Signed is
 * `{timestamp}.{body}`; 3 minutes old or ahead at most. Id and type are the body's `id` and `event`, and are signed.
 *
 * **Gotchas**
 *
 * Actions are signed alike, but may be 30 seconds old at most: narrow the tolerance with
 * `SignatureScheme.withTolerance`. A delivery that fails is sent again up to six times within 3 days.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { WorkOSWebhook } from "@causeway/providers/workos"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"id":"event_01","event":"dsync.user.created","data":{}}`)
 * const secret = Redacted.make("workos_test_secret")
 * const url = "https://example.com/webhooks/workos"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(WebhookSigner.sign(WorkOSWebhook.scheme, { body, secret, timestamp: now }))
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(WorkOSWebhook.scheme, input)), {
 *   id: "event_01",
 *   type: "dsync.user.created",
 *   timestamp: now,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://workos.com/docs/events/data-syncing/webhooks
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * WorkOS's scheme, checked both ways against the `@workos-inc/node` package.
 *
 * @see https://workos.com/docs/events/data-syncing/webhooks
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "workos",
  signature: SignatureScheme.headerList("WorkOS-Signature", { separator: ", ", assignment: "=", encoding: "hex" }),
  signedContent: "{timestamp}.{body}",
  keys: [SignatureScheme.mac({ hash: "sha256", label: "v1" })],
  timestamp: { at: SignatureScheme.listItem("t"), unit: "milliseconds", tolerance: "3 minutes" },
  eventId: SignatureScheme.body("id"),
  eventType: [SignatureScheme.body("event")],
  delivery: { contentTypes: ["application/json"], retriedFor: "3 days" },
  docs: { url: "https://workos.com/docs/events/data-syncing/webhooks", checked: "package" }
})
