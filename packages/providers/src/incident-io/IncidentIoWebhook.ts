/**
 * How incident.io signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the signing secret of the endpoint, which begins with `whsec_`.
 *
 * **Details**
 *
 * incident.io signs as Standard Webhooks do: `webhook-id`, `webhook-timestamp` and a list in `webhook-signature` over
 * `{id}.{timestamp}.{body}`, 5 minutes old or ahead at most. The type is the body's `event_type`, such as
 * `public_incident.incident_created_v2`; what it is about is in the member of that name.
 *
 * **Gotchas**
 *
 * A delivery that fails is sent again over 24 hours, each time with a new timestamp and the same id, and an endpoint
 * that fails for 5 days is switched off. Events of private incidents have nothing but an id.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { IncidentIoWebhook } from "@causeway/providers/incident-io"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"event_type":"private_incident.action_created_v1","private_incident.action_created_v1":{"id":"abc123"}}`)
 * const secret = Redacted.make("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
 * const url = "https://example.com/webhooks/incident-io"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(IncidentIoWebhook.scheme, { body, secret, timestamp: now, id: "msg_2b3c" })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(IncidentIoWebhook.scheme, input)), {
 *   id: "msg_2b3c",
 *   type: "private_incident.action_created_v1",
 *   timestamp: now,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://docs.incident.io/integrations/webhooks
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * incident.io's scheme, as its documentation describes it.
 *
 * @see https://docs.incident.io/integrations/webhooks
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  ...SignatureScheme.standardWebhooks,
  id: "incident-io",
  eventType: [SignatureScheme.body("event_type")],
  delivery: { contentTypes: ["application/json"], retriedFor: "24 hours", resigns: true },
  docs: { url: "https://docs.incident.io/integrations/webhooks", checked: "documentation" }
})
