/**
 * Calendly: its webhooks.
 *
 * @since 0.1.0
 */
export * as CalendlyWebhook from "./CalendlyWebhook.ts"
