/**
 * Retell: its webhooks.
 *
 * @since 0.1.0
 */
export * as RetellWebhook from "./RetellWebhook.ts"
