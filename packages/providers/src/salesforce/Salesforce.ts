/**
 * Salesforce: its webhooks.
 *
 * @since 0.1.0
 */
export * as SalesforceWebhook from "./SalesforceWebhook.ts"
