/**
 * Vonage: its webhooks.
 *
 * @since 0.1.0
 */
export * as VonageWebhook from "./VonageWebhook.ts"
