/**
 * Airtable: its webhooks.
 *
 * @since 0.1.0
 */
export * as AirtableWebhook from "./AirtableWebhook.ts"
