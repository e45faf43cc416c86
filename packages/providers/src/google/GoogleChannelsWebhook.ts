/**
 * How the channels of Google Calendar and Google Drive authenticate their notifications.
 *
 * **When to use**
 *
 * Give {@link calendarScheme} or {@link driveScheme} to a receiver, with the `token` that your channels were opened
 * with.
 *
 * **Details**
 *
 * `X-Goog-Channel-Token` is that token, compared in constant time. All is in headers: `X-Goog-Resource-State` is the
 * type, `X-Goog-Message-Number` the number of the notification within its channel, and both with `X-Goog-Channel-ID`
 * say which event it is. The first notification of a channel has the type `sync`: nothing has changed yet.
 *
 * **Gotchas**
 *
 * Nothing is signed, and a channel without a token sends none: open each with one. What has changed is not in the
 * delivery; ask for it with the sync token. Google sends again only after the answers 500, 502, 503 and 504, and does
 * not say for how long.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { GoogleChannelsWebhook } from "@causeway/providers/google"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new Uint8Array(0)
 * const secret = Redacted.make("a-channel-token")
 * const url = "https://example.com/webhooks/google-calendar"
 * const now = 1_764_000_000_000
 * const sent = Result.getOrThrow(
 *   WebhookSigner.signDelivery(GoogleChannelsWebhook.calendarScheme, { body, secret, timestamp: now, url })
 * )
 *
 * const input = { ...sent, method: "POST", secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(GoogleChannelsWebhook.calendarScheme, input)), {
 *   id: undefined,
 *   type: undefined,
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: ["body"]
 * })
 * ```
 *
 * @see https://developers.google.com/workspace/calendar/api/guides/push
 * @see https://developers.google.com/workspace/drive/api/guides/push
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
  id: "google-drive",
  signature: SignatureScheme.singleHeader("X-Goog-Channel-Token", { encoding: "utf8" }),
  signedContent: "",
  keys: [SignatureScheme.token()],
  eventId: SignatureScheme.header("X-Goog-Message-Number"),
  eventType: [SignatureScheme.header("X-Goog-Resource-State")],
  identity: SignatureScheme.byFields([
    SignatureScheme.header("X-Goog-Channel-ID"),
    SignatureScheme.header("X-Goog-Message-Number")
  ]),
  docs: { url: "https://developers.google.com/workspace/drive/api/guides/push", checked: "documentation" }
})
