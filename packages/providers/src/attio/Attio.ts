/**
 * Attio: its webhooks.
 *
 * @since 0.1.0
 */
export * as AttioWebhook from "./AttioWebhook.ts"
