/**
 * Plaid: its webhooks.
 *
 * @since 0.1.0
 */
export * as PlaidWebhook from "./PlaidWebhook.ts"
