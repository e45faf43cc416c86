/**
 * Mandrill: its webhooks.
 *
 * @since 0.1.0
 */
export * as MandrillWebhook from "./MandrillWebhook.ts"
