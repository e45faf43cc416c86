/**
 * How monday.com signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the signing secret of your app; for events of its lifecycle with its client
 * secret.
 *
 * **Details**
 *
 * `Authorization` is a token (HS256) that lives for 5 minutes; where its audience is there, it must be the URL that
 * was called. The id is `event.triggerUuid` within its subscription, the type `event.type`, such as `create_pulse`,
 * or `type` of an event of the app. A new webhook first asks to have `challenge` back.
 *
 * **Gotchas**
 *
 * The body is not signed: anyone who sees one delivery can forge others for as long as its token lives. Webhooks that a
 * user made in the board, or with a personal token, carry no token of an app and are refused. A delivery that fails
 * is sent again each minute for half an hour.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { MondayWebhook } from "@causeway/providers/monday"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"event":{"type":"create_pulse","subscriptionId":73759690,"triggerUuid":"b5ed2e17c530f43668de130142445cba"}}`)
 * const secret = Redacted.make("monday_test_secret_of_32_characters")
 * const url = "https://example.com/webhooks/monday"
 * const now = 1_764_000_000_000
 * const sent = Result.getOrThrow(
 *   WebhookSigner.signDelivery(MondayWebhook.scheme, { body, secret, timestamp: now, url })
 * )
 *
 * const input = { ...sent, method: "POST", secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(MondayWebhook.scheme, input)), {
 *   id: "b5ed2e17c530f43668de130142445cba",
 *   type: "create_pulse",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: ["id", "type", "body"]
 * })
 * ```
 *
 * @see https://developer.monday.com/api-reference/reference/webhooks
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * The scheme of an app's webhooks, as monday.com's documentation describes it.
 *
 * @see https://developer.monday.com/api-reference/reference/webhooks
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "monday",
  signature: SignatureScheme.jwt("Authorization", { prefix: "Bearer ", isPrefixOptional: true }),
  signedContent: "{token}",
  keys: [SignatureScheme.jwtSecret({ algorithms: ["HS256"] })],
  bindings: [SignatureScheme.textOf("{url}", { at: SignatureScheme.claim("aud"), isOptional: true })],
  eventId: SignatureScheme.body("event", "triggerUuid"),
  eventType: [SignatureScheme.body("event", "type"), SignatureScheme.body("type")],
  identity: SignatureScheme.byFields([
    SignatureScheme.body("event", "subscriptionId"),
    SignatureScheme.body("event", "triggerUuid")
  ]),
  handshake: SignatureScheme.openEcho({
    method: "POST",
    challenge: SignatureScheme.body("challenge"),
    jsonKey: "challenge"
  }),
  delivery: { contentTypes: ["application/json"], retriedFor: "30 minutes" },
  docs: { url: "https://developer.monday.com/api-reference/reference/webhooks", checked: "documentation" }
})
