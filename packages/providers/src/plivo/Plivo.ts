/**
 * Plivo: its webhooks.
 *
 * @since 0.1.0
 */
export * as PlivoWebhook from "./PlivoWebhook.ts"
