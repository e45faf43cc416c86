/**
 * Polar: its webhooks.
 *
 * @since 0.1.0
 */
export * as PolarWebhook from "./PolarWebhook.ts"
