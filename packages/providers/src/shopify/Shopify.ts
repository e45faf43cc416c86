/**
 * Shopify: its tokens and its webhooks.
 *
 * @since 0.1.0
 */
export * as ShopifyAuth from "./ShopifyAuth.ts"
export * as ShopifyWebhook from "./ShopifyWebhook.ts"
