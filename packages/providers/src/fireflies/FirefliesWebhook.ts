/**
 * How Fireflies signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver of webhooks of the second version, with their signing secret. {@link schemeV1} is
 * for those of the first.
 *
 * **Details**
 *
 * `X-Hub-Signature` is `sha256=` and the hexadecimal HMAC-SHA256 of the body; in the first version without what is
 * before it. The type is the body's `event`, such as `meeting.transcribed`, and `eventType` in the first version.
 *
 * **Gotchas**
 *
 * Webhooks without a secret are not signed, and are refused. Signatures carry no time, and there is no id: events go
 * by their body. Deliveries of the first version say no time either, so that a transcript that is created again is
 * announced in the same bytes. Fireflies waits 10 seconds for an answer.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { FirefliesWebhook } from "@causeway/providers/fireflies"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"event":"meeting.transcribed","timestamp":1710876543210,"meeting_id":"ASxwZxCstx"}`)
 * const secret = Redacted.make("fireflies_test_secret")
 * const url = "https://example.com/webhooks/fireflies"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(FirefliesWebhook.scheme, { body, secret, timestamp: now })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(FirefliesWebhook.scheme, input)), {
 *   id: undefined,
 *   type: "meeting.transcribed",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://docs.fireflies.ai/graphql-api/webhooks-v2
 * @see https://docs.fireflies.ai/graphql-api/webhooks
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * The scheme of the second version, as Fireflies' documentation describes it.
 *
 * @see https://docs.fireflies.ai/graphql-api/webhooks-v2
 * @see https://docs.fireflies.ai/graphql-api/webhooks
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "fireflies",
  signature: SignatureScheme.singleHeader("X-Hub-Signature", { encoding: "hex", prefix: "sha256=" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  eventType: [SignatureScheme.body("event")],
  delivery: { contentTypes: ["application/json"], answerWithin: "10 seconds" },
  docs: { url: "https://docs.fireflies.ai/graphql-api/webhooks-v2", checked: "documentation" }
})

/**
 * The scheme of the first version, as the code of others reads it.
 *
 * @see https://docs.fireflies.ai/graphql-api/webhooks-v2
 * @see https://docs.fireflies.ai/graphql-api/webhooks
 * @since 0.1.0
 * @category schemes
 */
export const schemeV1: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "fireflies-v1",
  signature: SignatureScheme.singleHeader("X-Hub-Signature", { encoding: "hex" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  eventType: [SignatureScheme.body("eventType")],
  identity: SignatureScheme.notification,
  delivery: { contentTypes: ["application/json"], answerWithin: "10 seconds" },
  docs: { url: "https://docs.fireflies.ai/graphql-api/webhooks", checked: "source" }
})
