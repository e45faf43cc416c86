/**
 * Creem: its webhooks.
 *
 * @since 0.1.0
 */
export * as CreemWebhook from "./CreemWebhook.ts"
