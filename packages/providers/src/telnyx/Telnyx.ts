/**
 * Telnyx: its webhooks.
 *
 * @since 0.1.0
 */
export * as TelnyxWebhook from "./TelnyxWebhook.ts"
