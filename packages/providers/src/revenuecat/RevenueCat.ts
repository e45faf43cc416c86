/**
 * RevenueCat: its webhooks.
 *
 * @since 0.1.0
 */
export * as RevenueCatWebhook from "./RevenueCatWebhook.ts"
