/**
 * Braintree: its webhooks.
 *
 * @since 0.1.0
 */
export * as BraintreeWebhook from "./BraintreeWebhook.ts"
