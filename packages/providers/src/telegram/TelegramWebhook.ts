/**
 * How Telegram signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the `secret_token` that was given to `setWebhook`.
 *
 * **Details**
 *
 * `X-Telegram-Bot-Api-Secret-Token` is the secret itself, compared in constant time. The id is the body's `update_id`;
 * the type is the name of the member that the update has, such as `message` or `callback_query`.
 *
 * **Gotchas**
 *
 * Nothing is signed: anyone who sees one delivery can forge others.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { TelegramWebhook } from "@causeway/providers/telegram"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"update_id":10000,"message":{"text":"hello"}}`)
 * const secret = Redacted.make("telegram_test_secret")
 * const url = "https://example.com/webhooks/telegram"
 * const now = 1_764_000_000_000
 * const sent = Result.getOrThrow(
 *   WebhookSigner.signDelivery(TelegramWebhook.scheme, {
 *     body,
 *     secret,
 *     timestamp: now,
 *     url
 *   })
 * )
 *
 * const input = { ...sent, method: "POST", secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(TelegramWebhook.scheme, input)), {
 *   id: "10000",
 *   type: "message",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: ["id", "type", "body"]
 * })
 * ```
 *
 * @see https://core.telegram.org/bots/api#setwebhook
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/** An update has one of these members, which says what it is. */
const kinds = [
  "message",
  "edited_message",
  "channel_post",
  "edited_channel_post",
  "business_connection",
  "business_message",
  "edited_business_message",
  "deleted_business_messages",
  "message_reaction",
  "message_reaction_count",
  "inline_query",
  "chosen_inline_result",
  "callback_query",
  "shipping_query",
  "pre_checkout_query",
  "purchased_paid_media",
  "poll",
  "poll_answer",
  "my_chat_member",
  "chat_member",
  "chat_join_request",
  "chat_boost",
  "removed_chat_boost"
] as const

/**
 * Telegram's scheme, checked against the verdicts of the `grammy` package of its community.
 *
 * @see https://core.telegram.org/bots/api#setwebhook
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "telegram",
  signature: SignatureScheme.singleHeader("X-Telegram-Bot-Api-Secret-Token", { encoding: "utf8" }),
  signedContent: "",
  keys: [SignatureScheme.token()],
  eventId: SignatureScheme.body("update_id"),
  eventType: kinds.map((kind) => SignatureScheme.present(kind)),
  delivery: { contentTypes: ["application/json"], retriedFor: "1 day" },
  docs: { url: "https://core.telegram.org/bots/api#setwebhook", checked: "community-package" }
})
