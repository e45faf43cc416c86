/**
 * How Pipedrive authenticates its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the HTTP auth user and password of the webhook, as `user:password`.
 *
 * **Details**
 *
 * Nothing is signed: a webhook sends `Authorization: Basic …` with the user name and password that it was made with,
 * compared in constant time. The id is `meta.id`; the type is `meta.action` and `meta.entity`, such as `create.deal`, as
 * a subscription names them.
 *
 * **Gotchas**
 *
 * Anyone who sees one delivery can forge others, so that nothing but TLS protects them: `unsigned` names every part. A
 * webhook without a user and a password sends no header, and is refused. `meta.attempt` counts the attempts. These are
 * webhooks v2; {@link schemeV1} is for those of v1, where `meta.id` is the id of the object: there an event is known by
 * its type, its object and its time. It is not documented for how long an event is sent again.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { PipedriveWebhook } from "@causeway/providers/pipedrive"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"meta":{"id":"f3a1","action":"create","entity":"deal"},"data":{"id":1}}`)
 * const secret = Redacted.make("causeway:pipedrive_test_secret")
 * const url = "https://example.com/webhooks/pipedrive"
 * const now = 1_764_000_000_000
 * const sent = Result.getOrThrow(
 *   WebhookSigner.signDelivery(PipedriveWebhook.scheme, { body, secret, timestamp: now, url })
 * )
 *
 * const input = { ...sent, method: "POST", secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(PipedriveWebhook.scheme, input)), {
 *   id: "f3a1",
 *   type: "create.deal",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: ["id", "type", "body"]
 * })
 * ```
 *
 * @see https://pipedrive.readme.io/docs/guide-for-webhooks-v2
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * The scheme of Pipedrive's webhooks v2, as their documentation describes it.
 *
 * @see https://pipedrive.readme.io/docs/guide-for-webhooks-v2
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "pipedrive",
  signature: SignatureScheme.singleHeader("Authorization", { encoding: "base64", prefix: "Basic " }),
  signedContent: "",
  keys: [SignatureScheme.token()],
  eventId: SignatureScheme.body("meta", "id"),
  eventType: [
    SignatureScheme.joined(SignatureScheme.body("meta", "action"), SignatureScheme.body("meta", "entity")),
    SignatureScheme.body("meta", "entity")
  ],
  // A repeated event counts its attempts in `meta.attempt`.
  identity: SignatureScheme.byFields(SignatureScheme.body("meta", "id"), { varies: true }),
  delivery: { contentTypes: ["application/json"] },
  docs: { url: "https://pipedrive.readme.io/docs/guide-for-webhooks-v2", checked: "documentation" }
})

/**
 * The scheme of Pipedrive's webhooks v1, as their documentation describes it. The type is the body's `event`, such as
 * `updated.deal`; there is no id.
 *
 * @see https://pipedrive.readme.io/docs/guide-for-webhooks
 * @since 0.1.0
 * @category schemes
 */
export const schemeV1: SignatureScheme.SignatureScheme = SignatureScheme.make({
  ...scheme,
  id: "pipedrive-v1",
  eventId: undefined,
  eventType: [SignatureScheme.body("event")],
  // `meta.id` is the id of the object, and a repeated event counts its attempts in `retry`.
  identity: SignatureScheme.byFields(
    [
      SignatureScheme.body("event"),
      SignatureScheme.body("meta", "id"),
      SignatureScheme.body("meta", "timestamp_micro")
    ],
    { varies: true }
  ),
  docs: { url: "https://pipedrive.readme.io/docs/guide-for-webhooks", checked: "documentation" }
})
