/**
 * Cal.com: its webhooks.
 *
 * @since 0.1.0
 */
export * as CalComWebhook from "./CalComWebhook.ts"
