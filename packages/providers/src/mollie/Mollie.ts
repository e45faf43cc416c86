/**
 * Mollie: its webhooks.
 *
 * @since 0.1.0
 */
export * as MollieWebhook from "./MollieWebhook.ts"
