/**
 * Lemon Squeezy: its webhooks.
 *
 * @since 0.1.0
 */
export * as LemonSqueezyWebhook from "./LemonSqueezyWebhook.ts"
