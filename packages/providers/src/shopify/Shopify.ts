/**
 * Shopify: its webhooks.
 *
 * @since 0.1.0
 */
export * as ShopifyWebhook from "./ShopifyWebhook.ts"
