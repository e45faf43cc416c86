/**
 * Mux: its webhooks.
 *
 * @since 0.1.0
 */
export * as MuxWebhook from "./MuxWebhook.ts"
