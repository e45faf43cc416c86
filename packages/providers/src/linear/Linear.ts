/**
 * Linear: its webhooks.
 *
 * @since 0.1.0
 */
export * as LinearWebhook from "./LinearWebhook.ts"
