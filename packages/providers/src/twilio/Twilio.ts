/**
 * Twilio: its webhooks.
 *
 * @since 0.1.0
 */
export * as TwilioWebhook from "./TwilioWebhook.ts"
