/**
 * Zendesk: its webhooks.
 *
 * @since 0.1.0
 */
export * as ZendeskWebhook from "./ZendeskWebhook.ts"
