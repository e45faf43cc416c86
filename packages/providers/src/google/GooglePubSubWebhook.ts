/**
 * How Google Pub/Sub authenticates what it pushes.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver of a push subscription with authentication, with its audience and the e-mail
 * address of its service account as `audience email`. The keys are Google's.
 *
 * **Details**
 *
 * `Authorization` is a bearer token (RS256) of Google's for that service account: `aud`, `email` and `iss` must be
 * what they should be, and `email_verified` true. The id is that of the message in its subscription; the type is the
 * attribute `eventType`, as Cloud Storage sends it, or `ce-type`. Gmail and Google Play announce in `message.data`,
 * base64 of JSON, and have no type.
 *
 * **Gotchas**
 *
 * Without an audience of its own, a subscription has its URL as `aud`. The audience alone proves nothing: anybody
 * with a Google account can have a token for any audience. The body is not signed. A message is sent again for as
 * long as its subscription keeps it, 7 days unless you chose up to 31, and a token may be an hour old. With payload
 * unwrapping, let the metadata be written too: it tells the messages apart.
 *
 * **Example** (The key that a delivery asks for)
 *
 * ```ts
 * import { WebhookVerifier } from "@causeway/core/webhook"
 * import { GooglePubSubWebhook } from "@causeway/providers/google"
 * import { Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url")
 * const claims = { iss: "https://accounts.google.com", aud: "https://example.com/push", email: "push@acme.iam.gserviceaccount.com" }
 * const token = `${encode({ alg: "RS256", kid: "key-1" })}.${encode(claims)}.c2ln`
 * const headers: ReadonlyArray<readonly [string, string]> = [["Authorization", `Bearer ${token}`]]
 * const body = new TextEncoder().encode(`{"message":{"data":"e30=","messageId":"2070443601311540"},"subscription":"projects/acme/subscriptions/push"}`)
 * const input = { method: "POST", url: "https://example.com/push", headers, body }
 *
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.keysNeeded(GooglePubSubWebhook.scheme, input)), [
 *   { _tag: "Jwk", url: "https://www.googleapis.com/oauth2/v3/certs", kid: "key-1" }
 * ])
 * ```
 *
 * @see https://docs.cloud.google.com/pubsub/docs/authenticate-push-subscriptions
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * The scheme of push subscriptions with authentication, as its documentation describes it.
 *
 * @see https://docs.cloud.google.com/pubsub/docs/authenticate-push-subscriptions
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "google-pubsub",
  signature: SignatureScheme.jwt("Authorization", {
    prefix: "Bearer ",
    issuer: "https://accounts.google.com",
    claims: { email_verified: true }
  }),
  signedContent: "{token}",
  keys: [
    SignatureScheme.jwk({
      algorithms: ["RS256"],
      url: "https://www.googleapis.com/oauth2/v3/certs",
      audienceWith: ["email"]
    })
  ],
  eventId: SignatureScheme.body("message", "messageId"),
  eventType: [
    SignatureScheme.body("message", "attributes", "eventType"),
    SignatureScheme.body("message", "attributes", "ce-type")
  ],
  identity: [
    SignatureScheme.byFields([SignatureScheme.body("subscription"), SignatureScheme.body("message", "messageId")], {
      varies: true
    }),
    SignatureScheme.byFields([
      SignatureScheme.header("X-Goog-Pubsub-Subscription-Name"),
      SignatureScheme.header("X-Goog-Pubsub-Message-Id")
    ])
  ],
  delivery: {
    contentTypes: ["application/json"],
    retriedFor: "7 days",
    answerWithin: "10 seconds",
    maxBytes: 14 * 1024 * 1024
  },
  docs: { url: "https://docs.cloud.google.com/pubsub/docs/authenticate-push-subscriptions", checked: "documentation" }
})
