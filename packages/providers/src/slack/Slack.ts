/**
 * Slack: its tokens and its webhooks.
 *
 * @since 0.1.0
 */
export * as SlackAuth from "./SlackAuth.ts"
export * as SlackWebhook from "./SlackWebhook.ts"
