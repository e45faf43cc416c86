/**
 * LiveKit: its webhooks.
 *
 * @since 0.1.0
 */
export * as LiveKitWebhook from "./LiveKitWebhook.ts"
