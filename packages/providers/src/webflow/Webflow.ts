/**
 * Webflow: its webhooks.
 *
 * @since 0.1.0
 */
export * as WebflowWebhook from "./WebflowWebhook.ts"
