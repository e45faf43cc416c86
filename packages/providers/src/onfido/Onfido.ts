/**
 * Onfido: its webhooks.
 *
 * @since 0.1.0
 */
export * as OnfidoWebhook from "./OnfidoWebhook.ts"
