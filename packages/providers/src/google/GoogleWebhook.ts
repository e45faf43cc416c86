/**
 * How Google authenticates its webhooks: the channels of Calendar and Drive, and what Pub/Sub pushes.
 *
 * **When to use**
 *
 * Give {@link calendarScheme} or {@link driveScheme} to a receiver, with the `token` that your channels were opened
 * with; or {@link pubSubScheme} for a push subscription with authentication, with its audience and the e-mail address of
 * its service account as `audience email`. The keys of Pub/Sub are Google's.
 *
 * **Details**
 *
 * - *Channels.* `X-Goog-Channel-Token` is the token, compared in constant time. All is in headers: `X-Goog-Resource-State`
 *   is the type, `X-Goog-Message-Number` the number of the notification within its channel, and both with
 *   `X-Goog-Channel-ID` say which event it is. The first notification of a channel has the type `sync`: nothing has
 *   changed yet.
 * - *Pub/Sub.* `Authorization` is a bearer token (RS256) of Google's for that service account: `aud`, `email` and `iss`
 *   must be what they should be, and `email_verified` true. The id is that of the message in its subscription; the type is
 *   the attribute `eventType`, as Cloud Storage sends it, or `ce-type`. Gmail and Google Play announce in `message.data`,
 *   base64 of JSON, and have no type.
 *
 * **Gotchas**
 *
 * - *Channels.* Nothing is signed, and a channel without a token sends none: open each with one. What has changed is not in
 *   the delivery; ask for it with the sync token. Google sends again only after the answers 500, 502, 503 and 504, and does
 *   not say for how long.
 * - *Pub/Sub.* Without a configured audience, `aud` is the URL of the subscription. The audience alone proves nothing:
 *   anyone with a Google account can have a token for any audience. The body is not signed. A message is sent again for as
 *   long as its subscription keeps it, 7 days unless you chose up to 31, and a token may be an hour old. With payload
 *   unwrapping, let the metadata be written too: it tells the messages apart.
 *
 * **Example** (A notification of a calendar, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { GoogleWebhook } from "@causeway/providers/google"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new Uint8Array(0)
 * const secret = Redacted.make("a-channel-token")
 * const url = "https://example.com/webhooks/google-calendar"
 * const now = 1_764_000_000_000
 * const sent = Result.getOrThrow(
 *   WebhookSigner.signDelivery(GoogleWebhook.calendarScheme, { body, secret, timestamp: now, url })
 * )
 *
 * const input = { ...sent, method: "POST", secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(GoogleWebhook.calendarScheme, input)), {
 *   id: undefined,
 *   type: undefined,
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: ["body"]
 * })
 * ```
 *
 * **Example** (The key that a push of Pub/Sub asks for)
 *
 * ```ts
 * import { WebhookVerifier } from "@causeway/core/webhook"
 * import { GoogleWebhook } from "@causeway/providers/google"
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
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.keysNeeded(GoogleWebhook.pubSubScheme, input)), [
 *   { _tag: "Jwk", url: "https://www.googleapis.com/oauth2/v3/certs", kid: "key-1" }
 * ])
 * ```
 *
 * @see https://developers.google.com/workspace/calendar/api/guides/push
 * @see https://developers.google.com/workspace/drive/api/guides/push
 * @see https://docs.cloud.google.com/pubsub/docs/authenticate-push-subscriptions
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * The scheme of the channels of Google Calendar, as its documentation describes it.
 *
 * @see https://developers.google.com/workspace/calendar/api/guides/push
 * @see https://developers.google.com/workspace/drive/api/guides/push
 * @since 0.1.0
 * @category schemes
 */
export const calendarScheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "google-calendar",
  signature: SignatureScheme.singleHeader("X-Goog-Channel-Token", { encoding: "utf8" }),
  signedContent: "",
  keys: [SignatureScheme.token()],
  eventId: SignatureScheme.header("X-Goog-Message-Number"),
  eventType: [SignatureScheme.header("X-Goog-Resource-State")],
  identity: SignatureScheme.byFields([
    SignatureScheme.header("X-Goog-Channel-ID"),
    SignatureScheme.header("X-Goog-Message-Number")
  ]),
  docs: { url: "https://developers.google.com/workspace/calendar/api/guides/push", checked: "documentation" }
})

/**
 * The scheme of the channels of Google Drive, as its documentation describes it.
 *
 * @see https://developers.google.com/workspace/calendar/api/guides/push
 * @see https://developers.google.com/workspace/drive/api/guides/push
 * @since 0.1.0
 * @category schemes
 */
export const driveScheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  ...calendarScheme,
  id: "google-drive",
  docs: { url: "https://developers.google.com/workspace/drive/api/guides/push", checked: "documentation" }
})

/**
 * The scheme of Pub/Sub's push subscriptions with authentication, as its documentation describes it.
 *
 * @see https://docs.cloud.google.com/pubsub/docs/authenticate-push-subscriptions
 * @since 0.1.0
 * @category schemes
 */
export const pubSubScheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
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
    SignatureScheme.body("message", "attributes", "ce-type"),
    // A subscription without the wrapper has attributes as headers.
    SignatureScheme.header("eventType"),
    SignatureScheme.header("ce-type")
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
    retriedFor: "7 days",
    answerWithin: "10 seconds",
    maxBytes: 14 * 1024 * 1024
  },
  docs: { url: "https://docs.cloud.google.com/pubsub/docs/authenticate-push-subscriptions", checked: "documentation" }
})
