/**
 * Square: its webhooks.
 *
 * @since 0.1.0
 */
export * as SquareWebhook from "./SquareWebhook.ts"
