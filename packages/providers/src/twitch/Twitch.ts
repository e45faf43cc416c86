/**
 * Twitch EventSub: its webhooks.
 *
 * @since 0.1.0
 */
export * as TwitchWebhook from "./TwitchWebhook.ts"
