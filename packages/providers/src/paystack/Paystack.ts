/**
 * Paystack: its webhooks.
 *
 * @since 0.1.0
 */
export * as PaystackWebhook from "./PaystackWebhook.ts"
