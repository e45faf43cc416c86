/**
 * Replicate: its webhooks.
 *
 * @since 0.1.0
 */
export * as ReplicateWebhook from "./ReplicateWebhook.ts"
