/**
 * Stripe: its webhooks.
 *
 * @since 0.1.0
 */
export * as StripeWebhook from "./StripeWebhook.ts"
