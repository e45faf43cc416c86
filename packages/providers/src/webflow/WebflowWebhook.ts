/**
 * How Webflow signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the client secret of the app, or with the secret of a webhook that a site's
 * settings made.
 *
 * **Details**
 *
 * `x-webflow-signature` is the hexadecimal HMAC of `{timestamp}:{body}`, with the milliseconds of
 * `x-webflow-timestamp`; 5 minutes old or ahead at most. The type is the body's `triggerType`, such as
 * `form_submission`.
 *
 * **Gotchas**
 *
 * There is no id: one is known by its body, and where that has no time of the event, such as of an item that was deleted or
 * unpublished, by `x-webflow-timestamp` too. A delivery that fails is sent again up to three times, 10 minutes apart;
 * whether it is signed again is not said. Webhooks made in the dashboard are not signed.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { WebflowWebhook } from "@causeway/providers/webflow"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"triggerType":"form_submission","payload":{}}`)
 * const secret = Redacted.make("webflow_test_secret")
 * const url = "https://example.com/webhooks/webflow"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(WebhookSigner.sign(WebflowWebhook.scheme, { body, secret, timestamp: now }))
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(WebflowWebhook.scheme, input)), {
 *   id: undefined,
 *   type: "form_submission",
 *   timestamp: now,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://developers.webflow.com/data/docs/working-with-webhooks
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/** A body with one of these times is of one event. */
const eventTimes = ["submittedAt", "publishedOn", "acceptedOn", "deletedOn", "lastUpdated", "createdOn"]

/**
 * Webflow's scheme, checked against the verdicts of the `webflow-api` package.
 *
 * @see https://developers.webflow.com/data/docs/working-with-webhooks
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "webflow",
  signature: SignatureScheme.singleHeader("x-webflow-signature", { encoding: "hex" }),
  signedContent: "{timestamp}:{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  timestamp: { at: SignatureScheme.header("x-webflow-timestamp"), unit: "milliseconds", tolerance: "5 minutes" },
  eventType: [SignatureScheme.body("triggerType")],
  identity: [
    ...eventTimes.map((name) => SignatureScheme.byBody(SignatureScheme.body("payload", name))),
    SignatureScheme.byBody(SignatureScheme.header("x-webflow-timestamp"))
  ],
  delivery: { contentTypes: ["application/json"], retriedFor: "30 minutes" },
  docs: { url: "https://developers.webflow.com/data/docs/working-with-webhooks", checked: "package" }
})
