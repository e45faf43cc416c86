/**
 * MessageBird: its webhooks.
 *
 * @since 0.1.0
 */
export * as MessageBirdWebhook from "./MessageBirdWebhook.ts"
