/**
 * Lithic: its webhooks.
 *
 * @since 0.1.0
 */
export * as LithicWebhook from "./LithicWebhook.ts"
