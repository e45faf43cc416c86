/**
 * WooCommerce: its webhooks.
 *
 * @since 0.1.0
 */
export * as WooCommerceWebhook from "./WooCommerceWebhook.ts"
