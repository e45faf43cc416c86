/**
 * DocuSign Connect: its webhooks.
 *
 * @since 0.1.0
 */
export * as DocuSignWebhook from "./DocuSignWebhook.ts"
