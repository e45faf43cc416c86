/**
 * Jobber: its webhooks.
 *
 * @since 0.1.0
 */
export * as JobberWebhook from "./JobberWebhook.ts"
