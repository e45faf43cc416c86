/**
 * How Jobber signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the client secret of the OAuth app.
 *
 * **Details**
 *
 * `X-Jobber-Hmac-SHA256` is the base64 HMAC of the body. The type is `data.webHookEvent.topic`, such as
 * `CLIENT_CREATE`.
 *
 * **Gotchas**
 *
 * There is neither an id nor a timestamp: an inbox identifies an event by the hash of the body, which holds the item and the time of
 * the change to the second, so that two changes of an item within a second count as one. An answer must come within 1
 * second; Jobber turns off webhooks whose endpoint is slow or fails often. It delivers at least once; it is not
 * documented for how long it tries.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { JobberWebhook } from "@causeway/providers/jobber"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"data":{"webHookEvent":{"topic":"CLIENT_CREATE","itemId":"MQ=="}}}`)
 * const secret = Redacted.make("jobber_test_secret")
 * const url = "https://example.com/webhooks/jobber"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(JobberWebhook.scheme, { body, secret, timestamp: now })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(JobberWebhook.scheme, input)), {
 *   id: undefined,
 *   type: "CLIENT_CREATE",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://developer.getjobber.com/docs/using_jobbers_api/setting_up_webhooks/
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Jobber's scheme, as its documentation describes it.
 *
 * @see https://developer.getjobber.com/docs/using_jobbers_api/setting_up_webhooks/
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "jobber",
  signature: SignatureScheme.singleHeader("X-Jobber-Hmac-SHA256", { encoding: "base64" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  eventType: [SignatureScheme.body("data", "webHookEvent", "topic")],
  delivery: { contentTypes: ["application/json"], answerWithin: "1 second" },
  docs: { url: "https://developer.getjobber.com/docs/using_jobbers_api/setting_up_webhooks/", checked: "documentation" }
})
