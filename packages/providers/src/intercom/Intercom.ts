/**
 * Intercom: its webhooks.
 *
 * @since 0.1.0
 */
export * as IntercomWebhook from "./IntercomWebhook.ts"
