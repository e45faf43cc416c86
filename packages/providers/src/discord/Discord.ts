/**
 * Discord: its webhooks.
 *
 * @since 0.1.0
 */
export * as DiscordWebhook from "./DiscordWebhook.ts"
