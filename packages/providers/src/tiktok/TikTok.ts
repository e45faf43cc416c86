/**
 * TikTok: its webhooks.
 *
 * @since 0.1.0
 */
export * as TikTokWebhook from "./TikTokWebhook.ts"
