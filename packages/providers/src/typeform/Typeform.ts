/**
 * Typeform: its webhooks.
 *
 * @since 0.1.0
 */
export * as TypeformWebhook from "./TypeformWebhook.ts"
