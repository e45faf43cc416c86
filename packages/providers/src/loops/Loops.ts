/**
 * Loops: its webhooks.
 *
 * @since 0.1.0
 */
export * as LoopsWebhook from "./LoopsWebhook.ts"
