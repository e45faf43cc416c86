/**
 * Dodo Payments: its webhooks.
 *
 * @since 0.1.0
 */
export * as DodoPaymentsWebhook from "./DodoPaymentsWebhook.ts"
