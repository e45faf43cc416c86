/**
 * Pusher Channels: its webhooks.
 *
 * @since 0.1.0
 */
export * as PusherWebhook from "./PusherWebhook.ts"
