/**
 * Xero: its webhooks.
 *
 * @since 0.1.0
 */
export * as XeroWebhook from "./XeroWebhook.ts"
