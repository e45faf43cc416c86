/**
 * Checkr: its webhooks.
 *
 * @since 0.1.0
 */
export * as CheckrWebhook from "./CheckrWebhook.ts"
