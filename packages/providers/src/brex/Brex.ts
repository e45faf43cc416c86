/**
 * Brex: its webhooks.
 *
 * @since 0.1.0
 */
export * as BrexWebhook from "./BrexWebhook.ts"
