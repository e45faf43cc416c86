/**
 * Gong: its webhooks.
 *
 * @since 0.1.0
 */
export * as GongWebhook from "./GongWebhook.ts"
