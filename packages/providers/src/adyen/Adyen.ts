/**
 * Adyen: its webhooks.
 *
 * @since 0.1.0
 */
export * as AdyenWebhook from "./AdyenWebhook.ts"
