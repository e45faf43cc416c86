/**
 * How Slack signs its requests: events, interactions and slash commands.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver at the request URL of a Slack app, with the app's signing secret.
 *
 * **Details**
 *
 * `X-Slack-Signature: v0=…` signs `v0:{timestamp}:{body}`, with the seconds of `X-Slack-Request-Timestamp`; a request may be
 * 5 minutes old or ahead. The id is the body's `event_id`. The type is the inner `event.type` of an event, the outer `type`
 * of anything else in JSON, the `type` inside of the form field `payload` of an interaction, and the `command` of a slash
 * command. The challenge `url_verification` is answered after its signature was accepted.
 *
 * **Gotchas**
 *
 * The answer to an event has no body, because Slack shows the text of an answer to whoever gave a command.
 * Interactions and slash commands have no id: one is known by its bytes, among them the `trigger_id` of each. Slack expects
 * the answers to commands and interactions in the response itself, within 3 seconds; a queue between them is too slow. An
 * event that fails is sent again at once, after a minute and after 5 minutes; an app with Delayed Events gets it every
 * hour for another day.
 *
 * **Example** (The signed challenge)
 *
 * ```ts
 * import { Handshake, WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { SlackWebhook } from "@causeway/providers/slack"
 * import { Option, Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"type":"url_verification","challenge":"3eZbrw1a"}`)
 * const secret = Redacted.make("8f742231b10e8888abcd99yyyzzz85a5")
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(WebhookSigner.sign(SlackWebhook.scheme, { body, secret, timestamp: now }))
 * const input = { method: "POST", url: "https://example.com/slack", headers, body, secrets: [secret], now }
 *
 * assert.equal(Result.getOrThrow(WebhookVerifier.verify(SlackWebhook.scheme, input)).type, "url_verification")
 * assert.equal(Option.getOrThrow(Handshake.handshake(SlackWebhook.scheme, input)).body, `{"challenge":"3eZbrw1a"}`)
 * ```
 *
 * @see https://docs.slack.dev/authentication/verifying-requests-from-slack
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Slack's scheme, checked both ways against the `@slack/bolt` package.
 *
 * @see https://docs.slack.dev/authentication/verifying-requests-from-slack
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "slack",
  signature: SignatureScheme.singleHeader("X-Slack-Signature", { encoding: "hex", prefix: "v0=" }),
  signedContent: "v0:{timestamp}:{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  timestamp: { at: SignatureScheme.header("X-Slack-Request-Timestamp"), unit: "seconds", tolerance: "5 minutes" },
  eventId: SignatureScheme.body("event_id"),
  eventType: [
    SignatureScheme.body("event", "type"),
    SignatureScheme.body("type"),
    SignatureScheme.formJson("payload", "type"),
    SignatureScheme.form("command")
  ],
  handshake: SignatureScheme.signedEcho({
    when: { field: SignatureScheme.body("type"), equals: "url_verification" },
    echo: SignatureScheme.body("challenge"),
    jsonKey: "challenge"
  }),
  delivery: {
    contentTypes: ["application/json", "application/x-www-form-urlencoded"],
    acknowledgement: {},
    retriedFor: "25 hours",
    answerWithin: "3 seconds"
  },
  docs: { url: "https://docs.slack.dev/authentication/verifying-requests-from-slack", checked: "package" }
})
