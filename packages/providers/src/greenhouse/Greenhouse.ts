/**
 * Greenhouse: its webhooks.
 *
 * @since 0.1.0
 */
export * as GreenhouseWebhook from "./GreenhouseWebhook.ts"
