/**
 * Chargebee: its webhooks.
 *
 * @since 0.1.0
 */
export * as ChargebeeWebhook from "./ChargebeeWebhook.ts"
