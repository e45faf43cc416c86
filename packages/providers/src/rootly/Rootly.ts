/**
 * Rootly: its webhooks.
 *
 * @since 0.1.0
 */
export * as RootlyWebhook from "./RootlyWebhook.ts"
