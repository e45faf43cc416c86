/**
 * Coinbase Commerce: its webhooks.
 *
 * @since 0.1.0
 */
export * as CoinbaseCommerceWebhook from "./CoinbaseCommerceWebhook.ts"
