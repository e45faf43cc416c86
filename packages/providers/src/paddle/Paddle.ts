/**
 * Paddle Billing: its webhooks.
 *
 * @since 0.1.0
 */
export * as PaddleWebhook from "./PaddleWebhook.ts"
