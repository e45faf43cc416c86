/**
 * Telegram: its webhooks.
 *
 * @since 0.1.0
 */
export * as TelegramWebhook from "./TelegramWebhook.ts"
