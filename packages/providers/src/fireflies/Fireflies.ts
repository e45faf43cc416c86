/**
 * Fireflies: its webhooks.
 *
 * @since 0.1.0
 */
export * as FirefliesWebhook from "./FirefliesWebhook.ts"
