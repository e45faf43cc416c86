/**
 * How Attio signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret that Attio returns when the webhook is made.
 *
 * **Details**
 *
 * `Attio-Signature`, formerly `X-Attio-Signature`, is the hexadecimal HMAC of the body; while both are sent, one that
 * verifies suffices. The id is `Idempotency-Key`, the type the `event_type` of the first event, such as
 * `record.created`. Each item of `events` is one event, identified by the id of its delivery and its place in it.
 *
 * **Gotchas**
 *
 * The id is in a header that the signature does not cover, and there is no timestamp: a delivery can be replayed under
 * another id. A failed delivery is retried up to 10 times, over about 3 days, with the same id. Events have
 * neither an id nor a time: two equal changes differ in the id of their delivery only.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { AttioWebhook } from "@causeway/providers/attio"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"webhook_id":"1","events":[{"event_type":"record.created"}]}`)
 * const secret = Redacted.make("attio_test_secret")
 * const url = "https://example.com/webhooks/attio"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(AttioWebhook.scheme, { body, secret, timestamp: now, id: "5f1d" })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(AttioWebhook.scheme, input)), {
 *   id: "5f1d",
 *   type: "record.created",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: ["id"]
 * })
 * ```
 *
 * @see https://docs.attio.com/rest-api/guides/webhooks
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Attio's scheme, as its documentation describes it.
 *
 * @see https://docs.attio.com/rest-api/guides/webhooks
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "attio",
  signature: SignatureScheme.singleHeader(["Attio-Signature", "X-Attio-Signature"], { encoding: "hex" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  eventId: SignatureScheme.header("Idempotency-Key"),
  eventType: [SignatureScheme.body("events", "0", "event_type")],
  batch: {
    lists: [
      SignatureScheme.items({
        list: "events",
        type: "event_type",
        with: SignatureScheme.header("Idempotency-Key")
      })
    ]
  },
  delivery: { contentTypes: ["application/json"], retriedFor: "3 days" },
  docs: { url: "https://docs.attio.com/rest-api/guides/webhooks", checked: "documentation" }
})
