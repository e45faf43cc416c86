/**
 * Zoom: its webhooks.
 *
 * @since 0.1.0
 */
export * as ZoomWebhook from "./ZoomWebhook.ts"
