/**
 * Slack: its webhooks.
 *
 * @since 0.1.0
 */
export * as SlackWebhook from "./SlackWebhook.ts"
