/**
 * Klaviyo: its webhooks.
 *
 * @since 0.1.0
 */
export * as KlaviyoWebhook from "./KlaviyoWebhook.ts"
