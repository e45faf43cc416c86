/**
 * PayPal: its webhooks.
 *
 * @since 0.1.0
 */
export * as PayPalWebhook from "./PayPalWebhook.ts"
